"""Scrapy's downloader hooks: which hosts may be asked, when, and from where the answer comes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from crawler.items import Link
from crawler.page import Page
from crawler.recordings import load_cases

logger = logging.getLogger(__name__)


def to_page(response: Response, link: Link | None = None) -> Page:
    """Scrapy's answer as the value that readers take."""
    request = response.request
    assert request is not None  # in a callback there always is one
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    return Page(
        url=response.url,
        body=response.body,
        status=response.status,
        headers=headers,
        method=request.method,
        sent=request.body,
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        asked=response.meta.get("redirect_urls", [""])[0],
        link=link,
        partial="partial" in response.flags,
    )


class NotAsked(IgnoreRequest):
    """A request that was not let out. `figure` is where the run's figures count it."""

    def __init__(self, reason: str, figure: str) -> None:
        super().__init__(reason)
        self.figure = figure


def _is_of_source(crawler: Crawler, url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and parts.port in (None, 80, 443)
            and parts.hostname in getattr(crawler.spider, "hosts", ())
        )
    except ValueError:
        return False


class HostGuard:
    """Lets requests out to the source's own hosts only, redirected ones too; Scrapy's own guard drops without a word
    and not at all with `dont_filter`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        if not _is_of_source(self.crawler, request.url):
            raise NotAsked("the address is on no host of the source (`hosts`)", "links/forbidden")


class SourceRedirect(RedirectMiddleware):
    """Follows redirects within the source; one that leads out of it is an answer, for the reader to judge (a deleted
    qq article is a redirect to www.qq.com)."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        location = response.headers.get("Location")
        if location:
            try:
                target = response.urljoin(location.decode("latin-1"))
            except ValueError:
                return response
            if not _is_of_source(self.crawler, target):
                return response
        return super().process_response(request, response)


class CarefulRobots(RobotsTxtMiddleware):
    """Where robots.txt fails (5xx, no answer) nobody knows what is allowed: the host's links wait for the next run
    (RFC 9309, section 2.3.1.4). Scrapy takes that for "all is allowed"."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unknown: set[str] = set()

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        await super().process_request(request)
        host = urlsplit(request.url).netloc
        if host in self._unknown and not request.meta.get("dont_obey_robotstxt"):
            raise NotAsked(f"robots.txt of {host} cannot be had: the links wait for the next run", "links/open")

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500:
            self._unknown.add(netloc)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if not isinstance(exc, IgnoreRequest):
            self._unknown.add(netloc)
        super()._robots_error(exc, netloc)


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


class HostPause:
    """One request after the other to a host, none to one that has just refused us: it rests, longer each time, until it
    answers well again.

    Scrapy's own slots come behind this room and hold up to 16 requests that nothing can call back, so the host's turn
    is kept here. Settings: BLOCK_PAUSE, seconds after the first block page (doubled with each that follows),
    BLOCK_PAUSE_MAX. With DOWNLOAD_DELAY = 0, and for as many requests at once as CONCURRENT_REQUESTS_PER_DOMAIN says,
    only the pauses count.
    """

    STEP = 0.05  # seconds; as soon a run that is to stop stops
    READING = 0.2  # seconds after an answer, in which it is read: it may be a refusal

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        self.crawler = crawler
        self.first = settings.getfloat("BLOCK_PAUSE")
        self.longest = settings.getfloat("BLOCK_PAUSE_MAX")
        self.delay = settings.getfloat("DOWNLOAD_DELAY")
        self.stopped = False  # the run ends: nobody is to wait any longer
        self._busy: set[str] = set()  # hosts with a request under way
        self._ready: dict[str, float] = {}  # host -> when it may be asked next, by the delay
        self._until: dict[str, float] = {}  # host -> when its pause ends
        self._length: dict[str, float] = {}  # host -> of its last pause
        self._keep: Callable[[str, int], None] = lambda host, until: None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["REPLAY"]:
            raise NotConfigured  # nobody is asked
        return cls(crawler)

    def refused(self, url: str) -> bool:
        """No request to the host of *url* for a while; False when it had the longest pause already, to no avail."""
        host, now = urlsplit(url).hostname or "", time.monotonic()
        if now < self._until.get(host, 0):
            return True  # this answer was under way when the pause began
        last = self._length.get(host, 0.0)
        length = min(2 * last or self.first, self.longest)
        self._length[host], self._until[host] = length, now + length
        logger.warning("%s refuses us: no request for %g s", host, length)
        return not length or last < self.longest

    def remember(self, rests: Mapping[str, int], keep: Callable[[str, int], None]) -> None:
        """What hosts asked for in earlier runs (host -> UTC, seconds since 1970), and how to keep it for later ones."""
        self._keep = keep
        for host, until in rests.items():
            self._until[host] = time.monotonic() + until - time.time()

    def served(self, url: str) -> None:
        """The host of *url* answers well again."""
        self._length.pop(urlsplit(url).hostname or "", None)

    def stop(self) -> None:
        """Nobody is to wait any longer: the run ends."""
        self.stopped = True

    async def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        while (wait := self._wait(host)) > 0:
            if self.stopped or not (self.crawler.engine and self.crawler.engine.running):
                raise NotAsked("the run ends", "links/open")
            if wait > max(self.longest, self.delay):
                raise NotAsked(f"{host} asked for {wait:.0f} s of rest: later", "links/open")
            await asyncio.sleep(min(wait, self.STEP))
        if self.delay:
            self._busy.add(host)
            self._ready[host] = time.monotonic() + self.delay

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
        if host in self._busy:
            self._busy.discard(host)
            self._ready[host] = max(self._ready[host], time.monotonic() + self.READING)

    def _wait(self, host: str) -> float:
        """Seconds until the host may be asked; at least a step while it is busy."""
        wait = max(self._until.get(host, 0.0), self._ready.get(host, 0.0)) - time.monotonic()
        return max(wait, self.STEP) if host in self._busy else wait


class Replay:
    """Answers from recorded pages instead of the network (setting REPLAY: a folder of cases). What is not recorded is
    not visited."""

    def __init__(self, root: Path) -> None:
        self.pages: dict[tuple[str, str, bytes], Page] = {}
        for folder, page in load_cases(root):
            for answer in (page, page.second) if page.second else (page,):
                key = answer.method, answer.asked or answer.url, answer.sent
                if key in self.pages:
                    logger.warning("recorded twice, the first is shown: %s (%s)", answer.url, folder)
                self.pages.setdefault(key, answer)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        root = crawler.settings.get("REPLAY")
        if not root:
            raise NotConfigured
        return cls(Path(root))

    def process_request(self, request: Request) -> Response:
        page = self.pages.get((request.method, request.url, request.body))
        if page is None:
            raise NotAsked("not recorded", "links/unrecorded")
        headers = {name: value for name, value in page.headers.items() if name != "content-encoding"}
        return Response(page.url, status=page.status, headers=headers, body=page.body)
