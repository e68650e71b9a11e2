"""PingWest 品玩, www.pingwest.com: articles (/a/) and flashes (/w/) on technology.

The site's firewall may require the TLS handshake of a browser. The crawler does not imitate one: its requests then get
HTTP 403 or a page "Just a moment", and count as blocked.

CERTAIN (public code, finished files): the lists are JSON with HTML in `data.list`, empty after the last page; `last_id`
and `page` continue them; rows `.item` or `article`, with `.title`, or for flashes `.text`; `data-t` is the time of a
flash in the list /status; days are "2025 2 5" or "2 5"; the body `.article-style`, without `.ad`; titles end with
" - 品玩". INFERRED: `data.last_id`, otherwise the last id of the list; `.time` of article pages; /v/ is a video unless
it has a body.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lxml.html import HtmlElement
from scrapy import Request

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body
from crawler.reading.errors import LayoutChanged, Skipped
from crawler.reading.html import parse_fragment
from crawler.reading.json_values import json_of, value_at
from crawler.reading.numbered import number_of, with_parameter
from crawler.reading.page import Page
from crawler.reading.query import all_of, required, text_at
from crawler.reading.rows import AnyRows, Rows
from crawler.text.dates import beijing

is_day = re.compile(r"(?:[0-9]{4} )?[0-9]{1,2} [0-9]{1,2}").fullmatch


class PingwestSpider(SiteSpider):
    name = "pingwest"
    site = "https://www.pingwest.com"
    hosts = ("www.pingwest.com",)
    picture_hosts = ("cdn.pingwest.com", "navcdn.pingwest.com")
    channels = {"news": "/api/index_news_list?last_id=", "status": "/api/state/list?page=1"}
    default_channels = ("news", "status")
    title_suffixes = (" - 品玩",)
    block_marks = ("Just a moment", "Checking your browser")
    schedule = "19 9,12,15,18,21 * * *"
    article_urls = (
        re.compile(r"https?://(?:www\.|m\.)?pingwest\.(?:com|cn)(?P<path>/[awv]/(?P<id>[0-9]+))/?(?:[?#].*)?"),
    )
    listing_urls = re.compile(r"https?://(?:www\.|m\.)?pingwest\.(?:com|cn)(?P<path>/?|/status/?)(?:[?#].*)?")
    rows = Rows(".item, article", title=".title, .text", date=".time")
    status_rows = replace(rows, number="page")
    fields = {"title": "h1", "date": ".author-info .time, .time", "author": ".author-info .name"}
    bodies = {"article": Body(".article-style", drop=".ad")}

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        found = cls.listing_urls.fullmatch(url)
        return cls.open_channel("status" if found["path"].strip("/") else "news") if found else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        super().refuse(page)
        cls.require_site_title(page)

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        return cls.status_rows if page.path == "/api/state/list" else cls.rows

    @classmethod
    def rows_of(cls, page: Page) -> Sequence[Any]:
        html = value_at(json_of(page), "data.list")
        rows = all_of(parse_fragment(html), cls.rows.entries) if isinstance(html, str) else []
        is_first = number_of(page, "page") == 1 and number_of(page, "last_id") == 1
        if not rows and (is_first or not isinstance(html, str) or html.strip()):
            raise LayoutChanged(f"data.list has no rows: {page.text[:100]}", field="list")
        return rows

    @classmethod
    def row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        link, day = super().row_link(page, row), text_at(row, ".time")
        date = row.get("data-t") or row.get("pt") or (day.replace(" ", "-") if is_day(day) else "")
        return replace(link, date=beijing(date, page.fetched_at) or link.date) if link else None

    @classmethod
    def next_listings(cls, page: Page, rows: Sequence[Any]) -> tuple[Request, ...]:
        if cls.rows_at(page) is cls.status_rows:
            return super().next_listings(page, rows)
        links = [cls.row_link(page, row) for row in rows]
        last = value_at(json_of(page), "data.last_id") or next((link.id for link in reversed(links) if link), "")
        return (with_parameter(page, "last_id", str(last)),) if last else ()

    @classmethod
    def body_of(cls, page: Page) -> tuple[str, HtmlElement]:
        if "/v/" in required(page.link, "link").url and not all_of(page, ".article-style"):
            raise Skipped("a video")
        return super().body_of(page)
