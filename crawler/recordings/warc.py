"""Read the records of a WARC file (ISO 28500). A damaged record does not affect the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from warcio.recordloader import ArcWarcRecordLoader

from crawler.recordings.raw_records import GZIP, LENGTH, PLAIN, raw_records
from crawler.recordings.raw_records import MAX_RECORD_SIZE as MAX_RECORD_SIZE  # the limit of this module, too

_HEADER = re.compile(rb"\AWARC/1\.[01]\r\n(?:[^\r\n]++\r\n)++\r\n")
_TYPE = re.compile(rb"\r\nwarc-type:\s*(\w+)", re.IGNORECASE)
_PAYLOAD_DIGEST = re.compile(rb"\r\nwarc-payload-digest:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE)
_LOADER = ArcWarcRecordLoader(verify_http=False)


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """A record of an HTTP request or response. A record without HTTP headers has the `kind` ""."""

    kind: str  # WARC-Type: "response", "request" …
    url: str
    id: str
    concurrent_to: tuple[str, ...]  # ids of related records: the request of a response, or the response of a request
    date: str
    truncated: bool
    start_line: str  # HTTP request line or status line
    headers: Sequence[tuple[str, str]]
    body: bytes


def is_archive(path: Path) -> bool:
    """Return whether the file begins with the signature of gzip or of a WARC record. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(PLAIN)).startswith((GZIP, PLAIN))


def read_records(path: Path, offset: int = 0, only: bytes = b"") -> Iterator[tuple[int, WarcRecord | str]]:
    """Yield the byte offset of each record from *offset* on, and the record; for a damaged record, the reason.

    *only* is a WARC-Type in lower case: undamaged records of other types are skipped without parsing. Raises OSError.
    """
    with path.open("rb") as file:
        for start, raw in raw_records(file, offset):
            try:
                if isinstance(raw, Exception):
                    raise raw
                if not (only and _is_other_type(raw, only)):
                    yield start, _parse(raw)
            except Exception as error:  # damaged bytes can raise any exception in the parser: report one record
                yield start, f"damaged record: {str(error) or type(error).__name__}"


def _is_other_type(raw: bytes, warc_type: bytes) -> bool:
    """Return whether *raw* is a single complete record of another type than *warc_type*."""
    header = _HEADER.match(raw)
    found, length = (pattern.search(header[0]) if header else None for pattern in (_TYPE, LENGTH))
    if not header or not found or not length or found[1].lower() == warc_type:
        return False
    return len(raw) == header.end() + int(length[1]) + 4


def _parse(raw: bytes) -> WarcRecord:
    # Remove the payload digest: the block digest covers the payload, and a second check takes as long again.
    if header := _HEADER.match(raw):
        raw = _PAYLOAD_DIGEST.sub(b"", header[0]) + raw[header.end() :]
    stream = BytesIO(raw)
    record = _LOADER.parse_record_stream(stream, known_format="warc", check_digests=True)
    body = record.raw_stream.read()
    if any(problem.startswith("block digest failed") for problem in record.digest_checker.problems):
        raise ValueError("wrong block digest")
    rest = stream.read()
    if not rest.startswith(b"\r\n"):
        raise ValueError("truncated, or wrong Content-Length")
    if rest.strip():
        raise ValueError("several records in one gzip member; run `warcio recompress` to separate them")
    header_of, http = record.rec_headers.get_header, record.http_headers
    return WarcRecord(
        kind=record.rec_type if http else "",
        url=header_of("WARC-Target-URI") or "",
        id=header_of("WARC-Record-ID") or "",
        concurrent_to=tuple(
            value for name, value in record.rec_headers.headers if name.lower() == "warc-concurrent-to"
        ),
        date=header_of("WARC-Date") or "",
        truncated=header_of("WARC-Truncated") is not None,
        start_line=f"{http.protocol} {http.statusline}" if http else "",
        headers=http.headers if http else (),
        body=body,
    )
