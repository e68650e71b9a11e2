"""entries: an invented site whose JSON lists contain whole articles; it has no article pages."""

from __future__ import annotations

import re

from crawler.crawl.spider import SiteSpider
from crawler.items import Link
from crawler.reading.bodies import JsonBody
from crawler.reading.rows import JsonRows


class EntriesSpider(SiteSpider):
    """Reads the lists http://entries.example/list, /list/2, /list/3 …"""

    name = "entries"
    site = "http://entries.example"
    hosts = ("entries.example",)
    channels = {"news": "/list"}
    default_channels = ("news",)
    article_urls = (re.compile(r"http://entries\.example(?P<path>/a/(?P<id>\w+))"),)
    rows = JsonRows("rows", f"{site}/a/{{id}}", date="time", number="/{}", whole=True)
    json_fields = {"title": "title", "date": "time"}
    bodies = {"list": JsonBody("content")}

    @classmethod
    def open_article(cls, link: Link) -> None:
        """Return None: only the lists have the text."""
        return
