"""Crawl articles on several pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.corpus.ledger import open_ledger
from tests.support.mirror import FAST, Run, crawl
from tests.support.server import Answer, play
from tests.support.toy_site import Site, written

RESET = Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<html>", reset=True)
OPTIONS = ("-s", "SPIDER_MODULES=tests.support.toy", *FAST, "-s", "RETRY_TIMES=1")


class PagedSite:
    """A site, for `play`, with one article on three pages and one on a single page."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    def __call__(self, path: str, number: int) -> Answer:
        if path in self.answers:
            return self.answers[path]
        if path == "/news":
            return Answer(
                '<html><ul><li><a href="/a/a1.html">a1</a></li><li><a href="/a/b1.html">b1</a></li></ul></html>'
            )
        pages = {"/a/a1.html": 1, "/a/a1_2.html": 2, "/a/a1_3.html": 3, "/a/b1.html": 0}
        if path not in pages:
            return Answer("not found", 404)
        page = pages[path]
        following = f'<p><a href="/a/a1_{page + 1}.html">下一页</a></p>' if page in (1, 2) else ""
        return Answer(
            f"<html><head><title>x</title></head><body><h1>About {path[3:5]}</h1><time>2025-02-11</time>"
            f"<article><p>Part {page}.</p>{following}</article></body></html>"
        )


def run(site: PagedSite, output: Path, *options: str) -> Run:
    with play(site) as played:
        return crawl("toy", output, *OPTIONS, *options, environment=played.environment)


def body(done: Run, name: str) -> str:
    return done.files("toy")[name].decode().split("---\n", 2)[2]


def kind(output: Path, name: str) -> str:
    ledger = open_ledger(output / ".state", "")
    try:
        entry = ledger.articles.find("toy", [name])[name]
        return f"{entry.state} {entry.kind}".strip()
    finally:
        ledger.close()


def test_pages_become_one_file(tmp_path: Path) -> None:
    done = run(PagedSite(), tmp_path)
    assert done.exit_code == 0, done.log
    assert written(done) == {"a1", "b1"}
    assert body(done, "a1").startswith("\nPart 1.\n\nPart 2.\n\nPart 3.\n\n[toy]")
    assert "pages.article=2 pages.first=2 pages.listing=1" in done.log


@pytest.mark.parametrize("answer", [Answer("gone", 404), Answer("error", 500), Answer("<html>cut"), RESET], ids=str)
def test_article_whose_page_cannot_be_fetched_is_incomplete_until_it_can(tmp_path: Path, answer: Answer) -> None:
    site = PagedSite()
    site.answers["/a/a1_3.html"] = answer
    done = run(site, tmp_path)
    assert done.exit_code == 1
    assert written(done) == {"b1"}
    assert kind(tmp_path, "a1") == "rejected incomplete"
    site.answers.clear()
    again = run(site, tmp_path)
    assert written(again) == {"a1", "b1"}
    assert "Part 3." in body(again, "a1")


def test_robots_txt_that_forbids_a_page_makes_the_article_incomplete(tmp_path: Path) -> None:
    site = PagedSite()
    site.answers["/robots.txt"] = Answer("User-agent: *\nDisallow: /a/a1_2.html")
    done = run(site, tmp_path)
    assert written(done) == {"b1"}
    assert kind(tmp_path, "a1") == "rejected incomplete"


def test_pages_are_read_from_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "pages.warc.gz"
    recorded = run(PagedSite(), tmp_path / "live", "-s", f"RECORD={archive}")
    replayed = crawl("toy", tmp_path / "replayed", *OPTIONS, "-s", f"REPLAY={archive}")
    offline = crawl("toy", tmp_path / "offline", *OPTIONS, "-s", f"REPLAY={archive}", "-a", "from=archive")
    assert recorded.files("toy") == replayed.files("toy") == offline.files("toy")
    assert offline.exit_code == 0, offline.log


def test_refused_article_is_kept_with_all_its_pages(tmp_path: Path) -> None:
    site = PagedSite()
    site.answers["/a/a1_3.html"] = Answer("<html><body>nothing</body></html>")
    run(site, tmp_path)
    folder = tmp_path / ".rejected" / "toy" / "a1"
    assert {path.name for path in folder.iterdir()} >= {"page.html", "next.2.html", "next.3.html", "error.txt"}


def test_recorded_cases_with_further_pages_are_replayed(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1", body='<p>Part 1.</p><p><a href="/a/a1_2.html">下一页</a></p>')
    missing = site.crawl()
    assert written(missing) == set()
    site.page(
        "a/a1_2.html",
        "<html><body><h1>About a1</h1><time>2025-02-11</time><article><p>Part 2.</p></article></body></html>",
    )
    assert "Part 1.\n\nPart 2." in body(site.crawl(), "a1")
