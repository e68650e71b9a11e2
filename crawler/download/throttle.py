"""Scrapy's downloader hooks for good manners: what robots.txt says, one request after the other, rest for a host that
refuses us."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.download.errors import RequestDropped

logger = logging.getLogger(__name__)


def retry_after(response: Response) -> float:
    """The seconds for which an error's Retry-After asks (a number, or a date), a day at most; 0 without it."""
    value = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if response.status < 400 or not value:
        return 0.0
    try:
        seconds = float(value) if value.isdigit() else parsedate_to_datetime(value).timestamp() - time.time()
    except (ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), 86400.0)


class HostThrottle:
    """One request after the other to a host, none to one that has just refused us: it rests, longer each time, until it
    answers well again.

    Scrapy's own slots come behind this room and hold up to 16 requests that nothing can call back, so the host's turn
    is kept here. Settings: BLOCK_BACKOFF, seconds after the first block page (doubled with each that follows),
    BLOCK_BACKOFF_MAX. With DOWNLOAD_DELAY = 0, and for as many requests at once as CONCURRENT_REQUESTS_PER_DOMAIN says,
    only the pauses count.
    """

    STEP = 0.05  # seconds; as soon a run that is to stop stops
    READING = 0.2  # seconds after an answer, in which it is read: it may be a refusal

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.first = settings.getfloat("BLOCK_BACKOFF")
        self.longest = settings.getfloat("BLOCK_BACKOFF_MAX")
        self.delay = settings.getfloat("DOWNLOAD_DELAY")
        self.stopped = False  # the run ends: nobody is to wait any longer
        self._turns: dict[str, deque[Request]] = {}  # host -> the requests that wait, first come first served
        self._busy: dict[str, Request] = {}  # host -> its request under way
        self._ready: dict[str, float] = {}  # host -> when it may be asked next, by the delay
        self._until: dict[str, float] = {}  # host -> when its pause ends
        self._length: dict[str, float] = {}  # host -> of its last pause
        self._keep: Callable[[str, int], None] = lambda host, until: None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["REPLAY"]:
            raise NotConfigured  # nobody is asked
        return cls(crawler)

    def back_off(self, url: str) -> bool:
        """No request to the host of *url* for a while; False when it had the longest pause already, to no avail."""
        host, now = urlsplit(url).hostname or "", time.monotonic()
        if now < self._until.get(host, 0):
            return True  # this answer was under way when the pause began
        last = self._length.get(host, 0.0)
        length = min(2 * last or self.first, self.longest)
        self._length[host], self._until[host] = length, now + length
        logger.warning("%s refuses us: no request for %g s", host, length)
        return not length or last < self.longest

    def restore(self, rests: Mapping[str, int], keep: Callable[[str, int], None]) -> None:
        """What hosts asked for in earlier runs (host -> UTC, seconds since 1970), and how to keep it for later ones."""
        self._keep = keep
        for host, until in rests.items():
            self._until[host] = time.monotonic() + until - time.time()

    def reset(self, url: str) -> None:
        """The host of *url* answers well again."""
        self._length.pop(urlsplit(url).hostname or "", None)

    def waiting_for(self) -> str:
        """Which host the run waits for, and how long, for people; "" when it waits for none."""
        waiting = {host: self._wait(host) for host, turns in self._turns.items() if turns}
        host = max(waiting, key=lambda name: waiting[name], default="")
        return f"{host} {waiting[host]:.0f} s" if host and waiting[host] >= 1 else ""

    def stop(self) -> None:
        """Nobody is to wait any longer: the run ends."""
        self.stopped = True

    async def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        turns = self._turns.setdefault(host, deque())
        turns.append(request)
        try:
            await self._turn(host, turns, request)
        finally:
            turns.remove(request)
        if self.delay:
            self._busy[host] = request
            self._ready[host] = time.monotonic() + self.delay

    async def _turn(self, host: str, turns: deque[Request], request: Request) -> None:
        """Wait until the host may be asked, and all who came before have asked."""
        while (wait := self._wait(host)) > 0 or (self.delay and turns[0] is not request):
            if self.stopped or not (self.crawler.engine and self.crawler.engine.running):
                raise RequestDropped("the run ends", "links/not_fetched")
            if wait > max(self.longest, self.delay) + 1:
                raise RequestDropped(f"{host} asked for {wait:.0f} s of rest: later", "links/not_fetched")
            await asyncio.sleep(min(wait, self.STEP) if wait > 0 else self.STEP)

    def process_response(self, request: Request, response: Response) -> Response:
        self._released(request)
        asked_for = retry_after(response)
        if asked_for > 0:
            host = urlsplit(request.url).hostname or ""
            self._until[host] = max(self._until.get(host, 0.0), time.monotonic() + asked_for)
            self._keep(host, int(time.time() + asked_for) + 1)
            logger.warning("%s asks for %g s of rest (HTTP %d)", host, asked_for, response.status)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._released(request)

    def _released(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        if self._busy.get(host) is request:  # not one that was never let out, as by robots.txt
            del self._busy[host]
            self._ready[host] = max(self._ready[host], time.monotonic() + self.READING)

    def _wait(self, host: str) -> float:
        """Seconds until the host may be asked; at least a step while it is busy."""
        wait = max(self._until.get(host, 0.0), self._ready.get(host, 0.0)) - time.monotonic()
        return max(wait, self.STEP) if host in self._busy else wait
