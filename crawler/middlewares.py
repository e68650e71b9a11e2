"""Scrapy's downloader hooks: which hosts may be asked, and from where and in which state the answer comes."""

from __future__ import annotations

import logging
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
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
