"""Jin10 金十数据, xnews.jin10.com: news and analyses of currencies, commodities and central banks.

The channels are lists of the site's API. It requires the headers `x-app-id` and `x-version`: keys of the site's own
application, which the crawler does not send. Without them, it may respond with HTTP 502. The channel `web` is the
public page of the newest articles, and needs no key.

CERTAIN (public code, finished files): the API's list with `id`, `vip`, `type`, `title`, `web_thumbs` and
`display_datetime`, empty after its last page; the numbers of the channels; the rows of the web page;
`.setWebViewConentHeight` (sic) and `.jin10-news-cdetails-content` as the body, `<ad>` elements in it, a disclaimer at
the end of the latter; an empty body if a text is for members; the cover is only in the list. INFERRED: the elements
with time and author; `page` of the web page; block pages.
"""

from __future__ import annotations

import re
from typing import Any

from lxml.html import HtmlElement
from w3lib.url import url_query_parameter

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body
from crawler.reading.errors import Incomplete, LayoutChanged, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.reading.rows import AnyRows, JsonRows, Rows

LIST = "https://reference-api.jin10.com/reference?page_size=10&nav_bar_id="
is_web_app = re.compile(
    r"https?://(?:xnews\.jin10\.com/webapp/details\.html|reference-webapp\.jin10\.com/detail)\?.*"
).fullmatch
BODY = ".setWebViewConentHeight > div:first-of-type"


class Jin10Spider(SiteSpider):
    name = "jin10"
    site = "https://xnews.jin10.com"
    hosts = ("xnews.jin10.com", "reference-api.jin10.com")
    picture_hosts = ("*.jin10.com",)
    channels = {
        "news": f"{LIST}28", "breakfast": f"{LIST}30", "analysis": f"{LIST}31", "headlines": f"{LIST}53",
        "learning": f"{LIST}58", "web": "/",
    }  # fmt: skip
    default_channels = ("news",)
    title_suffixes = (" - 金十数据",)
    block_marks = ("安全验证",)
    schedule = "31 8-22/2 * * *"
    article_urls = (
        re.compile(r"https?://x?news\.jin10\.com(?P<path>/details/(?P<id>[0-9]+))(?:\.html)?/?(?:[?#].*)?"),
    )
    listing_urls = re.compile(r"https?://xnews\.jin10\.com(?P<path>/?)(?:[?#].*)?")
    rows = JsonRows(
        "data.list",
        f"{site}/details/{{id}}",
        date="display_datetime",
        thumbnail="web_thumbs[0]",
        number="page",
    )
    web_rows = Rows(
        ".jin10-news-list-item",
        title=".jin10-news-list-item-title",
        date=".jin10-news-list-item-display_datetime",
        number="page",
    )
    fields = {
        "title": ".jin10-news-cdetails-title",
        "date": ".jin10-news-cdetails-time",
        "author": ".jin10-news-cdetails-author",
        "brief": ".jin10-cnews-introduction, .jin10-news-cdetails-introduction",
    }
    bodies = {
        "view": Body(BODY, drop="ad"),
        "content": Body(".jin10-news-cdetails-content", drop="ad", closing=re.compile("风险提示及免责条款")),
    }

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if is_web_app(url) and url_query_parameter(url, "type") == "news":
            url = f"{cls.site}/details/{url_query_parameter(url, 'id')}"
        return super().article_link(url)

    @classmethod
    def rows_at(cls, page: Page) -> AnyRows:
        return cls.web_rows if page.url.startswith(cls.site) else cls.rows

    @classmethod
    def row_link(cls, page: Page, row: Any) -> Link | None:
        if isinstance(row, dict) and row and (row.get("vip") or row.get("type") != "news"):
            raise Skipped(f"type {row.get('type')}, vip {row.get('vip')}")
        return super().row_link(page, row)

    @classmethod
    def body_of(cls, page: Page) -> tuple[str, HtmlElement]:
        if all_of(page, ".jin10-news-cdetails-content.is-vip"):
            raise Skipped("a text for members")
        try:
            return super().body_of(page)
        except LayoutChanged as error:
            if len(all_of(page, BODY)) == 1:
                raise Incomplete("the body is empty: the text is for members, or not yet published") from error
            raise
