"""toy: a listing of lines, articles of one paragraph.

CERTAIN: everything, the site is made up. (A real source says here how its pages arrive, what of that is certain, and
what is inferred.)
"""

from __future__ import annotations

import re

from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Skipped
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, href, text, text_at
from crawler.text.dates import beijing


class ToySpider(ArticleSpider):
    name = "toy"
    hosts = ("toy.example",)
    channels = ("news", "tech")
    default_channels = ("news",)
    title_suffixes = ("_Toy",)

    # One article has one id and one address, under whatever addresses it is known.
    @classmethod
    def article_link(cls, url: str) -> Link | None:
        match = re.fullmatch(r"http://toy\.example/a/(\w+)\.html", url)
        return Link(match[1], url) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(f"http://toy.example/{channel}")

    # What a user may type behind -a url=, beside articles.
    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if re.fullmatch(r"http://toy\.example/(news|tech)", url) else None

    # What a page that is none bears; status codes and cut pages are seen to already.
    @classmethod
    def refuse(cls, page: Page) -> None:
        if "验证码" in page.text:
            raise Blocked("a captcha")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links = []
        for entry in all_of(page, "li"):
            title = exactly_one(entry, "a")
            if link := cls.article_link(href(title, page)):
                links.append(Link(link.id, link.url, text(title), beijing(text_at(entry, "time"))))
        following = [href(node, page) for node in all_of(page, "a.next")]
        return Listing(tuple(links), tuple(map(Request, following)))

    @classmethod
    def read_article(cls, page: Page) -> Article:
        assert page.link
        if at_most_one(page, "video") is not None:
            raise Skipped("a video")
        candidates = Candidates(page)
        return Article(
            source=cls.name,
            id=page.link.id,
            url=page.link.url,
            title=candidates.title({"h1": text(at_most_one(page, "h1"))}),
            date=candidates.date({"listing": page.link.date, "time": text_at(page, "time")}),
            body=exactly_one(page, "article"),
            chosen=candidates.chosen,
        )
