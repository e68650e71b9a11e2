"""Read articles from local files and archives, without listings and requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.corpus.entries import REMOVED
from crawler.counts import Count, Group
from crawler.crawl.arguments import Arguments
from crawler.crawl.conversion import Read
from crawler.crawl.refusals import Refusal
from crawler.crawl.workers import WorkerError
from crawler.items import Article, Link
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import add_response
from crawler.reading.source import AnySource, Source
from crawler.recordings.protocol import RecordingError, Recordings, SlowRecordings
from crawler.text.dates import beijing

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus

logger = logging.getLogger(__name__)

STEPS = 16  # of recordings, before other tasks and signals have their turn


@dataclass(frozen=True, slots=True)
class Conversion:
    """A page with its further responses, and its result: an article, or the error of the page."""

    page: Page
    result: Article | PageError | RecordingError | WorkerError
    further: tuple[str, ...] = ()  # URLs of the further responses


class MissingResponse(RecordingError):
    """A further response that the article needs is not recorded."""

    count = Count.LINKS_MISSING


def recorded_address(page: Page) -> str:
    """Return the URL by which a recorded page is recognized: the one that was requested, if it is known."""
    return page.link.url if page.link else page.requested_url or page.url


def link_of(source: AnySource, page: Page) -> Link | None:
    """Return the link of a page that can be an article of *source*; None for any other page."""
    canonical = source.article_link(recorded_address(page))
    link = canonical and (page.link or canonical)
    is_redirected = page.redirect and source.article_link(page.redirect)
    # A response without a body answers HEAD, or is 304 Not Modified.
    return None if is_redirected or not (page.body or page.redirect) else link


def log_unreadable(error: RecordingError) -> None:
    """Log the kind and the reason of a record that cannot be read."""
    level = logging.ERROR if error.count == Count.LINKS_MISSING else logging.WARNING
    logger.log(level, "%s: %s", error.count.partition(".")[2], error)


async def _prepare(recordings: Recordings) -> None:
    """Prepare `recordings.find`, while other tasks and signals have their turn."""
    if isinstance(recordings, SlowRecordings):
        for number, _ in enumerate(recordings.prepare()):
            if not number % STEPS:
                await asyncio.sleep(0)


class OfflineReader:
    """Decides on each recorded page of *source*, in the order of the recordings.

    *read* reads a page, perhaps in another process and before its turn. A refused page of an archive is kept and
    counted, but not recorded in the ledger: the page on the site may have changed since, and a later record may be
    complete. A stored article is skipped, except in local files (*is_local*), which may have changed.
    """

    def __init__(
        self,
        source: Source,
        corpus: Corpus,
        arguments: Arguments,
        read: Read,
        count: Callable[[str], None],
        is_local: bool = False,
    ) -> None:
        self.source, self.corpus, self.arguments = source, corpus, arguments
        self.read, self.count, self.is_local = read, count, is_local
        self._done: dict[str, str] = {}  # article id -> URL
        self._further: set[str] = set()  # URLs of pages that continue an article
        self._articles = 0

    @property
    def is_full(self) -> bool:
        """Whether the limit of articles is reached."""
        return bool(self._articles and self._articles == self.arguments.limit)

    def link_of(self, page: Page) -> Link | None:
        """Return the link of a page that can be an article; None for any other page."""
        return link_of(self.source, page)

    def may_be_new(self, link: Link) -> bool:
        """Return whether the page of *link* may have to be read. False is final: no later page changes it."""
        return link.id not in self._done and not self._known(link)

    async def convert(self, page: Page, recordings: Recordings) -> Conversion:
        """Read a page, and its further responses in *recordings*. Raises LedgerError and OSError."""
        further: list[str] = []
        try:
            while isinstance(result := await self.read(page), Request):
                await _prepare(recordings)
                response = recordings.find(result.method, result.url, result.body)
                if response is None:
                    reason = f"{result.url}: a further response of {page.url} is not recorded"
                    return Conversion(page, MissingResponse(reason), tuple(further))
                further.append(response.url)
                page = add_response(self.source, page, response)
        except (RecordingError, WorkerError) as error:
            return Conversion(page, error, tuple(further))
        return Conversion(page, result, tuple(further))

    def skips(self, page: Page, link: Link | None) -> bool:
        """Return whether *page* is not to be stored, and count it then. *link* is that of `link_of`."""
        if link is None or page.url in self._further:
            self.count(Count.RECORDS_NOT_ARTICLE)
        elif link.id in self._done:
            self.count(Count.LINKS_REPEATED)
            if self._done[link.id] != link.url:
                self.unreadable(RecordingError(f"{link.url}: {self._done[link.id]} has the same name"))
        elif known := self._known(link):
            self._done[link.id] = link.url
            self.count(known)
        else:
            return False
        return True

    def take(self, link: Link, conversion: Conversion) -> Article | Refusal | None:
        """Return what to store of a page that is not skipped, and count it."""
        page, result = conversion.page, conversion.result
        self._further.update(conversion.further)
        if isinstance(result, RecordingError):
            self.unreadable(result)
        elif isinstance(result, WorkerError):
            self.count(Count.INTERNAL_ERRORS)
            logger.error("%s", result)
        elif isinstance(result, PageError):
            self.count(Group.PAGES.of(result.kind))
            result.keep = result.keep and not self.is_local  # a local file needs no copy
            return Refusal(page, result)
        elif not self.arguments.covers(result.date):
            self.count(Count.PAGES_FILTERED)
        else:
            self.count(Count.PAGES_ARTICLE)
            is_stored = self.is_local and self.corpus.is_stored(link)
            self.count(Count.LINKS_REVISIT if is_stored else Count.LINKS_NEW)
            self._done[link.id] = link.url
            self._articles += 1
            return replace(result, fetched=beijing(page.fetched_at), origin="" if self.is_local else "archive")
        return None

    def unreadable(self, error: RecordingError) -> None:
        """Count a record that cannot be read."""
        self.count(error.count)
        log_unreadable(error)

    def _known(self, link: Link) -> str:
        """Return the count of an article that needs no page: it was taken down, or it is stored. "" for any other."""
        entry = self.corpus.find([link]).get(link.id)
        if entry is None:
            return ""
        if entry.state == REMOVED:
            return Count.LINKS_REMOVED
        return Count.LINKS_KNOWN if not self.is_local and self.corpus.is_stored(link) else ""
