"""Bioon 生物谷, www.bioon.com and news.bioon.com: news of the life sciences and of the pharmaceutical industry.

CERTAIN (public code, finished files): the rows of the home page with the day; article URLs, by HTTP, with ids of hex
digits, before 2024 of decimal digits; the body, which only its color distinguishes from other elements; `.source_text`
with source and time; titles end with a section and the site's name. INFERRED: the link to the next page of the list;
`.composs-main-article-meta`, another place of the time; videos and adverts have other URLs; block pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from scrapy import Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.reading.rows import Rows


class BioonSpider(SiteSpider):
    name = "bioon"
    site = "https://www.bioon.com"
    hosts = ("www.bioon.com", "news.bioon.com")
    picture_hosts = ("msimg.bioon.com",)
    channels = {"news": "/"}
    default_channels = ("news",)
    title_suffixes = (" - 生物谷",)
    block_marks = ("安全验证",)
    page_ends: ClassVar[Mapping[str, str]] = {r"<body\b": r"<div class=.?footer\b|</html>"}  # the last list is empty
    schedule = "53 9,12,15,18 * * *"
    article_urls = (
        re.compile(r"https?://(?P<host>news\.bioon\.com)(?P<path>/article/(?P<id>[0-9a-z]+)\.html)(?:[?#].*)?"),
    )
    listing_urls = re.compile(r"https?://(?:www\.)?bioon\.com(?P<path>/?(?:\?page=[0-9]+)?)(?:[&#].*)?")
    rows = Rows(
        ".composs-blog-list > .item",
        link=".item-content > h2 > a[href]",
        date=".item-meta-item",
        number="page",
    )
    fields = {
        "title": ".composs-main-content h1",
        "date": ".composs-main-article-meta, .source_text",
    }
    bodies = {"article": Body('.composs-main-content div[style*="#303a4e"]', drop=".caas-da")}

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        link = super().article_link(url)
        return replace(link, url=link.url.replace("https:", "http:", 1)) if link else None

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        return super().next_listings(page, rows) if all_of(page, "a.next[href]") else ()
