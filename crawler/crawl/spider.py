"""The walk that all sources share: entrances -> listings -> articles."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.corpus.articles import OPEN, REJECTED, SITE_FAILURES, WRITTEN, LedgerEntry
from crawler.corpus.corpus import Corpus
from crawler.corpus.database import LedgerError
from crawler.corpus.lock import LockedError
from crawler.crawl.arguments import ArgumentError, Arguments, parse_arguments
from crawler.crawl.frontier import ArticleLimit
from crawler.crawl.listing_walk import ListingWalk
from crawler.crawl.offline import read_recordings
from crawler.crawl.refusals import Refusal
from crawler.crawl.renamed_settings import apply_renamed_settings
from crawler.crawl.stats import count_refused, count_without_response, report_totals
from crawler.crawl.summary import ledger_figures
from crawler.download.hosts import LOCAL_URL
from crawler.download.response import to_page
from crawler.download.throttle import HostThrottle
from crawler.health.judgement import judge
from crawler.items import Article, Link, Listing
from crawler.layouts import LAYOUTS
from crawler.markdown.rules import Headings
from crawler.newspapers.files import LocalFiles
from crawler.reading.errors import Blocked, Gone, Incomplete, LayoutChanged, NotSitePage, PageError, Unreachable
from crawler.reading.page import Page
from crawler.reading.source import Source
from crawler.recordings.middlewares import ReplayMiddleware
from crawler.recordings.protocol import Recordings
from crawler.text.dates import beijing

logger = logging.getLogger(__name__)

BLOCKED_SHARE, BLOCKED_FROM = 0.2, 50  # a fifth of the article pages, counted from the fiftieth on, ends the run
ARTICLE, LISTING = 10, 0  # priorities: a listing page's articles come before the next listing page


def ends_run(callback: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """A callback in which a ledger that fails ends the run; what it would have brought is still open."""

    @functools.wraps(callback)
    def guarded(self: ArticleSpider, *args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            yield from callback(self, *args, **kwargs)
        except LedgerError as error:
            self.stop_for(error)

    return guarded


class ArticleSpider(Source, Spider):
    """The base of every source: a `Source` that Scrapy can run."""

    file_types: ClassVar[Mapping[str, str]] = {}  # of a source of local files (path=): suffix -> content type

    corpus: Corpus  # opened when the run starts, before the first request
    headings: Headings

    def __init__(self, /, **kwargs: str) -> None:
        super().__init__(self.name)
        self.asked = kwargs  # as it was typed
        self.arguments: Arguments = parse_arguments(
            kwargs, source=self.name, channels=self.channels, own=self.own_arguments
        )
        self.files = LocalFiles(kwargs, self.file_types) if self.file_types else None
        self.entrances = list(self._entrances())
        self._seen: set[str] = set()  # ids met in this run
        self._listed: set[bytes] = set()  # fingerprints of the listing pages asked for in this run
        self._limit = ArticleLimit(self.arguments.limit)
        self._ending: asyncio.Future[None] | None = None
        self._pages = self._blocked = 0  # article pages so far, and the blocked ones among them

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.headings = LAYOUTS[crawler.settings["LAYOUT"]].HEADINGS
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        super().update_settings(settings)
        apply_renamed_settings(settings)

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
        elif not asked.url and asked.origin == "listings":
            for channel in asked.channel or self.default_channels:
                yield self.open_channel(channel), bool(asked.keyword)

    async def start(self) -> AsyncIterator[Any]:
        try:
            self._open()
            if self._recordings():
                # Items that come out of `start` itself keep Scrapy from ending when it is told to.
                yield Request(LOCAL_URL, self.parse_recordings, dont_filter=True)
                return
            for requests in self._begin():
                for request in requests:
                    yield request
        except (LedgerError, LockedError, OSError) as error:
            self.stop_for(error)

    @functools.cached_property
    def _pauses(self) -> HostThrottle | None:
        return self.crawler.get_downloader_middleware(HostThrottle)

    @property
    def _reads(self) -> bool:
        """Whether the run reads pages that are at hand, and asks for none."""
        return bool(self.files) or self.arguments.origin == "archive"

    def _recordings(self) -> Recordings | None:
        """The pages that are at hand, where the run reads these."""
        if self.files or not self._reads:
            return self.files
        replay = self.crawler.get_downloader_middleware(ReplayMiddleware)
        assert replay  # as the command has seen
        return replay.recordings

    @ends_run
    def parse_recordings(self, response: Response) -> Iterator[Any]:
        """The articles out of pages that are at hand."""
        recordings = self._recordings()
        assert recordings
        for item in read_recordings(self, recordings):
            yield item
            if self._ending or not (self.crawler.engine and self.crawler.engine.running):
                return

    def _open(self) -> None:
        settings = self.settings
        self.corpus = Corpus(
            Path(settings["OUTPUT_DIR"]),
            self.name,
            settings["LEDGER_URL"],
            retry_pause=settings.getfloat("REJECTED_BACKOFF_FACTOR"),
            overwrite_edited=settings.getbool("OVERWRITE_EDITED"),
        )
        if self._pauses:
            self._pauses.restore(self.corpus.ledger.hosts.paused_until(), self.corpus.ledger.hosts.pause)

    def _begin(self) -> Iterator[Iterable[Request]]:
        """What earlier runs left, what may have changed, then what was asked for."""
        asked = self.arguments
        if asked.origin == "rejected":
            for state in (REJECTED, OPEN):
                entries = self.corpus.ledger.articles.in_state(self.name, state)
                yield from (self._once_more(entry) for entry in entries if entry.kind)
        elif not asked.url and not asked.keyword:
            yield from (self._once_more(entry) for entry in self.corpus.due())
            if asked.refresh:
                yield from (self._once_more(entry) for entry in self.corpus.recent(asked.refresh))
        for entrance in self.entrances:
            if isinstance(entrance, Link):
                known = self.corpus.find([entrance])
                entry = known.get(entrance.id)
                if entry and asked.refresh:
                    yield self._once_more(entry)
                elif self._wants(entrance, entry):
                    self.corpus.add_open([entrance])
                    yield self._limit.let(self._article_request(entrance), True)
            else:
                listing, filtered = entrance
                days = self.open_days(listing, asked.since, asked.until)
                yield self._next_walk(deque([("", listing)] if days is None else days.items()), filtered)

    def _once_more(self, entry: LedgerEntry) -> Iterator[Request]:
        """The request for an article that the ledger names."""
        link = self.article_link(entry.url)
        if link is None:
            self.count("links/unknown")
            logger.warning("unknown: %s: an address that this source knew once", entry.url)
        elif link.id not in self._seen and self.arguments.covers(entry.date):
            self._seen.add(link.id)
            self.count("links/revisit")
            request = Request(link.url)
            if entry.state == WRITTEN:  # the site may say that nothing has changed
                if entry.etag:
                    request.headers["If-None-Match"] = entry.etag
                if entry.modified:
                    request.headers["If-Modified-Since"] = entry.modified
            # The listing's date may know the second, which the page does not.
            link = replace(link, title=entry.title, date=entry.date)
            yield from self._limit.let(self._article_request(link, request), True)

    def closed(self, reason: str) -> None:
        if hasattr(self, "corpus"):
            for path in self.corpus.edited:
                logger.warning("edited by hand, left as it is: %s", path)
            self.count("links/over_limit", self._limit.held)
            if reason not in ("ledger", "disk", "locked"):  # what was under way then is open, and nobody could note it
                report_totals(self.name, self.crawler.stats, asks=not self._reads)
            try:
                try:
                    figures = ledger_figures(self.crawler.stats.get_stats(), self.asked)
                    self.corpus.finish_run(reason, figures)
                    *before, run = self.corpus.run_history()
                    self.corpus.set_figures({**figures, "verdict": asdict(judge(run, before))})
                finally:
                    self.corpus.close()
            except (LedgerError, OSError) as error:
                logger.error("the run's end is not in the ledger: %s", error)

    def stop_for(self, error: Exception) -> None:
        """End the run for what neither page nor site can help: the ledger, the disk, another run."""
        reason = {LockedError: "locked", LedgerError: "ledger"}.get(type(error), "disk")
        self.end(reason, str(error))

    @ends_run
    def parse_listing(self, response: Response, walk: ListingWalk) -> Iterator[Any]:
        """The next listing page of *walk*."""
        page = to_page(response)
        try:
            listing = self.listing(page)
        except PageError as error:
            if again := self._again(response, error):
                yield from again
                return
            no_issue = isinstance(error, Gone) and walk.day and not walk.pages
            # A page that is not there, behind others that are, is the listing's end; an issue has all that it names.
            is_end = isinstance(error, Gone) and walk.pages and not walk.day
            walk.failed = walk.failed or not (is_end or no_issue)
            if no_issue and walk.promised:
                error = LayoutChanged(f"the entry names an issue that is not there: {error}")
            elif no_issue:
                self.count("links/no_issue")
            yield from self._refused(page, error)
            yield from self._next_listing(walk)
            return
        if not walk.day and (days := self._days(listing)) is not None:
            self._served(page)
            self.count("pages/listing")
            yield from self._next_walk(deque(days.items()), walk.filtered, not (walk.asked.since or walk.asked.until))
            return
        known = self.corpus.find(listing.links)
        walk.take(listing, known)
        if walk.found_nothing:
            walk.failed = True
            nothing = LayoutChanged("the listing leads to no article: its layout has changed, or we are blocked")
            yield from self._refused(page, nothing)
            return
        self._served(page)
        self.count("pages/listing")
        self.count("links/not_article", listing.skipped)
        wanted = [link for link in listing.links if self._wants(link, known.get(link.id), walk.filtered)]
        self.corpus.add_open(wanted)
        for link in wanted:
            yield from self._limit.let(self._article_request(link), True)
        yield from self._next_listing(walk)

    @ends_run
    def parse_article(self, response: Response, link: Link, first: Page | None = None) -> Iterator[Any]:
        """An article page, or with *first* the second answer of one."""
        page = to_page(response, link)
        assert response.request
        if response.status == 304 and {b"If-None-Match", b"If-Modified-Since"} & response.request.headers.keys():
            self._pages += 1
            self.count("pages/unchanged")
            self._served(page)
            self.corpus.mark_unchanged(link)
            return
        if first:
            page = replace(first, second_page=page)
        try:
            read = self.article(page, self.edit, self.headings)
        except PageError as error:
            if again := self._again(response, error):
                yield from again
            else:
                self._pages += 1
                yield from self._refused(page, error)
                yield from self._limit.release(1)
            return
        self._served(page)
        if isinstance(read, Request):
            self.count("pages/first")  # of two that the article takes
            # A copy of the page without what was parsed of it, lest its tree lives until the answer is there.
            yield self._article_request(link, read, replace(page))
            return
        self._pages += 1
        self.count(f"charset/{page.charset}")
        self.crawler.stats.max_value("newest", read.date)
        if self.arguments.covers(read.date):
            self.count("pages/article")
            yield read
        else:
            self.count("pages/filtered")
            self.corpus.mark_filtered(link, read.date)
            yield from self._limit.release(1)

    @ends_run
    def failed(self, failure: Failure) -> Iterator[Any]:
        """A request that got no answer, or was not allowed out."""
        request = failure.request  # type: ignore[attr-defined]
        reason = failure.getErrorMessage() or type(failure.value).__name__
        is_article = request.callback == self.parse_article
        kind, level = count_without_response(self.crawler.stats, failure.value, is_article)
        logger.log(level, "%s: %s: %s", kind, request.url, reason)
        if is_article:
            if kind == Unreachable.kind:
                self.corpus.refuse(request.cb_kwargs["link"], Unreachable(reason))
                self.count("refused/unreachable")
            yield from self._limit.release(1)
        else:
            walk = request.cb_kwargs["walk"]
            walk.failed = True
            yield from self._next_listing(walk)

    def _days(self, listing: Listing) -> Mapping[str, Request] | None:
        """The issues of the days that are wanted, where *listing* leads to the newest."""
        asked = self.arguments
        opened = (self.open_days(request, asked.since, asked.until) for request in listing.next)
        return next((days for days in opened if days is not None), None)

    def _next_walk(
        self, later: deque[tuple[str, Request]], filtered: bool, promised: bool = False
    ) -> Iterator[Request]:
        """The first listing page of the next of *later*, each with its day where it is an issue."""
        if not later:
            yield from self._limit.release()  # nothing more from here: another's turn
            return
        day, listing = later.popleft()
        asked = replace(self.arguments, since="", until="") if day else self.arguments  # an issue is walked as a whole
        name = f"{listing.method} {listing.url} {listing.body.decode('utf-8', 'replace')}".strip()
        name += f" {asked.keyword}" if filtered else ""
        covered = self.corpus.ledger.walks.covered_until(self.name, name, asked.pages, asked.since)
        if day and beijing(covered)[:10] <= day:  # while its day lasts an issue may grow
            covered = 0
        walk = ListingWalk(name, asked, deque([listing]), filtered, covered, day=day, promised=promised, later=later)
        yield from self._next_listing(walk)

    def _next_listing(self, walk: ListingWalk) -> Iterator[Request]:
        """The next listing page of *walk*, or its end."""
        if request := walk.next(self._listed):
            request = request.replace(**self._ways(self.parse_listing, LISTING, {"walk": walk}))
            yield from self._limit.let(request, False)
            return
        if not walk.failed:
            self.corpus.ledger.walks.finish(
                self.name, walk.entrance, None if walk.ended_early else (walk.asked.pages, walk.asked.since)
            )
        yield from self._next_walk(walk.later, walk.filtered)

    def _again(self, response: Response, error: PageError) -> Iterator[Request] | None:
        """The same request once more where the fault may be over soon, behind the host's pause; None when it was asked
        often enough."""
        if isinstance(error, Blocked):
            self._pause(response.url)
        if not isinstance(error, Blocked | Incomplete) or self.settings["REPLAY"]:  # what is recorded stays as it is
            return None
        assert response.request is not None
        request = response.request.replace(url=response.meta.get("redirect_urls", [response.request.url])[0])
        request.meta.pop("redirect_times", None)
        again = get_retry_request(request, spider=self, reason=error.kind, give_up_log_level=logging.DEBUG)
        if again is None:
            return None
        self.count("pages/retried")
        logger.info("once more: %s: %s: %s", error.kind, request.url, error)
        return iter([again])

    def _refused(self, page: Page, error: PageError) -> Iterator[Any]:
        count_refused(self.crawler.stats, error, page.link is not None)
        if page.link:
            self._blocked += isinstance(error, Blocked | NotSitePage)
            # A page that is tried again and again says nothing new of the site; a site that is down says it each time.
            if self.corpus.refuse(page.link, error) or error.kind in SITE_FAILURES:
                self.count(f"refused/{error.kind}")
        yield Refusal(page, error)
        if self._pages >= BLOCKED_FROM and self._blocked > BLOCKED_SHARE * self._pages:
            self.end("blocked", f"{self._blocked} of {self._pages} article pages were blocked")

    def _served(self, page: Page) -> None:
        if self._pauses:
            self._pauses.reset(page.url)

    def _pause(self, url: str) -> None:
        if self._pauses and not self._pauses.back_off(url):
            self.end("blocked", f"{url} was refused even after the longest pause")

    def end(self, reason: str, why: str) -> None:
        """End the run; *reason* is its word for that, *why* a line for people. What is under way still comes in."""
        if self._ending is None:
            logger.error("the run ends: %s: %s", reason, why)
            self.crawler.stats.set_value("why", why)
            if self._pauses:
                self._pauses.stop()
            assert self.crawler.engine
            self._ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason=reason))

    def _wants(self, link: Link, entry: LedgerEntry | None, filtered: bool = False) -> bool:
        if link.id in self._seen:
            self.count("links/repeated")
            return False
        self._seen.add(link.id)
        if not self.arguments.covers(link.date) or (
            filtered and self.arguments.keyword.casefold() not in link.title.casefold()
        ):
            self.count("links/filtered")
            return False
        if not self.corpus.wants(link, entry):
            self.count("links/known")
            return False
        self.count("links/revisit" if entry else "links/new")
        return True

    def _article_request(self, link: Link, request: Request | None = None, first: Page | None = None) -> Request:
        ways = self._ways(self.parse_article, ARTICLE, {"link": link, "first": first})
        return request.replace(**ways) if request else Request(link.url, **ways)

    def _ways(self, callback: Any, priority: int, arguments: dict[str, Any]) -> dict[str, Any]:
        """What makes a request one of the walk."""
        # dont_filter: what was met already is known by its id, and a redirect to a page met before must not vanish.
        return {
            "callback": callback, "errback": self.failed, "cb_kwargs": arguments, "priority": priority,
            "dont_filter": True,
        }  # fmt: skip

    def count(self, key: str, number: int = 1) -> None:
        if number:
            self.crawler.stats.inc_value(key, number)
