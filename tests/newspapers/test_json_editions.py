"""Lists and articles in JSON, with the keys of other sites than those that are known."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.items import Article, Link
from crawler.newspapers.editions import day_url, listing_url
from crawler.newspapers.json_article import read_json_article
from crawler.newspapers.json_issue import read_issue
from crawler.newspapers.json_listing import read_json_listing
from crawler.newspapers.urls import parse_article_url, parse_page_url
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, PageError, Skipped
from crawler.reading.page import Page
from crawler.reading.query import text

ONE, TWO, THREE = ({"id": 1, "title": "渡口的灯"}, {"id": 2, "title": "桥上的雾"}, {"id": 3, "title": "山里的邮车"})
EXPECTED = [("01", "要闻", ["渡口的灯", "桥上的雾"]), ("02", "副刊", ["山里的邮车"])]
SHAPES: dict[str, Any] = {
    "pages with articles": [
        {"pageNo": "01", "pageName": "要闻", "list": [ONE, TWO]}, {"pageNo": "02", "pageName": "副刊", "list": [THREE]},
    ],
    "labels": {"data": [
        {"title": "第01版：要闻", "articles": [ONE, TWO]}, {"title": "第02版：副刊", "articles": [THREE]},
    ]},
    "names in Pinyin and snake case": {"code": 0, "result": {"list": [
        {"page_no": "01", "name": "要闻", "news_list": [
            {"bt": "渡口的灯", "url": "a"}, {"bt": "桥上的雾", "url": "b"},
        ]},
        {"page_no": "02", "name": "副刊", "news_list": [{"bt": "山里的邮车", "url": "c"}]},
    ]}},
    "number of each article": {"pages": [
        {"no": "01", "title": "要闻", "items": [{**ONE, "no": 1}, {**TWO, "no": 2}]},
        {"no": "02", "title": "副刊", "items": [{**THREE, "no": 1}]},
    ]},
    "articles below another object": [
        {"pageNo": "01", "pageName": "要闻", "content": {"rows": [ONE, TWO]}},
        {"pageNo": "02", "pageName": "副刊", "content": {"rows": [THREE]}},
    ],
    "pictures with titles": [
        {"pageNo": "01", "pageName": "要闻", "list": [{**ONE, "pics": [{"id": 9, "title": "图"}]}, TWO]},
        {"pageNo": "02", "pageName": "副刊", "pictures": [{"id": 8, "title": "版面图"}], "list": [THREE]},
    ],
    "one list of articles": {"list": [
        {**ONE, "pageNo": "01", "pageName": "要闻"}, {**TWO, "pageNo": "01", "pageName": "要闻"},
        {**THREE, "pageNo": "02", "pageName": "副刊"},
    ]},
    "list of newspapers": {"papers": [{"id": 5, "title": "山桥日报", "pages": [
        {"pageNo": "01", "pageName": "要闻", "list": [ONE, TWO]}, {"pageNo": "02", "pageName": "副刊", "list": [THREE]},
    ]}]},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_of_lists(shape: str) -> None:
    found = read_issue(SHAPES[shape])
    assert [(page.number, page.name, [each.title for each in page.articles]) for page in found] == EXPECTED
    assert all(page.is_listed for page in found)


def test_list_of_one_page_beside_a_list_of_pages() -> None:
    pages = [{"pnumber": "01", "pname": "要闻"}, {"pnumber": "02", "pname": "副刊"}]
    found = read_issue({"pagelist": pages, "page": pages[1], "articlelist": [THREE]})
    assert [(page.label, len(page.articles), page.is_listed) for page in found] == [
        ("第02版：副刊", 1, True), ("第01版：要闻", 0, False),
    ]  # fmt: skip
    assert [page.label for page in read_issue({"pagelist": pages})] == ["第01版：要闻", "第02版：副刊"]


@pytest.mark.parametrize("data", [{}, [], None, 7, "x", {"success": False}, {"pages": []}, [[1, 2]], [{"a": 1}]])
def test_other_json_is_not_a_list(data: object) -> None:
    assert read_issue(data) == []


@given(st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=4) | (
    st.dictionaries(st.sampled_from(["title", "id", "url", "pageNo", "pageName", "list", "pics"]), inner, max_size=5)
)))  # fmt: skip
def test_any_json_is_read_or_refused(data: Any) -> None:
    read_issue(data)
    url = "http://a.example/2026/20260718/data.json"
    issue = parse_page_url(url)
    assert issue
    with suppress(PageError):
        read_json_listing(Page(url, json.dumps(data).encode()), issue)


def test_addresses_of_articles() -> None:
    url = "http://a.example/rb/2026-07-18/list.json"
    issue = parse_page_url(url)
    assert issue
    rows = [
        {"title": "渡口的灯", "url": "detail-7001.html"}, {"title": "桥上的雾", "url": "/rb/2026-07-18/7002.html"},
        {"title": "山里的邮车", "url": "http://a.example/rb/2026-07-18/news_7003.json"},
        {"title": "往期", "url": "/rb/2026-07-17/7004.html"}, {"title": "专题", "url": "http://b.example/topic"},
    ]  # fmt: skip
    body = json.dumps([{"pageNo": "A02", "pageName": "要闻", "articles": rows}]).encode()
    found = read_json_listing(Page(url, body), issue)
    assert [link.title for link in found.links] == ["渡口的灯", "桥上的雾", "山里的邮车"]
    assert {link.page_label for link in found.links} == {"第A02版：要闻"}
    assert found.skipped == 2


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ('{"success": false}', Gone, "no issue of 2026-07-18: the JSON has no entries"),
        ('{"code": 403, "message": "请输入验证码"}', Blocked, "a block page"),
        ('{"rows": [{"a": 1}]}', LayoutChanged, "neither of newspaper pages nor of articles"),
        ('{"rows": [{"a"', Incomplete, "truncated"),
    ],
)
def test_lists_that_cannot_be_read(body: str, error: type[PageError], message: str) -> None:
    url = "http://a.example/2026/20260718/data.json"
    issue = parse_page_url(url)
    assert issue
    with pytest.raises(error, match=message):
        read_json_listing(Page(url, body.encode()), issue)


# Articles ----------------------------------------------------------------------------------------------------------

URL = "http://a.example/rb/2026-07-18/01/article/31.json"


def article(data: object) -> Article:
    found = parse_article_url(URL)
    assert found
    link = Link("20260718-31", URL, "渡口的灯", "2026-07-18", "第01版：要闻")
    page = Page(URL, json.dumps(data).encode(), headers={"content-type": "application/json"}, link=link)
    return read_json_article(page, found, "epaper-x", "")


@pytest.mark.parametrize(
    "content",
    [
        "<p>灯亮了，船开了。</p><p>雾散了。</p>", "灯亮了，船开了。\n雾散了。", "灯亮了，船开了。<br/>雾散了。",
        "&lt;灯亮了，船开了。\n\n雾散了。",
    ],
)  # fmt: skip
def test_text_of_an_article(content: str) -> None:
    found = article(
        {"data": {"article": {"id": 31, "title": "渡口<br>的灯", "content": content, "author": "作者：田野"}}}
    )
    assert found.body is not None
    assert text(found.body).replace("<", "").replace(" ", "") == "灯亮了，船开了。雾散了。"
    assert (found.title, found.author, found.page, found.section) == ("渡口 的灯", "田野", "01", "要闻")


@pytest.mark.parametrize(
    "pictures",
    [
        {"pics": [{"url": "/p/1.jpg", "title": "船"}]}, {"images": ["/p/1.jpg"]},
        {"pincurls": '[{"url": "/p/1.jpg", "ttile": "船"}]'}, {"photo_list": [{"src": "http://a.example/p/1.jpg"}]},
    ],
)  # fmt: skip
def test_pictures_of_an_article(pictures: dict[str, Any]) -> None:
    found = article({"id": 31, "title": "渡口的灯", "content": '<p>灯亮了。<img src="/p/2.jpg"></p>', **pictures})
    assert found.body is not None
    assert [node.get("src") for node in found.body.iter("img")] == [
        "http://a.example/p/1.jpg",
        "http://a.example/p/2.jpg",
    ]


def test_picture_of_the_text_is_not_repeated() -> None:
    found = article({"id": 31, "title": "渡口的灯", "content": '<p>灯。<img src="/p/1.jpg"></p>', "pics": ["/p/1.jpg"]})
    assert found.body is not None
    assert len(list(found.body.iter("img"))) == 1


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"success": False, "msg": "x"}, LayoutChanged),
        ({"code": 403, "message": "安全验证"}, LayoutChanged),
        ({"id": 31, "title": "渡口的灯", "content": ""}, Skipped),
        ({"id": 31, "title": "渡口的灯", "content": "<p><img src=a.jpg></p>"}, Skipped),
        ({"id": 31, "title": "责编 何帆 美编 林小满", "content": "见本版"}, Skipped),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, LayoutChanged),
    ],
)
def test_articles_that_cannot_be_read(data: object, error: type[PageError]) -> None:
    with pytest.raises(error):
        article(data)


# URLs --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "day", "listing"),
    [
        ("https://a.example/staticsg/res/html/journal/index.html?date=2024-12-16&page=02", "2024-12-15",
         "https://a.example/journal/2024-12-16/getJournalPage.do?page=02&code=jfrb"),
        ("https://a.example/journal/2026-07-18/getJournalPage.do?page=01&code=jfrb", "2024-12-15", ""),
        ("https://a.example/html/2026/20260718/20260718_A01/index.html", "2026-07-17",
         "https://a.example/html/2026/20260718/data.json"),
        ("https://a.example/nm/html/2026/20260718/nm_20260718_1339_1.html", "2026-07-17",
         "https://a.example/nm/html/2026/20260718/data.json"),
        ("https://a.example/html/2026-07/18/node_1.htm", "2026-07-17", ""),
    ],
)  # fmt: skip
def test_lists_of_issues(url: str, day: str, listing: str) -> None:
    issue = parse_page_url(url)
    assert issue
    if listing:
        assert listing_url(issue) == listing
    assert day_url(issue, issue.day) == issue.url
    other = parse_page_url(day_url(issue, day))
    assert other
    assert other.day == day
    if "getJournalPage" in url:
        assert other.url == "https://a.example/staticsg/data/journal/2024-12-15/navi.json"
