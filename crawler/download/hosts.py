"""Downloader middlewares that keep requests and redirects on the source's own hosts."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from typing import Self
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.http import Response

from crawler.counts import Count
from crawler.download.errors import RequestDropped

PICTURE = "picture"  # key in the meta of a request for a picture: the address in the article
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


def is_picture_allowed(url: str, source: object) -> bool:
    """Return whether a picture of *source* may be requested from *url*: a host in its `picture_hosts` or `hosts`."""
    hosts = (*getattr(source, "hosts", ()), *getattr(source, "picture_hosts", ()))
    if is_allowed(url, hosts):
        return True
    endings = tuple(host[1:] for host in hosts if host.startswith("*."))
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return bool(endings) and host.endswith(endings) and is_allowed(url, (host,))


def request_place(url: str) -> str:
    """Return the host of *url* in the form of `is_allowed`: with the port, if it is not a standard one."""
    parts = urlsplit(url)
    return parts.hostname or "" if parts.port in (None, 80, 443) else f"{parts.hostname}:{parts.port}"


def is_public(url: str) -> bool:
    """Return whether *url* is HTTP(S) without user name on a host that may be public: an IP address or a domain name.

    The addresses of names are checked by `PublicResolver`, when the connection is made.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.port == 0:
            return False
    except ValueError:
        return False
    address = _address(host)
    return address.is_global if address else "." in host.strip(".")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that *host* is a form of; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))  # also 127.1, 0x7f000001 and 2130706433; no look-up
        except (OSError, ValueError):
            return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_robots(request: Request) -> bool:
    """Return whether *request* is for a robots.txt: only Scrapy's RobotsTxtMiddleware sets this key."""
    return bool(request.meta.get("dont_obey_robotstxt"))


def _may_request(crawler: Crawler, url: str, is_picture: bool) -> bool:
    """Return whether the run may send a request: to the hosts of the source, or of the archive that it reads."""
    if archive_hosts := getattr(crawler.spider, "run_hosts", ()):
        return is_allowed(url, archive_hosts)
    return (
        is_picture_allowed(url, crawler.spider) if is_picture else is_allowed(url, getattr(crawler.spider, "hosts", ()))
    )


class HostGuard:
    """Drop requests to URLs outside the source's `hosts`, redirected requests included, and count them as forbidden.

    A request for a picture, and for the robots.txt of its host, may also be to the source's `picture_hosts`. A
    robots.txt may be on any public host to which that of the source redirects.

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
        if _is_robots(request) and request.meta.get("redirect_times") and is_public(request.url):
            return
        if not _may_request(self.crawler, request.url, PICTURE in request.meta or _is_robots(request)):
            raise RequestDropped(
                "URL not allowed: the source's `hosts` must contain its host (and host:port, for a port other than 80 "
                "and 443), and it must not have a password",
                Count.LINKS_FORBIDDEN,
            )


class SourceRedirect(RedirectMiddleware):
    """Follow redirects within the source's `hosts`, of pictures also to its `picture_hosts`.

    Others, and those back to the first page, are passed on. The reader interprets the redirect: a deleted qq article
    redirects to www.qq.com. A page that redirects to itself and sets a cookie is a cookie wall; the response that is
    passed on has the cookies of the whole chain.

    A robots.txt is followed to any public host, for REDIRECT_MAX_TIMES (5) redirects: RFC 9309, section 2.3.1.2,
    requires at least five "even across authorities". After more of them, and in a loop, the robots.txt is
    "unavailable", and all is allowed, as without one (section 2.3.1.3). A redirect that must not be followed makes it
    unreachable (section 2.3.1.4).
    """

    REDIRECTS = (301, 302, 303, 307, 308)

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the request for the redirect target, or *response*. Raises `RequestDropped` for a robots.txt."""
        if _is_robots(request):
            return self._follow_robots(request, response)
        try:
            followed = super().process_response(request, response)
        except ValueError:  # the Location header holds an invalid URL
            return response
        if not isinstance(followed, Request):
            return followed
        if not _may_request(self.crawler, followed.url, PICTURE in request.meta):
            return response
        cookies = [*request.meta.get("redirect_cookies", ()), *response.headers.getlist("Set-Cookie")]
        if followed.url in (request.url, *request.meta.get("redirect_urls", ())[:1]):
            response.headers.setlist("Set-Cookie", cookies)
            return response
        return followed.replace(meta=followed.meta | {"redirect_cookies": cookies})

    def _follow_robots(self, request: Request, response: Response) -> Request | Response:
        """Return the request for the target of a redirected robots.txt, or *response* if it is not a redirect."""
        try:
            followed = super().process_response(request, response)
            is_followed = isinstance(followed, Request) and is_public(followed.url)
        except ValueError:
            is_followed = False
        if not is_followed and response.status in self.REDIRECTS and "Location" in response.headers:
            target = (response.headers["Location"] or b"")[:200].decode("latin-1")
            raise RequestDropped(f"it redirects to {target!r}, not a public HTTP URL", Count.LINKS_NOT_FETCHED)
        return followed
