"""A run that reads the articles of a source from a public archive: its index first, then one capture after the other.

Every step is recorded in the ledger before the next request: a run that was stopped or killed continues there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http import Response
from twisted.python.failure import Failure

from crawler.captures.capture import (
    Capture,
    CaptureMissing,
    IndexMissing,
    Moved,
    PublicArchive,
    Query,
    first_second,
    last_second,
    moment,
)
from crawler.corpus import captures as states
from crawler.corpus.captures import CaptureEntry
from crawler.corpus.entries import OPEN, REMOVED, LedgerEntry
from crawler.corpus.errors import LedgerError
from crawler.counts import Count, Group
from crawler.crawl.archive_index import ArchiveIndex
from crawler.crawl.archive_requests import CAPTURE_TRIES, ArchiveRequests, NoAnswer, NotSent, Steps, Stop, Unanswered
from crawler.crawl.ending import end_for_error
from crawler.crawl.refusals import Refusal
from crawler.download.ending import is_ending
from crawler.items import Link
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import add_response, read_article
from crawler.text.dates import beijing

if TYPE_CHECKING:
    from crawler.crawl.spider import ArticleSpider

logger = logging.getLogger(__name__)

MAX_REDIRECTS = 5  # of a capture to another one
MAX_UNANSWERED = 10  # captures in a row, after which the cause is the archive


class PublicArchiveRun:
    """Read the articles of *spider* from *archive*, with one request at a time."""

    def __init__(self, spider: ArticleSpider, archive: PublicArchive) -> None:
        self.spider = spider
        self.archive = archive
        self.crawler = spider.crawler
        self.corpus = spider.corpus
        self.arguments = spider.arguments
        self.requests = ArchiveRequests(spider, archive)
        self._count = spider.count
        self._articles = self._unanswered = 0  # stored articles; captures in a row that were not answered
        self._listed: set[tuple[str, str]] = set()  # URL and time of the captures of the present article
        self._targets: set[Capture] = set()  # captures of it that are not listed, to which the archive has redirected
        self._steps = self._run()

    # Callbacks: they pass each result to the steps, and send the request that these yield next ------------------------

    async def begin(self, response: Response) -> Sequence[Request]:
        """Return the first request: the callback of a request without network access."""
        return await self._continue(None)

    async def _received(self, response: Response) -> Sequence[Request]:
        return await self._continue(response)

    async def _failed(self, failure: Failure) -> Sequence[Request]:
        return await self._continue(failure.value)

    async def _continue(self, result: object) -> Sequence[Request]:
        """Store the items of the steps up to their next request, and return that: () at the end.

        An item is stored before the steps go on, because they record its capture as read.
        """
        try:
            while True:  # also after a signal: what was received is stored
                try:
                    step = self._steps.send(result)
                except StopIteration:
                    return ()
                if isinstance(step, Request):
                    if is_ending(self.crawler):
                        return ()
                    meta = {**step.meta, "dont_retry": True}  # `ArchiveRequests` retries, with longer pauses
                    return (step.replace(callback=self._received, errback=self._failed, dont_filter=True, meta=meta),)
                await self.spider.store(step)
                result = None
        except LedgerError as error:
            end_for_error(self.crawler, error)
            return ()

    # Steps ------------------------------------------------------------------------------------------------------------

    def _run(self) -> Steps[None]:
        try:
            yield from ArchiveIndex(self.requests).read()
            yield from self._read_captures()
        except Stop:
            pass

    # Captures ---------------------------------------------------------------------------------------------------------

    def _read_captures(self) -> Steps[None]:
        """Read the captures of each article. Raises `Stop` after `limit` articles.

        Articles with a capture that an earlier run did not get come last, the one of the oldest request first:
        captures that the archive can never send do not keep a run from the others.
        """
        key = self.spider.name, self.archive.name
        delayed: list[tuple[str, str]] = []  # time of the last request, id of the article
        for found in self.corpus.ledger.captures.by_article(*key):
            if requested := [entry.date for entry in found if entry.state == states.UNANSWERED]:
                delayed.append((max(requested), found[0].id))
            else:
                yield from self._read_captures_of(found)
        for _, article in sorted(delayed):
            for found in self.corpus.ledger.captures.by_article(*key, article):
                yield from self._read_captures_of(found)

    def _read_captures_of(self, found: list[CaptureEntry]) -> Steps[None]:
        """Read the newest capture of an article, or with `captures=all` all of *found*, the oldest first.

        The next older one replaces a capture that the archive does not have, or did not send in two runs.
        """
        first = first_second(self.arguments.since)
        last = last_second(self.arguments.until) or "9"
        is_all = self.arguments.captures == "all"
        entries = [entry for entry in found if first <= entry.timestamp <= last]
        link = self.requests.link(entries[-1].url) if entries else None
        if link is None:
            self._count(Count.LINKS_UNKNOWN, bool(entries))
            return
        self._listed = {(entry.url, entry.timestamp) for entry in found}
        self._targets.clear()
        known = self.corpus.find([link]).get(link.id)
        wanted = self._wanted(link, known, entries, is_all)
        if wanted:
            self._count(Count.LINKS_REVISIT if known else Count.LINKS_NEW)
        for entry in wanted:
            if self.arguments.limit and self._articles >= self.arguments.limit:
                logger.info("limit=%d is reached: the other captures stay open", self.arguments.limit)
                raise Stop
            state = yield from self._read_capture(entry, link)
            is_unanswered_again = entry.state == state == states.UNANSWERED
            if not (is_all or state == states.MISSING or is_unanswered_again):
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
        return entry.state in (states.OPEN, states.UNANSWERED) or is_lost

    def _is_older(self, entry: CaptureEntry, link: Link) -> bool:
        return self.corpus.is_superseded(link.id, beijing(moment(entry.timestamp)), self.archive.name)

    def _read_capture(self, entry: CaptureEntry, link: Link) -> Steps[str]:
        """Yield the article of a capture, or its refusal. Returns the new state of the capture."""
        capture = Capture(entry.url, entry.timestamp, entry.record)
        date, failed = "", self.crawler.stats.get_value(Count.ARTICLES_FAILED, 0)
        try:
            page = yield from self._fetch(capture, link)
            page = replace(page, link=link, is_capture=True)
            state, date = yield from self._read_page(page, capture)
        except (CaptureMissing, IndexMissing) as error:
            self._count(Count.CAPTURES_MISSING)
            logger.warning("missing: %s of %s: %s", capture.url, capture.timestamp, error)
            state = states.MISSING
        except NotSent as error:
            self._not_fetched(capture, error)
            return states.OPEN
        except Unanswered as error:
            self._not_fetched(capture, error)
            if self.requests.throttle:  # a recording never changes
                self._set(capture, states.UNANSWERED, date=_now())
                self._unanswered += 1
                if self._unanswered == MAX_UNANSWERED:
                    self.requests.end(f"{MAX_UNANSWERED} captures in a row were not answered: {error}")
            return states.UNANSWERED
        except NoAnswer:
            self._set(capture, states.UNANSWERED, date=_now())
            raise
        self._unanswered = 0
        if self.crawler.stats.get_value(Count.ARTICLES_FAILED, 0) == failed:  # else the article is not stored
            self._set(capture, state, date=date)
        return state

    def _not_fetched(self, capture: Capture, error: Unanswered) -> None:
        self._count(Count.LINKS_NOT_FETCHED, bool(self.requests.throttle))
        logger.warning("not fetched: %s of %s: %s", capture.url, capture.timestamp, error)

    def _set(self, capture: Capture, state: str, date: str) -> None:
        key = self.spider.name, self.archive.name, capture.url, capture.timestamp
        self.corpus.ledger.captures.set(*key, state=state, date=date)

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
        own, seen = capture, {capture}
        for _ in range(MAX_REDIRECTS + 1):
            read = partial(self.archive.read_capture, capture)
            found = yield from self.requests.ask(self.archive.capture_request(capture), read, CAPTURE_TRIES)
            if isinstance(found, Page):
                if (
                    (shown := self.requests.link(capture.url))
                    and (other := self.requests.link(found.url))
                    and shown.id != other.id
                ):
                    raise CaptureMissing(f"the archive has {found.url} there")
                return replace(found, url=capture.url)
            capture = self._target(found, link, own, seen)
        raise CaptureMissing(f"more than {MAX_REDIRECTS} redirects")

    def _target(self, moved: Moved, link: Link, own: Capture, seen: set[Capture]) -> Capture:
        """Return the capture to which the archive redirects. Raises `CaptureMissing` if it is not to be read."""
        target = moved.capture
        other = self.requests.link(target.url)
        if other is None or other.id != link.id:
            raise CaptureMissing(f"it redirects to {target.url}")
        if target in seen:
            raise CaptureMissing("it redirects in a circle")
        seen.add(target)
        if self.arguments.captures == "all":
            if self._is_listed(target, own):
                raise CaptureMissing(f"it is the capture of {target.timestamp}, which is listed itself")
            if target in self._targets:
                raise CaptureMissing(f"it is the capture of {target.timestamp}, which was read")
            self._targets.add(target)
        return target

    def _is_listed(self, target: Capture, own: Capture) -> bool:
        """Return whether the index has *target*, perhaps with another form of its URL, and not as *own*."""
        urls = {url for url, timestamp in self._listed if timestamp == target.timestamp}
        return target.url in urls or (bool(urls) and own.timestamp != target.timestamp)

    def _fetch_further(self, capture: Capture, request: Request) -> Steps[Page]:
        """Return a further page of the article of *capture*."""
        found = self.archive.lookup(capture, request.url) if request.method == "GET" else None
        if isinstance(found, Query):
            read = partial(self.archive.read_index, found, "0/1")
            query = Request(found.url, meta=self.archive.index_request(found, "").meta)
            page = yield from self.requests.ask(query, read, CAPTURE_TRIES)
            found = max(page.captures, key=lambda each: each.timestamp, default=None)
        if found is None:
            raise CaptureMissing(f"a further page of the article is not in the archive: {request.url}")
        answer = yield from self.requests.ask(
            self.archive.capture_request(found), partial(self.archive.read_capture, found), CAPTURE_TRIES
        )
        if isinstance(answer, Moved):
            found = answer.capture
            read_target = partial(self.archive.read_capture, found)
            answer = yield from self.requests.ask(self.archive.capture_request(found), read_target, CAPTURE_TRIES)
        if isinstance(answer, Moved):
            raise CaptureMissing(f"a further page of the article redirects: {request.url}")
        return replace(answer, url=found.url)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
