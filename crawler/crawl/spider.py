"""The spider that all sources share: start -> listing pages -> article pages -> items."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.captures.capture import PublicArchive
from crawler.corpus.errors import LedgerError, LockedError
from crawler.counts import Count, Group
from crawler.crawl.archive_choice import public_archive, set_archive_slots
from crawler.crawl.arguments import ArgumentError, Arguments, parse_arguments
from crawler.crawl.ending import end_for_error, ends_run_on_ledger_error
from crawler.crawl.entrances import entrances
from crawler.crawl.frontier import ArticleLimit, Frontier
from crawler.crawl.listing_walk import ListingWalk
from crawler.crawl.listings import Listings
from crawler.crawl.refusals import Refusal, Refusals
from crawler.crawl.refused_pages import requests_for_refused
from crawler.crawl.renamed_settings import apply_renamed_settings
from crawler.crawl.run_end import close_corpus
from crawler.crawl.stats import count_without_response
from crawler.download.ending import is_ending
from crawler.download.hosts import LOCAL_URL, is_allowed, is_picture_allowed
from crawler.download.response import to_page
from crawler.download.robots import StrictRobots
from crawler.items import Article, Link, Listing
from crawler.layouts import LAYOUTS
from crawler.markdown.picture_links import picture_url
from crawler.reading.errors import Incomplete, LayoutChanged, PageError, Unreachable
from crawler.reading.page import Page
from crawler.reading.pager import next_page_url
from crawler.reading.read import (
    ReadOptions,
    add_response,
    entry_page,
    needs_second_response,
    read_article,
    read_listing,
)
from crawler.reading.site import Site
from crawler.reading.source import Source
from crawler.recordings.middlewares import ReplayMiddleware
from crawler.recordings.protocol import Recordings
from crawler.text.dates import beijing
from crawler.text.urls import requestable_url

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus  # with SQLAlchemy, which takes long to import: see `_open`
    from crawler.crawl.conversion import Converter
    from crawler.crawl.offline import OfflineReader

__all__ = ["ArgumentError", "ArticleSpider", "SiteSpider"]  # what a source needs of this package

logger = logging.getLogger(__name__)

# Request priorities: the articles of a listing page come before its next page.
ARTICLE_PRIORITY, LISTING_PRIORITY = 10, 0


class ArticleSpider(Source, Spider):
    """Base class of every source: a `Source` that Scrapy can run."""

    read_options: ReadOptions
    corpus: Corpus  # opened when the run starts, before the first request
    frontier: Frontier
    listings: Listings
    refusals: Refusals
    is_complete = False  # whether all pages were requested
    # Set by `crawl.backfill`: stores pages of this source, and returns after the last one.
    hold: Callable[[], Awaitable[None]] | None = None
    archive: PublicArchive | None = None  # if the run reads a public archive instead of the site
    run_hosts: tuple[str, ...] = ()  # the hosts of that archive
    old_name = ""  # name of the source in an earlier release: a corpus with articles of this name keeps it
    _refused_requests: Iterator[Request]  # of the pages that earlier runs refused

    def __init__(self, /, **kwargs: str) -> None:
        super().__init__(self.name)
        self.typed_arguments = kwargs
        self.arguments: Arguments = parse_arguments(
            kwargs, source=self.name, channels=self.channels, own=self.own_arguments
        )
        self.local_pages = self.open_local_pages(kwargs)
        self.entrances = list(entrances(self, self.arguments))
        self._limit = ArticleLimit(self.arguments.limit)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.archive = public_archive(spider, spider.arguments, crawler.settings)
        spider.run_hosts = spider.archive.hosts if spider.archive else ()
        set_archive_slots(crawler.settings, spider.run_hosts)
        if (name := spider.name_in(Path(crawler.settings["OUTPUT_DIR"]))) != spider.name:
            type(spider).name = spider.name = name  # also of the class: `read_article` is a class method
        spider.read_options = ReadOptions(LAYOUTS[crawler.settings["LAYOUT"]].HEADINGS, spider.edit)
        crawler.signals.connect(spider.request_refused, signal=signals.spider_idle)
        return spider

    def name_in(self, folder: Path) -> str:
        """Return the name of the source in the corpus in *folder*: `old_name` if that has articles of this name."""
        return self.old_name if self.old_name and (folder / self.old_name).is_dir() else self.name

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_renamed_settings(settings)

    @classmethod
    def handles_request(cls, request: Request) -> bool:
        """Return whether *request* is to one of the source's hosts: `scrapy fetch` and `scrapy shell` choose by it."""
        return is_allowed(request.url, cls.hosts)

    @classmethod
    def open_article(cls, link: Link) -> Request | None:
        return Request(link.url)

    @classmethod
    def next_page(cls, first: Page, last: Page, number: int) -> Request | None:
        """Find the next page by the text and the URL of its link: see `reading.pager`."""
        url = next_page_url(first, last, number, cls.article_link)
        return Request(url) if url else None

    # What a source may override in addition to `Source` ---------------------------------------------------------------

    def edit(self, article: Article) -> Article:
        """Change an article as the user's settings require. The only method of a source with access to settings."""
        return article

    def open_local_pages(self, arguments: Mapping[str, str]) -> Recordings | None:
        """Return the local files to read instead of the site; None for a site. Raises `ArgumentError`."""
        return None

    def observe(self, page: Page, result: Listing | Article | PageError) -> None:
        """Take note of the result of a page: its listing, its article, or why it was refused."""

    # Start and end ----------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        try:
            self._open()
            if self.archive:
                from crawler.crawl.public_archives import PublicArchiveRun  # with SQLAlchemy

                yield Request(LOCAL_URL, PublicArchiveRun(self, self.archive).begin, dont_filter=True)
                return
            if self.is_offline:
                # Scrapy does not stop while `start` itself yields items, so a callback yields them.
                yield Request(LOCAL_URL, self.parse_recordings, dont_filter=True)
                return
            for request in self._admitted(self._start_requests() if self.arguments.origin != "pictures" else ()):
                yield request
        except (LedgerError, LockedError, OSError) as error:
            end_for_error(self.crawler, error)

    def _open(self) -> None:
        from crawler.corpus.corpus import Corpus

        settings = self.settings
        open_corpus: Callable[..., Corpus] = Corpus
        if url := settings["OBJECT_URL"]:
            from crawler.corpus.object_forms import FORMS

            open_corpus = partial(FORMS[settings["OBJECT_LAYOUT"]], url)
        self.corpus = open_corpus(
            Path(settings["OUTPUT_DIR"]),
            self.name,
            settings["LEDGER_URL"],
            retry_pause=settings.getfloat("REJECTED_BACKOFF_FACTOR"),
            overwrite_edited=settings.getbool("OVERWRITE_EDITED"),
            keep_versions=settings.getbool("KEEP_VERSIONS"),
            wants_picture=self.wants_picture if settings.getbool("STORE_PICTURES") else None,
            shared=self.hold is not None,
        )
        self.frontier = Frontier(self.arguments, self.corpus, self.count, lambda link: bool(self.open_article(link)))
        self.listings = Listings(self, self.arguments, self.corpus, self._limit, self._listing_request)
        self.refusals = Refusals(self.crawler, self.corpus, self.frontier.was_refused)
        self._refused_requests = (
            iter(())
            if self.is_offline or self.archive or self.arguments.origin == "pictures"
            else requests_for_refused(
                self.frontier, self.refusals.site_failures, self._limit, self.article_link, self._request_for
            )
        )
        if throttle := self.refusals.throttle:
            throttle.restore(self.corpus.ledger.hosts.paused_until(), self._store_pause)
        if robots := self.crawler.get_downloader_middleware(StrictRobots):
            robots.record = self._store_robots

    def _store_pause(self, host: str, until: int) -> None:
        """Record the pause of a host. The throttle would take an error for one of the request."""
        try:
            self.corpus.ledger.hosts.pause(host, until)
        except LedgerError as error:
            end_for_error(self.crawler, error)

    def _store_robots(self, host: str, text: str) -> None:
        """Record the robots.txt of a host. It is for exports only: a failure does not change the run."""
        try:
            self.corpus.ledger.robots.record(host, text)
        except LedgerError as error:
            logger.info("the robots.txt of %s is not recorded: %s", host, error)

    def _start_requests(self) -> Iterator[Request | Page]:
        """Yield requests for the links of earlier runs, then for the entrances."""
        for link, headers in self.frontier.earlier_links(self.article_link):
            yield from self._limit.admit(self._request_for(link, headers), True)
        for entrance in self.entrances:
            if isinstance(entrance, Link):
                for link, headers in self.frontier.named_link(entrance, self.article_link):
                    yield from self._limit.admit(self._request_for(link, headers), True)
            else:
                yield from self.listings.start(entrance)

    def request_refused(self) -> None:
        """Request the next page that an earlier run refused: the handler of `spider_idle`.

        One at a time, after all other pages: what these show about the host decides how the refused ones are handled.
        """
        if is_ending(self.crawler) or not hasattr(self, "_refused_requests"):
            return
        try:
            request = next(self._refused_requests, None)
        except LedgerError as error:
            end_for_error(self.crawler, error)
            return
        self.is_complete = request is None
        if request:
            assert self.crawler.engine
            self.crawler.engine.crawl(request)
            raise DontCloseSpider

    def closed(self, reason: str) -> None:
        if not hasattr(self, "corpus"):
            return
        reason = self.crawler.stats.get_value("end") or reason
        self.count(Count.LINKS_OVER_LIMIT, self._limit.queued_articles)
        visits_site = not (self.is_offline or self.archive)
        close_corpus(self.crawler, self.refusals, reason, self.typed_arguments, sends_requests=visits_site)

    # Callbacks --------------------------------------------------------------------------------------------------------

    @classmethod
    def wants_picture(cls, address: str) -> bool:
        """Return whether the picture with this address, as in an article's Markdown, may be requested."""
        url = picture_url(address)
        return is_picture_allowed(url, cls) and requestable_url(url, url) != ""

    @property
    def fetches_pictures(self) -> bool:
        """Whether the run may request pictures. One that reads local files or archives sends no request to the site.

        With REPLAY, the pictures are those of the recording.
        """
        visits_site = self.local_pages is None and self.arguments.origin in ("listings", "rejected", "pictures")
        return hasattr(self, "corpus") and (visits_site or bool(self.settings["REPLAY"]))

    @property
    def is_offline(self) -> bool:
        """Whether the run reads local files or an archive, and sends no request."""
        return self.local_pages is not None or self.arguments.origin == "archive"

    async def parse_recordings(self, response: Response) -> None:
        """Read the articles of local files or of an archive."""
        from crawler.crawl.archive_pass import ArchivePass  # here, as other runs do not need it
        from crawler.crawl.conversion import Converter

        if self.hold:
            await self.hold()
            return
        recordings = self.local_pages
        if recordings is None:
            replay = self.crawler.get_downloader_middleware(ReplayMiddleware)
            assert replay  # `press-corpus crawl` requires REPLAY with from=archive
            recordings = replay.recordings
        converter = Converter(1 if self.local_pages is not None else self.settings.getint("PROCESSES"))
        reader = self.offline_reader(converter)

        async def find(page: Page) -> OfflineReader:
            return reader

        one_pass = ArchivePass(
            recordings, converter, lambda: is_ending(self.crawler), lambda _, item: self.store(item), reader.unreadable
        )
        try:
            await one_pass.run(find)
        except (LedgerError, OSError) as error:
            end_for_error(self.crawler, error)
        finally:
            converter.close()

    def offline_reader(self, converter: Converter) -> OfflineReader:
        """Return the reader of recorded pages for this run."""
        from crawler.crawl.offline import OfflineReader

        read, is_local = converter.reader(self), self.local_pages is not None
        return OfflineReader(self, self.corpus, self.arguments, read, self.count, is_local)

    async def store(self, item: Article | Refusal) -> None:
        """Pass *item* through the item pipelines. Returns when it is stored.

        Not by `yield`: Scrapy would call the next page before, and an archive of several sources has one order.
        """
        assert self.crawler.engine
        await self.crawler.engine.scraper.start_itemproc_async(item, response=None)

    @ends_run_on_ledger_error
    def parse_listing(self, response: Response, walk: ListingWalk) -> Iterator[Any]:
        """Read the next listing page of *walk*: request its articles, then its next page."""
        page = to_page(response)
        try:
            listing = read_listing(self, page)
        except PageError as error:
            if again := self.refusals.retry(response, error):
                yield again
                return
            self.observe(page, error)
            yield self.refusals.refuse(page, walk.fail(error))
            if walk.is_without_issue:
                self.count(Count.LINKS_NO_ISSUE)
            yield from self.listings.next_page(walk)
            return
        self.observe(page, listing)
        if not walk.day and (issues := self.listings.issues(listing)) is not None:
            self.refusals.served(page)
            self.count(Count.PAGES_LISTING)
            yield from self._admitted(self.listings.start_issues(walk, issues))
            return
        known = self.corpus.find(listing.links)
        walk.take(listing, known)
        if walk.found_nothing:
            walk.failed = True
            reason = "the listing leads to no article: its layout has changed, or the site blocks requests"
            yield self.refusals.refuse(page, LayoutChanged(reason))
            return
        self.refusals.served(page)
        self.count(Count.PAGES_LISTING)
        self.count(Count.LINKS_NOT_ARTICLE, listing.skipped)
        for link in self.frontier.select(listing.links, known, walk.by_keyword, walk.number):
            entry = listing.whole.get(link.id)
            article = entry_page(page, link, entry) if entry else self._request_for(link)
            yield from self._admitted(self._limit.admit(article, True))
        yield from self._admitted(self.listings.next_page(walk))

    @ends_run_on_ledger_error
    def parse_article(self, response: Response, link: Link, first: Page | None = None) -> Iterator[Any]:
        """Read an article page. *first*: the first page of an article that needs a second response."""
        page = to_page(response, link)
        assert response.request
        if response.status == 304 and {b"If-None-Match", b"If-Modified-Since"} & response.request.headers.keys():
            self.refusals.count_article_page(link)
            self.count(Count.PAGES_UNCHANGED)
            self.refusals.served(page)
            self.corpus.mark_unchanged(link)
            return
        if first:
            page = add_response(self, first, page)
        is_pending = yield from self._read(page, link, response)
        if not is_pending:
            yield from self._admitted(self._limit.release(articles=1))

    def _read(self, page: Page, link: Link, response: Response | None = None) -> Generator[Any, None, bool]:
        """Yield the article of *page*, its refusal, or the next request for it. *response*: None for a listing's entry.

        Returns False if the article is not written.
        """
        try:
            article = read_article(self, page, self.read_options)
        except PageError as caught:
            error = self.refusals.in_series(caught, link)
            if response and (again := self.refusals.retry(response, error, link)):
                yield again
                return True
            self.refusals.count_article_page(link)
            self.observe(page, error)
            yield self.refusals.refuse(page, error)
            return False
        if isinstance(article, Request):  # the host may still refuse the rest
            self.count(Count.PAGES_FIRST)  # of several that the article needs
            # The copies of the pages have no parsed tree, which would stay in memory until the next response.
            yield self._article_request(
                link, article, first=replace(page, next_pages=tuple(map(replace, page.next_pages)))
            )
            return True
        self.observe(page, article)
        self.refusals.served(page)
        self.refusals.count_article_page(link)
        self.count(Group.CHARSET.of(page.charset), int(not self.frontier.was_refused(link)))
        self.crawler.stats.max_value("newest", article.date)
        if not self.arguments.covers(article.date):
            self.count(Count.PAGES_FILTERED)
            self.corpus.mark_filtered(link, article.date)
            return False
        self.count(Count.PAGES_ARTICLE)
        self.frontier.count_read_again(link)
        yield replace(article, fetched=beijing(page.fetched_at))
        return True

    def _admitted(self, admitted: Iterable[Request | Page]) -> Iterator[Any]:
        """Yield the requests of *admitted*, and read its pages, which are entries of a listing."""
        batches = [admitted]
        while batches:
            for each in batches.pop():
                if isinstance(each, Request):
                    yield each
                    continue
                assert each.link
                self.count(Count.ENTRIES)
                is_pending = yield from self._read(each, each.link)
                if not is_pending:
                    batches.append(self._limit.release(articles=1))

    @ends_run_on_ledger_error
    def failed(self, failure: Failure) -> Iterator[Any]:
        """Handle a request without a response: the errback of every request."""
        request = failure.request  # type: ignore[attr-defined]
        reason = failure.getErrorMessage() or type(failure.value).__name__
        link, walk = request.cb_kwargs.get("link"), request.cb_kwargs.get("walk")
        outcome, level = count_without_response(self.crawler.stats, failure.value, reason, is_article=link is not None)
        logger.log(level, "%s: %s: %s", outcome, request.url, reason)
        if link is None:
            walk.failed = True
            yield from self._admitted(self.listings.next_page(walk))
            return
        first = request.cb_kwargs.get("first")
        if first and outcome in (Unreachable.kind, "forbidden") and not needs_second_response(self, first):
            number = len(first.next_pages) + 2
            self.refusals.no_response(link, Incomplete(f"page {number} of the article, {request.url}: {reason}"))
        elif outcome == Unreachable.kind:
            self.refusals.no_response(link, Unreachable(reason))
        yield from self._admitted(self._limit.release(articles=1))

    # Requests and counts ----------------------------------------------------------------------------------------------

    def _request_for(self, link: Link, headers: Mapping[str, str] = {}, once: bool = False) -> Request:
        """Return the request for an article. *once*: it is not retried within the run."""
        request = self.open_article(link)
        assert request, "the frontier selects only articles that have a page or are entries of the listing"
        for name, value in headers.items():
            request.headers[name] = value
        return self._article_request(
            link, request.replace(meta=request.meta | {"dont_retry": True}) if once else request
        )

    def _article_request(self, link: Link, request: Request, first: Page | None = None) -> Request:
        return self._own_request(request, self.parse_article, ARTICLE_PRIORITY, link=link, first=first)

    def _listing_request(self, request: Request, walk: ListingWalk) -> Request:
        return self._own_request(request, self.parse_listing, LISTING_PRIORITY, walk=walk)

    def _own_request(self, request: Request, callback: Any, priority: int, **arguments: Any) -> Request:
        # dont_filter: the ids filter known links already, and a redirect to a known page must not be dropped silently.
        return request.replace(
            callback=callback, errback=self.failed, cb_kwargs=arguments, priority=priority, dont_filter=True
        )

    def count(self, key: str, number: int = 1) -> None:
        """Add *number* to one of the run's counts, such as Count.LINKS_NEW."""
        if number:
            self.crawler.stats.inc_value(key, number)


class SiteSpider(Site, ArticleSpider):
    """Base class of the sources of websites: declarations and the default readers of `reading.site`."""
