"""Scrapy's downloader hooks: which hosts may be asked, when, and from where the answer comes."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
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
        link=link,
        partial="partial" in response.flags,
    )


def _is_of_source(crawler: Crawler, url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and parts.hostname in getattr(crawler.spider, "hosts", ())


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
            raise IgnoreRequest(f"{urlsplit(request.url).hostname} is no host of {self.crawler.spider.name}")  # type: ignore[union-attr]


class SourceRedirect(RedirectMiddleware):
    """Follows redirects within the source; one that leads out of it is an answer, for the reader to judge (a deleted
    qq article is a redirect to www.qq.com)."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        location = response.headers.get("Location")
        if location and not _is_of_source(self.crawler, response.urljoin(location.decode("latin-1"))):
            return response
        return super().process_response(request, response)


class HostPause:
    """Holds back the requests to a host that has just refused us, longer each time, until it answers well again.

    Settings: BLOCK_PAUSE, seconds after the first block page (doubled with each that follows), BLOCK_PAUSE_MAX.
    """

    STATUS = (429, 503, 567)
    STEP = 0.2  # seconds; as soon a run that is to stop stops

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.first = crawler.settings.getfloat("BLOCK_PAUSE")
        self.longest = crawler.settings.getfloat("BLOCK_PAUSE_MAX")
        self.stopped = False  # the run ends: nobody is to wait any longer
        self._until: dict[str, float] = {}
        self._length: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["REPLAY"]:
            raise NotConfigured  # nobody is asked
        return cls(crawler)

    def refused(self, url: str) -> None:
        """No request to the host of *url* for a while."""
        host = urlsplit(url).hostname or ""
        length = min(2 * self._length.get(host, self.first / 2), self.longest)
        self._length[host], self._until[host] = length, time.monotonic() + length
        logger.warning("%s refuses us: no request for %g s", host, length)

    def served(self, url: str) -> None:
        """The host of *url* answers well again."""
        self._length.pop(urlsplit(url).hostname or "", None)

    async def process_request(self, request: Request) -> None:
        host = urlsplit(request.url).hostname or ""
        while time.monotonic() < self._until.get(host, 0):
            if self.stopped or not (self.crawler.engine and self.crawler.engine.running):
                raise IgnoreRequest("the run ends")
            await asyncio.sleep(self.STEP)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status in self.STATUS:
            self.refused(response.url)
        return response


class Replay:
    """Answers from recorded pages instead of the network (setting REPLAY: a folder of cases). What is not recorded is
    not visited."""

    def __init__(self, root: Path) -> None:
        self.pages: dict[tuple[str, str, bytes], Page] = {}
        for folder, page in load_cases(root):
            for answer in (page, page.second) if page.second else (page,):
                key = answer.method, answer.url, answer.sent
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
            raise IgnoreRequest("not recorded")
        headers = {name: value for name, value in page.headers.items() if name != "content-encoding"}
        return Response(page.url, status=page.status, headers=headers, body=page.body)
