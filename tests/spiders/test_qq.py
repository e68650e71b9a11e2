"""qq beyond its fixtures: damaged listings and oversized articles."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from crawler.items import Article
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.recordings.cases import load_case
from crawler.spiders.qq import QqSpider
from tests.conftest import FIXTURES


def with_json(page: Page, value: object) -> Page:
    return replace(page, body=json.dumps(value).encode())


def test_surrogate_in_the_title_of_a_link_is_replaced() -> None:
    page = load_case(FIXTURES / "qq/author-0")
    titles = re.sub(r'("title": *"[^"]*)"', r'\1\\ud83d\\n"', page.text)
    links = read_listing(QqSpider, replace(page, body=titles.encode())).links
    assert all(link.title.endswith("\ufffd") for link in links)


def test_offset_of_the_next_page_must_be_text_or_a_number() -> None:
    page = load_case(FIXTURES / "qq/author-0")
    listing = page.json | {"hasNext": True}
    assert "offset_info=7" in read_listing(QqSpider, with_json(page, listing | {"offsetInfo": 7})).next[0].url
    assert read_listing(QqSpider, with_json(page, listing | {"offsetInfo": "\ud83d"})).next
    with pytest.raises(LayoutChanged, match="offsetInfo is"):
        read_listing(QqSpider, with_json(page, listing | {"offsetInfo": ["a"]}))


def test_tags_in_embedded_json_count_for_the_limits_of_a_page() -> None:
    page = load_case(FIXTURES / "qq/g3-data")
    start = r"\u003cdiv class=\"rich_media_content\"\u003e"
    text = page.text.replace(start, start + r"\u003cp\u003e" * 450_000, 1)
    assert text != page.text
    with pytest.raises(LayoutChanged, match="the page is too large to parse: 45"):
        read_article(QqSpider, replace(page, body=text.encode()))


@pytest.mark.parametrize(
    ("case", "author", "date", "chosen", "reader"),
    [
        ("g1-2016", "山桥科技周刊", "2016-10-14 07:17:00", "byline", "G1"),
        ("g1-2019", "雾江商报", "2019-03-20 05:08:00", "byline", "G1"),
        ("g0-2009", "山桥晚报", "2009-05-11 22:17:00", "byline", "G0"),
        ("g0-2012", "雾江日报", "2012-02-26 09:05:00", "byline", "G0"),
    ],
)
def test_byline_of_old_pages(case: str, author: str, date: str, chosen: str, reader: str) -> None:
    article = read_article(QqSpider, load_case(FIXTURES / "qq" / case))
    assert isinstance(article, Article)
    assert (article.author, article.date, article.chosen["date"], article.reader) == (author, date, chosen, reader)
    for words in ("转播到腾讯微博", "精彩视频推荐", "返回腾讯网首页", "不支持播放", "相关阅读", "下一页"):
        assert words not in article.markdown + article.summary


def test_time_of_article_info_is_read_if_the_byline_has_none() -> None:
    page = load_case(FIXTURES / "qq/g1-2016")
    html = page.text.replace('<span class="pubTime">2016年10月14日07:17</span>', "")
    assert html != page.text
    article = read_article(QqSpider, replace(page, body=html.encode("gb18030")))
    assert isinstance(article, Article)
    assert (article.date, article.chosen["date"]) == ("2016-10-14 07:17:00", "ARTICLE_INFO")


def test_relative_dates_of_the_search_refer_to_the_time_of_the_request() -> None:
    page = replace(load_case(FIXTURES / "qq/author-0"), fetched_at="2025-02-11T14:17:09+00:00")
    entry = {"url": "https://new.qq.com/rain/a/20250210A08TG500", "title": "标题"}
    times = {
        "昨天 22:17": "2025-02-10 22:17:00",
        "3小时前": "2025-02-11",
        "2025-02-09 08:00:00": "2025-02-09 08:00:00",
        "早": "2025-02-10",
    }
    for time, date in times.items():
        listing = read_listing(QqSpider, with_json(page, {"ret": 0, "newslist": [{**entry, "time": time}]}))
        assert [link.date for link in listing.links] == [date]
    timestamp = {**entry, "time": "3小时前", "timestamp": 1739283429}
    listing = read_listing(QqSpider, with_json(page, {"ret": 0, "newslist": [timestamp]}))
    assert [link.date for link in listing.links] == ["2025-02-11 22:17:09"]
