"""Scrapy's downloader hooks: which hosts may be asked, and in which state the answer comes."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

from crawler.download.errors import RequestDropped

LOCAL_URL = "data:,"  # a request that asks nobody: what its callback reads lies on the disk


def _is_allowed(crawler: Crawler, url: str) -> bool:
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
        if request.url == LOCAL_URL:
            return
        if not _is_allowed(self.crawler, request.url):
            raise RequestDropped("the address is on no host of the source (`hosts`)", "links/forbidden")


class SourceRedirect(RedirectMiddleware):
    """Follows redirects within the source; one that leads out of it is an answer, for the reader to judge (a deleted
    qq article is a redirect to www.qq.com)."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        try:
            followed = super().process_response(request, response)
        except ValueError:  # it is no address
            return response
        leads_out = isinstance(followed, Request) and not _is_allowed(self.crawler, followed.url)
        return response if leads_out else followed
