"""Fetch a few pages for a command, under the same rules as a crawl, without ledger and corpus.

The requests pass all downloader middlewares: allowed hosts, robots.txt, throttle, retries, redirects, record, replay.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any, Protocol

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcessBase
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.counts import Count
from crawler.crawl.spider import ArticleSpider
from crawler.download.ending import is_ending
from crawler.download.errors import RequestDropped
from crawler.download.response import to_page
from crawler.items import Link
from crawler.reading.errors import PageError, Unreachable
from crawler.reading.page import Page
from crawler.reading.read import add_response, read_article
from crawler.reading.source import Source

logger = logging.getLogger(__name__)

VISIT_COMPLETED = "visit/completed"  # counted in Scrapy's stats


class Fetch(Protocol):
    """The `fetch` argument of a visit."""

    async def __call__(self, request: Request, link: Link | None = None) -> Page:
        """Send *request* and return its page; *link* becomes `page.link`.

        Raises `Unreachable` if the request gets no response: a connection error after all retries, a host that is not
        in the source's `hosts`, a URL that robots.txt forbids, a page that a replay does not contain, the end of the
        run. The exception of the downloader is its `__cause__`.
        """


Visit = Callable[[Fetch], Awaitable[None]]


class VisitSpider(Spider):
    """Make one visit to the pages of *source*.

    The spider has the attributes of a source that the downloader middlewares use: `name` and `hosts`.
    """

    def __init__(self, source: type[ArticleSpider], visit: Visit) -> None:
        super().__init__(source.name)
        self.source = source
        self.visit = visit
        self._url = ""  # of the last request or page

    @property
    def hosts(self) -> Collection[str]:
        """The hosts of the source. A visit may add a host to `source.hosts`."""
        return self.source.hosts

    async def start(self) -> AsyncIterator[Any]:
        """Make the visit. If the run ends first (Ctrl-C), Scrapy cancels this coroutine."""
        try:
            await self.visit(self.fetch)
        except asyncio.CancelledError:
            logger.warning("the run ended before the visit was completed")
            raise
        except PageError as error:
            logger.error("%s: %s", self._url, error)
        except OSError as error:
            logger.error("%s", error)
        else:
            self.crawler.stats.inc_value(VISIT_COMPLETED)
        return
        yield  # Scrapy expects an async generator; `fetch` sends the requests

    async def fetch(self, request: Request, link: Link | None = None) -> Page:
        """See `Fetch`."""
        assert self.crawler.engine
        self._url = request.url
        results: asyncio.Queue[Response | Failure] = asyncio.Queue()
        # Not `engine.download_async`: after `close_spider` it still sends the redirects and retries of a request, and
        # then fails with an AssertionError (Scrapy 2.19). The scheduler sends nothing after the run has ended.
        self.crawler.engine.crawl(
            request.replace(callback=results.put_nowait, errback=results.put_nowait, dont_filter=True)
        )
        result = await results.get()
        if is_ending(self.crawler):  # for example, the recording cannot be written
            raise Unreachable("the run has ended") from RequestDropped("", Count.UNLISTED_NOT_FETCHED)
        if isinstance(result, Failure):
            raise Unreachable(result.getErrorMessage() or type(result.value).__name__) from result.value
        page = to_page(result, link)
        self._url = page.url
        return page


async def fetch_article(source: type[Source], fetch: Fetch, link: Link) -> Page:
    """Fetch the page of an article, and the further responses that the article needs. Raises `Unreachable`.

    The page is returned unread: `read_article` raises its `PageError`, if any. If a further response cannot be fetched,
    a warning is logged and the page is returned without it.
    """
    return await complete_article(source, fetch, await fetch(source.open_article(link) or Request(link.url), link))


async def complete_article(source: type[Source], fetch: Fetch, page: Page) -> Page:
    """Fetch the further responses that the article *page* needs: see `fetch_article`."""
    try:
        while isinstance(request := read_article(source, page), Request):
            page = add_response(source, page, await fetch(request, page.link))
    except Unreachable as error:
        logger.warning("a further response of %s: %s", page.url, error)
    except PageError:
        pass
    return page


def visit_pages(process: CrawlerProcessBase, source: type[ArticleSpider], visit: Visit) -> bool:
    """Run *visit*, a coroutine function that gets `fetch`, and return True if it completed.

    A `PageError` or OSError that leaves *visit* is logged as one line. Blocks until the visit has ended; *process*
    cannot be started again.
    """
    crawler = process.create_crawler(VisitSpider)
    source.update_settings(crawler.settings)  # `custom_settings`, and renamed settings
    # These extensions summarize runs.
    silent = dict.fromkeys(("crawler.crawl.summary.RunSummary", "scrapy.extensions.logstats.LogStats"))
    crawler.settings.set("EXTENSIONS", {**crawler.settings.getdict("EXTENSIONS"), **silent}, "cmdline")
    process.crawl(crawler, source=source, visit=visit)
    process.start()
    return bool(crawler.stats and crawler.stats.get_value(VISIT_COMPLETED))
