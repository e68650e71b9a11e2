"""`scrapy newsource`: the drafted source reads the two pages that it was drafted from, and crawls the site."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.mirror import scrapy
from tests.support.server import Answer, Played, play

LISTING = "http://front.example/industry/"
FAILURES = {  # path -> response, part of the message, part of the advice
    "/captcha": (
        Answer("<html><head><title>安全验证</title></head><body><div>请拖动滑块完成验证</div></body></html>"),
        "a block page of the site or of a firewall: 安全验证",
        "open the URL in a browser",
    ),
    "/login": (
        Answer("<html><body><form><p>请登录后查看</p><input type=password></form></body></html>"),
        "the page asks for a login",
        "the crawler does not log in",
    ),
    "/app": (
        Answer('<html><body><div id="app"></div><script src="/app.js"></script></body></html>'),
        "the page is built by JavaScript",
        "network panel",
    ),
    "/state": (
        Answer("<html><body><p>页面</p><script>window.__NUXT__=(function(a){return {}}(1))</script></body></html>"),
        "its state window.__NUXT__ is a script, not JSON",
        "network panel",
    ),
    "/api": (Answer('{"code": 401}', headers={"Content-Type": "application/json"}), '{"code": 401}', "needs POST"),
    "/empty": (Answer(" \n"), "an empty response", "open the URL in a browser"),
    "/blank": (Answer("<html><body><div></div></body></html>"), "an empty page", "open the URL in a browser"),
    "/error": (Answer("down", status=500), "HTTP 500", "the network, the proxy"),
    "/refused": (Answer("no", status=403), "HTTP 403", "open the URL in a browser"),
    "/moved": (
        Answer("", status=302, headers={"Location": "http://www.front.example/login?from=x"}),
        "/login",
        "log in",
    ),
    "/file": (Answer("%PDF-1.7", headers={"Content-Type": "application/pdf"}), "application/pdf", "a list of articles"),
}
TEXT = "本季度的产量与销量继续上升，出口也在增长，业内人士看好明年。" * 4


def title(number: int) -> str:
    return f"第{number}季度新能源市场观察报告发布"


def site(path: str, number: int) -> Answer:
    if path == "/robots.txt":
        return Answer("User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
    if path == "/industry/":
        entries = "".join(
            f'<div class="entry"><h3><a href="//www.front.example/industry/44{day}.shtml">{title(day)}</a></h3>'
            f'<em class="day">2026-11-{day}</em></div>'
            for day in range(10, 20)
        )
        return Answer(f"<html><head><title>产业前沿</title></head><body>{entries}</body></html>")
    if path.startswith("/industry/44"):
        day = int(path[12:14])
        return Answer(
            f'<html><head><title>{title(day)}_产业前沿</title></head><body><h1 class="headline">{title(day)}</h1>'
            f'<div class="meta"><span class="when">2026年11月{day}日 09:30</span></div>'
            f'<div class="story"><p>{TEXT}</p><p>{TEXT}</p></div></body></html>'
        )
    if path == "/talk":
        return Answer("<html><body><p>no list</p></body></html>")
    if path in FAILURES:
        return FAILURES[path][0]
    if path == "/list-of-apps/":
        entries = "".join(f'<li><a href="/app?id={number}">{title(number)}</a></li>' for number in range(100, 105))
        return Answer(f"<html><body><ul>{entries}</ul></body></html>")
    return Answer("not here", status=404)


class Workshop:
    """Run `scrapy` commands with new sources, fixtures and output in a temporary folder."""

    def __init__(self, folder: Path, server: Played) -> None:
        self.folder, self.server = folder, server
        (folder / "new_spiders").mkdir()

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        options = (
            f"SPIDERS_DIR={self.folder}/new_spiders", "SPIDER_MODULES=new_spiders", "DOWNLOAD_DELAY=0",
            f"FIXTURES_DIR={self.folder}/fixtures", f"OUTPUT_DIR={self.folder}/output",
        )  # fmt: skip
        settings = [word for option in options for word in ("-s", option)]
        return scrapy(
            *words, *settings, environment=self.server.environment, first=partial(import_from, str(self.folder))
        )


def import_from(folder: str) -> None:
    sys.path.insert(0, folder)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with play(site) as server:
        yield Workshop(tmp_path, server)


def test_newsource_drafts_a_source_that_crawls(workshop: Workshop) -> None:
    done = workshop("newsource", "front", LISTING)
    assert done.returncode == 0, done.stderr
    assert "HTTP 200, " in done.stdout
    assert "10 links" in done.stdout
    assert f"title:      {title(10)}" in done.stdout
    assert sorted(path.name for path in (workshop.folder / "fixtures" / "front").iterdir()) == ["article", "listing"]
    crawl = workshop("crawl", "front")
    assert crawl.returncode == 0, crawl.stderr
    files = sorted((workshop.folder / "output" / "front").rglob("*.md"))
    assert [path.stem for path in files] == [f"44{day}" for day in range(10, 20)]
    assert f'title: "{title(10)}"\ndate: "2026-11-10 09:30:00"\n' in files[0].read_text(encoding="utf-8")


def test_newsource_accepts_the_url_of_an_article(workshop: Workshop) -> None:
    done = workshop("newsource", "front", LISTING, "http://www.front.example/industry/4415.shtml")
    assert f"title:      {title(15)}" in done.stdout


def test_newsource_without_article_links_drafts_the_listing_only(workshop: Workshop) -> None:
    done = workshop("newsource", "front", "http://front.example/talk")
    assert (done.returncode, "give the URL of an article" in done.stdout) == (0, True)
    assert "fill-in-body" in (workshop.folder / "new_spiders" / "front.py").read_text(encoding="utf-8")
    assert [path.name for path in (workshop.folder / "fixtures" / "front").iterdir()] == ["listing"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("front", "http://front.example/nowhere"), "http://front.example/nowhere: HTTP 404"),
        (("front", "http://front.example/private/"), "http://front.example/private/: Forbidden by robots.txt"),
        (("Front", LISTING), "'Front' is not a valid source name"),
        (("front", "front.example"), "must begin with http:// or https://"),
        (("front",), "expected NAME and URL"),
    ],
)
def test_newsource_failure_names_the_cause_and_writes_no_file(
    workshop: Workshop, words: tuple[str, ...], message: str
) -> None:
    done = workshop("newsource", *words)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert list((workshop.folder / "new_spiders").iterdir()) == []


@pytest.mark.parametrize("path", FAILURES)
def test_newsource_reports_a_page_without_content(workshop: Workshop, path: str) -> None:
    _, message, advice = FAILURES[path]
    done = workshop("newsource", "front", f"http://front.example{path}")
    assert done.returncode == 1
    assert f"http://front.example{path}" in done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "Nothing was written. Next: " in done.stdout
    assert advice in done.stdout
    assert not (workshop.folder / "fixtures").exists()
    assert list((workshop.folder / "new_spiders").iterdir()) == []


def test_newsource_reports_articles_that_a_script_builds(workshop: Workshop) -> None:
    done = workshop("newsource", "front", "http://front.example/list-of-apps/")
    assert done.returncode == 1
    assert "http://front.example/app?id=102: the page is built by JavaScript" in done.stderr
    assert "network panel" in done.stdout
    assert list((workshop.folder / "new_spiders").iterdir()) == []


def test_newsource_reports_a_forbidden_page_and_an_unknown_host(workshop: Workshop) -> None:
    done = workshop("newsource", "front", "http://front.example/private/")
    assert "forbid the page" in done.stdout
    workshop.server = Played("")  # without the proxy, the name is resolved
    done = workshop("newsource", "front", "http://front.invalid/")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "http://front.invalid/" in done.stderr
    assert "check the spelling of the host" in done.stdout


def test_newsource_keeps_an_existing_source(workshop: Workshop) -> None:
    spider = workshop.folder / "new_spiders" / "front.py"
    spider.write_text("# mine")
    done = workshop("newsource", "front", LISTING)
    assert (done.returncode, f"{spider} already exists" in done.stderr) == (2, True)
    assert spider.read_text() == "# mine"
