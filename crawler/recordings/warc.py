"""Read the records of a WARC file (ISO 28500). A damaged record does not affect the others."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from warcio.recordloader import ArcWarcRecordLoader

try:
    # A third of zlib's time; decompression takes half of the time to read an archive.
    from isal import isal_zlib as zlib
except ImportError:
    import zlib  # type: ignore[no-redef]

MAX_RECORD_SIZE = 64 * 1024 * 1024  # bytes, decompressed; archives of other tools also hold videos
_GZIP, _PLAIN = b"\x1f\x8b\x08", b"WARC/1."
_HEADER = re.compile(rb"\AWARC/1\.[01]\r\n(?:[^\r\n]++\r\n)++\r\n")
_TYPE = re.compile(rb"\r\nwarc-type:\s*(\w+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
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


def is_warc(path: Path) -> bool:
    """Return whether the file begins with the signature of gzip or of a WARC record. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_PLAIN)).startswith((_GZIP, _PLAIN))


def read_records(path: Path, offset: int = 0, only: bytes = b"") -> Iterator[tuple[int, WarcRecord | str]]:
    """Yield the byte offset of each record from *offset* on, and the record; for a damaged record, the reason.

    *only* is a WARC-Type in lower case: undamaged records of other types are skipped without parsing. Raises OSError.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        split = _gzip_member if data[: len(_GZIP)] == _GZIP else _plain_record
        while 0 <= offset < len(data):
            next_offset = 0
            try:
                raw, next_offset = split(data, offset)
                if not (only and _is_other_type(raw, only)):
                    yield offset, _parse(raw)
            except Exception as error:  # damaged bytes can raise any exception in the parser: report one record
                yield offset, f"damaged record: {str(error) or type(error).__name__}"
            offset = next_offset or _find_record(data, offset + 1)


def _gzip_member(data: mmap.mmap, offset: int) -> tuple[bytes, int]:
    """Return the decompressed record at *offset*, b"" if it is too large, and the offset of the next one."""
    decompressor = zlib.decompressobj(wbits=31)
    chunks, size, position = [], 0, offset
    while not decompressor.eof:
        compressed = data[position : position + 65536]
        if not compressed:
            raise EOFError("truncated")
        position += len(compressed)
        chunk = decompressor.decompress(compressed)
        size += len(chunk)
        if size <= MAX_RECORD_SIZE:
            chunks.append(chunk)
    return b"".join(chunks) if size <= MAX_RECORD_SIZE else b"", position - len(decompressor.unused_data)


def _plain_record(data: mmap.mmap, offset: int) -> tuple[bytes, int]:
    """Return the uncompressed record at *offset*, b"" if it is too large, and the offset of the next one."""
    block_start = data.find(b"\r\n\r\n", offset) + 4
    length = _LENGTH.search(data[offset:block_start])
    if data[offset : offset + len(_PLAIN)] != _PLAIN or not length:
        raise ValueError("no WARC header with a Content-Length")
    end = block_start + int(length[1])
    if data[end : end + 4] != b"\r\n\r\n":
        raise EOFError("truncated, or wrong Content-Length")
    return data[offset : end + 4] if end - offset <= MAX_RECORD_SIZE else b"", end + 4


def _find_record(data: mmap.mmap, offset: int) -> int:
    """Return the offset of the next possible record, from *offset* on, after a damaged one; -1 at the end."""
    if data[: len(_GZIP)] == _GZIP:
        return data.find(_GZIP, offset)
    found = data.find(b"\n" + _PLAIN, offset)
    return found + 1 if found >= 0 else -1


def _is_other_type(raw: bytes, warc_type: bytes) -> bool:
    """Return whether *raw* is a single complete record of another type than *warc_type*."""
    header = _HEADER.match(raw)
    found, length = (pattern.search(header[0]) if header else None for pattern in (_TYPE, _LENGTH))
    if not header or not found or not length or found[1].lower() == warc_type:
        return False
    return len(raw) == header.end() + int(length[1]) + 4


def _parse(raw: bytes) -> WarcRecord:
    if not raw:
        raise ValueError(f"more than {MAX_RECORD_SIZE} bytes")
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
