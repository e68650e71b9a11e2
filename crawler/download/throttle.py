"""Downloader middleware that limits the request rate per host, and pauses hosts that block the crawl."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.counts import Count
from crawler.download.errors import RequestDropped
from crawler.download.hosts import PICTURE
from crawler.download.retry_after import MAX_PAUSE, retry_after

logger = logging.getLogger(__name__)


MAX_CRAWL_DELAY = 120.0  # seconds; longer delays are more often an error, and a run would read a few pages an hour


class _Host:
    """The state of one host in the throttle. Times are in seconds of `time.monotonic`."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()  # held by the request that is sent next; the others wait in order
        self.changed = asyncio.Event()  # set if the wait may be shorter than it was
        self.in_flight: Request | None = None  # the request without a response yet
        self.delay = 0.0  # seconds that its robots.txt requires between two requests
        self.own_delay: float | None = None  # seconds after a response, in place of DOWNLOAD_DELAY
        self.backoff = 0.0  # seconds of its last backoff, until `reset`
        self.next_request_at = 0.0  # earliest time of the next request, by the delay
        self.paused_until = 0.0  # end of its pause
        self.sends_no_pictures = False  # to the end of the run

    def wait(self) -> float:
        """Return the seconds until the next request, without the time that the request in flight takes."""
        return max(self.paused_until, self.next_request_at) - time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep until the wait may be shorter, or for *seconds*."""
        self.changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.changed.wait(), seconds)


class HostThrottle:
    """Send one request at a time to each host, DOWNLOAD_DELAY seconds apart, and none during the host's pause.

    A longer Crawl-delay of the host's robots.txt replaces DOWNLOAD_DELAY, up to `MAX_CRAWL_DELAY`. A public archive has
    a delay of its own (`set_own_delay`), which begins after the response, so no two requests reach it in less time.

    A pause begins after a block page (`back_off`) or a Retry-After header. The first backoff has BLOCK_BACKOFF seconds.
    Each that follows is twice as long, up to BLOCK_BACKOFF_MAX, until `reset`.

    The queue of each host is kept here, because Scrapy's downloader slots come after the middlewares: a slot holds up
    to 16 requests, which a pause could not stop. With DOWNLOAD_DELAY = 0 only the pauses apply, and the number of
    concurrent requests is CONCURRENT_REQUESTS_PER_DOMAIN.
    """

    # Seconds. A signal stops the engine without a notice to the throttle; only the first request of a queue checks.
    STOP_CHECK_INTERVAL = 0.5
    CALLBACK_TIME = 0.2  # seconds after a response until the next request: its callback may call `back_off`

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.initial_backoff = settings.getfloat("BLOCK_BACKOFF")
        self.max_backoff = settings.getfloat("BLOCK_BACKOFF_MAX")
        self.delay = settings.getfloat("DOWNLOAD_DELAY")
        self.stopped = False  # whether the run ends, and queued requests are dropped
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._store_pause: Callable[[str, int], None] = lambda host, until: None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["REPLAY"]:
            raise NotConfigured  # a replay sends no requests
        return cls(crawler)

    def set_delay(self, netloc: str, seconds: float) -> None:
        """Apply the Crawl-delay of the robots.txt of *netloc*, if it is longer than the present delay of the host."""
        name = urlsplit(f"//{netloc}").hostname or ""
        host, delay = self._hosts[name], min(seconds, MAX_CRAWL_DELAY)
        if delay <= self._delay(host):
            return
        if host.next_request_at:  # the request for robots.txt was sent with the delay before
            host.next_request_at += delay - self._delay(host)
        host.delay = delay
        capped = f"; the longest delay is {delay:g} s" if delay < seconds else ""
        logger.info("delay: robots.txt of %s requires %g s between requests%s", name, seconds, capped)

    def set_own_delay(self, url: str, seconds: float) -> None:
        """Wait *seconds* after each response of the host of *url*, from its next request on."""
        self._hosts[urlsplit(url).hostname or ""].own_delay = seconds

    def _delay(self, host: _Host) -> float:
        return max(self.delay if host.own_delay is None else host.own_delay, host.delay)

    def back_off(self, url: str, at_least: float = 0.0) -> bool:
        """Pause the host of *url* after a block page. Return False if the previous backoff was the longest one.

        The pause has *at_least* this number of seconds, up to the longest one, and is stored for later runs then.
        """
        name, now = urlsplit(url).hostname or "", time.monotonic()
        host = self._hosts[name]
        if now < host.paused_until and host.own_delay is None:
            return True  # the request was already in flight when the pause began; an archive has one at a time
        previous = host.backoff
        host.backoff = min(max(2 * previous or self.initial_backoff, at_least), self.max_backoff)
        host.paused_until = max(host.paused_until, now + host.backoff)  # a Retry-After may be longer
        pause = max(host.backoff, round(host.paused_until - now, 1))
        if at_least:
            self._store_pause(name, int(time.time() + pause) + 1)
        logger.warning("pause: %s blocks requests: next request in %g s", name, pause)
        return not host.backoff or previous < self.max_backoff

    def stop_pictures(self, url: str) -> None:
        """Drop all requests for pictures to the host of *url* until the run ends, also those in its queue."""
        host = self._hosts[urlsplit(url).hostname or ""]
        host.sends_no_pictures = True
        host.changed.set()

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
            self._hosts[host].paused_until = time.monotonic() + pause

    def reset(self, url: str) -> None:
        """Reset the backoff of the host of *url* after a page that is not blocked."""
        self._hosts[urlsplit(url).hostname or ""].backoff = 0.0

    def waiting_for(self) -> str:
        """Return the queued host with the longest wait as "HOST SECONDS s"; "" if all waits are below one second."""
        waits = {name: host.wait() for name, host in self._hosts.items() if host.turn.locked()}
        name = max(waits, key=lambda name: waits[name], default="")
        return f"{name} {waits[name]:.0f} s" if name and waits[name] >= 1 else ""

    def stop(self) -> None:
        """Drop the queued requests, because the run ends."""
        self.stopped = True
        for host in self._hosts.values():
            host.changed.set()

    async def process_request(self, request: Request) -> None:
        """Wait until the host may receive *request*.

        Raises `RequestDropped` if the run ends, if the pause is longer than the longest backoff, and for a picture
        after `stop_pictures`.
        """
        name = urlsplit(request.url).hostname or ""
        host = self._hosts[name]
        async with host.turn:
            while (wait := host.wait()) > 0 or host.in_flight:
                self._check_picture(request, host)
                if self.stopped or not (self.crawler.engine and self.crawler.engine.running):
                    raise RequestDropped("the run ends", Count.LINKS_NOT_FETCHED)
                if wait > max(self.max_backoff, self._delay(host)) + 1:
                    raise RequestDropped(
                        f"{name} is paused for {wait:.0f} s (Retry-After): the link stays open for a later run",
                        Count.LINKS_NOT_FETCHED,
                    )
                await host.sleep(min(wait, self.STOP_CHECK_INTERVAL) if wait > 0 else self.STOP_CHECK_INTERVAL)
            self._check_picture(request, host)
            if delay := self._delay(host):
                host.in_flight = request
                host.next_request_at = time.monotonic() + delay

    def _check_picture(self, request: Request, host: _Host) -> None:
        if host.sends_no_pictures and PICTURE in request.meta:
            raise RequestDropped("its host refuses requests: the picture stays open", Count.LINKS_NOT_FETCHED)

    def process_response(self, request: Request, response: Response) -> Response:
        """Pause the host if the response has a Retry-After header. Return *response*."""
        self._finish(request)
        pause = retry_after(response)
        if pause > 0:
            name = urlsplit(request.url).hostname or ""
            host = self._hosts[name]
            host.paused_until = max(host.paused_until, time.monotonic() + pause)
            self._store_pause(name, int(time.time() + pause) + 1)
            logger.warning("pause: %s sent Retry-After (HTTP %d): next request in %g s", name, response.status, pause)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._finish(request)

    def _finish(self, request: Request) -> None:
        host = self._hosts[urlsplit(request.url).hostname or ""]
        if host.in_flight is request:  # False for requests that were not sent, as those robots.txt forbids
            host.in_flight = None
            pause = self.CALLBACK_TIME if host.own_delay is None else max(self.CALLBACK_TIME, self._delay(host))
            host.next_request_at = max(host.next_request_at, time.monotonic() + pause)
            host.changed.set()
