"""Downloader middlewares that keep requests and redirects on the source's own hosts."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

from crawler.counts import Count
from crawler.download.errors import RequestDropped

LOCAL_URL = "data:,"  # the URL of a request without network access: its callback reads pages from the disk


def is_allowed(url: str, hosts: Collection[str]) -> bool:
    """Return whether *url* is HTTP(S) on a host in *hosts*, without user name or password.

    Another port than 80 and 443 must be in *hosts*, too, as "host:8080".
    """
    try:
        parts = urlsplit(url)
        place = parts.hostname if parts.port in (None, 80, 443) else f"{parts.hostname}:{parts.port}"
        return parts.scheme in ("http", "https") and "@" not in parts.netloc and place in hosts
    except ValueError:
        return False


def _hosts(crawler: Crawler) -> Collection[str]:
    return getattr(crawler.spider, "hosts", ())


class HostGuard:
    """Drop requests to URLs outside the source's `hosts`, redirected requests included, and count them as forbidden.

    Scrapy's OffsiteMiddleware drops them without a warning, and lets requests with `dont_filter` pass.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Raise `RequestDropped` if the URL is not allowed."""
        if request.url == LOCAL_URL:
            return
        if not is_allowed(request.url, _hosts(self.crawler)):
            raise RequestDropped(
                "URL not allowed: the source's `hosts` must contain its host (and host:port, for a port other than 80 "
                "and 443), and it must not have a password",
                Count.LINKS_FORBIDDEN,
            )


class SourceRedirect(RedirectMiddleware):
    """Follow redirects within the source's `hosts`. Others, and those back to the first page, are passed on.

    The reader interprets the redirect: a deleted qq article redirects to www.qq.com. A page that redirects to itself
    and sets a cookie is a cookie wall; the response that is passed on has the cookies of the whole chain.
    """

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request for the redirect target, or *response*."""
        try:
            followed = super().process_response(request, response)
        except ValueError:  # the Location header holds an invalid URL
            return response
        if not isinstance(followed, Request):
            return followed
        if not is_allowed(followed.url, _hosts(self.crawler)):
            return response
        cookies = [*request.meta.get("redirect_cookies", ()), *response.headers.getlist("Set-Cookie")]
        if followed.url in (request.url, *request.meta.get("redirect_urls", ())[:1]):
            response.headers.setlist("Set-Cookie", cookies)
            return response
        return followed.replace(meta=followed.meta | {"redirect_cookies": cookies})
