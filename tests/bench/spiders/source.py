"""bench: the site of the benchmark, read as a real source is (compare crawler/spiders/woshipm.py)."""

from __future__ import annotations

import copy
import re

from lxml.html import HtmlElement
from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.items import Article, Link, Listing
from crawler.reading.candidates import Candidates
from crawler.reading.errors import Blocked, Gone, LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import all_of, at_most_one, exactly_one, href, required, text, text_at
from tests.bench.pages import HOST

SITE = f"http://{HOST}"
FURNITURE = ".story-advert, .story-rights"


class BenchSpider(ArticleSpider):
    name = "bench"
    hosts = (HOST,)
    channels = ("news",)
    default_channels = ("news",)
    title_suffixes = ("_产业观察",)

    @classmethod
    def article_link(cls, url: str) -> Link | None:
        match = re.fullmatch(rf"{SITE}/a/([0-9]+)\.html", url)
        return Link(match[1], url) if match else None

    @classmethod
    def open_channel(cls, channel: str) -> Request:
        return Request(f"{SITE}/list/20/1.html")

    @classmethod
    def open_listing(cls, url: str) -> Request | None:
        return Request(url) if re.fullmatch(rf"{SITE}/list/[0-9]+/[0-9]+\.html", url) else None

    @classmethod
    def refuse(cls, page: Page) -> None:
        if all_of(page, ".error-404"):
            raise Gone("the page reports an unknown article (.error-404)")
        if not all_of(page, ".story-body, .entry") and not text_at(page, "title").endswith(cls.title_suffixes):
            raise Blocked("the page has neither content nor the title of the site")

    @classmethod
    def read_listing(cls, page: Page) -> Listing:
        links = []
        for entry in all_of(page, ".entry"):
            title = exactly_one(entry, "h2 a")
            if link := cls.article_link(href(title, page)):
                links.append(Link(link.id, link.url, text(title)))
        following = [href(node, page) for node in all_of(page, "a.next")]
        return Listing(tuple(links), tuple(map(Request, following)))

    @classmethod
    def read_article(cls, page: Page) -> Article:
        link = required(page.link, "link")
        canonical = href(next(iter(all_of(page, "link[rel=canonical]")), None), page)
        if canonical != link.url:
            raise LayoutChanged(f"article {link.id} was requested; the canonical URL is {canonical}")
        body = _cleaned(exactly_one(page, ".story-body"))
        author = at_most_one(page, ".story-author")
        candidates = Candidates(page)
        head, json_ld = candidates.metas, candidates.json_ld
        dates = {
            "article:published_time": head.get("article:published_time"),
            "json-ld": json_ld.get("datePublished"),
            "listing": link.date,
            "time": text_at(page, ".story-meta time"),
        }
        return Article(
            source=cls.name,
            id=link.id,
            url=link.url,
            title=candidates.title({"story-title": text(at_most_one(page, ".story-title"))}),
            date=candidates.date(dates),
            body=body,
            thumbnail=candidates.thumbnail({"og:image": head.get("og:image")}),
            author=candidates.author({"byline": text(author)}),
            author_url=href(author, page),
            keywords=tuple(map(text, all_of(page, ".story-tags a"))),
            brief=head.get("description", ""),
            counts={"views": int(number[0])} if (number := re.match("[0-9]+", text_at(page, ".story-views"))) else {},
            chosen=candidates.chosen,
        )


def _cleaned(node: HtmlElement) -> HtmlElement:
    """Return a copy of the body without the elements of FURNITURE."""
    body = copy.deepcopy(node)
    for unwanted in all_of(body, FURNITURE):
        unwanted.drop_tree()
    return body
