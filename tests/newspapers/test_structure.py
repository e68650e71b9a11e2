"""Articles of unknown templates."""

from __future__ import annotations

import pytest

from crawler.items import Link
from crawler.newspapers.structure import is_article, may_be_title
from crawler.reading.page import Page

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
