"""Common Crawl: its indexes of captures (CDX server, pywb), and its WARC files, read record by record.

The form of the requests and responses: https://index.commoncrawl.org/, https://commoncrawl.org/get-started, and
https://github.com/webrecorder/pywb/wiki/CDX-Server-API.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

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
from crawler.download.hosts import request_place
from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.protocol import RecordingError

LIST = "/collinfo.json"  # of all crawls
# Rows to leave out. A filter for HTML alone would lose pages: the type is that of the server, and old indexes lack the
# detected one.
OTHER_TYPES = "!~mime:(image|video|audio|font)/.*"
INDEX_TIMEOUT, INDEX_MAXSIZE = 180, 128 * 1024 * 1024  # seconds, bytes; a page has up to 15,000 rows
_UNKNOWN = 0  # number of pages: the server does not know it
_digits = re.compile(r"[0-9]+").findall
_is_record = re.compile(r"\A[\w./-]++:[0-9]{1,15}:[1-9][0-9]{0,10}", re.ASCII).fullmatch


@dataclass(frozen=True)
class CommonCrawl:
    """The captures of *places* in the crawls *crawls*; () = all crawls between the days *since* and *until*.

    A position in an index is "NEXT/PAGES": the number of the next page, and the number of pages.
    """

    places: Sequence[Place]
    index: str = "https://index.commoncrawl.org"
    data: str = "https://data.commoncrawl.org"
    crawls: Sequence[str] = ()
    since: str = ""  # "YYYY-MM-DD", Beijing time; the captures of this day and later ones
    until: str = ""  # "YYYY-MM-DD"
    name = "commoncrawl"

    @property
    def hosts(self) -> tuple[str, ...]:
        return request_place(self.index), request_place(self.data)

    def delay_for(self, request: Request, settings: Delays) -> float:
        is_index = urlsplit(request.url).netloc == urlsplit(self.index).netloc
        return settings.getfloat("COMMONCRAWL_INDEX_DELAY" if is_index else "COMMONCRAWL_DATA_DELAY")

    # Index ------------------------------------------------------------------------------------------------------------

    def first_request(self) -> Request | None:
        return None if self.crawls else self._index_request(f"{self.index}{LIST}")

    def queries(self, response: Page | None) -> Sequence[Query]:
        crawls = self.crawls if response is None else self._crawls_in(response)
        bounds = {"from": first_second(self.since), "to": last_second(self.until)}
        found = []
        for crawl in crawls:
            for place in self.places:
                values: list[tuple[str, str]] = [("url", place.query), ("matchType", place.match_type)]
                values += [("output", "json"), ("filter", "=status:200"), ("filter", OTHER_TYPES)]
                values += [("filter", f"~url:{place.pattern}")] if place.pattern else []
                values += [(name, value) for name, value in bounds.items() if value]
                found.append(Query(f"{self.index}/{crawl}-index?{urlencode(values)}", grows=False))
        return found

    def _crawls_in(self, page: Page) -> list[str]:
        """Return the ids of the crawls in collinfo.json that overlap with the days, the newest first."""
        check_status(page)
        try:
            rows = [(str(row["id"]), str(row.get("from") or ""), str(row.get("to") or "")) for row in page.json]
        except (ValueError, LookupError, TypeError, AttributeError):
            raise ArchiveBusy(f"the list of crawls cannot be read: {shown(page)}") from None
        first, last = first_second(self.since), last_second(self.until)
        found = [
            id_
            for id_, begin, end in rows
            if not (last and _is_before(last, _timestamp(begin))) and not (first and _is_before(_timestamp(end), first))
        ]
        if not found:
            days = f"since={self.since or '…'} until={self.until or '…'}"
            raise ValueError(f"none of the {len(rows)} crawls of Common Crawl has captures of {days}")
        return found

    def index_request(self, query: Query, position: str) -> Request:
        number = position.partition("/")[0]
        return self._index_request(f"{query.url}&page={number}" if position else f"{query.url}&showNumPages=true")

    def _index_request(self, url: str) -> Request:
        meta = {"download_timeout": INDEX_TIMEOUT, "download_maxsize": INDEX_MAXSIZE, "download_warnsize": 0}
        return Request(url, headers={"Accept": "*/*"}, meta=meta)

    def read_index(self, query: Query, position: str, page: Page) -> IndexPage:
        check_status(page)
        number, _, pages = position.partition("/")
        following, total = int(number or 0) + 1, int(pages or 0)
        is_last = bool(total) and following >= total
        if page.status == 404 and _message(page):
            return IndexPage((), f"{following}/{total}", is_last or not position or total == _UNKNOWN)
        if page.status == 400 and position and (total == _UNKNOWN or following > total):  # after the last page
            return IndexPage((), position, is_last=True)
        if page.status != 200:
            raise IndexMissing(f"HTTP {page.status} for {query.url}: {shown(page)}")
        if not position and (counted := _page_count(page)) is not None:
            return IndexPage((), f"0/{counted}", is_last=counted == 0)
        if not page.body.strip():
            raise ArchiveBusy("an empty response")
        captures, damaged = [], []
        for line in page.body.splitlines():
            try:
                captures.append(_row(line))
            except (ValueError, LookupError, TypeError) as error:
                damaged.append(f"{line[:100].decode('utf-8', 'replace')}: {error}")
        if damaged and not captures:
            raise ArchiveBusy(f"no rows of an index: {shown(page)}")
        return IndexPage(captures, f"{following}/{total}", is_last, damaged)

    # Captures ---------------------------------------------------------------------------------------------------------

    def capture_request(self, capture: Capture) -> Request:
        """Request the bytes of a record. The fragment, which is not sent, names them in recordings (RECORD)."""
        file, offset, length = _place_of(capture)
        span = f"bytes={offset}-{offset + length - 1}"
        # With a content coding, the range would be one of the compressed file.
        headers = {"Range": span, "Accept-Encoding": "identity", "Accept": "*/*"}
        return Request(f"{self.data}/{file}#{span}", headers=headers, meta={"download_timeout": 60})

    def read_capture(self, capture: Capture, page: Page) -> Page | Moved:
        check_status(page)
        file, offset, length = _place_of(capture)
        body = page.body
        if page.status == 200:  # the server ignores ranges
            body = body[offset : offset + length]
        elif page.status in (404, 410, 416):
            raise CaptureMissing(f"HTTP {page.status} for bytes {offset} to {offset + length - 1} of {file}")
        elif page.status != 206:
            raise ArchiveBusy(f"HTTP {page.status}: {shown(page)}")
        if len(body) != length:
            raise ArchiveBusy(f"{len(body)} bytes instead of {length}")
        found = next(_pages_in(body), None)
        if found is None:
            raise CaptureMissing(f"{file}, byte {offset}: the record has no response")
        if isinstance(found, RecordingError):
            reason = str(found).partition(": ")[2]
            raise CaptureMissing(f"{file}, byte {offset}: {reason}")
        fetched_at = found.fetched_at or moment(capture.timestamp)
        return replace(found, fetched_at=fetched_at, record=f"{file}:{offset}")

    def lookup(self, capture: Capture, url: str) -> Query | Capture:
        crawl = next((part for part in capture.record.split("/") if part.startswith("CC-")), "")
        values = [("url", url), ("matchType", "exact"), ("output", "json"), ("filter", "=status:200")]
        return Query(f"{self.index}/{crawl}-index?{urlencode(values)}", grows=True)


def _timestamp(time: str) -> str:
    """Return the digits of a time of collinfo.json (UTC, ISO 8601) as a timestamp, which may be shorter than others."""
    return "".join(_digits(time))[:14]


def _is_before(one: str, other: str) -> bool:
    """Return whether a timestamp is before another one, as far as both go: a crawl without times has any captures."""
    size = min(len(one), len(other))
    return one[:size] < other[:size]


def _message(page: Page) -> bool:
    """Return whether the response is the JSON of an index without captures, and not that of an unknown index."""
    try:
        return "message" in page.json and "no captures" in str(page.json["message"]).lower()
    except (ValueError, TypeError):
        return False


def _page_count(page: Page) -> int | None:
    """Return the number of pages; None if the server does not know pages, and has returned rows."""
    try:
        value = page.json
    except ValueError:
        return None
    number = value.get("pages") if isinstance(value, dict) else value
    return number if isinstance(number, int) else None


def _row(line: bytes) -> Capture:
    row = json.loads(line)
    record = f"{row['filename']}:{int(row['offset'])}:{int(row['length'])}"
    if not _is_record(record) or ".." in record or record.startswith("/"):
        raise ValueError("no place of a record")
    return read_capture_row(row["url"], row["timestamp"], record)


def _place_of(capture: Capture) -> tuple[str, int, int]:
    """Return file, offset and length of a record, in bytes."""
    file, offset, length = capture.record.rsplit(":", 2)
    return file, int(offset), int(length)


def _pages_in(member: bytes) -> Iterator[Page | RecordingError]:
    """Yield the responses in *member*, the bytes of a record of a WARC file."""
    with tempfile.NamedTemporaryFile(suffix=".warc.gz") as file:
        file.write(member)
        file.flush()
        try:
            yield from Archives([Path(file.name)])
        except RecordingError as error:
            yield RecordingError(f": {error}".replace(file.name, "it"))
