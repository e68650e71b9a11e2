"""Crawl newspapers whose pages are drawn from JSON: from the entry to the articles, with page, section and pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.layouts import hugo
from crawler.spiders.epaper import EpaperSpider
from tests.support.mirror import FAST, Run, crawl
from tests.support.server import Answer, Played, play

URL = "http://paper.example"
DAYS = ("2026-07-06", "2026-07-08", "2026-07-09")  # the 7th has no issue
SECTIONS = {"01": "要闻", "02": "副刊"}
TITLES = {"01": ("渡口的灯又亮了", "老磨坊里办起读书会"), "02": ("山路上的邮车", "集市改到周六举行")}
DETAIL = "/staticsg/res/html/journal/detail.html"


def text(title: str, day: str) -> str:
    return f"{day}这一天，人们先说起{title}，再说起天气。<br/>“都会好的。”他们说。"


def number_of(page: str, index: int) -> int:
    return 7000 + 10 * int(page) + index


def articles(page: str) -> list[tuple[int, str]]:
    return [(number_of(page, index), title) for index, title in enumerate(TITLES[page])]


def journal_article(day: str, page: str, identifier: int) -> dict[str, Any]:
    title = dict(articles(page))[identifier]
    pictures = [{"url": f"/pic/{identifier}.jpg", "name": "", "author": "何苗", "ttile": "渡口"}]
    return {
        "id": identifier, "articleid": identifier % 10, "pid": 3, "jdate": day, "title": title, "introtitle": "引题",
        "subtitle": "副题", "author": "记者 田野", "content": text(title, day), "pincurls": json.dumps(pictures),
        "source": "", "deleted": False,
    }  # fmt: skip


def navi() -> dict[str, Any]:
    """The edition of one list for each issue, with the texts in JSON; the entry is a frame without links."""
    files: dict[str, Any] = {}
    for day in ("2022-07-06", "2022-07-08", "2022-07-09"):
        files[f"/staticsg/res/html/journal/index.html?date={day}&page=01"] = '<div id="app"></div>'
        pages = []
        for page, section in SECTIONS.items():
            listed = [{"id": name, "pid": 3, "articleid": 1, "title": title} for name, title in articles(page)]
            listed.append({"id": 99, "pid": 3, "articleid": 9, "title": "责编 何帆 美编 林小满"})
            pages.append({"pname": section, "pnumber": page, "imgurl": "/1.jpg", "id": 3, "articleList": listed})
            for name, _ in articles(page):
                path = f"/staticsg/data/journal/{day}/{page}/article/{name}.json"
                files[path] = {"article": journal_article(day, page, name)}
        files[f"/staticsg/data/journal/{day}/navi.json"] = {"pages": pages}
    files["/staticsg/res/html/journal/index.html?date=2022-07-07&page=01"] = '<div id="app"></div>'
    return files


def journal() -> dict[str, Any]:
    """The edition of one list for each page, found by a list of newspapers."""
    rows = [{"code": "other", "jdate": "2026-07-10"}, {"code": "jfrb", "jdate": DAYS[-1], "pnumber": "01"}]
    files: dict[str, Any] = {"/journal/list.do": {"success": True, "object": {"departList": rows}}}
    for day in DAYS:
        pages = [{"pnumber": page, "pname": section} for page, section in SECTIONS.items()]
        for page, section in SECTIONS.items():
            listed = [{"id": name, "title": title} for name, title in articles(page)]
            files[f"/journal/{day}/getJournalPage.do?page={page}&code=jfrb"] = {
                "success": True,
                "object": {"page": {"pnumber": page, "pname": section}, "pagelist": pages, "articlelist": listed},
            }
            for name, _ in articles(page):
                path = f"/journal/getJournalPageArticle.do?id={name}"
                files[path] = {"success": True, "object": {"article": journal_article("2026", page, name)}}
    files["/journal/2026-07-07/getJournalPage.do?page=01&code=jfrb"] = {"success": False, "errorinfo": "无数据"}
    return files


def html_article(page: str, title: str, day: str, css: str) -> str:
    return (
        f'<div class="nav">山桥日报</div><h1>{title}</h1><div class="{css}"><div class="content"><p>'
        f'{text(title, day)}</p><p><img src="/pic/1.jpg"></p></div></div>'
    )


def stamped() -> dict[str, Any]:
    """The edition with articles in HTML; the entry leads to a page that a script draws from data.json."""
    first = f"/html/2026/{DAYS[-1].replace('-', '')}"
    stamp = DAYS[-1].replace("-", "")
    files: dict[str, Any] = {
        "/": f'<meta http-equiv="refresh" content="0;url={first[1:]}/{stamp}_A01/{stamp}_A01_7315.html">'
    }
    for day in DAYS:
        stamp = day.replace("-", "")
        folder = f"/html/2026/{stamp}"
        pages = []
        for page, section in SECTIONS.items():
            listed = []
            for name, title in articles(page):
                file = f"{stamp}_A{page}_01_{name}_21042.html"
                listed.append({"mainTitle": f"{title[:2]}<br/>{title[2:]}", "articleHref": file, "articleAuthor": ""})
                files[f"{folder}/{stamp}_{page}/{file}"] = html_article(page, title, day, "article-detail")
            pages.append({"pageNo": page, "pageName": section, "pageHref": "x.html", "onePageArticleList": listed})
        files[f"{folder}/data.json"] = pages
    return files


def coded() -> dict[str, Any]:
    """The edition whose URLs contain the number of the issue, which differs between days."""
    last = DAYS[-1].replace("-", "")
    files: dict[str, Any] = {"/": f"<script>location.href='/nm/html/2026/{last}/nm_{last}_1339_1.html'</script>"}
    for issue, day in enumerate(DAYS, 1337):
        stamp = day.replace("-", "")
        folder = f"/nm/html/2026/{stamp}"
        files[f"{folder}/nm_{stamp}_{issue}_1.html"] = '<div id="pageImg"></div><script src="/outline.js"></script>'
        pages = []
        for page, section in SECTIONS.items():
            listed = []
            for index, (_, title) in enumerate(articles(page), 1):
                file = f"nm_{stamp}_{issue}_{int(page)}_{index}.html"
                listed.append({"mainTitle": title, "articleHref": file})
                files[f"{folder}/{file}"] = html_article(page, title, day, "unknown")
            pages.append({"pageNo": str(int(page)), "pageName": section, "onePageArticleList": listed})
        files[f"{folder}/data.json"] = pages
    return files


EDITIONS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "navi": (navi, "/staticsg/res/html/journal/index.html?date=2022-07-09&page=01"),
    "journal": (journal, "/journal/list.do"),
    "stamped": (stamped, "/"),
    "coded": (coded, "/"),
}


def play_files(files: dict[str, Any], running: list[Played]) -> Callable[[str, int], Answer]:
    def respond(path: str, _: int) -> Answer:
        found = files.get(re.sub(r"\Ahttp://[^/]+", "", running[0].urls[-1]))
        if found is None:
            return Answer("<html><body>404</body></html>", 404)
        if isinstance(found, str):
            return Answer(f"<html><body>{found}</body></html>")
        return Answer(json.dumps(found, ensure_ascii=False), headers={"Content-Type": "application/json"})

    return respond


def run(files: dict[str, Any], entry: str, output: Path, *options: str) -> tuple[Run, list[str]]:
    running = list[Played]()
    with play(play_files(files, running)) as played:
        running.append(played)
        done = crawl("epaper", output, *FAST, "-a", f"url={URL}{entry}", *options, environment=played.environment)
    return done, [re.sub(r"\Ahttp://[^/]+", "", url) for url in played.urls]


@pytest.mark.parametrize("name", EDITIONS)
def test_three_days_of_an_edition_in_json(name: str, tmp_path: Path) -> None:
    build, entry = EDITIONS[name]
    files = build()
    year = "2022" if name == "navi" else "2026"
    done, requested = run(files, entry, tmp_path, "-a", f"since={year}-07-06", "-a", f"until={year}-12-31")
    assert done.exit_code == 0, done.log
    assert "links.no_issue=1" in done.log
    found = [hugo.load(file.decode())[0] for file in done.files(EpaperSpider(url=URL).name).values()]
    # The texts of `journal` have no day in their URL: all days have the same.
    days = [day.replace("2026", year) for day in DAYS]
    expected = [
        (day, str(int(page)), section, title)
        for day in days for page, section in SECTIONS.items() for title in TITLES[page]
    ]  # fmt: skip
    rows = sorted((each["date"], each["page"].lstrip("A0"), each["section"], each["title"]) for each in found)
    assert rows == sorted(expected)
    assert len(requested) == len(set(requested)) or name == "journal"


def test_fields_of_an_article_in_json(tmp_path: Path) -> None:
    done, _ = run(navi(), EDITIONS["navi"][1], tmp_path)
    files = done.files(EpaperSpider(url=URL).name)
    assert sorted(files) == ["20220709-7010", "20220709-7011", "20220709-7020", "20220709-7021"]
    found = files["20220709-7010"].decode()
    assert 'pretitle: "引题"\nsubtitle: "副题"\n' in found
    assert f"![渡口]({URL}/pic/7010.jpg)" in found
    assert "再说起天气。" in found
    assert found.endswith(f"]({URL}{DETAIL}?date=2022-07-09&id=7010&page=01)\n"), found
    assert "links.not_article=1" in done.log  # the credit, of both pages


def test_article_in_json_by_its_url(tmp_path: Path) -> None:
    done, requested = run(journal(), f"{DETAIL}?code=jfrb&date=2026-07-09&id=7021&page=02", tmp_path)
    assert done.exit_code == 0, done.log
    assert list(done.files(EpaperSpider(url=URL).name)) == ["20260709-7021"]
    assert "/journal/getJournalPageArticle.do?id=7021" in requested


def test_days_of_both_editions_of_one_newspaper(tmp_path: Path) -> None:
    done, requested = run({**navi(), **journal()}, "/journal/list.do", tmp_path, "-a", "until=2022-07-08")
    assert done.exit_code == 0, done.log
    assert len(done.files(EpaperSpider(url=URL).name)) == 4
    assert "/staticsg/data/journal/2022-07-08/navi.json" in requested


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        ({"pages": [{"a": 1, "b": [{"c": 2}]}]}, "neither of newspaper pages nor of articles"),
        ({"pages": [{"pnumber": "01", "pname": "要闻", "articleList": [{"title": "渡口", "url": "x/y"}]}]},
         "the URLs of 1 articles in the JSON cannot be derived"),
        ("{ cut", "truncated"),
    ],
)  # fmt: skip
def test_list_in_json_that_cannot_be_read(listing: object, message: str, tmp_path: Path) -> None:
    files = navi()
    body = listing if isinstance(listing, str) else json.dumps(listing)

    def respond(path: str, _: int) -> Answer:
        if path.endswith("navi.json"):
            return Answer(body, headers={"Content-Type": "application/json"})
        return Answer(f"<html><body>{files.get(path, '<i></i>')}</body></html>")

    with play(respond) as played:
        options = ("-a", f"url={URL}{EDITIONS['navi'][1]}")
        done = crawl("epaper", tmp_path, *FAST, *options, environment=played.environment)
    assert done.exit_code == 1
    assert message in done.log
