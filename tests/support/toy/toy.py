"""toy: an invented site with one listing template and one article template, the smallest complete source.

A real source states here how its pages are delivered (server-rendered HTML, JSON, charset), which of these facts are
verified, and which are inferred.
"""

from __future__ import annotations

import re

from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, href, required, text, text_at
from crawler.text.dates import beijing


class ToySpider(ArticleSpider):
    """Reads pages of toy.example. Each method takes a URL or a page and returns a value, without network access."""

    name = "toy"
    hosts = ("toy.example",)
    picture_hosts = ("img.example", "*.cdn.example")  # of the pictures in its articles
    channels = ("news", "tech")
    default_channels = ("news",)
    title_suffixes = ("_Toy",)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        """Return the id and canonical URL of an article; None for every other URL."""
        match = re.fullmatch(r"http://toy\.example/a/(\w+)\.html", url)
        return Link(match[1], url) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        """Return the request for the first listing page of a channel."""
        return Request(f"http://toy.example/{channel}")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        """Accept listing pages for `-a url=`; article URLs are accepted without this method."""
        return Request(url) if re.fullmatch(r"http://toy\.example/(news|tech)", url) else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        """Reject block pages of the site. HTTP errors and truncated pages are rejected before this method."""
        if "验证码" in page.text:
            raise Blocked("a captcha")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        """Return the article links of a listing page, and the request for the next page."""
        links = []
        for row in all_of(page, "li"):
            title = exactly_one(row, "a")
            if link := cls.article_link(href(title, page)):
                links.append(Link(link.id, link.url, text(title), beijing(text_at(row, "time"))))
        next_pages = [href(node, page) for node in all_of(page, "a.next")]
        return Listing(tuple(links), tuple(map(Request, filter(None, next_pages))))

    @classmethod
    def read_article(cls, page: Page) -> Article:
        """Return the article of a page. `page.link` is the link that was followed.

        `Candidates` takes the first value that is present, and records its name in `chosen`.
        """
        link = required(page.link, "link")
        if at_most_one(page, "video") is not None:
            raise Skipped("a video")
        candidates = Candidates(page)
        return Article(
            source=cls.name,
            id=link.id,
            url=link.url,
            title=candidates.title({"h1": text(at_most_one(page, "h1"))}),
            date=candidates.date({"time": text_at(page, "time"), "listing": link.date}),
            body=exactly_one(page, "article"),
            chosen=candidates.chosen,
        )
