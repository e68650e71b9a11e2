"""WARC files (ISO 28500), record by record: written as they come in, read even where they are damaged."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.reading.page import is_secret

try:
    from isal import isal_zlib as zlib  # a third of the time: half of what it takes to read an archive is unpacking
except ImportError:
    import zlib  # type: ignore[no-redef]

LARGEST = 64 * 1024 * 1024  # bytes of a record: films lie in archives, too
_GZIP, _PLAIN = b"\x1f\x8b\x08", b"WARC/1."
_HEAD = re.compile(rb"WARC/1\.[01]\r\n(?:[^\r\n]+\r\n)+\r\n")
_KIND = re.compile(rb"\r\nwarc-type:\s*(\w+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_PAYLOAD_DIGEST = re.compile(rb"\r\nwarc-payload-digest:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE)
_LOADER = ArcWarcRecordLoader(verify_http=False)

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its answer as they went over the wire."""

    method: str
    url: str
    request_headers: Headers
    request_body: bytes
    status: int
    headers: Headers
    body: bytes  # still packed, as `content-encoding` says
    time: str  # of the answer, UTC, ISO 8601
    truncated: bool = False  # whether the connection ended before the body did


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record of an HTTP request or answer; any other has no `kind`."""

    kind: str  # the WARC's type: response, request …
    url: str
    id: str
    others: tuple[str, ...]  # the ids of those that belong to it: a response's request, or the other way round
    date: str
    truncated: bool
    headline: str  # HTTP's first line, of a request or of an answer
    headers: Headers
    body: bytes


class Recorder:
    """Writes exchanges into a new WARC file, packed when its name ends in ".gz". Each is on disk when `write` returns:
    a run that is killed costs the last record at most. Raises OSError; FileExistsError, lest a recording is lost."""

    def __init__(self, path: Path, about: Mapping[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._writer = WARCWriter(self._file, gzip=path.suffix == ".gz")
        self._writer.write_record(self._writer.create_warcinfo_record(path.name, dict(about)))
        self._file.flush()

    def write(self, exchange: Exchange) -> None:
        """Note one request and its answer. Cookies and passwords are left out."""
        url = urlsplit(exchange.url)
        path = f"{url.path or '/'}{'?' + url.query if url.query else ''}"
        phrase = next((status.phrase for status in HTTPStatus if status == exchange.status), "")
        request = StatusAndHeaders(
            f"{exchange.method} {path} HTTP/1.1", _public(exchange.request_headers), is_http_request=True
        )
        answer = StatusAndHeaders(f"{exchange.status} {phrase}", _public(exchange.headers), protocol="HTTP/1.1")
        self._writer.write_request_response_pair(
            self._record("request", exchange, request, exchange.request_body),
            self._record("response", exchange, answer, exchange.body),
        )
        self._file.flush()

    def close(self) -> None:
        self._file.close()

    def _record(self, kind: str, exchange: Exchange, headers: StatusAndHeaders, body: bytes) -> Any:
        date = datetime.fromisoformat(exchange.time).astimezone(UTC)
        marks = {"WARC-Date": date.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if kind == "response" and exchange.truncated:
            marks["WARC-Truncated"] = "disconnect"
        record = self._writer.create_warc_record(
            exchange.url, kind, payload=BytesIO(body), length=len(body), warc_headers_dict=marks, http_headers=headers
        )
        record.payload_length = len(body)  # else warcio copies the body into a file that it does not close
        return record


def _public(headers: Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if not is_secret(name)]


def is_warc(path: Path) -> bool:
    """Whether the file begins as WARC files do. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_PLAIN)).startswith((_GZIP, _PLAIN))


def records(path: Path, place: int = 0, only: bytes = b"") -> Iterator[tuple[int, WarcRecord | str]]:
    """Every record from byte *place* on, with its place; for one that cannot be read, the reason. With *only* a
    type, whole records of others are passed by. Raises OSError."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        split = _gzip_member if data[: len(_GZIP)] == _GZIP else _plain_record
        while 0 <= place < len(data):
            behind = 0
            try:
                raw, behind = split(data, place)
                if not (only and _is_other(raw, only)):
                    yield place, _parsed(raw)
            except Exception as error:  # whatever its bytes do to the parser, they cost one record
                yield place, f"a damaged record: {str(error) or type(error).__name__}"
            place = behind or _next(data, place + 1)


def _gzip_member(data: mmap.mmap, place: int) -> tuple[bytes, int]:
    """The record that lies packed at *place*, and where the next lies; b"" for one that is too large."""
    unpacking = zlib.decompressobj(wbits=31)
    parts, size, at = [], 0, place
    while not unpacking.eof:
        packed = data[at : at + 65536]
        if not packed:
            raise EOFError("it breaks off")
        at += len(packed)
        part = unpacking.decompress(packed)
        size += len(part)
        if size <= LARGEST:
            parts.append(part)
    return b"".join(parts) if size <= LARGEST else b"", at - len(unpacking.unused_data)


def _plain_record(data: mmap.mmap, place: int) -> tuple[bytes, int]:
    """The record that lies at *place*, and where the next lies; b"" for one that is too large."""
    head = data.find(b"\r\n\r\n", place) + 4
    length = _LENGTH.search(data[place:head])
    if data[place : place + len(_PLAIN)] != _PLAIN or not length:
        raise ValueError("it has no head")
    end = head + int(length[1])
    if data[end : end + 4] != b"\r\n\r\n":
        raise EOFError("it breaks off, or its length is wrong")
    return data[place : end + 4] if end - place <= LARGEST else b"", end + 4


def _next(data: mmap.mmap, place: int) -> int:
    """Where the next record may lie behind a damaged one; -1 when there is none."""
    if data[: len(_GZIP)] == _GZIP:
        return data.find(_GZIP, place)
    found = data.find(b"\n" + _PLAIN, place)
    return found + 1 if found >= 0 else -1


def _is_other(raw: bytes, kind: bytes) -> bool:
    """Whether this is one record, whole, and of another kind."""
    head = _HEAD.match(raw)
    found, length = (pattern.search(head[0]) if head else None for pattern in (_KIND, _LENGTH))
    if not head or not found or not length or found[1].lower() == kind:
        return False
    return len(raw) == head.end() + int(length[1]) + 4


def _parsed(raw: bytes) -> WarcRecord:
    if not raw:
        raise ValueError(f"more than {LARGEST} bytes")
    if head := _HEAD.match(raw):  # the block's digest is enough, and the payload's would take as long again
        raw = _PAYLOAD_DIGEST.sub(b"", head[0]) + raw[head.end() :]
    stream = BytesIO(raw)
    record = _LOADER.parse_record_stream(stream, known_format="warc", check_digests=True)
    body = record.raw_stream.read()
    if any(problem.startswith("block digest failed") for problem in record.digest_checker.problems):
        raise ValueError("its checksum is wrong")
    behind = stream.read()
    if not behind.startswith(b"\r\n"):
        raise ValueError("it breaks off, or its length is wrong")
    if behind.strip():
        raise ValueError("several records packed as one: `warcio recompress` gives each its own place")
    of, http = record.rec_headers.get_header, record.http_headers
    return WarcRecord(
        kind=record.rec_type if http else "",
        url=of("WARC-Target-URI") or "",
        id=of("WARC-Record-ID") or "",
        others=tuple(value for name, value in record.rec_headers.headers if name.lower() == "warc-concurrent-to"),
        date=of("WARC-Date") or "",
        truncated=of("WARC-Truncated") is not None,
        headline=f"{http.protocol} {http.statusline}" if http else "",
        headers=http.headers if http else (),
        body=body,
    )
