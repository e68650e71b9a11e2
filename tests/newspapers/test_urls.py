"""URLs of e-paper systems."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from crawler.newspapers.issue import article_link
from crawler.newspapers.urls import parse_article_url, parse_page_url
from crawler.spiders.epaper import EpaperSpider


@pytest.mark.parametrize(
    ("url", "identifier", "path"),
    [
        ("http://a.example/html/2025-02/11/content_31.htm?div=-1", "20250211-31", "html/2025-02/11/content_31.htm"),
        ("http://a.example/html/2025-02/11/content_313_7.htm#a", "20250211-313", "html/2025-02/11/content_313_7.htm"),
        ("http://a.example/x/html/2025-02/11/nw.D1x_20250211_2-01.htm", "20250211-2-01", ""),
        ("http://a.example/x/pc/content/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/pc/con/202502/11/content_31.html", "20250211-31", ""),
        ("http://a.example/x/20250211/html/content_20250211001.htm", "20250211-20250211001", ""),
        ("http://a.example/x/20250211/html/page_02_content_003.htm", "20250211-page_02_content_003", ""),
        ("http://a.example/shtml/x/20250211/957587.shtml", "20250211-957587", ""),
        (
            "http://a.example/html/2025-02/11/content_5411_7712601.htm",
            "20250211-5411_7712601",
            "html/2025-02/11/content_5411_7712601.htm",
        ),
        ("http://a.example/html/2025-02/11/content_12_3.htm", "20250211-12_3", "html/2025-02/11/content_12_3.htm"),
        (
            "http://a.example/nm/html/2025/20250211/nm_20250211_1339_1_2.html",
            "20250211-1339_1_2",
            "nm/html/2025/20250211/nm_20250211_1339_1_2.html",
        ),
        ("http://a.example/journal/detail.html?code=x&date=2025-02-11&id=31&page=02", "20250211-31", ""),
        ("http://a.example/x/2025-02-11/01/article/31.json", "20250211-31", ""),
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


# Newspaper: page, article, family, number of the page in both URLs, id of the article. DAY is 2025-02-11 in any form.
FORMS = {
    "split without layout": ("x/202502/11/node_A01.html", "x/202502/11/content_31.html", "B", "A01", "", "31"),
    "html and split": ("html/202502/11/node_001.html", "html/202502/11/content_31.html", "B", "001", "", "31"),
    "column": ("pc/column/202502/11/node_01.html", "pc/content/202502/11/content_31.html", "B", "01", "", "31"),
    "col": ("pc/col/202502/11/node_01B.html", "pc/con/202502/11/content_3131_2.html", "B", "01B", "", "3131"),
    "colA01": ("x/202502/11/colA01.htm", "x/202502/11/content_31.htm", "B", "A01", "", "31"),
    "l01": ("x/202502/11/lWBA01.html", "x/202502/11/c31.html", "B", "WBA01", "", "31"),
    "n_01": ("pc/layout/202502/11/n_01.html", "pc/content/202502/11/c_31.html", "B", "01", "", "31"),
    "content and dashed": ("x/content/2025-02/11/node_2.htm", "x/content/2025-02/11/content_31.htm", "A", "", "", "31"),
    "dashed without html": ("x/2025-02/11/node_1.html", "x/2025-02/11/content_313_7.html", "A", "", "", "313"),
    "page and dashed": ("x/page/2025-02/11/node_2.htm", "x/content/2025-02/11/content_31.htm", "A", "", "", "31"),
    "html2": ("html2/2025-02/11/node_83.htm", "html2/2025-02/11/content_31.htm", "A", "", "", "31"),
    "folder of the page": ("x/2025-02/11/001/node.htm", "x/2025-02/11/006/content_rb_31.htm", "A", "001", "006", "31"),
    "Articel": (
        "x/content/20250211/Page01NU.htm", "x/content/20250211/Articel02003MT.htm",
        "articel", "01", "02", "02003MT",
    ),
    "Articel without content": (
        "wx/20250211/Page01CJ.htm", "wx/20250211/Articel01001CJ.htm",
        "articel", "01", "01", "01001CJ",
    ),
    "szbz": ("Html/szbz/20250211/szbzA1.Html", "html/szbz/20250211/szbz277334.Html", "szbz", "A1", "", "277334"),
    "szbz index": ("Html/szbz/20250211/Index.Html", "html/szbz/20250211/szbz277334.Html", "szbz", "", "", "277334"),
    "Qpaper": ("new/Html/2025-02-11/Qpaper.html", "new/Html/2025-02-11/22392.html", "qpaper", "", "", "22392"),
    "Qpaper of a page": ("Html/2025-02-11/Qpaper_11593.html", "Html/2025-02-11/22392.html", "qpaper", "", "", "22392"),
    "shtml": ("shtml/x/20250211/index.shtml", "shtml/x/20250211/957587.shtml", "E", "", "", "957587"),
    "stamped": (
        "2025/20250211/20250211_001/20250211_001.html", "2025/20250211/20250211_001/20250211_001_3.html",
        "stamped", "001", "001", "001_3",
    ),
    "stamped with index": (
        "html/2025/20250211/20250211_A01/index.html", "html/2025/20250211/20250211_A01/20250211_A01_02_74_21.html",
        "stamped", "A01", "A01", "A01_02_74_21",
    ),
    "uniflows": (
        "x/uniflows/html/2025/02/11/B07/default.htm", "x/uniflows/html/2025/02/11/B07/B07_52.htm",
        "uniflows", "B07", "B07", "B07-B07_52",
    ),
    "number of the page": (
        "html/x/2025-02-11/1.html", "html/x/2025-02-11/12/92381.html",
        "general", "1", "12", "12-92381",
    ),
    "folder and index": (
        "2025-02-11/1/index.html", "2025-02-11/1/detail-7654.html",
        "general", "1", "1", "1-detail-7654",
    ),
    "folder and page": (
        "papers/x/2025/02/11/1/page.html", "papers/x/2025/02/11/4/news-6.html",
        "general", "1", "4", "4-news-6",
    ),
    "slashed": ("2025/02/11/index.html", "2025/02/11/content_31.html", "general", "", "", "content_31"),
    "newspaper and compact": (
        "html/x/20250211/index.html", "html/x/20250211/x135748.html",
        "general", "", "", "x135748",
    ),
    "paper.html": ("x/20250211/paper.html", "x/20250211/13574.html", "general", "", "", "13574"),
    "folder alone": ("x/20250211/", "x/20250211/13574.html", "general", "", "", "13574"),
    "without a slash": ("Media/x/2025-02-11", "Media/x/2025-02-11/13574.html", "general", "", "", "13574"),
    "page without a file": ("content/2025-02/11/01", "content/2025-02/11/13574.html", "general", "01", "", "13574"),
    "compact and node": ("x/20250211/node_12345.htm", "x/20250211/content_31.htm", "general", "", "", "content_31"),
    "year and compact": ("x/2025/20250211/A01.html", "x/2025/20250211/art_31.html", "general", "A01", "", "art_31"),
    "numbered issue": ("2025/02/11/9455__01.html", "2025/02/11/135745.html", "general", "01", "", "135745"),
    "year and day": ("x/2025/0211/v1.html", "x/2025/0211/t135745_9.html", "general", "1", "", "t135745_9"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("host", ["http://a.example/", "http://10.1.2.3:8081/"])
def test_forms_of_urls(form: str, host: str) -> None:
    page_path, article_path, family, page_number, article_number, identifier = FORMS[form]
    page, article = parse_page_url(host + page_path), parse_article_url(host + article_path + "?div=-1")
    assert page
    assert article
    assert (page.day, page.url, page.number) == ("2025-02-11", host + page_path, page_number)
    assert (article.day, article.url, article.number) == ("2025-02-11", host + article_path, article_number)
    assert article.is_of(page)
    assert (page.family, article.family) == (family, family)
    assert article_link(article).id == f"20250211-{identifier}"
    assert parse_page_url(article.url) is None
    assert parse_article_url(page.url) is None
    other = page.for_day("2024-12-31")
    assert "2025" not in other
    assert (again := parse_page_url(other))
    assert (again.base, again.day, again.number) == (page.base, "2024-12-31", page.number)
    assert again.for_day("2025-02-11") == page.url


def test_day_in_the_query() -> None:
    page = parse_page_url("https://a.example/journal/index.html?date=2025-02-11&page=02#top")
    assert page
    assert (page.day, page.number) == ("2025-02-11", "02")
    assert page.for_day("2024-12-31") == "https://a.example/journal/index.html?date=2024-12-31&page=02"
    assert parse_page_url("https://a.example/journal/detail.html?date=2025-02-11&id=31&page=02") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/20251302/index.html", "http://a.example/2025-02/30/node_1.htm", "http://a.example/2025/02/",
        "http://a.example/search.html?date=", "http://a.example/page/2025-02-11/A01.pdf", "mailto:2025-02-11/1.html",
        "http://a.example/220250211/Page01RZ.htm",
    ],
)  # fmt: skip
def test_other_urls_are_neither_pages_nor_articles(url: str) -> None:
    assert parse_page_url(url) is None
    assert parse_article_url(url) is None


def test_most_newspapers_of_the_list_are_recognized(shared: Path) -> None:
    rows = [line.split("\t") for line in (shared / "newspapers.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    found = [(parse_page_url(url), family) for _, url, family in rows]
    families = Counter(page.family if page else "" for page, _ in found)
    assert families[""] <= 1, families  # a day with nine digits
    assert all(page and page.family == family for page, family in found if family)
