"""`scrapy newsource` with the URL of an e-paper: the class of the newspaper instead of a draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.test_newsource import Workshop
from tests.support.server import Answer, play

TEXT = "本季度的产量与销量继续上升，出口也在增长，业内人士看好明年。" * 4
FOLDER = "/rb/layout/202607/09/"


def page(number: str, other: str) -> str:
    return (
        f'<a href="{FOLDER}node_{number}.html">第{number}版：要闻</a>'
        f'<a href="{FOLDER}node_{other}.html">第{other}版：副刊</a>'
        f'<ul><li><a href="/rb/content/202607/09/content_{number}71.html">渡口的灯又亮了</a></li>'
        f'<li><a href="/rb/content/202607/09/content_{number}72.html">老磨坊里办起读书会</a></li></ul>'
    )


def article(path: str) -> str:
    title = "渡口的灯又亮了" if path.endswith("71.html") else "老磨坊里办起读书会"
    return f"<h1>{title}</h1><p>本报讯（记者田野）{TEXT}</p><p>{TEXT}</p>"


def site(path: str, _: int) -> Answer:
    html = {
        "/rb/": f'<meta http-equiv="refresh" content="0;url={FOLDER}node_01.html">',
        "/front/": f'<p>{TEXT}</p><a href="{FOLDER}node_01.html">电子报</a>'
        + "".join(f'<li><a href="/a/{number}.html">第{number}季度市场观察报告</a></li>' for number in range(10, 20)),
        f"{FOLDER}node_01.html": page("01", "02"),
        f"{FOLDER}node_02.html": page("02", "01"),
        "/pictures/index.html": '<meta http-equiv="refresh" content="0;url=/pictures/2026-07/09/node_1.htm">',
        "/pictures/2026-07/09/node_1.htm": '<img src="/1.jpg">',
    }.get(path)
    if "/content/" in path or path.startswith("/a/"):
        html = article(path)
    if path == "/x/2026-07-09/data.json":
        rows = [{"title": "渡口的灯又亮了", "url": "/rb/content/202607/09/content_171.html"}]
        body = json.dumps([{"pageNo": "01", "pageName": "要闻", "articles": rows}])
        return Answer(body, headers={"Content-Type": "application/json"})
    return Answer(f"<html><body>{html}</body></html>") if html else Answer("", status=404)


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    with play(site) as server:
        yield Workshop(tmp_path, server)


def written(workshop: Workshop) -> list[Path]:
    return [*(workshop.folder / "new_spiders").iterdir(), *workshop.folder.glob("fixtures/*")]


@pytest.mark.parametrize(
    ("url", "lead"),
    [
        ("http://epaper.shanqiao.example/rb/", " (a refresh)"),
        (f"http://epaper.shanqiao.example{FOLDER}node_01.html", ""),
        ("http://www.shanqiao.example/rb/", " (a refresh)"),
    ],
)
def test_class_of_a_newspaper_is_printed(workshop: Workshop, url: str, lead: str) -> None:
    done = workshop("newsource", "shanqiaorb", url)
    assert (done.returncode, written(workshop)) == (0, []), done.stderr
    comment = "FILL IN the URL that shows the newest issue, without a day; B" if "node" in url else "SEEN; B"
    for line in (
        f"{url} is an e-paper (数字报): it needs no draft, only a class of four lines",
        "第01版：要闻: 2 articles, 1 other page",
        "渡口的灯又亮了: 第01版 要闻, 2026-07-09, author 记者田野",
        "family: B",
        f"newest issue: 2026-07-09{lead}",
        "pages: 2; articles: 4 listed, 3 read",
        "sections: found for 4 of 4 articles",
        "text: by structure in 3 of 3 articles: check a few of them",
        "missing: no pictures",
        "    class Shanqiaorb(EpaperSpider):",
        '        name = "epaper-shanqiaorb"',
        '        title = "FILL IN"',
        f'        entry = "{url}"  # {comment}',
    ):
        assert line in done.stdout, line


def test_class_of_a_newspaper_with_a_list_in_json(workshop: Workshop) -> None:
    done = workshop("newsource", "x", "http://www.shanqiao.example/epaper/x/2026-07-09/data.json")
    assert done.returncode == 1  # 404
    done = workshop("newsource", "x", "http://epaper.shanqiao.example/x/2026-07-09/data.json")
    assert done.returncode == 0, done.stdout
    assert "family: data" in done.stdout
    assert "pages: 1; articles: 1 listed, 1 read" in done.stdout


def test_newspaper_with_a_class_is_named(workshop: Workshop) -> None:
    done = workshop("newsource", "rmrb", "https://paper.people.com.cn/rmrb/pc/layout/index.html")
    assert "has a class: epaper-rmrb 人民日报" in done.stdout
    assert done.returncode == 0


def test_newspaper_without_text_is_reported(workshop: Workshop) -> None:
    done = workshop("newsource", "tu", "http://szb.shanqiao.example/pictures/index.html")
    assert (done.returncode, written(workshop)) == (1, [])
    assert "nothing could be read" in done.stdout
    assert "a page of an issue without links to articles or to other pages" in done.stdout
    assert "Traceback" not in done.stderr


def test_site_that_links_to_its_newspaper_is_drafted(workshop: Workshop) -> None:
    done = workshop("newsource", "front", "http://www.shanqiao.example/front/")
    assert done.returncode == 0, done.stdout
    assert [path.name for path in written(workshop)][:1] == ["front.py"]


def test_port_of_a_newspaper(workshop: Workshop) -> None:
    done = workshop("newsource", "sq", "http://paper.shanqiao.example:8081/rb/")
    assert done.returncode == 0, done.stdout + done.stderr
