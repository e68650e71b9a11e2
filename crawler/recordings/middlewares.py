"""Downloader middlewares that record a crawl, and replay recorded pages without network access."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

from protego import Protego
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response

from crawler.counts import Count
from crawler.download.ending import end_run
from crawler.download.errors import RequestDropped
from crawler.download.hosts import LOCAL_URL
from crawler.download.response import utc_now
from crawler.recordings.cases import CaseFolder, is_case_folder
from crawler.recordings.files import archive_files
from crawler.recordings.protocol import RecordingError, Recordings
from crawler.recordings.recorder import Exchange, Recorder


class RecordMiddleware:
    """Write every request and its response to a new WARC file (setting RECORD), before other middlewares change them.

    Redirects and block pages are included.
    """

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not settings["RECORD"]:
            raise NotConfigured
        self.crawler = crawler
        self.path = Path(settings["RECORD"])
        self.is_broken = False
        self.warcinfo = {
            "software": "press-corpus, Scrapy, warcio",
            "format": "WARC File Format 1.0",
            "operator": settings["CRAWLER_CONTACT"],
            "http-header-user-agent": settings["USER_AGENT"],
            "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        }
        crawler.signals.connect(self.stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the exchange. End the run if the file cannot be written, because a recording must be complete."""
        request.meta["fetched"] = fetched = utc_now()
        exchange = Exchange(
            method=request.method,
            url=request.url,
            request_headers=_pairs(request.headers),
            request_body=request.body,
            status=response.status,
            headers=_pairs(response.headers),
            body=response.body,
            time=fetched,
            truncated="partial" in response.flags,
        )
        try:
            request.meta["record"] = f"{self.path.name}:{self.recorder.write(exchange)}"
        except OSError as error:
            self.is_broken = True
            end_run(self.crawler, "disk", f"RECORD={self.path} cannot be written: {error}")
        return response

    @cached_property
    def recorder(self) -> Recorder:
        """The WARC file, created for the first response."""
        return Recorder(self.path, self.warcinfo)

    def stopped(self) -> None:
        if "recorder" in self.__dict__:
            try:
                self.recorder.close()
            except OSError as error:
                if not self.is_broken:  # otherwise `process_response` has reported it
                    raise OSError(f"RECORD={self.path} cannot be written: {error}") from error


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


class ReplayMiddleware:
    """Return recorded pages instead of sending requests (setting REPLAY: archives, or a folder of cases)."""

    def __init__(self, place: str, robots_agent: str) -> None:
        self.robots_agent = robots_agent  # ROBOTSTXT_USER_AGENT
        from crawler.recordings.archives import Archives  # here, as few runs need it

        self.recordings: Recordings = (
            CaseFolder(Path(place)) if is_case_folder(place) else Archives(archive_files(place))
        )

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        place = str(crawler.settings["REPLAY"])
        if not place:
            raise NotConfigured
        return cls(place, crawler.settings["ROBOTSTXT_USER_AGENT"])

    def process_request(self, request: Request) -> Response | None:
        """Return the recorded response; None for LOCAL_URL. Raises `RequestDropped` if the request is not recorded.

        A folder contains some pages of a site: other requests count as "unrecorded". An archive contains a whole crawl:
        other requests count as "missing", which is an error.
        """
        if request.url == LOCAL_URL:
            return None
        try:
            page = self.recordings.find(request.method, request.url, request.body)
        except RecordingError as error:
            raise RequestDropped(str(error), Count.LINKS_MISSING) from error
        if page is None:
            if self._is_forbidden(request.url):  # the recorded crawl did not send this request either
                raise RequestDropped("Forbidden by robots.txt", Count.LINKS_FORBIDDEN)
            is_folder = isinstance(self.recordings, CaseFolder)
            raise RequestDropped("not recorded", Count.LINKS_UNRECORDED if is_folder else Count.LINKS_MISSING)
        request.meta["fetched"], request.meta["record"] = page.fetched_at, page.record
        flags = ["partial"] if page.truncated else []
        return Response(page.url, status=page.status, headers=dict(page.headers), body=page.body, flags=flags)

    def _is_forbidden(self, url: str) -> bool:
        """Return whether the recorded robots.txt of the URL's host forbids *url*."""
        with suppress(RecordingError):
            robots = self.recordings.find("GET", urljoin(url, "/robots.txt"), b"")
            return bool(
                robots and robots.status == 200 and not Protego.parse(robots.text).can_fetch(url, self.robots_agent)
            )
        return False
