"""Scrapy's downloader hooks: which hosts may be asked, when, and from where the answer comes."""

from __future__ import annotations

import asyncio
import logging
import time
import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self, cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

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
    """Where robots.txt fails (5xx, 429, no answer or half of one) nobody knows what is allowed: the host's links wait
    for the next run (RFC 9309, section 2.3.1.4). Scrapy takes that for "all is allowed"."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unknown: set[str] = set()

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        await super().process_request(request)
        host = urlsplit(request.url).netloc
        if host in self._unknown and not request.meta.get("dont_obey_robotstxt"):
            raise NotAsked(f"robots.txt of {host} cannot be had: the links wait for the next run", "links/open")

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """What robots.txt says, for all that wait for it: Scrapy tells the first of them, and the others that there is
        none."""
        await super().robot_parser(request)
        return cast("RobotParser | None", self._parsers[urlsplit(request.url).netloc])

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Ask for a robots.txt that fails twice more, as for any page."""
        if not (request.meta.get("dont_obey_robotstxt") and self._fails(response)):
            return response
        assert self.crawler.spider
        reason = f"HTTP {response.status}"
        again = get_retry_request(request, spider=self.crawler.spider, reason=reason, give_up_log_level="DEBUG")
        return again or response

    @staticmethod
    def _fails(response: Response) -> bool:
        # Servers that give no length end whole files so, too; but hardly a half one ends with a line.
        cut = response.status == 200 and "partial" in response.flags and not response.body.endswith(b"\n")
        return response.status >= 500 or response.status == 429 or cut

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if self._fails(response):
            self._unknown.add(netloc)
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, NotAsked) or not isinstance(exc, IgnoreRequest):
            self._unknown.add(netloc)
        super()._robots_error(exc, netloc)


class CarefulCompression(HttpCompressionMiddleware):
    """An answer whose compression is damaged is asked for again, as one whose connection broke. Scrapy gives up at
    once, or takes for the page what could be unpacked."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler=crawler)
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        is_gzip = (response.headers.get("Content-Encoding") or b"").strip().lower() in (b"gzip", b"x-gzip")
        try:
            unpacked = super().process_response(request, response)
            if is_gzip and response.body:
                unpacking = zlib.decompressobj(wbits=31)
                unpacking.decompress(response.body)  # checks the checksum; the size was checked above
                if not unpacking.eof:
                    raise EOFError("the compressed data break off")
        except IgnoreRequest:  # larger than DOWNLOAD_MAXSIZE
            raise
        except Exception as error:  # each coding has errors of its own
            assert self.crawler.spider
            again = get_retry_request(request, spider=self.crawler.spider, reason=error, give_up_log_level="DEBUG")
            if again is None:
                raise
            return again
        return unpacked


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
            if wait > max(self.longest, self.delay) + 1:
                raise NotAsked(f"{host} asked for {wait:.0f} s of rest: later", "links/open")
            await asyncio.sleep(min(wait, self.STEP))
        if self.delay:
            self._busy[host] = request
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
        if self._busy.get(host) is request:  # not one that was never let out, as by robots.txt
            del self._busy[host]
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
