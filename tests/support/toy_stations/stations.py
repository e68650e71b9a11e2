"""stations: an invented site with the pages of the toy site, and with bodies that are a separate response.

Words in a page make its reader fail in the ways that processes can fail.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import replace

from scrapy import Request

from crawler.items import Article, Link
from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from tests.support.toy.toy import ToySpider


class Closed(LayoutChanged):
    """An error of a source with parameters of its own."""

    def __init__(self, url: str, *, status: int) -> None:
        super().__init__(f"{url} is closed", field="body")
        self.status = status


class Unreadable:
    """Can be pickled, but not unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("no number",)


class StationsSpider(ToySpider):
    """Reads pages of stations.example."""

    name = "stations"
    hosts = ("www.stations.example",)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        """Accept the pages for phones, too."""
        match = re.fullmatch(r"http://(?:www|m)\.stations\.example/a/(\w+)\.html", url)
        return Link(match[1], f"http://www.stations.example/a/{match[1]}.html") if match else None

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return None

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        """Return the request for the second response, which a page names."""
        named = re.search(r"second=(\S+?)<", page.text)
        return Request(named[1]) if named else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        if "slow-page" in page.text:
            time.sleep(0.05)
        if "deadly-page" in page.text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "endless-page" in page.text:
            time.sleep(600)
        article = super().read_article(replace(page.second_page or page, url=page.url, link=page.link))
        if "unsendable-page" in page.text:
            object.__setattr__(article, "chosen", {"title": lambda: None})
        if "unreadable-page" in page.text:
            object.__setattr__(article, "chosen", {"title": Unreadable()})
        if "closed-page" in page.text:
            raise Closed(page.url, status=451)
        return article
