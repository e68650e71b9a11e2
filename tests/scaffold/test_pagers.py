"""The link to the next page of a listing."""

from __future__ import annotations

import pytest

from crawler.reading.page import Page
from crawler.reading.query import all_of, href
from crawler.scaffold.pagers import next_selector

URL = "http://a.example/list/1"
NEXT = "http://a.example/list/2"


def found(pager: str) -> list[str]:
    page = Page(URL, f"<html><head></head><body><div class=pager>{pager}</div></body></html>".encode())
    css = next_selector(page, ())
    return [href(node, page) for node in all_of(page, css)] if css else []


@pytest.mark.parametrize(
    "pager",
    [
        '<a rel="next" href="/list/2">2</a>',
        '<a class="next" href="/list/2">›</a>',
        '<a href="/list/0">上一页</a><a href="/list/2">下一页</a>',
        '<a href="/list/2">下页</a><a href="/list/9">尾页</a>',
        '<a href="/list/2">下一页&gt;&gt;</a>',
        '<a href="/list/2">Next →</a>',
        '<a href="/list/2" title="下一页"><img src="x.gif"></a>',
        '<a href="/list/2" aria-label="Next page"><i></i></a>',
        '<a href="/list/0">&lt;</a><a href="/list/2">&gt;</a>',
        "<span>1</span><a href='/list/2'>2</a><a href='/list/3'>3</a>",
        "<b>1</b> <a href='/list/2'>2</a> <a href='/list/3'>3</a>",
        "<a class='on' href='/list/1'>1</a><a href='/list/2'>2</a><a href='/list/3'>3</a>",
        "<ul><li class='active'><a href='/list/1'>1</a></li><li><a href='/list/2'>2</a></li>"
        "<li><a href='/list/3'>3</a></li></ul>",
        '<a class="load-more" href="/list/2">加载更多</a>',
        '<a href="/list/2">查看更多 »</a>',
        '<div class="a"><a href="/list/2">下一页</a></div><div class="b"><a href="/list/2">下一页</a></div>',
    ],
)
def test_next_page(pager: str) -> None:
    assert set(found(pager)) == {NEXT}


@pytest.mark.parametrize(
    "pager",
    [
        "",
        '<a class="next" href="javascript:;">下一页</a>',
        '<a class="next" href="#">下一页</a>',
        '<a class="next" href="/list/1">下一页</a>',
        '<a href="http://other.example/">下一页</a>',
        '<a href="/a/">更多</a><a href="/b/">更多</a>',
        "<a href='/list/3'>3</a>",
    ],
)
def test_no_next_page(pager: str) -> None:
    assert found(pager) == []
