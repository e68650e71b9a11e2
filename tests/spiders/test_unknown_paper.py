"""Newspapers without a class: read by structure, and what a run reports of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from crawler.layouts import hugo
from crawler.spiders.epaper import EpaperSpider
from tests.support.mirror import FAST, Run, crawl
from tests.support.server import Answer, Played, play

URL = "http://paper.example"
NAME = EpaperSpider(url=URL).name
SECTIONS = {1: "要闻", 2: "副刊"}
TITLES = {1: ("渡口的灯又亮了", "老磨坊里办起读书会"), 2: ("山路上的邮车", "集市改到周六举行")}
NAVIGATION = (
    '<a href="/about.php?id=1">关于我们的报社</a><a href="/about.php?id=2">版权声明与备案</a>'
    '<a href="/old.php">往期</a>'
)


def article(title: str) -> str:
    return (
        f'<div class="top">{NAVIGATION}</div><h2>{title}</h2><p>作者：田野</p><p>人们先说起{title}，再说起天气。'
        "“都会好的。”他们说。</p><p>雨停了，路也通了。</p><p>责编：何帆　美编：林小满</p>"
    )


def listing(page: str, show: str, day: str = "2026年7月9日 星期四", whole: bool = False) -> dict[str, str]:
    """The pages of an issue: `str.format` of the paths with n (page) and i (article)."""
    files: dict[str, str] = {}
    for number, section in SECTIONS.items():
        own = f"<h3>第0{number}版：{section}</h3>"
        pages = "".join(
            f'<li><a href="{page.format(n=other)}">第0{other}版：{name}</a></li>' for other, name in SECTIONS.items()
        )
        titles = {
            other: "".join(
                f'<li><a href="{show.format(n=other, i=index)}">{title}</a></li>'
                for index, title in enumerate(TITLES[other], 1)
            )
            for other in SECTIONS
        }
        body = pages + own + titles[number]
        if whole:
            body = "".join(
                f'<h4><a href="{page.format(n=other)}">第0{other}版：{name}</a></h4>{titles[other]}'
                for other, name in SECTIONS.items()
            )
        files[page.format(n=number)] = f"<p>{day}</p>{NAVIGATION}{body}<a href='{page.format(n=9)}'>下一版</a>"
        for index, title in enumerate(TITLES[number], 1):
            files[show.format(n=number, i=index)] = article(title)
    files["/"] = files[page.format(n=1)]
    return files


def run(files: Mapping[str, str], output: Path, *options: str, entry: str = "/") -> tuple[Run, list[str]]:
    running = list[Played]()

    def respond(path: str, _: int) -> Answer:
        html = files.get(re.sub(r"\Ahttp://[^/]+", "", running[0].urls[-1]))
        return Answer(f"<html><body>{html}</body></html>") if html else Answer("<html>404</html>", 404)

    with play(respond) as played:
        running.append(played)
        done = crawl("epaper", output, *FAST, "-a", f"url={URL}{entry}", *options, environment=played.environment)
    return done, [re.sub(r"\Ahttp://[^/]+", "", url) for url in played.urls]


FORMS = {
    "parameters": ("/paper/page.php?ban={n}", "/paper/show.php?id=71{n}{i}"),
    "paths": ("/szb/b{n}.html", "/szb/article/31{n}{i}.html"),
    "folders": ("/issue/8801/{n}/", "/issue/8801/{n}/0{i}"),
}


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", FORMS)
def test_urls_of_no_known_form_are_read_by_structure(name: str, whole: bool, tmp_path: Path) -> None:
    done, requested = run(listing(*FORMS[name], whole=whole), tmp_path)
    assert done.exit_code == 0, done.log
    files = [file.decode() for file in done.files(NAME).values()]
    found = sorted(
        (front["date"], front["page"], front["section"], front["title"]) for front, *_ in map(hugo.load, files)
    )
    assert found == sorted(
        ("2026-07-09", f"0{number}", section, title)
        for number, section in SECTIONS.items() for title in TITLES[number]
    )  # fmt: skip
    assert all("他们说。" in text and "雨停了" in text and "版权" not in text for text in files)
    assert not any("about" in path for path in requested)
    for line in (
        "family: none: read by structure",
        "newest issue: 2026-07-09",
        "articles: 4 listed, 4 read",
        "sections: found for 4 of 4 articles",
        "text: by structure in 4 of 4 articles: check a few of them",
        "missing: no pictures",
        'entry = "http://paper.example/"  # SEEN; none: read by structure',
    ):
        assert line in done.log, line


def test_credits_of_a_text_that_is_read_by_structure(tmp_path: Path) -> None:
    done, _ = run(listing(*FORMS["paths"]), tmp_path, "-s", "EXTRA_KEYS=author")
    for text in map(bytes.decode, done.files(NAME).values()):
        assert 'author: "田野"' in text
        assert "责编" not in text
        assert "作者" not in text


def test_articles_of_no_known_form_on_a_page_of_a_known_form(tmp_path: Path) -> None:
    files = listing("/html/2026-07/09/node_{n}.htm", "/show.php?id=71{n}{i}", day="")
    files["/"] = '<meta http-equiv="refresh" content="0;url=html/2026-07/09/node_1.htm">'
    done, _ = run(files, tmp_path)
    assert done.exit_code == 0, done.log
    fronts = [hugo.load(file.decode())[0] for file in done.files(NAME).values()]
    assert (
        sorted((front["date"], front["section"]) for front in fronts)
        == [("2026-07-09", "副刊")] * 2 + [("2026-07-09", "要闻")] * 2
    )
    assert "family: A" in done.log


def test_next_run_requests_only_new_articles(tmp_path: Path) -> None:
    files = listing(*FORMS["parameters"])
    run(files, tmp_path)
    done, requested = run(files, tmp_path)
    assert done.exit_code == 0, done.log
    assert not any("show.php" in path for path in requested)


@pytest.mark.parametrize("has_old_folder", [True, False])
def test_a_corpus_keeps_the_name_that_an_earlier_release_gave_the_source(
    has_old_folder: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.spiders.test_unknown_paper.URL", "http://epaper.example")
    name = "epaper-epaper-example" if has_old_folder else "epaper-example"
    if has_old_folder:
        (tmp_path / name).mkdir()
    done, _ = run(listing(*FORMS["paths"]), tmp_path)
    assert len(done.files(name)) == 4
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {name}
    assert all(hugo.load(file.decode())[0]["categories"] == [name] for file in done.files(name).values())


def test_day_is_missing(tmp_path: Path) -> None:
    done, _ = run(listing(*FORMS["paths"], day="今日"), tmp_path)
    assert done.exit_code == 1
    assert "neither the page of the issue nor that of the article has a day" in done.log
    assert "newest issue: day unknown" in done.log


@pytest.mark.parametrize(
    "html", ["<p>数字报</p>", '<img src="1.jpg">', f"<p>2026年7月9日</p>{NAVIGATION}", '<a href="/1.pdf">第01版</a>']
)
def test_site_without_text_is_reported_in_plain_lines(html: str, tmp_path: Path) -> None:
    done, _ = run({"/": html}, tmp_path)
    assert done.exit_code == 1
    assert f"newspaper {URL}/: nothing could be read" in done.log
    assert "reason: changed: http://paper.example/: the entry page has neither a redirect nor a link" in done.log
    assert "Next: open the URL in a browser" in done.log


def test_site_without_a_response_is_reported(tmp_path: Path) -> None:
    done, _ = run({}, tmp_path)
    assert f"newspaper {URL}/: nothing could be read" in done.log
    assert "HTTP 404" in done.log
