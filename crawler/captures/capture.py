"""Captures of pages in public archives, and the interface of an archive. Pure: requests and pages, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from scrapy import Request

from crawler.reading.page import Page
from crawler.text.dates import BEIJING

LONGEST_REASON = 200  # characters of a response in a message
_PORT = re.compile(r"(?i)\A(?:(http://[^/?#]*?):80|(https://[^/?#]*?):443)(?=[/?#]|\Z)")
_is_timestamp = re.compile(r"[0-9]{14}").fullmatch


class ArchiveBusy(Exception):
    """The archive did not answer a request, for the moment: it is overloaded, or refuses this client for a while."""


class ArchiveRefusal(Exception):
    """The archive does not answer this client at all, or not about this site. No request may follow."""


class IndexMissing(Exception):
    """The archive has no such index, or does not accept the query."""


class CaptureMissing(Exception):
    """The archive does not have a capture that its index lists, or the bytes of it are damaged."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A page that an archive captured."""

    url: str  # of the page, without a default port
    timestamp: str  # time of the capture, UTC, "YYYYMMDDhhmmss"
    record: str = ""  # Common Crawl: "FILE:OFFSET:LENGTH" of the record


@dataclass(frozen=True, slots=True)
class Moved:
    """The archive has the page at another time, or at another URL."""

    capture: Capture


@dataclass(frozen=True, slots=True)
class Query:
    """A query of an index that has several pages."""

    url: str  # without the position; the key in the ledger
    grows: bool  # whether a later run may find more than this one: it is asked again


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page of an index."""

    captures: Sequence[Capture]
    position: str  # of the next page
    is_last: bool = False
    damaged: Sequence[str] = ()  # rows that cannot be read


class PublicArchive(Protocol):
    """A public archive.

    `read_…` raise `ArchiveBusy` and `ArchiveRefusal`, `read_index` also `IndexMissing`, and `read_capture` also
    `CaptureMissing`.
    """

    name: str  # as in `Article.origin`

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that receive requests, as in `Source.hosts`."""

    def first_request(self) -> Request | None:
        """Return the request whose response `queries` needs; None if it needs none."""

    def queries(self, response: Page | None) -> Sequence[Query]:
        """Return the queries of a run, in their order. Raises ValueError without a query."""

    def index_request(self, query: Query, position: str) -> Request:
        """Return the request for the page of an index at *position*, "" for the first one."""

    def read_index(self, query: Query, position: str, page: Page) -> IndexPage:
        """Return the captures of a page of an index."""

    def capture_request(self, capture: Capture) -> Request:
        """Return the request for a captured page."""

    def read_capture(self, capture: Capture, page: Page) -> Page | Moved:
        """Return the captured page from the response *page*."""

    def lookup(self, capture: Capture, url: str) -> Query | Capture:
        """Return where a further page of the article of *capture* is found: its capture, or a query for it."""

    def delay_for(self, request: Request, settings: Delays) -> float:
        """Return the least number of seconds between two requests like *request*."""


class Delays(Protocol):
    """The settings of Scrapy."""

    def getfloat(self, name: str) -> float:
        """Return a setting as a number."""


def moment(timestamp: str) -> str:
    """Return the time of a capture in the format of `Page.fetched_at`. Raises ValueError."""
    if not _is_timestamp(timestamp):
        raise ValueError(f"{timestamp[:20]!r} is not a time of 14 digits")
    return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat(timespec="seconds")


def first_second(day: str) -> str:
    """Return the first second of a Beijing day ("YYYY-MM-DD") as a timestamp in UTC; "" for ""."""
    return _start(day).strftime("%Y%m%d%H%M%S") if day else ""


def last_second(day: str) -> str:
    """Return the last second of a Beijing day ("YYYY-MM-DD") as a timestamp in UTC; "" for ""."""
    return (_start(day) + timedelta(days=1, seconds=-1)).strftime("%Y%m%d%H%M%S") if day else ""


def _start(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=BEIJING).astimezone(UTC)


def without_port(url: str) -> str:
    """Return *url* without a default port: archives keep the port of old captures, http://www.x.cn:80/1.html."""
    return _PORT.sub(lambda found: found[1] or found[2], url)


def variants(url: str) -> Iterator[str]:
    """Yield *url*, and the URLs that are the same for the index of an archive: the other scheme, with or without www.

    Of captures with the same content, an index may return the one under any of them.
    """
    scheme, separator, rest = url.partition("://")
    other = rest.removeprefix("www.") if rest.startswith("www.") else f"www.{rest}"
    schemes = (scheme, {"http": "https", "https": "http"}.get(scheme.lower(), scheme))
    yield from dict.fromkeys(f"{each}{separator}{place}" for place in (rest, other) for each in schemes)


def read_capture_row(url: object, timestamp: object, record: str = "") -> Capture:
    """Return the capture of a row of an index. Raises ValueError for a row that is not one."""
    if not isinstance(url, str) or not isinstance(timestamp, str) or not url:
        raise ValueError("no URL or no time")
    moment(timestamp)
    return Capture(without_port(url), timestamp, record)


def check_status(page: Page) -> None:
    """Raise `ArchiveRefusal` or `ArchiveBusy` for a response that is an answer of the archive about itself."""
    if page.status == 403:
        raise ArchiveRefusal(f"HTTP 403: {shown(page)}")
    if page.status in (408, 425, 429) or page.status >= 500:
        raise ArchiveBusy(f"HTTP {page.status}")
    if page.truncated:
        raise ArchiveBusy("the response is truncated")


def shown(page: Page) -> str:
    """Return the start of a response for a message, in one line."""
    text = re.sub(r"<[^<>]*>", " ", page.body[:4000].decode("utf-8", "replace"))
    return " ".join(text.split())[:LONGEST_REASON] or "an empty response"
