"""Relative dates and `<base href>` in the listings of each source."""

from __future__ import annotations

import pytest

from crawler.reading.page import Page
from crawler.reading.read import read_listing
from crawler.reading.source import Source
from crawler.spiders.hibor import HiborSpider
from crawler.spiders.iyiou import IyiouSpider
from crawler.spiders.woshipm import WoshipmSpider

FETCHED = "2025-02-11T14:17:09+00:00"
HEX = "dca2e6eeb594a58b3985806dbe757afc"
LISTINGS: list[tuple[type[Source], str, str]] = [
    (
        WoshipmSpider,
        "https://www.woshipm.com/category/ai",
        "<template v-if=\"homeTab == 'latest'\"><article class='postlist-item'><h2><a href='{link}'>标题</a></h2>"
        "<time>{date}</time></article></template>",
    ),
    (
        IyiouSpider,
        "https://www.iyiou.com/news",
        "<div class='info-item'><a class='webTitleShow' href='{link}'>标题</a>"
        "<span class='info-time'>{date}</span></div>",
    ),
    (
        HiborSpider,
        "https://www.hibor.com.cn/elitelist.html",
        "<table><tr class='trContent'><td></td><td><a href='{link}' title='标题'>标题</a></td><td>{date}</td></tr>"
        "</table>",
    ),
]
LINKS = {"woshipm": "ai/6183097.html", "iyiou": "news/202502111089250", "hibor": f"data/{HEX}.html"}


def listing(source: type[Source], url: str, row: str, date: str, base: str = "") -> list[tuple[str, str]]:
    link = LINKS[source.name] if base else f"/{LINKS[source.name]}"
    html = f"<html><head><title>列表</title>{base}</head><body>{row.format(link=link, date=date)}</body></html>"
    found = read_listing(source, Page(url, html.encode(), fetched_at=FETCHED)).links
    return [(found_link.url, found_link.date) for found_link in found]


@pytest.mark.parametrize(("source", "url", "row"), LISTINGS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("昨天 22:17", "2025-02-10 22:17:00"),
        ("3小时前", "2025-02-11"),
        ("5分钟前", "2025-02-11 22:12:00"),
        ("02-09 08:05", "2025-02-09 08:05:00"),
        ("2025-02-09 下午8:05", "2025-02-09 20:05:00"),
    ],
)
def test_relative_date_of_a_listing(source: type[Source], url: str, row: str, date: str, expected: str) -> None:
    assert [found for _, found in listing(source, url, row, date)] == [expected]


@pytest.mark.parametrize(("source", "url", "row"), LISTINGS, ids=lambda value: getattr(value, "name", ""))
def test_relative_link_refers_to_the_base(source: type[Source], url: str, row: str) -> None:
    plain = listing(source, url, row, "2025-02-09")
    assert len(plain) == 1
    assert listing(source, url, row, "2025-02-09", '<base href="/">') == plain
