"""Articles of unknown templates."""

from __future__ import annotations

import pytest

from crawler.items import Link
from crawler.newspapers.structure import is_article, may_be_title, take_credits, writer_above
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.query import text

URL = "http://epaper.example/2026-07-18/1/detail-7654.html"
ISSUE = '<a href="index.html">第01版</a>'


@pytest.mark.parametrize(
    ("html", "listed", "expected"),
    [
        ("<b>渡口的灯又亮了</b><p>灯亮了，船开了。</p>", "渡口的灯又亮了", True),
        ("<b>渡口的灯又亮了</b><p>灯亮了，船开了。</p>", "渡口的灯…", True),
        (f"<h1>渡口的灯</h1>{ISSUE}<p>灯亮了，船开了。</p>", "", True),
        ("<h1>页面走丢了</h1><p>请稍后再试，或返回首页。</p>", "渡口的灯又亮了", False),
        ("<h1>页面走丢了</h1><p>请稍后再试，或返回首页。</p>", "", False),
        ("<a href=x>渡口的灯又亮了</a><p>请输入验证码，然后继续。</p>", "渡口的灯又亮了", False),
    ],
)
def test_page_must_show_the_listed_title(html: str, listed: str, expected: bool) -> None:
    page = Page(URL, f"<html><body>{html}</body></html>".encode(), link=Link("20260718-7654", URL, listed))
    assert is_article(page, listed) is expected


def test_name_of_a_newspaper_is_not_a_title() -> None:
    assert not may_be_title("枫林报", "枫林桥的第三次修缮")
    assert may_be_title("枫林桥的第三次修缮", "枫林桥的第三次修缮")
    assert may_be_title("枫林报", "")


@pytest.mark.parametrize(
    ("html", "writer", "rest"),
    [
        ("<p>作者：田野</p><p>灯亮了。</p><p>责编：何帆 美编：林小满</p>", "田野", "灯亮了。"),
        ("作者：田野<br>灯亮了。<br>责编 何帆 美编 林小满", "田野", "灯亮了。"),
        ("<div><span>本报记者 田野</span></div><div>灯亮了。</div>", "田野", "灯亮了。"),
        ("<p>灯亮了。</p><p>（责任编辑：何帆）</p>", "", "灯亮了。"),
        ("<p>灯亮了。</p><p>编辑：一个职业的黄昏</p>", "", "灯亮了。编辑：一个职业的黄昏"),
        ("<p>灯亮了。<b>记者：田野</b>站在河边。</p>", "", "灯亮了。记者：田野站在河边。"),
        ("<p>据新华社电</p><p>灯亮了。</p>", "", "据新华社电灯亮了。"),
    ],
)
def test_credits_in_a_text(html: str, writer: str, rest: str) -> None:
    body = parse_fragment(html)
    assert take_credits(body) == writer
    assert text(body).replace(" ", "") == rest


def test_writers_between_headline_and_text() -> None:
    html = "<h1>渡口的灯</h1><div><span>2026-07-18</span><span>作者：田野 何苗</span></div><p>灯亮了。</p>"
    page = Page(URL, f"<html><body>{html}</body></html>".encode())
    assert writer_above(page, page.tree.find(".//h1")) == "田野 何苗"
    assert writer_above(page, None) == ""
