"""The Wayback Machine of the Internet Archive: its index of captures (CDX server), and replay of the raw bytes (`id_`).

The form of the requests and responses: https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server and
https://archive.org/developers/index-apis.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin, urlsplit

from scrapy import Request

from crawler.captures.capture import (
    ArchiveBusy,
    Capture,
    CaptureMissing,
    Delays,
    IndexMissing,
    IndexPage,
    Moved,
    Query,
    check_status,
    first_second,
    last_second,
    moment,
    read_capture_row,
    shown,
)
from crawler.captures.places import Place
from crawler.download.compression import (
    KEEP_CODING,
    BodyTooLargeError,
    DecompressionError,
    decompress_stored,
)
from crawler.download.hosts import request_place
from crawler.reading.page import Page
from crawler.recordings.views import MAX_RECORD_SIZE

INDEX = "/cdx/search/cdx"
FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest", "length")
ROWS = 5000  # of an index page
ORIGINAL = "x-archive-orig-"  # prefix of the headers of the captured response
OTHER_TYPES = "!mimetype:(image|video|audio|font)/.*"
_REPLAY = re.compile(r"/web/(?P<time>[0-9]{14})(?:[a-z]{2}_)?/(?P<url>.+)", re.DOTALL)
# Headers of the captured response that no longer describe the body.
_OF_TRANSFER = ("transfer-encoding", "content-encoding", "content-length", "connection")


@dataclass(frozen=True)
class Wayback:
    """The captures of *places* between the days *since* and *until*. A position in an index is its `resumeKey`."""

    places: Sequence[Place]
    site: str = "https://web.archive.org"
    since: str = ""  # "YYYY-MM-DD", Beijing time; the captures of this day and later ones
    until: str = ""  # "YYYY-MM-DD"
    name = "wayback"

    @property
    def hosts(self) -> tuple[str, ...]:
        return (request_place(self.site),)

    def delay_for(self, request: Request, settings: Delays) -> float:
        is_index = urlsplit(request.url).path == INDEX
        return settings.getfloat("WAYBACK_INDEX_DELAY" if is_index else "WAYBACK_REPLAY_DELAY")

    # Index ------------------------------------------------------------------------------------------------------------

    def first_request(self) -> Request | None:
        return None

    def queries(self, response: Page | None) -> Sequence[Query]:
        bounds = {"from": first_second(self.since), "to": last_second(self.until)}
        found = []
        for place in self.places:
            values: list[tuple[str, str]] = [("url", place.query), ("matchType", place.match_type), ("output", "json")]
            values += [("fl", ",".join(FIELDS)), ("filter", "statuscode:(200|-)"), ("filter", OTHER_TYPES)]
            values += [("filter", f"original:{place.pattern}")] if place.pattern else []
            # Of captures in a row with the same content, the first. `collapse=urlkey` would give the oldest capture.
            values += [("collapse", "digest"), ("limit", str(ROWS)), ("showResumeKey", "true")]
            values += [(name, value) for name, value in bounds.items() if value]
            found.append(Query(f"{self.site}{INDEX}?{urlencode(values)}", grows=True))
        return found

    def index_request(self, query: Query, position: str) -> Request:
        key = f"&{urlencode({'resumeKey': position})}" if position else ""
        meta = {"download_timeout": 180, "download_maxsize": 64 * 1024 * 1024, "download_warnsize": 0}
        return Request(query.url + key, headers={"Accept": "*/*"}, meta=meta)

    def read_index(self, query: Query, position: str, page: Page) -> IndexPage:
        check_status(page)
        if page.status != 200:
            raise IndexMissing(f"HTTP {page.status} for {query.url}: {shown(page)}")
        if not page.body.strip():
            raise ArchiveBusy("an empty response: the archive sends these to addresses that it limits")
        try:
            rows = page.json
        except ValueError:
            raise ArchiveBusy(f"no index: {shown(page)}") from None
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise ArchiveBusy(f"no index: {shown(page)}")
        following = ""
        if len(rows) >= 2 and not rows[-2] and len(rows[-1]) == 1:
            following = str(rows[-1][0])
            rows = rows[:-2]
        names, captures, damaged = rows[0] if rows else [], [], []
        for row in rows[1:]:
            values = dict(zip(map(str, names), row, strict=False))
            try:
                captures.append(read_capture_row(values["original"], values["timestamp"]))
            except (ValueError, LookupError) as error:
                damaged.append(f"{str(row)[:100]}: {error}")
        return IndexPage(captures, following, is_last=not following, damaged=damaged)

    # Captures ---------------------------------------------------------------------------------------------------------

    def capture_request(self, capture: Capture) -> Request:
        # Redirects are read here: they lead to another time, or are those of the captured page.
        meta = {"download_timeout": 90, "dont_redirect": True, KEEP_CODING: True}
        return Request(f"{self.site}/web/{capture.timestamp}id_/{capture.url}", meta=meta)

    def read_capture(self, capture: Capture, page: Page) -> Page | Moved:
        is_captured = "memento-datetime" in page.headers or any(name.startswith(ORIGINAL) for name in page.headers)
        if 300 <= page.status < 400:
            return self._moved(page)
        if not is_captured:
            check_status(page)
            if page.status in (404, 410):
                raise CaptureMissing(f"HTTP {page.status}: {shown(page)}")
            raise ArchiveBusy(f"a page of the archive itself, HTTP {page.status}: {shown(page)}")
        if page.truncated:
            raise ArchiveBusy("the response is truncated")
        headers: dict[str, str] = {"content-type": page.headers.get("content-type", "text/html")}
        headers |= {
            name.removeprefix(ORIGINAL): text for name, text in page.headers.items() if name.startswith(ORIGINAL)
        }
        if not page.body and headers.get("content-length", "1") != "0":
            raise ArchiveBusy("an empty response")
        codings = headers.get("content-encoding") or page.headers.get("content-encoding", "")
        try:
            body = decompress_stored(page.body, codings, MAX_RECORD_SIZE)
        except (DecompressionError, BodyTooLargeError) as error:
            raise CaptureMissing(str(error)) from error
        for name in _OF_TRANSFER:
            headers.pop(name, None)
        served = _REPLAY.search(page.url)
        timestamp = served["time"] if served else capture.timestamp
        return Page(
            capture.url, body, page.status, headers, fetched_at=moment(timestamp), record=page.record,
            truncated=False,
        )  # fmt: skip

    def _moved(self, page: Page) -> Moved:
        location = page.headers.get("location", "")
        try:
            target = urljoin(page.url, location)
            is_own = urlsplit(target).netloc in ("", urlsplit(self.site).netloc)
            found = _REPLAY.search(target) if is_own else None
            if not found:
                raise ValueError("it does not lead to a capture")
            return Moved(read_capture_row(found["url"], found["time"]))
        except ValueError as error:
            raise CaptureMissing(f"HTTP {page.status} to {location[:200]!r}: {error}") from error

    def lookup(self, capture: Capture, url: str) -> Query | Capture:
        return Capture(url, capture.timestamp)
