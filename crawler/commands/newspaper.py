"""The part of `press-corpus newsource` for e-papers: read a few pages, and print the class of the newspaper."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy import Request

from crawler.crawl.spider import ArticleSpider
from crawler.crawl.visit import Fetch, fetch_article
from crawler.items import Article, Link, Listing
from crawler.newspapers.report import Report
from crawler.reading.errors import PageError, Unreachable
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.spiders.epaper import EpaperSpider, requested_paper
from crawler.spiders.unknown_paper import UnknownPaper

MAX_LISTINGS = 5  # the entry, further entry pages, two pages of the issue
MAX_ARTICLES = 3


@dataclass
class NewspaperVisit:
    """Read the newest issue of the newspaper at *url*: two of its pages, and three articles.

    *site* is the source that the requests belong to; the hosts of the newspaper are added to it.
    """

    site: type[ArticleSpider]
    url: str
    name: str  # short name of the new newspaper

    async def __call__(self, fetch: Fetch, first: Page) -> bool:
        """Print the result of each page, and the report. *first* is the response to *url*.

        Returns whether an article was read. The newspaper has no class yet.
        """
        paper = requested_paper(EpaperSpider, {"url": self.url})
        assert issubclass(paper, UnknownPaper)
        print(f"{self.url} is an e-paper (数字报): it needs no draft, only a class of four lines")
        self.site.hosts = (*self.site.hosts, *paper.hosts)
        report = Report(self.url)
        links = await self._issue(fetch, first, paper, report)
        for link in links[:MAX_ARTICLES]:
            try:
                page = await fetch_article(paper, fetch, link)
            except Unreachable as error:
                print(f"article {link.url}: {error.kind}: {error}")
                continue
            self._show(page, paper, report)
        print()
        for line in report.lines(self.name):
            print(line)
        if report.articles:
            print(
                f"Then: press-corpus check-site epaper-{self.name}; without a class: "
                f"press-corpus crawl epaper -a url={self.url}"
            )
        return bool(report.articles)

    async def _issue(self, fetch: Fetch, page: Page, paper: type[UnknownPaper], report: Report) -> list[Link]:
        links: dict[str, Link] = {}
        if link := paper.article_link(page.url):
            print("the URL of an article: give the URL of the page of its issue, too")
            return [link]
        for number in range(MAX_LISTINGS):
            listing = self._show(page, paper, report)
            if not isinstance(listing, Listing):
                break
            had_links = bool(links)
            links |= {link.id: link for link in listing.links}
            if not listing.next or had_links or number + 1 == MAX_LISTINGS:
                break
            try:
                page = await fetch(listing.next[0])
            except Unreachable as error:
                print(f"page {listing.next[0].url}: {error.kind}: {error}")
                break
        return list(links.values())

    def _show(self, page: Page, paper: type[UnknownPaper], report: Report) -> Listing | Article | None:
        """Read *page*, and print its result. None for a page that cannot be read."""
        result: Listing | Article | Request | PageError
        try:
            result = read_article(paper, page) if page.link else read_listing(paper, page)
            if isinstance(result, Request):
                raise Unreachable(f"{result.url}, which the article needs, could not be fetched")
        except PageError as error:
            print(report.add(page, error))
            return None
        print(report.add(page, result))
        return result
