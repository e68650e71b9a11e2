"""Newspapers without a class of their own: read by the family of their URLs, or by the structure of their pages.

A run logs the result of each page, and in the end what could not be determined and the class to add.
"""

from __future__ import annotations

import logging

from scrapy import Request

from crawler.items import Article, Link, Listing
from crawler.newspapers.article import number_of
from crawler.newspapers.labels import parse_label
from crawler.newspapers.report import Report
from crawler.newspapers.structure_issue import day_of, read_structure, structure_link
from crawler.newspapers.urls import parse_article_url, parse_page_url
from crawler.reading.errors import LayoutChanged, PageError
from crawler.reading.page import Page
from crawler.reading.query import required
from crawler.spiders.epaper import EpaperSpider

logger = logging.getLogger(__name__)


class UnknownPaper(EpaperSpider):
    """Base of the classes that `requested_paper` creates for `url=`."""

    name = ""

    def __init__(self, /, **kwargs: str) -> None:
        super().__init__(**kwargs)
        self.report = Report(self.entry)

    def observe(self, page: Page, result: Listing | Article | PageError) -> None:
        logger.info("%s", self.report.add(page, result))

    def closed(self, reason: str) -> None:
        super().closed(reason)
        for line in self.report.lines():
            logger.info("%s", line)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        if not cls.has_url(url):
            return None
        return super().article_link(url) or (None if parse_page_url(url) else structure_link(url))

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        try:
            listing = super().read_listing(page)
            if listing.links or listing.skipped or page.begins_like_json or not parse_page_url(page.url):
                return listing
        except LayoutChanged as error:
            if page.begins_like_json or (found := read_structure(page)) is None:
                raise
            logger.debug("%s: %s: read by structure", page.url, error)
            return Listing(tuple(found.links), tuple(map(Request, found.pages)))
        # A page of an issue, but the URLs of its articles are of no known form.
        found = read_structure(page)
        return Listing(tuple(found.links), listing.next) if found else listing

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        return super().second_request(page) if parse_article_url(required(page.link, "link").url) else None

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        if parse_article_url(link.url):
            return super().read_article(page)
        received = structure_link(page.url)
        if received is None or received.id != link.id:
            raise LayoutChanged(f"requested article {link.id}, received {page.url}")
        day = link.date or day_of(page)
        if not day:
            raise LayoutChanged("neither the page of the issue nor that of the article has a day", field="date")
        listed = parse_label(link.page_label)
        position = (listed[0] or number_of(page), listed[1])
        return cls.read_html_article(page, link.url, day, position, "structure")
