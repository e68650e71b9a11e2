"""URLs of e-paper systems."""

from __future__ import annotations

import pytest

from crawler.newspapers.issue import article_link
from crawler.newspapers.urls import parse_article_url, parse_page_url
from crawler.spiders.epaper import EpaperSpider


@pytest.mark.parametrize(
    ("url", "identifier", "path"),
    [
        ("http://a.example/html/2025-02/11/content_31.htm?div=-1", "20250211-31", "html/2025-02/11/content_31.htm"),
        ("http://a.example/html/2025-02/11/content_31_7.htm#a", "20250211-31", "html/2025-02/11/content_31_7.htm"),
        ("http://a.example/x/html/2025-02/11/nw.D1x_20250211_2-01.htm", "20250211-2-01", ""),
        ("http://a.example/x/pc/content/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/pc/con/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/20250211/html/content_20250211001.htm", "20250211-20250211001", ""),
        ("http://a.example/x/20250211/html/page_02_content_003.htm", "20250211-page_02_content_003", ""),
        ("http://a.example/shtml/x/20250211/957587.shtml", "20250211-957587", ""),
        ("http://a.example/html/2025-02/30/content_31.htm", None, ""),
        ("http://a.example/html/2025-02/11/node_2.htm", None, ""),
        ("http://a.example/shtml/x/20250211/vA1.shtml", None, ""),
        ("http://a.example/?u=/html/2025-02/11/content_31.htm", None, ""),
        ("javascript:void(0)", None, ""),
    ],
)
def test_parse_article_url(url: str, identifier: str | None, path: str) -> None:
    found = parse_article_url(url)
    assert (article_link(found).id if found else None) == identifier
    if found:
        assert found.day == "2025-02-11"
        assert found.url == (f"http://a.example/{path}" if path else url)
        assert EpaperSpider.article_link(found.url) == article_link(found)


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("http://a.example/html/2025-02/11/node_187.htm?v=1", "http://a.example/html/2024-12/31/node_187.htm"),
        ("http://a.example/x/html/2025-02/11/nbs.D1x_01.htm", "http://a.example/x/html/2024-12/31/nbs.D1x_01.htm"),
        ("http://a.example/pc/layout/202502/11/node_A01.html", "http://a.example/pc/layout/202412/31/node_A01.html"),
        ("http://a.example/pc/layout/202502/11/col01.html", "http://a.example/pc/layout/202412/31/col01.html"),
        ("http://a.example/x/html/layout/202502/11/node_01.html",
         "http://a.example/x/html/layout/202412/31/node_01.html"),
        ("http://a.example/x/20250211/html/index.htm", "http://a.example/x/20241231/html/index.htm"),
        ("http://a.example/shtml/x/20250211/vA1.shtml", "http://a.example/shtml/x/20241231/vA1.shtml"),
    ],
)  # fmt: skip
def test_page_url_for_another_day(url: str, other: str) -> None:
    found = parse_page_url(url)
    assert found
    assert found.day == "2025-02-11"
    assert found.for_day("2024-12-31") == other


@pytest.mark.parametrize("url", ["http://a.example/", "http://a.example/paperindex.htm", "http://a.example/html/x.htm"])
def test_entry_is_not_a_page_of_an_issue(url: str) -> None:
    assert parse_page_url(url) is None
