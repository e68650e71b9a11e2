"""Obey robots.txt (RFC 9309)."""

from __future__ import annotations

from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

from crawler.download.errors import RequestDropped


class StrictRobots(RobotsTxtMiddleware):
    """Where robots.txt fails (5xx, 429, no answer or half of one) nobody knows what is allowed: the host's links wait
    for the next run (RFC 9309, section 2.3.1.4). Scrapy takes that for "all is allowed"."""

    LARGEST = 500 * 1024  # bytes that are read, whole lines of them, as RFC 9309 demands: more could fill the memory

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._unknown: set[str] = set()

    async def process_request(self, request: Request) -> None:  # type: ignore[override]
        await super().process_request(request)
        host = urlsplit(request.url).netloc
        if host in self._unknown and not request.meta.get("dont_obey_robotstxt"):
            raise RequestDropped(
                f"robots.txt of {host} cannot be had: the links wait for the next run", "links/not_fetched"
            )

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
            self._is_unknown(netloc)
        if len(response.body) > self.LARGEST:
            response = response.replace(body=response.body[: self.LARGEST].rpartition(b"\n")[0])
        await super()._parse_robots(response, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        if isinstance(exc, RequestDropped) or not isinstance(exc, IgnoreRequest):
            self._is_unknown(netloc)
        super()._robots_error(exc, netloc)

    def _is_unknown(self, netloc: str) -> None:
        self._unknown.add(netloc)
        self.crawler.stats.inc_value("robots/failed")
