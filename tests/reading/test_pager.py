"""Articles on several pages: links to the next page, joined texts, removed pagers."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from scrapy import Request

from crawler.items import Article, Link
from crawler.reading.errors import Blocked, Incomplete
from crawler.reading.page import Page
from crawler.reading.pager import MAX_PAGES, next_page_url
from crawler.reading.read import add_response, read_article
from tests.support.toy.toy import ToySpider

FIRST = "http://toy.example/a/12.html"


def article_link(url: str) -> Link | None:
    """Articles have a number; `/m/NUMBER` is another URL of the same article."""
    found = re.fullmatch(r"http://toy\.example/(?:a|m)/(\d+)(?:\.html)?(?:#.*)?", url)
    return Link(found[1], f"http://toy.example/a/{found[1]}.html") if found else None


def found(html: str, first: str = FIRST, last: str = "", number: int = 2) -> str | None:
    first_page = Page(first, f"<html><body>{html}</body></html>".encode(), link=article_link(first))
    return next_page_url(first_page, replace(first_page, url=last or first), number, article_link)


@pytest.mark.parametrize(
    ("first", "link", "following"),
    [
        (FIRST, '<a href="12_2.html">下一页</a>', "http://toy.example/a/12_2.html"),
        (FIRST, '<a href="/a/12-2.html">2</a>', "http://toy.example/a/12-2.html"),
        (FIRST, '<a href="12_2.html">第二部分</a>', "http://toy.example/a/12_2.html"),  # the URL decides
        (FIRST, '<a href="12_1.html">2</a><a href="12_2.html">3</a>', "http://toy.example/a/12_1.html"),  # from 0
        (FIRST, '<a href="12_3.html">3</a><a href="12_2.html">2</a>', "http://toy.example/a/12_2.html"),
        (FIRST, '<a href="12.html/2">2</a>', "http://toy.example/a/12.html/2"),  # WordPress
        (FIRST, '<a href="12_p2.html">2</a>', "http://toy.example/a/12_p2.html"),
        (FIRST, '<a href="12-page-2.html">2</a>', "http://toy.example/a/12-page-2.html"),
        (FIRST, '<a href="?from=list&page=2">2</a>', "http://toy.example/a/12.html?from=list&page=2"),
        (FIRST, '<a href="?pageNo=2">2</a>', "http://toy.example/a/12.html?pageNo=2"),
        (FIRST, '<a href="?page=2">下一页 »</a>', "http://toy.example/a/12.html?page=2"),
        (FIRST, '<a href="?PageNo=2">Next</a>', "http://toy.example/a/12.html?PageNo=2"),
        (FIRST, '<link rel="next" href="/a/12_2.html">', "http://toy.example/a/12_2.html"),
        (FIRST, '<a href="/m/12">下一页 &gt;</a>', "http://toy.example/m/12"),  # another URL of the same article
        (FIRST, '<a href="12_2.html#text">下一页</a>', "http://toy.example/a/12_2.html"),
        ("http://toy.example/post/7", '<p>页码： 1 <a href="/post/7/2">2</a></p>', "http://toy.example/post/7/2"),
        ("http://toy.example/post/7/", '<a href="/post/7/page/2/">2</a>', "http://toy.example/post/7/page/2/"),
        ("http://toy.example/t_1.shtml", '<a href="t_2.shtml">下页</a>', "http://toy.example/t_2.shtml"),
        ("http://toy.example/v?id=5", '<a href="/v?id=5&p=2">2</a>', "http://toy.example/v?id=5&p=2"),
        ("http://toy.example/v?id=5&p=1", '<a href="/v?id=5&p=2">2</a>', "http://toy.example/v?id=5&p=2"),
    ],
)
def test_link_to_the_next_page(first: str, link: str, following: str) -> None:
    assert found(link, first) == following


@pytest.mark.parametrize(
    "html",
    [
        "",
        '<a href="13.html">下一页</a>',  # another article
        '<a href="/a/13.html">下一篇</a><link rel="next" href="13.html">',
        '<a href="12.html">下一页</a><a href="#">下一页</a><a>下一页</a><a href="">2</a>',
        '<a href="javascript:next()">下一页</a>',
        '<a href="http://other.example/a/12_2.html">下一页</a>',
        '<a href="12_1.html">1</a>',
        '<a href="12_345.html">相关</a><a href="12_x.html">下一页</a>',
        '<a href="?page=2&sort=hot">评论</a><a href="?page=x">2</a>',
        '<a href="/list?page=2">下一页</a>',
        '<div class="comments"><a href="?page=2">2</a><a href="?page=2">下一页</a></div>',
        '<a href="12/comment-page-2#comments">2</a><a href="?page=2#respond">下一页</a>',
        '<a href="http://[toy/12_2.html">下一页</a>',
    ],
)
def test_other_links_are_not_the_next_page(html: str) -> None:
    assert found(html) is None


def test_siblings_with_ids_of_their_own_are_other_articles() -> None:
    assert found('<a href="13.html">2</a>', "http://toy.example/a/12.html") is None
    html = '<a href="http://toy.example/a/2.html">2</a><a href="http://toy.example/a/2.html">下一页</a>'
    assert found(html, "http://toy.example/a/1.html") is None


def test_last_page_has_no_next_page() -> None:
    pager = '<a href="12.html">1</a><a href="12_2.html">2</a><a href="12_3.html">3</a>'
    assert found(pager, last="http://toy.example/a/12_2.html", number=3) == "http://toy.example/a/12_3.html"
    assert found(pager, last="http://toy.example/a/12_3.html", number=4) is None


def test_last_page_that_links_to_itself_has_no_next_page() -> None:
    pager = '<a href="12_2.html">2</a><a href="12_2.html">下一页</a>'
    assert found(pager, last="http://toy.example/a/12_2.html", number=3) is None


def test_local_files_have_one_page() -> None:
    assert found('<a href="12_2.html">下一页</a>', "file:///home/me/12.html") is None


# Joined articles ----------------------------------------------------------------------------------------------------


def toy_page(path: str, text: str, pager: str = "", **values: object) -> Page:
    html = (
        f"<html><head><title>About</title></head><body><h1>About</h1><time>2025-02-11</time>"
        f"<article>{text}{pager}</article></body></html>"
    )
    page = Page(f"http://toy.example/{path}", html.encode(), link=Link("a1", "http://toy.example/a/a1.html"))
    return replace(page, **values)  # type: ignore[arg-type]


def pager(current: int, pages: int) -> str:
    names = ["a1.html", *(f"a1_{number}.html" for number in range(2, pages + 1))]
    links = (
        f"<b>{number}</b>" if number == current else f'<a href="/a/{name}">{number}</a>'
        for number, name in enumerate(names, 1)
    )
    return f'<div class="pages">页码：{" ".join(links)}</div>'


def read(*pages: Page) -> Article:
    """Read an article whose further responses are *pages* after the first."""
    page = pages[0]
    for following in pages[1:]:
        request = read_article(ToySpider, page)
        assert isinstance(request, Request)
        assert request.url == following.url
        page = add_response(ToySpider, page, following)
    article = read_article(ToySpider, page)
    assert isinstance(article, Article)
    return article


def test_pages_are_joined_in_order_without_their_pagers() -> None:
    article = read(
        toy_page("a/a1.html", '<p>One.</p><p><img src="p/1.png"></p>', pager(1, 3)),
        toy_page("a/a1_2.html", 'Two.<p><img src="p/2.png"></p>', pager(2, 3)),
        toy_page("a/a1_3.html", "<p>Three in 2025.</p>", pager(3, 3)),
    )
    assert article.markdown == (
        "One.\n\n![](http://toy.example/a/p/1.png)\n\nTwo.\n\n![](http://toy.example/a/p/2.png)\n\nThree in 2025."
    )
    assert article.summary == "One. Two.Three in 2025."


def test_pager_is_kept_if_text_surrounds_it() -> None:
    article = read(
        toy_page("a/a1.html", '<p>One. See <a href="/a/a1_2.html">下一页</a> for the rest.</p>'),
        toy_page("a/a1_2.html", "<p>Two.</p>"),
    )
    assert article.markdown == "One. See for the rest.\n\nTwo."


def test_count_of_the_pages_is_removed_also_without_links() -> None:
    article = read(
        toy_page("a/a1.html", "<p>One. 共3页。</p>", f"<div>共2页 第1页 {pager(1, 2)}</div>"),
        toy_page("a/a1_2.html", "<p>Two.</p><p>第3页的图</p>", "<p>共 2 页 <b>第 2 页</b></p><p>2/2页</p>"),
    )
    assert article.markdown == "One. 共3页。\n\nTwo.\n\n第3页的图"


def test_page_with_the_same_text_is_left_out() -> None:
    pager = '<a href="a1.html">1</a><a href="?page=2">2</a>'  # of the comments
    first = toy_page("a/a1.html", '<p>One.</p><img src="1.png">', pager)
    same = toy_page("a/a1.html?page=2", '<p>One.</p><img src="1.png">', pager)
    assert read(first, same).markdown == "One.\n\n![](http://toy.example/a/1.png)"
    other = toy_page("a/a1.html?page=2", '<p>One.</p><img src="2.png">', pager)
    assert read(first, other).markdown.count("One.") == 2


def test_damaged_page_makes_the_article_incomplete() -> None:
    first = toy_page("a/a1.html", "<p>One.</p>", pager(1, 2))
    second = toy_page("a/a1_2.html", "<p>Two.</p>", pager(2, 2))
    damaged = {
        "truncated": replace(second, body=second.body[:-30]),
        "HTTP 404": replace(second, status=404),
        "HTTP 500": replace(second, status=500),
        "title is missing": replace(second, body=b"<html><body>nothing</body></html>"),
        "redirected": replace(second, status=302, headers={"location": "http://www.example/"}),
    }
    for reason, page in damaged.items():
        with pytest.raises(Incomplete, match=reason) as caught:
            read(first, page)
        assert "a1_2.html" in str(caught.value)
    with pytest.raises(Blocked):
        read(first, replace(second, status=429))


def test_article_with_too_many_pages_is_incomplete() -> None:
    pages = [
        toy_page(f"a/a1{f'_{number}' if number > 1 else ''}.html", f"<p>{number}.</p>", pager(number, MAX_PAGES + 1))
        for number in range(1, MAX_PAGES + 1)
    ]
    with pytest.raises(Incomplete, match="more than 30 pages"):
        read(*pages)
