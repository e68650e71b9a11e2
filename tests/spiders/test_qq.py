"""qq beyond its fixtures: damaged listings and oversized articles."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

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
