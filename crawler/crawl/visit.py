"""A few pages fetched as a run fetches them (hosts, robots.txt, pauses), for a command that wants to look at them:
without ledger and corpus."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

from scrapy import Request
from scrapy.crawler import CrawlerProcessBase
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.crawl.spider import ArticleSpider
from crawler.download.response import to_page
from crawler.items import Link
from crawler.reading.errors import PageError, Unreachable
from crawler.reading.page import Page

logger = logging.getLogger(__name__)

# Yields a request, with the link that led to it where it is an article's, and is sent the page; a page that cannot be
# had is raised there as `Unreachable`.
Visit = Generator[tuple[Request, Link | None], Page, None]


class _Visitor(ArticleSpider):
    visit: Visit

    async def start(self) -> AsyncIterator[Any]:
        for request in self._on(next, self.visit):
            yield request

    def visited(self, response: Response, link: Link | None) -> Iterator[Any]:
        return self._on(self.visit.send, to_page(response, link))

    def not_visited(self, failure: Failure) -> Iterator[Any]:
        reason = f"{failure.request.url}: {failure.getErrorMessage()}"  # type: ignore[attr-defined]
        return self._on(self.visit.throw, Unreachable(reason))

    def _on(self, step: Any, value: object) -> Iterator[Any]:
        try:
            request, link = step(value)
        except StopIteration:
            self.count("visits")
            return
        except (PageError, OSError) as error:
            logger.error("%s%s", f"{value.url}: " if isinstance(value, Page) else "", error)
            return
        yield request.replace(
            callback=self.visited, errback=self.not_visited, cb_kwargs={"link": link}, dont_filter=True
        )


def visit_pages(process: CrawlerProcessBase, source: type[ArticleSpider], visit: Visit) -> bool:
    """Make *visit* to the pages of *source*; whether it came to its end."""
    spider = type(source.__name__, (_Visitor, source), {"visit": visit})
    crawler = process.create_crawler(spider)
    # This is no run: nothing is to be summed up.
    silent = dict.fromkeys(("crawler.crawl.summary.RunSummary", "scrapy.extensions.logstats.LogStats"))
    crawler.settings.set("EXTENSIONS", {**crawler.settings.getdict("EXTENSIONS"), **silent}, "cmdline")
    process.crawl(crawler)
    process.start()
    return bool(crawler.stats and crawler.stats.get_value("visits"))
