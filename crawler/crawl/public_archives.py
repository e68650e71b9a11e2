"""A run that reads the articles of a source from a public archive: its index first, then one capture after the other.

Every step is recorded in the ledger before the next request: a run that was stopped or killed continues there.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadConnectionRefusedError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures.capture import (
    ArchiveBusy,
    ArchiveRefusal,
    Capture,
    CaptureMissing,
    IndexMissing,
    Moved,
    PublicArchive,
    Query,
    first_second,
    last_second,
    moment,
    variants,
)
from crawler.corpus import captures as states
from crawler.corpus.articles import OPEN, REMOVED, LedgerEntry
from crawler.corpus.captures import CaptureEntry, IndexPosition
from crawler.counts import Count, Group
from crawler.crawl.ending import ends_run_on_ledger_error
from crawler.crawl.refusals import Refusal
from crawler.download.ending import end_run, is_ending
from crawler.download.errors import RequestDropped
from crawler.download.response import to_page
from crawler.download.throttle import HostThrottle
from crawler.items import Link
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import add_response, read_article
from crawler.text.dates import beijing

if TYPE_CHECKING:
    from crawler.crawl.spider import ArticleSpider

logger = logging.getLogger(__name__)

T = TypeVar("T")
Steps = Generator[Any, Any, T]  # yields requests, which it gets the result of, and items

INDEX_TRIES, CAPTURE_TRIES = 10, 3  # requests for one page, with growing pauses between them
MAX_REDIRECTS = 5  # of a capture to another one
FORBIDDEN = "ask the operators of the archive; archives on your own disk are read with REPLAY and from=archive"
REFUSED = (
    "stop for a day, set CRAWLER_CONTACT, and use longer pauses; for whole domains, see crawler/recordings/README.md, "
    '"Public archives"'
)


class _Unanswered(Exception):
    """A request without a usable response; the link stays open. The message is the reason."""


class _Stop(Exception):
    """No further request is possible in this run."""


class PublicArchiveRun:
    """Read the articles of *spider* from *archive*, with one request at a time."""

    def __init__(self, spider: ArticleSpider, archive: PublicArchive) -> None:
        self.spider = spider
        self.archive = archive
        self.crawler = spider.crawler
        self.corpus = spider.corpus
        self.arguments = spider.arguments
        self.throttle = self.crawler.get_downloader_middleware(HostThrottle)  # None if a recording is replayed
        self._articles = 0
        if self.throttle:
            self.throttle.initial_backoff = spider.settings.getfloat("ARCHIVE_BACKOFF")
            self.throttle.max_backoff = spider.settings.getfloat("ARCHIVE_BACKOFF_MAX")
        self._steps = self._run()

    # Callbacks: they pass each result to the steps, and send the request that these yield next ------------------------

    def begin(self, response: Response) -> Iterator[Any]:
        """Send the first request: the callback of a request without network access."""
        yield from self._continue(None)

    def _received(self, response: Response) -> Iterator[Any]:
        yield from self._continue(response)

    def _failed(self, failure: Failure) -> Iterator[Any]:
        yield from self._continue(failure.value)

    @ends_run_on_ledger_error
    def _continue(self, result: object) -> Iterator[Any]:
        while True:  # also after a signal: what was received is stored
            try:
                step = self._steps.send(result)
            except StopIteration:
                return
            if isinstance(step, Request):
                if is_ending(self.crawler):
                    return
                meta = {**step.meta, "dont_retry": True}  # `_ask` retries, with longer pauses
                yield step.replace(callback=self._received, errback=self._failed, dont_filter=True, meta=meta)
                return
            yield step
            result = None

    # Steps ------------------------------------------------------------------------------------------------------------

    def _run(self) -> Steps[None]:
        try:
            yield from self._read_indexes()
            yield from self._read_captures()
        except _Stop:
            pass

    def _ask(self, request: Request, read: Callable[[Page], T], tries: int) -> Steps[T]:
        """Return the result of *read* for the response to *request*.

        Raises `CaptureMissing`, `_Unanswered` if the archive gave no usable response, and `_Stop`.
        """
        reason = ""
        for _ in range(tries):
            if self.throttle:
                self.throttle.set_own_delay(request.url, self.archive.delay_for(request, self.spider.settings))
            result = yield request
            if isinstance(result, RequestDropped):
                raise self._not_sent(request, result, is_index=tries == INDEX_TRIES)
            if isinstance(result, DownloadCancelledError | IgnoreRequest):  # larger than the limit
                raise CaptureMissing(str(result))
            try:
                if isinstance(result, BaseException):
                    raise ArchiveBusy(str(result) or type(result).__name__)
                found = read(to_page(result))
            except ArchiveRefusal as error:
                end_run(self.crawler, "blocked", f"{_host(request)} refuses this run: {error}: {REFUSED}")
                raise _Stop from error
            except ArchiveBusy as error:
                reason = str(error)
                self._pause(request, result, reason)
            else:
                if self.throttle:
                    self.throttle.reset(request.url)
                return found
        raise _Unanswered(reason)

    def _pause(self, request: Request, result: object, reason: str) -> None:
        """Pause the host of *request*, which did not answer. Raises `_Stop` after the longest pause."""
        self._count(Count.CAPTURES_RETRIED)
        logger.warning("%s: %s: %s", self.archive.name, request.url, reason)
        if self.throttle is None:  # a recording never changes
            raise _Unanswered(reason)
        is_refused = isinstance(result, DownloadConnectionRefusedError | DownloadFailedError)
        at_least = self.spider.settings.getfloat("ARCHIVE_REFUSED_BACKOFF") if is_refused else 0.0
        if not self.throttle.back_off(request.url, at_least):
            self._end(f"{_host(request)} did not answer even after the longest pause: {reason}")

    def _end(self, reason: str) -> None:
        end_run(self.crawler, "blocked", f"{reason}: run the command again later, it continues here")
        raise _Stop

    def _not_sent(self, request: Request, error: RequestDropped, is_index: bool) -> Exception:
        """Count a request that was dropped. Returns the exception to raise."""
        self._count(error.figure)
        logger.error("%s: %s: %s", self.archive.name, request.url, error)
        if error.figure == Count.LINKS_FORBIDDEN:
            logger.error("%s does not allow the request: %s", _host(request), FORBIDDEN)
            if is_index:
                return _Stop()
        return _Stop() if error.figure == Count.LINKS_NOT_FETCHED else _Unanswered(str(error))

    # Index ------------------------------------------------------------------------------------------------------------

    def _read_indexes(self) -> Steps[None]:
        """Record all captures of articles that the index lists."""
        try:
            first = self.archive.first_request()
            read = self.archive.queries
            queries = (yield from self._ask(first, read, INDEX_TRIES)) if first else read(None)
        except ValueError as error:
            logger.error("%s", error)
            return
        except (CaptureMissing, _Unanswered) as error:
            self._end_index(error)
            return
        for query in queries:
            try:
                yield from self._read_index(query)
            except IndexMissing as error:
                self._count(Count.LINKS_NOT_FETCHED)
                logger.error("no such index: %s", error)
            except (CaptureMissing, _Unanswered) as error:
                self._end_index(error)

    def _end_index(self, error: Exception) -> None:
        """End the run if an index cannot be read; a replay continues with the next one."""
        if self.throttle:
            self._end(f"the index of {self.archive.name} cannot be read: {error}")

    def _read_index(self, query: Query) -> Steps[None]:
        """Record the captures of *query*, from the page on that the last run did not read."""
        key = self.spider.name, self.archive.name
        reached = self.corpus.ledger.captures.position(*key, query.url)
        if reached.is_finished:
            if not query.grows:
                return
            reached = IndexPosition()
        while not reached.is_finished:
            before = reached

            def read(page: Page, position: str = reached.position) -> tuple[Any, str]:
                return self.archive.read_index(query, position, page), sha256(page.body).hexdigest()

            request = self.archive.index_request(query, before.position)
            found, digest = yield from self._ask(request, read, INDEX_TRIES)
            is_repeated = bool(found.captures) and (digest == before.digest or found.position == before.position)
            if is_repeated:
                self._count(Count.CAPTURES_REPEATED)
                logger.warning("the index repeats a page, and is not read further: %s", request.url)
            for row in found.damaged:
                self._count(Count.RECORDS_DAMAGED)
                logger.warning("damaged row of an index: %s: %s", request.url, row)
            rows = list(self._rows(found.captures))
            reached = IndexPosition(found.position, digest, found.is_last or is_repeated)
            self.corpus.add_captures(self.archive.name, rows, query.url, reached)
            logger.info("index: %d captures of articles: %s", len(rows), request.url)

    def _rows(self, captures: Sequence[Capture]) -> Iterator[dict[str, str]]:
        for capture in captures:
            if link := self._link(capture.url):
                self._count(Count.CAPTURES_LISTED)
                yield {
                    "id": link.id, "url": capture.url, "timestamp": capture.timestamp, "record": capture.record
                }  # fmt: skip
            else:
                self._count(Count.RECORDS_NOT_ARTICLE)

    def _link(self, url: str) -> Link | None:
        """Return the link of a captured URL, or of one that is the same for an archive; None if it is no article."""
        try:
            return next(filter(None, map(self.spider.article_link, variants(url))), None)
        except ValueError:  # an invalid URL
            return None

    # Captures ---------------------------------------------------------------------------------------------------------

    def _read_captures(self) -> Steps[None]:
        """Read the newest capture of each article, or with `captures=all` all of them, the oldest first."""
        first = first_second(self.arguments.since)
        last = last_second(self.arguments.until) or "9"
        is_all = self.arguments.captures == "all"
        for found in self.corpus.ledger.captures.by_article(self.spider.name, self.archive.name):
            entries = [entry for entry in found if first <= entry.timestamp <= last]
            link = self._link(entries[-1].url) if entries else None
            if link is None:
                self._count(Count.LINKS_UNKNOWN, bool(entries))
                continue
            known = self.corpus.find([link]).get(link.id)
            wanted = self._wanted(link, known, entries, is_all)
            if wanted:
                self._count(Count.LINKS_REVISIT if known else Count.LINKS_NEW)
            for entry in wanted:
                if self.arguments.limit and self._articles >= self.arguments.limit:
                    logger.info("limit=%d is reached: the other captures stay open", self.arguments.limit)
                    return
                state = yield from self._read_capture(entry, link)
                if not is_all and state != states.MISSING:
                    break

    def _wanted(
        self, link: Link, known: LedgerEntry | None, entries: list[CaptureEntry], is_all: bool
    ) -> list[CaptureEntry]:
        """Return the captures of an article to read, in this order. *known* is its entry in the ledger."""
        if known and known.state == REMOVED:
            self._count(Count.LINKS_REMOVED)
            return []
        if not self.arguments.covers(link.date):
            self._count(Count.LINKS_FILTERED)
            return []
        if is_all:
            found = [entry for entry in entries if self._is_open(entry, known) and not self._is_older(entry, link)]
        else:
            newest = [entry for entry in reversed(entries) if entry.state != states.MISSING]
            is_wanted = bool(newest) and self._is_open(newest[0], known) and not self.corpus.is_stored(link)
            found = [entry for entry in newest if self._is_open(entry, known)] if is_wanted else []
        if not found:
            self._count(Count.LINKS_KNOWN)
        return found

    def _is_open(self, entry: CaptureEntry, known: LedgerEntry | None) -> bool:
        if entry.state == states.FILTERED:  # by the dates of another run
            return self.arguments.covers(entry.date)
        is_lost = entry.state == states.READ and known is not None and known.state == OPEN  # its file was deleted
        return entry.state == states.OPEN or is_lost

    def _is_older(self, entry: CaptureEntry, link: Link) -> bool:
        return self.corpus.is_superseded(link.id, beijing(moment(entry.timestamp)), self.archive.name)

    def _read_capture(self, entry: CaptureEntry, link: Link) -> Steps[str]:
        """Yield the article of a capture, or its refusal. Returns the new state of the capture."""
        capture = Capture(entry.url, entry.timestamp, entry.record)
        date = ""
        try:
            page = yield from self._fetch(capture, link)
            page = replace(page, link=link, is_capture=True)
            state, date = yield from self._read_page(page, capture)
        except (CaptureMissing, IndexMissing) as error:
            self._count(Count.CAPTURES_MISSING)
            logger.warning("missing: %s of %s: %s", capture.url, capture.timestamp, error)
            state = states.MISSING
        except _Unanswered as error:
            self._count(Count.LINKS_NOT_FETCHED, bool(self.throttle))
            logger.warning("not fetched: %s of %s: %s", capture.url, capture.timestamp, error)
            return states.OPEN
        key = self.spider.name, self.archive.name, capture.url, capture.timestamp
        if self.crawler.stats.get_value("end") not in ("disk", "ledger"):  # then the article is not stored
            self.corpus.ledger.captures.set(*key, state=state, date=date)
        return state

    def _read_page(self, page: Page, capture: Capture) -> Steps[tuple[str, str]]:
        """Yield the article of *page*, or its refusal. Returns the state of the capture, and the date of the article.

        A refused page is kept and counted, but not recorded for its article: the page on the site may be another one.
        """
        try:
            while isinstance(article := read_article(self.spider, page, self.spider.read_options), Request):
                further = yield from self._fetch_further(capture, article)
                page = add_response(self.spider, page, further)
        except PageError as error:
            self._count(Group.PAGES.of(error.kind))
            yield Refusal(page, error)
            return states.REFUSED, ""
        if not self.arguments.covers(article.date):
            self._count(Count.PAGES_FILTERED)
            return states.FILTERED, article.date
        self._count(Count.PAGES_ARTICLE)
        self._articles += 1
        yield replace(article, fetched=beijing(page.fetched_at), origin=self.archive.name)
        return states.READ, ""

    def _fetch(self, capture: Capture, link: Link) -> Steps[Page]:
        """Return the page of a capture, also if the archive has it at another time."""
        seen = {capture}
        for _ in range(MAX_REDIRECTS + 1):
            read = partial(self.archive.read_capture, capture)
            found = yield from self._ask(self.archive.capture_request(capture), read, CAPTURE_TRIES)
            if isinstance(found, Page):
                if (shown := self._link(capture.url)) and (other := self._link(found.url)) and shown.id != other.id:
                    raise CaptureMissing(f"the archive has {found.url} there")
                return replace(found, url=capture.url)
            capture = self._target(found, link, seen)
        raise CaptureMissing(f"more than {MAX_REDIRECTS} redirects")

    def _target(self, moved: Moved, link: Link, seen: set[Capture]) -> Capture:
        """Return the capture to which the archive redirects. Raises `CaptureMissing` if it is not to be read."""
        target = moved.capture
        other = self._link(target.url)
        if other is None or other.id != link.id:
            raise CaptureMissing(f"it redirects to {target.url}")
        if target in seen:
            raise CaptureMissing("it redirects in a circle")
        seen.add(target)
        key = self.spider.name, self.archive.name, target.url, target.timestamp
        row = self.corpus.ledger.captures.find(*key)
        if row and row.state in (states.READ, states.REFUSED) and self.arguments.captures == "all":
            raise CaptureMissing(f"it is the capture of {target.timestamp}, which was read")
        return target

    def _fetch_further(self, capture: Capture, request: Request) -> Steps[Page]:
        """Return a further page of the article of *capture*."""
        found = self.archive.lookup(capture, request.url) if request.method == "GET" else None
        if isinstance(found, Query):
            read = partial(self.archive.read_index, found, "0/1")
            query = Request(found.url, meta=self.archive.index_request(found, "").meta)
            page = yield from self._ask(query, read, CAPTURE_TRIES)
            found = max(page.captures, key=lambda each: each.timestamp, default=None)
        if found is None:
            raise CaptureMissing(f"a further page of the article is not in the archive: {request.url}")
        answer = yield from self._ask(
            self.archive.capture_request(found), partial(self.archive.read_capture, found), CAPTURE_TRIES
        )
        if isinstance(answer, Moved):
            found = answer.capture
            read_target = partial(self.archive.read_capture, found)
            answer = yield from self._ask(self.archive.capture_request(found), read_target, CAPTURE_TRIES)
        if isinstance(answer, Moved):
            raise CaptureMissing(f"a further page of the article redirects: {request.url}")
        return replace(answer, url=found.url)

    def _count(self, key: str, number: int = 1) -> None:
        self.spider.count(key, number)


def _host(request: Request) -> str:
    return urlsplit(request.url).netloc
