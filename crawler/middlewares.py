"""Scrapy's downloader hooks: which hosts may be asked, and in which state the answer comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.codings import ACCEPTED, DamagedError, TooLargeError, unpack
from crawler.items import Link
from crawler.page import Page


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
        time=response.meta.get("fetched") or now(),
        asked=response.meta.get("redirect_urls", [""])[0],
        link=link,
        partial="partial" in response.flags,
    )


def now() -> str:
    """The time as pages have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


NOWHERE = "data:,"  # a request that asks nobody: what its callback reads lies on the disk


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
            and "@" not in parts.netloc  # nobody gave us a name and a password for it
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
        if request.url == NOWHERE:
            return
        if not _is_of_source(self.crawler, request.url):
            raise NotAsked("the address is on no host of the source (`hosts`)", "links/forbidden")


class SourceRedirect(RedirectMiddleware):
    """Follows redirects within the source; one that leads out of it is an answer, for the reader to judge (a deleted
    qq article is a redirect to www.qq.com)."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        try:
            followed = super().process_response(request, response)
        except ValueError:  # it is no address
            return response
        leads_out = isinstance(followed, Request) and not _is_of_source(self.crawler, followed.url)
        return response if leads_out else followed


class CarefulCompression:
    """Unpacks answers. One that is damaged is asked for again, as one whose connection broke."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.largest = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings:
            return response
        try:
            unpacked = response.replace(body=unpack(response.body, codings, self.largest))
        except TooLargeError as error:
            raise IgnoreRequest(f"{error}: larger than DOWNLOAD_MAXSIZE") from error
        except DamagedError as error:
            assert self.crawler.spider
            again = get_retry_request(request, spider=self.crawler.spider, reason=error, give_up_log_level="DEBUG")
            if again is None:
                raise
            return again
        del unpacked.headers["Content-Encoding"]
        return unpacked
