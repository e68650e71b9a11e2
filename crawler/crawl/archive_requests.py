"""Requests to a public archive: one at a time, with growing pauses while the archive does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadConnectionRefusedError, DownloadFailedError, IgnoreRequest
from scrapy.http import Response

from crawler.captures.capture import ArchiveBusy, ArchiveRefusal, CaptureMissing, IndexMissing, PublicArchive, variants
from crawler.counts import Count
from crawler.download.ending import end_run
from crawler.download.errors import RequestDropped
from crawler.download.response import to_page
from crawler.download.throttle import HostThrottle
from crawler.items import Link
from crawler.reading.page import Page

if TYPE_CHECKING:
    from crawler.crawl.spider import ArticleSpider

logger = logging.getLogger(__name__)

T = TypeVar("T")
Steps = Generator[Any, Any, T]  # yields requests, which it gets the result of, and items

INDEX_TRIES, CAPTURE_TRIES = 10, 3  # requests for one page, with growing pauses between them
FORBIDDEN = "ask the operators of the archive; archives on your own disk are read with REPLAY and from=archive"
REFUSED = (
    "stop for a day, set CRAWLER_CONTACT, and use longer pauses; for whole domains, see crawler/recordings/README.md, "
    '"Public archives"'
)


class Unanswered(Exception):
    """A request without a usable response; the link stays open. The message is the reason."""


class NotSent(Unanswered):
    """A request that was not sent, such as one that robots.txt forbids."""


class Stop(Exception):
    """No further request is possible in this run."""


class NoAnswer(Stop):
    """The archive did not answer even after the longest pause."""


class ArchiveRequests:
    """Send the requests of *spider* to *archive*."""

    def __init__(self, spider: ArticleSpider, archive: PublicArchive) -> None:
        self.spider = spider
        self.archive = archive
        self.crawler = spider.crawler
        self.throttle = self.crawler.get_downloader_middleware(HostThrottle)  # None if a recording is replayed
        if self.throttle:
            self.throttle.initial_backoff = spider.settings.getfloat("ARCHIVE_BACKOFF")
            self.throttle.max_backoff = spider.settings.getfloat("ARCHIVE_BACKOFF_MAX")

    def ask(self, request: Request, read: Callable[[Page], T], tries: int) -> Steps[T]:
        """Return the result of *read* for the response to *request*.

        Raises `CaptureMissing`, `Unanswered` if the archive gave no usable response, and `Stop`.
        """
        reason, result = "", None
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
                raise Stop from error
            except ArchiveBusy as error:
                reason = str(error)
                self._pause(request, result, reason)
            except (CaptureMissing, IndexMissing):
                self._reset(request)
                raise
            else:
                self._reset(request)
                return found
        if isinstance(result, Response) and result.status != 429:
            self._reset(request)  # the cause may be this capture alone: the next one begins with the shortest pause
        raise Unanswered(reason)

    def _reset(self, request: Request) -> None:
        if self.throttle:
            self.throttle.reset(request.url)

    def _pause(self, request: Request, result: object, reason: str) -> None:
        """Pause the host of *request*, which did not answer. Raises `Stop` after the longest pause."""
        self.spider.count(Count.CAPTURES_RETRIED)
        logger.warning("%s: %s: %s", self.archive.name, request.url, reason)
        if self.throttle is None:  # a recording never changes
            raise Unanswered(reason)
        is_refused = isinstance(result, DownloadConnectionRefusedError | DownloadFailedError)
        at_least = self.spider.settings.getfloat("ARCHIVE_REFUSED_BACKOFF") if is_refused else 0.0
        if not self.throttle.back_off(request.url, at_least):
            self.end(f"{_host(request)} did not answer even after the longest pause: {reason}")

    def end(self, reason: str) -> None:
        """End the run because the archive does not answer. Raises `NoAnswer`."""
        end_run(self.crawler, "blocked", f"{reason}: run the command again later, it continues here")
        raise NoAnswer

    def _not_sent(self, request: Request, error: RequestDropped, is_index: bool) -> Exception:
        """Count a request that was dropped. Returns the exception to raise."""
        self.spider.count(error.figure)
        logger.error("%s: %s: %s", self.archive.name, request.url, error)
        if error.figure == Count.LINKS_FORBIDDEN:
            logger.error("%s does not allow the request: %s", _host(request), FORBIDDEN)
            if is_index:
                return Stop()
        return Stop() if error.figure == Count.LINKS_NOT_FETCHED else NotSent(str(error))

    def link(self, url: str) -> Link | None:
        """Return the link of a captured URL, or of one that is the same for an archive; None for other pages."""
        try:
            return next(filter(None, map(self.spider.article_link, variants(url))), None)
        except ValueError:  # an invalid URL
            return None


def _host(request: Request) -> str:
    return urlsplit(request.url).netloc
