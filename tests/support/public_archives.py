"""Servers on loopback with the APIs of Common Crawl (pywb's CDX server, ranged reads of WARC files) and of the Wayback
Machine (CDX server with resumeKey, replay of raw bytes). A crawl uses them as its HTTP proxy.

The forms of requests and responses are those of https://index.commoncrawl.org/, of pywb 2 and of
https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.support.flaky_server import wire
from tests.support.server import Answer, Played, play

INDEX, DATA, WAYBACK = "http://index.archive.example", "http://data.archive.example", "http://web.archive.example"
# Options of a crawl that reads from these servers, without delays.
OPTIONS = tuple(
    word
    for setting in (
        f"COMMONCRAWL_INDEX_URL={INDEX}", f"COMMONCRAWL_DATA_URL={DATA}", f"WAYBACK_URL={WAYBACK}",
        "COMMONCRAWL_INDEX_DELAY=0", "COMMONCRAWL_DATA_DELAY=0", "WAYBACK_INDEX_DELAY=0", "WAYBACK_REPLAY_DELAY=0",
        "ARCHIVE_BACKOFF=0.01", "ARCHIVE_REFUSED_BACKOFF=0.02", "ARCHIVE_BACKOFF_MAX=2",
    )
    for word in ("-s", setting)
)  # fmt: skip
CRAWL = "CC-MAIN-2026-43"
CRAWLS = (
    ("CC-MAIN-2026-43", "2026-10-05T00:00:00", "2026-10-18T23:59:59"),
    ("CC-MAIN-2025-08", "2025-02-06T00:00:00", "2025-02-19T23:59:59"),
    ("CC-MAIN-2013-20", "2013-05-18T00:00:00", "2013-06-20T23:59:59"),
)


@dataclass(frozen=True)
class Captured:
    """A capture of a page in one of the archives."""

    url: str
    timestamp: str
    body: bytes
    status: str = "200"  # in the index; "-" for a revisit
    mime: str = "text/html"
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)  # of the captured response
    crawl: str = CRAWL

    @property
    def digest(self) -> str:
        return hashlib.sha1(self.body).hexdigest()[:32].upper()

    @property
    def urlkey(self) -> str:
        return surt(self.url)


def surt(url: str) -> str:
    """Return the key of a URL in an index: the host reversed and without `www.` and default port, in lower case."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    host = re.sub(r"^www\d*\.", "", parts.hostname or "")
    port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}{port}){parts.path or '/'}{query}".lower()


def is_in_scope(capture: Captured, url: str, match_type: str) -> bool:
    """Return whether a query with *url* and *match_type* selects a capture."""
    key, wanted = capture.urlkey, surt(url)
    host, wanted_host = key.partition(")")[0], wanted.partition(")")[0]
    return {
        "exact": key == wanted,
        "prefix": key.startswith(wanted),
        "host": host == wanted_host,
        "domain": host == wanted_host or host.startswith(f"{wanted_host},"),
    }[match_type]


Fault = Callable[[int, str], Answer | None]  # number of the request, from 1, and its URL


@dataclass
class Archives:
    """Both archives with the same captures. *fault* may replace an answer; robots.txt is not counted."""

    captures: list[Captured] = field(default_factory=list)
    fault: Fault = lambda number, url: None
    robots: str = ""
    page_size: int = 4  # rows of an index page
    ignores_pages: bool = False
    ignores_ranges: bool = False
    is_listing_pages: bool = True  # Common Crawl: whether the server returns the number of pages
    served: Counter[str] = field(default_factory=Counter)  # answers with status 200 or 206, by URL and range
    played: Played = field(init=False)

    def __post_init__(self) -> None:
        self.files: dict[str, bytes] = {}  # by name
        self.places: dict[Captured, tuple[str, int, int]] = {}  # file, offset and length of the record
        self._number = 0
        for crawl, _, _ in CRAWLS:
            self._write(crawl)

    def _write(self, crawl: str) -> None:
        """Write the WARC file of a crawl, one gzip member for each record."""
        file, stream = f"crawl-data/{crawl}/segments/1/warc/CC-MAIN-1-00000.warc.gz", BytesIO()
        writer = WARCWriter(stream, gzip=True)
        for capture in self.captures:
            if capture.crawl == crawl:
                start = stream.tell()
                time = "{}-{}-{}T{}:{}:{}Z".format(*re.findall(r"\d{4}(?=\d{10})|\d\d", capture.timestamp))
                writer.write_record(writer.create_warc_record(
                    capture.url, "response", payload=BytesIO(capture.body), length=len(capture.body),
                    warc_headers_dict={"WARC-Date": time},
                    http_headers=StatusAndHeaders("200 OK", list(capture.headers), protocol="HTTP/1.1"),
                ))  # fmt: skip
                self.places[capture] = file, start, stream.tell() - start
        self.files[file] = stream.getvalue()

    @contextmanager
    def run(self) -> Iterator[Archives]:
        """Serve until the block ends."""
        with play(self.answer) as self.played:
            yield self

    @property
    def urls(self) -> list[str]:
        """The requests so far, without those for robots.txt."""
        return [url for url in self.played.urls if not url.endswith("/robots.txt")]

    @property
    def times(self) -> list[tuple[float, str]]:
        """The time of each request, and its URL."""
        return [(time, url) for (time, _), url in zip(self.played.asked, self.played.urls, strict=True)]

    def answer(self, path: str, _: int) -> Answer:
        url, headers = self.played.urls[-1], self.played.headers[-1]
        if path == "/robots.txt":
            return Answer(self.robots, headers={"Content-Type": "text/plain"})
        self._number += 1
        if answer := self.fault(self._number, url):
            return answer
        raw = self._answer(url, headers)
        if raw[9:12] in (b"200", b"206"):
            self.served[f"{url} {headers.get('range', '')}".strip()] += 1
        return Answer(raw=raw)

    def _answer(self, url: str, headers: dict[str, str]) -> bytes:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site == DATA:
            return self._range(parts.path.removeprefix("/"), headers.get("range", ""))
        values = parse_qs(parts.query, keep_blank_values=True)
        if site == INDEX and parts.path == "/collinfo.json":
            rows = [{"id": id_, "name": id_, "cdx-api": f"{INDEX}/{id_}-index", "from": begin, "to": end}
                    for id_, begin, end in CRAWLS]  # fmt: skip
            return wire(json.dumps(rows).encode(), Content_Type="application/json")
        if site == INDEX and parts.path.removeprefix("/").removesuffix("-index") in [id_ for id_, _, _ in CRAWLS]:
            return self._cdx(parts.path.removeprefix("/").removesuffix("-index"), values)
        if site == WAYBACK and parts.path == "/cdx/search/cdx":
            return self._wayback_cdx(values)
        if site == WAYBACK and (found := re.fullmatch(r"/web/(\d{14})id_/(.*)", url.removeprefix(WAYBACK))):
            return self._replay(found[1], found[2])
        return wire(b"<html><body>not found</body></html>", "404 Not Found")

    # Common Crawl -----------------------------------------------------------------------------------------------------

    def _cdx(self, crawl: str, values: dict[str, list[str]]) -> bytes:
        url = values["url"][0]
        rows = [
            self._row(capture)
            for capture in self._selected(values)
            if capture.crawl == crawl
            and all(passes_pywb(self._row(capture), each) for each in values.get("filter", ()))
        ]
        missing = wire(json.dumps({"message": f"No Captures found for: {url}"}).encode(), "404 Not Found",
                       Content_Type="application/json")  # fmt: skip
        if not rows:
            return missing
        pages = -(-len(rows) // self.page_size)
        if "showNumPages" in values and self.is_listing_pages:
            counted = {"pages": pages, "pageSize": 5, "blocks": pages}
            return wire(json.dumps(counted).encode(), Content_Type="application/json")
        number = 0 if self.ignores_pages else int(values.get("page", ["0"])[0])
        if number >= pages:
            return wire(b'{"message": "Page %d invalid: First Page is 0, Last Page is %d"}' % (number, pages - 1),
                        "400 Bad Request", Content_Type="application/json")  # fmt: skip
        rows = rows[number * self.page_size : (number + 1) * self.page_size]
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()
        return wire(body, Content_Type="text/x-ndjson")

    def _row(self, capture: Captured) -> dict[str, str]:
        file, offset, length = self.places[capture]
        return {
            "urlkey": capture.urlkey, "timestamp": capture.timestamp, "url": capture.url, "mime": capture.mime,
            "mime-detected": capture.mime, "status": capture.status, "digest": capture.digest, "length": str(length),
            "offset": str(offset), "filename": file, "languages": "zho", "encoding": "UTF-8",
        }  # fmt: skip

    def _range(self, file: str, span: str) -> bytes:
        if file not in self.files:
            return wire(b"<Error><Code>NoSuchKey</Code></Error>", "404 Not Found", Content_Type="application/xml")
        data, found = self.files[file], re.fullmatch(r"bytes=(\d+)-(\d+)", "" if self.ignores_ranges else span)
        if not found:
            return wire(data, Content_Type="application/octet-stream")
        first, last = int(found[1]), min(int(found[2]), len(data) - 1)
        if first >= len(data):
            return wire(b"", "416 Range Not Satisfiable")
        return wire(data[first : last + 1], "206 Partial Content", Content_Type="application/octet-stream",
                    Content_Range=f"bytes {first}-{last}/{len(data)}")  # fmt: skip

    # Wayback Machine --------------------------------------------------------------------------------------------------

    def _selected(self, values: dict[str, list[str]]) -> list[Captured]:
        """Return the captures in the scope of a query, in the order of an index."""
        first, last = values.get("from", [""])[0], values.get("to", [""])[0] or "9"
        match_type = values.get("matchType", ["exact"])[0]
        found = [
            capture
            for capture in self.captures
            if is_in_scope(capture, values["url"][0], match_type)
            and capture.timestamp[: len(first)] >= first and capture.timestamp[: len(last)] <= last
        ]  # fmt: skip
        return sorted(found, key=lambda capture: (capture.urlkey, capture.timestamp))

    def _wayback_cdx(self, values: dict[str, list[str]]) -> bytes:
        names = values["fl"][0].split(",")
        rows: list[list[str]] = []
        previous = ("", "")
        for capture in self._selected(values):
            row = {
                "urlkey": capture.urlkey, "timestamp": capture.timestamp, "original": capture.url,
                "mimetype": "warc/revisit" if capture.status == "-" else capture.mime, "statuscode": capture.status,
                "digest": capture.digest, "length": str(len(capture.body)),
            }  # fmt: skip
            if not all(passes_wayback(row, each) for each in values.get("filter", ())):
                continue
            if values.get("collapse") == ["digest"] and previous == (capture.urlkey, capture.digest):
                continue
            previous = capture.urlkey, capture.digest
            rows.append([row[name] for name in names])
        start = (
            int(values["resumeKey"][0].removeprefix("key ")) if "resumeKey" in values and not self.ignores_pages else 0
        )
        end = start + min(self.page_size, int(values["limit"][0]))
        answer: list[Any] = [names, *rows[start:end]] if rows[start:end] else []
        if end < len(rows) and "showResumeKey" in values:
            answer += [[], [f"key {end}"]]
        return wire(json.dumps(answer).encode(), Content_Type="application/json")

    def _replay(self, timestamp: str, url: str) -> bytes:
        found = [capture for capture in self.captures if surt(capture.url) == surt(url)]
        if not found:
            return wire(b"<html><body>The Wayback Machine has not archived that URL.</body></html>", "404 Not Found")
        nearest = min(found, key=lambda capture: abs(int(capture.timestamp) - int(timestamp)))
        if nearest.timestamp != timestamp:
            location = f"{WAYBACK}/web/{nearest.timestamp}id_/{nearest.url}"
            return wire(b"", "302 Found", Location=location, Content_Type="text/plain")
        original = {f"x-archive-orig-{name.lower()}": value for name, value in nearest.headers}
        status = "200 OK" if nearest.status in ("200", "-") else f"{nearest.status} of the page"
        return wire(nearest.body, status, **original, Memento_Datetime="Sun, 06 Nov 1994 08:49:37 GMT",
                    Content_Type=dict(nearest.headers).get("Content-Type", "text/html"))  # fmt: skip


def passes_pywb(row: dict[str, str], text: str) -> bool:
    """Return whether a row passes a filter of pywb: `[!][=~]FIELD:VALUE`."""
    is_negated, text = text.startswith("!"), text.removeprefix("!")
    kind = text[0] if text[0] in "=~" else ""
    name, _, value = text.removeprefix(kind).partition(":")
    actual = row.get(name, "")
    found = actual == value if kind == "=" else bool(re.match(value, actual)) if kind == "~" else value in actual
    return found is not is_negated


def passes_wayback(row: dict[str, str], text: str) -> bool:
    """Return whether a row passes a filter of the Wayback CDX server, `[!]FIELD:EXPRESSION`, of the whole field."""
    name, _, value = text.removeprefix("!").partition(":")
    return bool(re.fullmatch(value, row[name])) is not text.startswith("!")


def article(name: str, text: str = "text", date: str = "2012-02-11 08:00:00") -> bytes:
    """Return a page of the toy site."""
    return (
        f"<html><head><title>About {name}_Toy</title></head><body><h1>About {name}</h1>"
        f"<time>{date}</time><article><p>{text} of {name}.</p></article></body></html>"
    ).encode()


def captured(name: str, timestamp: str = "20261010120000", text: str = "text", **values: Any) -> Captured:
    """Return a capture of an article of the toy site."""
    body = values.pop("body", None) or article(name, text, values.pop("date", "2012-02-11 08:00:00"))
    return Captured(f"http://toy.example/a/{name}.html", timestamp, body, **values)


def packed(capture: Captured) -> bytes:
    return gzip.compress(capture.body)


def every_fifth_fails(number: int, url: str) -> Answer | None:
    """A fault: 503 for every fifth response."""
    return Answer(raw=wire(b"<html>slow down</html>", "503 Slow Down")) if number % 5 == 0 else None


def repeated(served: Counter[str]) -> Sequence[str]:
    """Return the captures that were served more than once."""
    return [key for key, number in served.items() if number > 1 and ("/web/" in key or "bytes=" in key)]
