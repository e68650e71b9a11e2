"""C114通信网 (www.c114.com.cn): news of telecommunications, in GBK.

/news/ has the newest articles, /news/roll.asp those of the newest day, or of a day (?y=2026&m=8&d=21&o=), which may be
empty. Their times have no year (22:59, 8/20) and are not read. Entries also lead to topics, videos and adverts. Some
articles are one picture (一图看懂).

A firewall responds with HTTP 200 and a script that sets the cookie acw_sc__v2 and reloads: such a page is blocked. A
client that does not run the script waits; it cannot pass.

CERTAIN (public code, finished files): `.new_list_c h6 a`, `.text#text1`, `.time` (2026) and `.r_time` (2025) to the
minute, links of keywords in the text with GBK escapes. `.author` has the medium, then the author.
INFERRED: the link 前一天 (`a.prev`) to the day before; the page may only have the form, and then `-a url=` reads a day.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from lxml.html import HtmlElement

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import Body
from crawler.reading.page import Page
from crawler.reading.query import text_at
from crawler.reading.rows import Rows
from crawler.text.dates import beijing

DAY = re.compile(r"[?&]y=([0-9]{4})&m=([0-9]{1,2})&d=([0-9]{1,2})(?![0-9])")


class C114Spider(SiteSpider):
    name = "c114"
    site = "https://www.c114.com.cn"
    hosts = ("www.c114.com.cn",)
    picture_hosts = ("image.c114.com.cn",)
    channels = {"news": "/news/", "roll": "/news/roll.asp"}
    default_channels = ("news", "roll")
    title_suffixes = (" - C114通信网", "_C114通信网", " C114通信网")
    gone_marks = ("页面不存在或已被删除",)
    schedule = "47 8,11,14,17,22 * * *"
    article_urls = (
        re.compile(
            r"https?://(?:www\.)?c114\.com\.cn(?P<path>/(?!(?:private|topic|video|ad)/)(?:[\w-]+/)+(?P<id>a[0-9]+)\.html)"
            r"(?:[?#].*)?"
        ),
    )
    listing_urls = re.compile(
        r"https?://(?:www\.)?c114\.com\.cn(?P<path>/news/(?:roll\.asp(?:\?y=[0-9]{4}&m=[0-9]{1,2}&d=[0-9]{1,2}(?:&o=\w*)?)?)?)"
        r"(?:#.*)?"
    )
    rows = Rows(".new_list_c", box=".content_c_list", link="h6 a[href]", next="a.prev")
    fields = {"title": "h1", "date": ".source .time, .source .r_time", "keywords": 'meta[name="keywords"]'}
    pictures_suffice = True
    bodies = {"text": Body("#text1", drop=".ad")}

    @classmethod
    def refuse(cls, page: Page) -> None:
        super().refuse(page)
        cls.require_site_title(page)

    @classmethod
    def row_link(cls, page: Page, row: HtmlElement) -> Link | None:
        """Return the link with the day of the listing, if its URL has one."""
        link, day = super().row_link(page, row), DAY.search(page.url)
        return replace(link, date=beijing("-".join(day.groups()))) if link and day else link

    @classmethod
    def values(cls, page: Page, page_form: str) -> dict[str, Any]:
        publisher, _, author = text_at(page, ".source .author").partition(" ")
        return super().values(page, page_form) | {"publisher": publisher, "author": {"page": author}}
