"""Downloader middleware that obeys robots.txt (RFC 9309)."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import ProtegoRobotParser, RobotParser

from crawler.counts import Count, Group
from crawler.download.errors import RequestDropped
from crawler.download.throttle import HostThrottle


class StrictRobots(RobotsTxtMiddleware):
    """Drop all requests to a host if its robots.txt is unavailable (5xx, 429, no response, or a truncated one).

    RFC 9309, section 2.3.1.4, requires that; Scrapy allows all requests instead. The links stay open for the next run.
    `SourceRedirect` follows redirects to other hosts. The rules found there apply to the host of the first request
    (section 2.3.1.2), and so does the Crawl-delay.
    """

    # Bytes that are parsed, up to the last whole line; more could exhaust memory. RFC 9309, section 2.5, requires at
    # least 500 KiB.
    MAX_SIZE = 500 * 1024

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unavailable: dict[str, Exception | str] = {}  # host (with port) -> cause
        # Receives each host (with port) with the text of its robots.txt, "" without one. The spider sets it.
        self.record: Callable[[str, str], None] = lambda host, text: None

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        """Raise `RequestDropped` if robots.txt forbids *request*, or is unavailable."""
        await super().process_request(request)
        host = urlsplit(request.url).netloc
        if host in self._unavailable and not request.meta.get("dont_obey_robotstxt"):
            cause = self._unavailable[host]
            raise RequestDropped(self._reason(host), Count.LINKS_NOT_FETCHED) from (
                cause if isinstance(cause, Exception) else None
            )

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        """Scrapy's check, which raises a plain IgnoreRequest."""
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise RequestDropped(str(error), Count.LINKS_FORBIDDEN) from error

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the parser of the host's robots.txt, or None if the download failed.

        Of several requests that wait for the download, Scrapy returns the parser to the first, and None to the others.
        """
        await super().robot_parser(request)
        return cast("RobotParser | None", self._parsers[urlsplit(request.url).netloc])

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Retry a failed robots.txt, up to RETRY_TIMES. Scrapy does not: RETRY_HTTP_CODES omits 429 and 503."""
        if not (request.meta.get("dont_obey_robotstxt") and self._is_failure(response)):
            return response
        assert self.crawler.spider
        reason = f"HTTP {response.status}"
        retry = get_retry_request(request, spider=self.crawler.spider, reason=reason, give_up_log_level="DEBUG")
        return retry or response

    @staticmethod
    def _is_failure(response: Response) -> bool:
        # A complete file without Content-Length is also flagged "partial". A truncated one rarely ends with a newline.
        truncated = response.status == 200 and "partial" in response.flags and not response.body.endswith(b"\n")
        return response.status >= 500 or response.status == 429 or truncated

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if self._is_failure(response):
            self._mark_unavailable(netloc, "truncated" if response.status == 200 else f"HTTP {response.status}")
        if len(response.body) > self.MAX_SIZE:
            response = response.replace(body=response.body[: self.MAX_SIZE].rpartition(b"\n")[0])
        await super()._parse_robots(response, netloc, request)
        self._apply_delay(netloc)
        if 200 <= response.status < 300 and not self._is_failure(response):
            self.record(netloc, response.body.decode("utf-8-sig", "replace"))
        elif 400 <= response.status < 500 and not self._is_failure(response):  # the host has none (RFC 9309, 2.3.1.3)
            self.record(netloc, "")

    def _apply_delay(self, netloc: str) -> None:
        """Pass the Crawl-delay of the host's robots.txt to the throttle."""
        parser = cast("ProtegoRobotParser", self._parsers[netloc])
        delay = parser.crawl_delay(self._robotstxt_useragent or self._default_useragent)
        if delay and (throttle := self.crawler.get_downloader_middleware(HostThrottle)):
            throttle.set_delay(netloc, delay)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, RequestDropped) or not isinstance(exc, IgnoreRequest):
            self._mark_unavailable(netloc, exc)
        super()._robots_error(exc, netloc)

    def _mark_unavailable(self, netloc: str, cause: Exception | str) -> None:
        self._unavailable[netloc] = cause
        stats, key = self.crawler.stats, Group.EXAMPLE.of(Count.ROBOTS_FAILED)
        stats.inc_value(Count.ROBOTS_FAILED)
        stats.set_value(key, stats.get_value(key, self._reason(netloc)))

    def _reason(self, host: str) -> str:
        return f"robots.txt of {host} could not be fetched: {self._unavailable[host]}"
