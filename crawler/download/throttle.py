"""Downloader middleware that limits the request rate per host, and pauses hosts that block the crawl."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.counts import Count
from crawler.download.errors import RequestDropped

logger = logging.getLogger(__name__)


MAX_CRAWL_DELAY = 120.0  # seconds; longer delays are more often an error, and a run would read a few pages an hour
MAX_PAUSE = 86400.0  # seconds; a longer pause is more often a wrong clock than a request of the site
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch


def retry_after(response: Response) -> float:
    """Return the seconds of an error response's Retry-After header (RFC 9110, section 10.2.3: a number or a date).

    At most `MAX_PAUSE`; 0 if the header is absent or invalid, or the status is below 400. Of several values, the
    longest pause is used. The pause until a date begins at the response's Date header, which has the same clock;
    without a Date header, at the current time.
    """
    if response.status < 400:
        return 0.0
    sent = _parse_date(_text(response.headers.get("Date"))) or datetime.now(UTC)
    values = [_text(value) for value in response.headers.getlist("Retry-After")]
    return max((_pause(value, sent) for value in values), default=0.0)


def _text(value: bytes | None) -> str:
    """Return the start of a header's value: numbers and dates are shorter."""
    return (value or b"")[:100].decode("latin-1").strip()


def _pause(value: str, sent: datetime) -> float:
    numbers = [part.strip() for part in value.split(",")]  # a proxy may join repeated headers
    if all(map(_SECONDS, numbers)):
        seconds = max(map(float, numbers))
    else:
        date = _parse_date(value)
        seconds = (date - sent).total_seconds() if date else 0.0
    return min(max(seconds, 0.0), MAX_PAUSE)


def _parse_date(value: str) -> datetime | None:
    """Return an HTTP date (RFC 9110, section 5.6.7), which is in UTC if it has no zone; None if it is invalid."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError, IndexError):  # the parser's errors depend on the version of Python
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class HostThrottle:
    """Send one request at a time to each host, DOWNLOAD_DELAY seconds apart, and none during the host's pause.

    A longer Crawl-delay of the host's robots.txt replaces DOWNLOAD_DELAY, up to `MAX_CRAWL_DELAY`. A public archive has
    a delay of its own (`set_own_delay`), which begins after the response, so no two requests reach it in less time.

    A pause begins after a block page (`back_off`) or a Retry-After header. The first backoff has BLOCK_BACKOFF seconds.
    Each that follows is twice as long, up to BLOCK_BACKOFF_MAX, until `reset`.

    The queue of each host is kept here, because Scrapy's downloader slots come after the middlewares: a slot holds up
    to 16 requests, which a pause could not stop. With DOWNLOAD_DELAY = 0 only the pauses apply, and the number of
    concurrent requests is CONCURRENT_REQUESTS_PER_DOMAIN.

    Times are in seconds of `time.monotonic`, unless stated otherwise.
    """

    POLL_INTERVAL = 0.05  # seconds; also the longest reaction to a stop
    CALLBACK_TIME = 0.2  # seconds after a response until the next request: its callback may call `back_off`

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.initial_backoff = settings.getfloat("BLOCK_BACKOFF")
        self.max_backoff = settings.getfloat("BLOCK_BACKOFF_MAX")
        self.delay = settings.getfloat("DOWNLOAD_DELAY")
        self.stopped = False  # whether the run ends, and queued requests are dropped
        self._own_delays: dict[str, float] = {}  # host -> seconds after a response, in place of DOWNLOAD_DELAY
        self._delays: dict[str, float] = {}  # host -> seconds that its robots.txt requires between two requests
        self._queues: dict[str, deque[Request]] = {}  # host -> waiting requests, first in, first out
        self._in_flight: dict[str, Request] = {}  # host -> the request without a response yet
        self._next_request_at: dict[str, float] = {}  # host -> earliest time of the next request, by the delay
        self._paused_until: dict[str, float] = {}  # host -> end of its pause
        self._backoff: dict[str, float] = {}  # host -> seconds of its last backoff, until `reset`
        self._store_pause: Callable[[str, int], None] = lambda host, until: None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["REPLAY"]:
            raise NotConfigured  # a replay sends no requests
        return cls(crawler)

    def set_delay(self, netloc: str, seconds: float) -> None:
        """Apply the Crawl-delay of the robots.txt of *netloc*, if it is longer than the present delay of the host."""
        host = urlsplit(f"//{netloc}").hostname or ""
        delay = min(seconds, MAX_CRAWL_DELAY)
        if delay <= self._delay(host):
            return
        if host in self._next_request_at:  # the request for robots.txt was sent with the delay before
            self._next_request_at[host] += delay - self._delay(host)
        self._delays[host] = delay
        capped = f"; the longest delay is {delay:g} s" if delay < seconds else ""
        logger.info("delay: robots.txt of %s requires %g s between requests%s", host, seconds, capped)

    def set_own_delay(self, url: str, seconds: float) -> None:
        """Wait *seconds* after each response of the host of *url*, from its next request on."""
        self._own_delays[urlsplit(url).hostname or ""] = seconds

    def _delay(self, host: str) -> float:
        return max(self._own_delays.get(host, self.delay), self._delays.get(host, 0.0))

    def back_off(self, url: str, at_least: float = 0.0) -> bool:
        """Pause the host of *url* after a block page. Return False if the previous backoff was the longest one.

        The pause has *at_least* this number of seconds, up to the longest one, and is stored for later runs then.
        """
        host, now = urlsplit(url).hostname or "", time.monotonic()
        if now < self._paused_until.get(host, 0):
            return True  # the request was already in flight when the pause began
        previous = self._backoff.get(host, 0.0)
        backoff = min(max(2 * previous or self.initial_backoff, at_least), self.max_backoff)
        self._backoff[host], self._paused_until[host] = backoff, now + backoff
        if at_least:
            self._store_pause(host, int(time.time() + backoff) + 1)
        logger.warning("pause: %s blocks requests: next request in %g s", host, backoff)
        return not backoff or previous < self.max_backoff

    def restore(self, pauses: Mapping[str, int], store: Callable[[str, int], None]) -> None:
        """Restore the Retry-After pauses of earlier runs, and set the function that stores new ones.

        *pauses* maps a host to the end of its pause, in seconds since 1970 (UTC). *store* is called with the same two
        values. A pause that ends more than `MAX_PAUSE` seconds from now was stored while this computer's clock was
        wrong: it is shortened to MAX_PAUSE, and stored again.
        """
        self._store_pause = store
        now = time.time()
        for host, until in pauses.items():
            pause = until - now
            if pause > MAX_PAUSE + 1:  # `process_response` rounds the end up
                pause = MAX_PAUSE
                store(host, int(now + pause) + 1)
            self._paused_until[host] = time.monotonic() + pause

    def reset(self, url: str) -> None:
        """Reset the backoff of the host of *url* after a page that is not blocked."""
        self._backoff.pop(urlsplit(url).hostname or "", None)

    def waiting_for(self) -> str:
        """Return the queued host with the longest wait as "HOST SECONDS s"; "" if all waits are below one second."""
        waits = {host: self._wait(host) for host, queue in self._queues.items() if queue}
        host = max(waits, key=lambda name: waits[name], default="")
        return f"{host} {waits[host]:.0f} s" if host and waits[host] >= 1 else ""

    def stop(self) -> None:
        """Drop the queued requests, because the run ends."""
        self.stopped = True

    async def process_request(self, request: Request) -> None:
        """Wait until the host may receive *request*.

        Raises `RequestDropped` if the run ends, or if the pause is longer than the longest backoff.
        """
        host = urlsplit(request.url).hostname or ""
        queue = self._queues.setdefault(host, deque())
        queue.append(request)
        try:
            await self._wait_in_queue(host, queue, request)
        finally:
            queue.remove(request)
        if delay := self._delay(host):
            self._in_flight[host] = request
            self._next_request_at[host] = time.monotonic() + delay

    async def _wait_in_queue(self, host: str, queue: deque[Request], request: Request) -> None:
        while (wait := self._wait(host)) > 0 or (self._delay(host) and queue[0] is not request):
            if self.stopped or not (self.crawler.engine and self.crawler.engine.running):
                raise RequestDropped("the run ends", Count.LINKS_NOT_FETCHED)
            if wait > max(self.max_backoff, self._delay(host)) + 1:
                raise RequestDropped(
                    f"{host} is paused for {wait:.0f} s (Retry-After): the link stays open for a later run",
                    Count.LINKS_NOT_FETCHED,
                )
            await asyncio.sleep(min(wait, self.POLL_INTERVAL) if wait > 0 else self.POLL_INTERVAL)

    def process_response(self, request: Request, response: Response) -> Response:
        """Pause the host if the response has a Retry-After header. Return *response*."""
        self._finish(request)
        pause = retry_after(response)
        if pause > 0:
            host = urlsplit(request.url).hostname or ""
            self._paused_until[host] = max(self._paused_until.get(host, 0.0), time.monotonic() + pause)
            self._store_pause(host, int(time.time() + pause) + 1)
            logger.warning("pause: %s sent Retry-After (HTTP %d): next request in %g s", host, response.status, pause)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._finish(request)

    def _finish(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if self._in_flight.get(host) is request:  # False for requests that were not sent, as those robots.txt forbids
            del self._in_flight[host]
            pause = max(self.CALLBACK_TIME, self._delay(host) if host in self._own_delays else 0.0)
            self._next_request_at[host] = max(self._next_request_at[host], time.monotonic() + pause)

    def _wait(self, host: str) -> float:
        """Return the seconds until the next request to *host*; at least POLL_INTERVAL while one is in flight."""
        wait = max(self._paused_until.get(host, 0.0), self._next_request_at.get(host, 0.0)) - time.monotonic()
        return max(wait, self.POLL_INTERVAL) if host in self._in_flight else wait
