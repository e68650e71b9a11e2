"""The walk that all sources share: entrances -> listings -> articles."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import CloseSpider, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.arguments import ArgumentError, Arguments, parse_arguments
from crawler.dates import is_exact
from crawler.items import Article, Link, Listing, Refusal
from crawler.markdown import Headings
from crawler.middlewares import HostPause, to_page
from crawler.page import Page
from crawler.reading import Blocked, Changed, PageError
from crawler.source import Source
from crawler.store import Store

logger = logging.getLogger(__name__)

BLOCKED_SHARE, BLOCKED_FROM = 0.2, 50  # a fifth of the article pages, counted from the fiftieth on, ends the run
ARTICLE, LISTING = 10, 0  # priorities: a listing page's articles come before the next listing page


@dataclass
class Walk:
    """One entrance and the listing pages behind it."""

    filtered: bool = False  # titles by the keyword, which was not put to the site's own search
    pages: int = 0  # listing pages read
    met: set[str] = field(default_factory=set)  # ids on them


class ArticleSpider(Source, Spider):
    """The base of every source: a `Source` that Scrapy can run."""

    store: Store
    headings: Headings

    def __init__(self, *args: Any, **kwargs: str) -> None:
        super().__init__(self.name)
        self.arguments: Arguments = parse_arguments(kwargs, source=self.name, channels=self.channels)
        self.entrances = list(self._entrances())
        self._seen: set[str] = set()  # ids met in this run
        self._taken = 0  # articles asked for, less those that turned out to be none
        self._waiting: deque[Request] = deque()  # what `limit` holds back
        self._pages = self._blocked = 0  # article pages so far, and the blocked ones among them

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.store = Store(Path(crawler.settings["OUTPUT_DIR"]))
        spider.headings = "atx" if crawler.settings["LAYOUT"] == "gitbook" else "setext"
        return spider

    def edit(self, article: Article) -> Article:
        """The article as the user's settings want it: the one place where a source may reach them."""
        return article

    @property
    def pauses(self) -> HostPause | None:
        return self.crawler.get_downloader_middleware(HostPause)

    def _entrances(self) -> Iterator[Link | Request]:
        asked = self.arguments
        for url in asked.url:
            entrance = self.article_link(url) or self.open_listing(url)
            if entrance is None:
                raise ArgumentError(f"url={url!r} is neither an article nor a listing of {self.name}")
            yield entrance
        search = self.open_search(asked.keyword) if asked.keyword and not asked.channel else None
        if search:
            yield search
        elif not asked.url:
            yield from (self.open_channel(channel) for channel in asked.channel or self.default_channels)

    async def start(self) -> AsyncIterator[Any]:
        keyword, channel = self.arguments.keyword, self.arguments.channel
        filtered = bool(keyword and (channel or not self.open_search(keyword)))
        for entrance in self.entrances:
            if isinstance(entrance, Request):
                yield self._listing_request(entrance, Walk(filtered))
            elif self._wants(entrance):
                for request in self._within_limit(self._article_request(entrance)):
                    yield request

    def parse_listing(self, response: Response, walk: Walk) -> Iterator[Any]:
        """The next listing page of *walk*."""
        page = to_page(response)
        try:
            listing = self.listing(page)
            if not walk.pages and not (listing.links or listing.next or listing.passed or self.arguments.keyword):
                raise Changed("the listing leads to nothing: its layout has changed, or we are blocked")
        except PageError as error:
            yield from self._refused(page, error)
            return
        self._count("pages/listing")
        self._count("links/passed", listing.passed)
        for link in listing.links:
            if self._wants(link, walk.filtered):
                yield from self._within_limit(self._article_request(link))
        if self._goes_on(walk, listing):
            for request in listing.next:
                yield from self._within_limit(self._listing_request(request, walk))

    def parse_article(self, response: Response, link: Link, first: Page | None = None) -> Iterator[Any]:
        """An article page, or with *first* the second answer of one."""
        page = to_page(response, link)
        if first:
            self._count("pages/second")
            page = replace(first, second=page)
        else:
            self._pages += 1
        try:
            read = self.article(page, self.edit, self.headings)
        except PageError as error:
            yield from self._refused(page, error)
            return
        if isinstance(read, Request):
            # A copy of the page without what was parsed of it, lest its tree lives until the answer is there.
            yield self._article_request(link, read, replace(page))
        elif self.arguments.covers(read.date):
            self._count("pages/article")
            if self.pauses:
                self.pauses.served(page.url)
            yield read
        else:
            self._count("pages/outside")
            yield from self._instead()

    def failed(self, failure: Failure) -> Iterator[Any]:
        """A request that got no answer, or was not allowed out."""
        request = failure.request  # type: ignore[attr-defined]
        reason = failure.getErrorMessage() or type(failure.value).__name__
        if isinstance(failure.value, IgnoreRequest):
            self._count("links/forbidden")
            logger.info("not fetched: %s: %s", request.url, reason)
        else:
            self._count("pages/unreachable")
            logger.warning("unreachable: %s: %s", request.url, reason)
        if request.callback == self.parse_article:
            yield from self._instead()

    def _goes_on(self, walk: Walk, listing: Listing) -> bool:
        """Whether the pages behind *listing* are wanted, now that it has been read."""
        ids = {link.id for link in listing.links}
        repeats = bool(ids) and ids <= walk.met  # sites that know no such page show the first or the last one again
        before_since = bool(ids) and all(self.arguments.precedes(link.date) for link in listing.links)
        walk.pages += 1
        walk.met |= ids
        return not repeats and not before_since and (not self.arguments.pages or walk.pages < self.arguments.pages)

    def _refused(self, page: Page, error: PageError) -> Iterator[Any]:
        self._count(f"pages/{error.kind}")
        yield Refusal(page, error)
        if isinstance(error, Blocked) and self.pauses:
            self.pauses.refused(page.url)
        if page.link:
            self._blocked += isinstance(error, Blocked)
            if self._pages >= BLOCKED_FROM and self._blocked > BLOCKED_SHARE * self._pages:
                logger.error("%d of %d article pages were blocked: the run ends", self._blocked, self._pages)
                if self.pauses:
                    self.pauses.stopped = True
                raise CloseSpider("blocked")
            yield from self._instead()

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
        return not is_exact(link.date) or is_exact(self.store.date(self.name, link.id))

    def _within_limit(self, request: Request) -> Iterator[Request]:
        if self.arguments.limit and self._taken >= self.arguments.limit:
            self._waiting.append(request)
            return
        self._taken += request.callback == self.parse_article
        yield request

    def _instead(self) -> Iterator[Request]:
        """What may go out now that an article that counted towards the limit turned out to be none."""
        self._taken -= 1
        if self._waiting:
            yield from self._within_limit(self._waiting.popleft())

    def _listing_request(self, request: Request, walk: Walk) -> Request:
        return self._request(request, self.parse_listing, LISTING, {"walk": walk})

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
