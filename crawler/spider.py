"""The walk that all sources share: entrances -> listings -> articles."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.utils.request import fingerprint
from twisted.python.failure import Failure

from crawler.arguments import ArgumentError, Arguments, parse_arguments
from crawler.dates import is_exact
from crawler.items import Article, Link, Listing, Refusal
from crawler.layouts import LAYOUTS
from crawler.markdown import Headings
from crawler.middlewares import HostPause, NotAsked, to_page
from crawler.page import Page
from crawler.reading import Blocked, Changed, Incomplete, PageError
from crawler.source import Source
from crawler.store import Store

logger = logging.getLogger(__name__)

BLOCKED_SHARE, BLOCKED_FROM = 0.2, 50  # a fifth of the article pages, counted from the fiftieth on, ends the run
ARTICLE, LISTING = 10, 0  # priorities: a listing page's articles come before the next listing page


@dataclass
class Walk:
    """One entrance and the listing pages behind it, which are asked for one after the other."""

    entrance: str  # its address
    filtered: bool = False  # titles by the keyword, which was not put to the site's own search
    ahead: deque[Request] = field(default_factory=deque)  # listing pages to come
    pages: int = 0  # listing pages read
    met: set[str] = field(default_factory=set)  # ids on them


class ArticleSpider(Source, Spider):
    """The base of every source: a `Source` that Scrapy can run."""

    store: Store
    headings: Headings

    def __init__(self, /, **kwargs: str) -> None:
        super().__init__(self.name)
        self.arguments: Arguments = parse_arguments(kwargs, source=self.name, channels=self.channels)
        self.entrances = list(self._entrances())
        self._seen: set[str] = set()  # ids met in this run
        self._listed: set[bytes] = set()  # fingerprints of the listing pages asked for in this run
        self._taken = 0  # articles asked for, less those that turned out to be none
        self._waiting: deque[Request] = deque()  # what `limit` holds back
        self._ending: asyncio.Future[None] | None = None
        self._pages = self._blocked = 0  # article pages so far, and the blocked ones among them

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.store = Store(Path(crawler.settings["OUTPUT_DIR"]))
        spider.headings = LAYOUTS[crawler.settings["LAYOUT"]].HEADINGS
        return spider

    def edit(self, article: Article) -> Article:
        """The article as the user's settings want it: the one place where a source may reach them."""
        return article

    def _entrances(self) -> Iterator[Link | tuple[Request, bool]]:
        """The articles and the listings that were asked for; with a listing, whether its titles are to be filtered."""
        asked = self.arguments
        for url in asked.url:
            link, listing = self.article_link(url), self.open_listing(url)
            if link:
                yield link
            elif listing:
                yield listing, False
            else:
                raise ArgumentError(f"url={url!r} is neither an article nor a listing of {self.name}")
        search = self.open_search(asked.keyword) if asked.keyword and not asked.channel else None
        if search:
            yield search, False
        elif not asked.url:
            for channel in asked.channel or self.default_channels:
                yield self.open_channel(channel), bool(asked.keyword)

    async def start(self) -> AsyncIterator[Any]:
        for entrance in self.entrances:
            if isinstance(entrance, Link):
                requests = self._within_limit(self._article_request(entrance)) if self._wants(entrance) else iter(())
            else:
                listing, filtered = entrance
                requests = self._next_listing(Walk(listing.url, filtered, deque([listing])))
            for request in requests:
                yield request

    def parse_listing(self, response: Response, walk: Walk) -> Iterator[Any]:
        """The next listing page of *walk*."""
        page = to_page(response)
        try:
            listing = self.listing(page)
        except PageError as error:
            yield from self._again(response, error) or self._refused(page, error)
            yield from self._next_listing(walk)
            return
        if self._goes_on(walk, listing):
            walk.ahead.extend(listing.next)
        if not walk.ahead and not walk.met and (walk.filtered or not self.arguments.keyword):
            nothing = Changed("the listing leads to no article: its layout has changed, or we are blocked")
            yield from self._refused(page, nothing)
            return
        self._served(page)
        self._count("pages/listing")
        self._count("links/passed", listing.passed)
        for link in listing.links:
            if self._wants(link, walk.filtered):
                yield from self._within_limit(self._article_request(link))
        yield from self._next_listing(walk)

    def parse_article(self, response: Response, link: Link, first: Page | None = None) -> Iterator[Any]:
        """An article page, or with *first* the second answer of one."""
        page = to_page(response, link)
        if first:
            page = replace(first, second=page)
        try:
            read = self.article(page, self.edit, self.headings)
        except PageError as error:
            if again := self._again(response, error):
                yield from again
            else:
                self._pages += 1
                yield from self._refused(page, error)
                yield from self._instead()
            return
        self._served(page)
        if isinstance(read, Request):
            self._count("pages/first")  # of two that the article takes
            # A copy of the page without what was parsed of it, lest its tree lives until the answer is there.
            yield self._article_request(link, read, replace(page))
            return
        self._pages += 1
        if self.arguments.covers(read.date):
            self._count("pages/article")
            yield read
        else:
            self._count("pages/outside")
            yield from self._instead()

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A request that got no answer, or was not allowed out."""
        request = failure.request  # type: ignore[attr-defined]
        reason = failure.getErrorMessage() or type(failure.value).__name__
        is_article = request.callback == self.parse_article
        if isinstance(failure.value, NotAsked):
            key, level = failure.value.figure, logging.INFO
        elif str(failure.value).startswith("Forbidden by robots.txt"):
            key, level = "links/forbidden", logging.INFO if is_article else logging.WARNING
        else:
            key, level = "pages/unreachable", logging.WARNING
        self._count(key)
        logger.log(level, "%s: %s: %s", key.partition("/")[2], request.url, reason)
        yield from self._instead() if is_article else self._next_listing(request.cb_kwargs["walk"])

    def _next_listing(self, walk: Walk) -> Iterator[Request]:
        """The next listing page of *walk* that was not asked for yet: sites lead in circles."""
        while walk.ahead:
            request = walk.ahead.popleft()
            if fingerprint(request) not in self._listed:
                self._listed.add(fingerprint(request))
                yield from self._within_limit(self._request(request, self.parse_listing, LISTING, {"walk": walk}))
                return
        yield from self._released()  # this walk gives nothing more: another's turn

    def _goes_on(self, walk: Walk, listing: Listing) -> bool:
        """Whether the pages behind *listing* are wanted, now that it has been read."""
        ids = {link.id for link in listing.links}
        repeats = bool(ids) and ids <= walk.met  # sites that know no such page show the first or the last one again
        before_since = bool(ids) and all(self.arguments.precedes(link.date) for link in listing.links)
        walk.met |= ids
        walk.pages += bool(ids or listing.passed)  # an index of listings is none itself
        if self.arguments.pages and walk.pages >= self.arguments.pages:
            walk.ahead.clear()
            return False
        return not repeats and not before_since

    def _again(self, response: Response, error: PageError) -> Iterator[Request] | None:
        """The same request once more where the fault may be over soon, behind the host's pause; None when it was asked
        often enough."""
        if isinstance(error, Blocked):
            self._pause(response.url)
        if not isinstance(error, Blocked | Incomplete):
            return None
        assert response.request is not None
        request = response.request.replace(url=response.meta.get("redirect_urls", [response.request.url])[0])
        request.meta.pop("redirect_times", None)
        again = get_retry_request(request, spider=self, reason=error.kind, give_up_log_level=logging.DEBUG)
        if again is None:
            return None
        self._count("pages/retried")
        logger.info("once more: %s: %s: %s", error.kind, request.url, error)
        return iter([again])

    def _refused(self, page: Page, error: PageError) -> Iterator[Any]:
        self._count(f"pages/{error.kind}")
        self._blocked += bool(page.link) and isinstance(error, Blocked)
        yield Refusal(page, error)
        if self._pages >= BLOCKED_FROM and self._blocked > BLOCKED_SHARE * self._pages:
            self.end("blocked", f"{self._blocked} of {self._pages} article pages were blocked")

    def _served(self, page: Page) -> None:
        if pauses := self.crawler.get_downloader_middleware(HostPause):
            pauses.served(page.url)

    def _pause(self, url: str) -> None:
        pauses = self.crawler.get_downloader_middleware(HostPause)
        if pauses and not pauses.refused(url):
            self.end("blocked", f"{url} was refused even after the longest pause")

    def end(self, reason: str, why: str) -> None:
        """End the run; *reason* is its word for that, *why* a line for people. What is under way still comes in."""
        if self._ending is None:
            logger.error("the run ends: %s: %s", reason, why)
            if pauses := self.crawler.get_downloader_middleware(HostPause):
                pauses.stop()
            assert self.crawler.engine
            self._ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    def _wants(self, link: Link, filtered: bool = False) -> bool:
        if link.id in self._seen:
            self._count("links/repeated")
            return False
        self._seen.add(link.id)
        if not self.arguments.covers(link.date) or (
            filtered and self.arguments.keyword.casefold() not in link.title.casefold()
        ):
            self._count("links/outside")
            return False
        if self._is_stored(link):
            self._count("links/known")
            return False
        self._count("links/new")
        return True

    def _is_stored(self, link: Link) -> bool:
        if not self.store.find(self.name, link.id):
            return False
        # A file that has only the day is completed once a listing gives the second.
        date = self.store.date(self.name, link.id)
        return not (is_exact(link.date) and date and not is_exact(date))

    def _within_limit(self, request: Request) -> Iterator[Request]:
        if self.arguments.limit and self._taken >= self.arguments.limit:
            self._waiting.append(request)
            return
        self._taken += request.callback == self.parse_article
        yield request

    def _instead(self) -> Iterator[Request]:
        """What may go out now that an article that counted towards the limit turned out to be none."""
        self._taken -= 1
        yield from self._released()

    def _released(self) -> Iterator[Request]:
        while self._waiting and self._taken < self.arguments.limit:
            yield from self._within_limit(self._waiting.popleft())

    def _article_request(self, link: Link, request: Request | None = None, first: Page | None = None) -> Request:
        arguments = {"link": link, "first": first}
        return self._request(request or Request(link.url), self.parse_article, ARTICLE, arguments)

    def _request(self, request: Request, callback: Any, priority: int, arguments: dict[str, Any]) -> Request:
        # dont_filter: what was met already is known by its id, and a redirect to a page met before must not vanish.
        return request.replace(
            callback=callback, errback=self.failed, cb_kwargs=arguments, priority=priority, dont_filter=True
        )

    def _count(self, key: str, number: int = 1) -> None:
        if number:
            self.crawler.stats.inc_value(key, number)
