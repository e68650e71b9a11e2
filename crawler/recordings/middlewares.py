"""Scrapy's downloader hooks that record a crawl, and that play one again without the network."""

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

from crawler.download.ending import end_run
from crawler.download.errors import RequestDropped
from crawler.download.hosts import LOCAL_URL
from crawler.download.response import utc_now
from crawler.recordings.archives import Archive
from crawler.recordings.cases import CaseFolder
from crawler.recordings.protocol import RecordingError, Recordings
from crawler.recordings.warc import Exchange, Recorder


class RecordMiddleware:
    """Writes every request and its answer, redirects and refusals too, as they come over the wire (setting RECORD: a
    WARC file)."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not settings["RECORD"]:
            raise NotConfigured
        about = {
            "software": "press-corpus, Scrapy, warcio",
            "format": "WARC File Format 1.0",
            "operator": settings["CRAWLER_CONTACT"],
            "http-header-user-agent": settings["USER_AGENT"],
            "robots": "obey" if settings.getbool("ROBOTSTXT_OBEY") else "ignore",
        }
        self.crawler = crawler
        self.path, self.about = Path(settings["RECORD"]), about
        crawler.signals.connect(self.stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
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
            self.recorder.write(exchange)
        except OSError as error:  # a recording with holes is none
            end_run(self.crawler, "disk", f"RECORD={self.path} cannot be written: {error}")
        return response

    @cached_property
    def recorder(self) -> Recorder:
        return Recorder(self.path, self.about)

    def stopped(self) -> None:
        if "recorder" in self.__dict__:
            with suppress(OSError):  # a full disk was said before
                self.recorder.close()


def _pairs(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values]


class ReplayMiddleware:
    """Answers from recorded pages instead of the network (setting REPLAY: a WARC file, or a folder of cases)."""

    def __init__(self, path: Path, agent: str) -> None:
        self.agent = agent  # for robots.txt
        self.recordings: Recordings = CaseFolder(path) if path.is_dir() else Archive(path)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        path = crawler.settings["REPLAY"]
        if not path:
            raise NotConfigured
        return cls(Path(path), crawler.settings["ROBOTSTXT_USER_AGENT"])

    def process_request(self, request: Request) -> Response | None:
        """The recorded answer. A folder holds some pages of a site, so its crawl visits these; an archive holds a whole
        crawl, so that what it lacks is a fault."""
        if request.url == LOCAL_URL:
            return None
        try:
            page = self.recordings.find(request.method, request.url, request.body)
        except RecordingError as error:
            raise RequestDropped(str(error), "links/missing") from error
        if page is None:
            if self._is_forbidden(request.url):  # in the crawl that was recorded it was not asked for either
                raise RequestDropped("Forbidden by robots.txt", "links/forbidden")
            is_folder = isinstance(self.recordings, CaseFolder)
            raise RequestDropped("not recorded", "links/unrecorded" if is_folder else "links/missing")
        request.meta["fetched"] = page.fetched_at
        flags = ["partial"] if page.truncated else []
        return Response(page.url, status=page.status, headers=dict(page.headers), body=page.body, flags=flags)

    def _is_forbidden(self, url: str) -> bool:
        """Whether the recorded robots.txt of the address's host forbids it."""
        with suppress(RecordingError):
            robots = self.recordings.find("GET", urljoin(url, "/robots.txt"), b"")
            return bool(robots and robots.status == 200 and not Protego.parse(robots.text).can_fetch(url, self.agent))
        return False
