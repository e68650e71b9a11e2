"""Parse the records of WARC files (ISO 28500, versions 0.17 to 1.1) and of ARC files (versions 1 and 2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from warcio.recordloader import ArcWarcRecordLoader

from crawler.recordings.plain_records import WARC, arc_fields

# Types of records that contain no page.
NO_PAGES = frozenset({"warcinfo", "request", "metadata", "conversion"})

_HEADER = re.compile(rb"\AWARC/\d\.\d+\r\n(?:[^\r\n]++\r\n)++\r\n")
_TYPE = re.compile(rb"\r\nwarc-type:[ \t]*+([\w-]+)[ \t]*+\r\n", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*+(\d++)", re.IGNORECASE)
_PAYLOAD_DIGEST = re.compile(rb"\r\nwarc-payload-digest:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", re.IGNORECASE)
_KINDS = NO_PAGES | {"response", "resource", "revisit"}
_LOADER = ArcWarcRecordLoader(verify_http=False)
# Schemes of responses that are not pages. A response with another scheme is damaged.
_OTHER_URL = re.compile(
    r"(?:dns|ftps?|sftp|whois|gopher|gemini|finger|urn|metadata|file|data|about|blob|filedesc):", re.I
)
_URL_OF_PAGES = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """A record of a WARC or ARC file. A field that the record does not have is empty."""

    kind: str  # WARC-Type: "response", "request" …
    url: str
    date: str  # ISO 8601; of an ARC file, up to 14 digits, UTC
    content_type: str = ""  # of the block
    start_line: str = ""  # HTTP request line or status line; "" if the record contains no HTTP headers
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    id: str = ""
    concurrent_to: tuple[
        str, ...
    ] = ()  # ids of related records: the request of a response, or the response of a request
    truncated: bool = False
    profile: str = ""  # of a revisit
    refers_to: str = ""
    refers_to_url: str = ""
    refers_to_date: str = ""
    payload_digest: str = ""

    @property
    def is_page(self) -> bool:
        """Whether the record is a page or a revisit of one. "dns:", "urn:" and "metadata:" are not URLs of pages."""
        return self.kind not in NO_PAGES and bool(_URL_OF_PAGES.match(self.url))


def parse(raw: bytes, skip: Collection[str] = (), is_whole: bool = True) -> WarcRecord | None:
    """Return the record in *raw*; None if its type is in *skip*. Raises any exception if it is damaged.

    Without *is_whole*, the fields of the HTTP message are empty, and the content is not checked.
    """
    if not raw.startswith(WARC):
        return _parse_arc(raw)
    return None if _kind_of(raw) in skip else _parse_warc(raw, is_whole)


def _kind_of(raw: bytes) -> str:
    """Return the WARC-Type of a single complete record; "" if only a full parser can read its header."""
    header = _HEADER.match(raw)
    found, length = (pattern.search(header[0]) if header else None for pattern in (_TYPE, _LENGTH))
    if not header or not found or not length or len(raw) > header.end() + int(length[1]) + 4:
        return ""
    return found[1].decode("ascii", "replace").lower()


def _parse_warc(raw: bytes, is_whole: bool) -> WarcRecord:
    # Check one digest: the block digest covers the payload, and a second check takes as long again.
    header = _HEADER.match(raw)
    payload_digest = _PAYLOAD_DIGEST.search(header[0]) if header else None
    if header and payload_digest:
        raw = header[0][: payload_digest.start()] + header[0][payload_digest.end() :] + raw[header.end() :]
    stream = BytesIO(raw)
    record = _LOADER.parse_record_stream(
        stream, known_format="warc", no_record_parse=not is_whole, check_digests=is_whole
    )
    body = record.raw_stream.read()
    if any(problem.startswith("block digest failed") for problem in record.digest_checker.problems):
        raise ValueError("wrong block digest")
    if stream.read().strip():
        raise ValueError("truncated, or wrong Content-Length")

    def value_of(name: str) -> str:
        return str(record.rec_headers.get_header(name) or "").strip()

    kind, url, http = value_of("WARC-Type").lower(), value_of("WARC-Target-URI"), record.http_headers
    if kind not in _KINDS:
        raise ValueError(f"unknown WARC-Type {kind!r}" if kind != "continuation" else "a part of a segmented record")
    if kind not in NO_PAGES and not url:
        raise ValueError(f"a {kind} record without WARC-Target-URI")
    if kind == "response":
        _check_scheme(url)
    if kind == "response" and is_whole and not http and _URL_OF_PAGES.match(url):
        raise ValueError(f"{url}: a response record without HTTP headers")
    if kind not in NO_PAGES and (date := value_of("WARC-Date")) and not utc(date):
        raise ValueError(f"invalid WARC-Date {date!r}")
    digest = payload_digest[0].partition(b":")[2].decode("latin-1") if payload_digest else ""
    return WarcRecord(
        kind=kind,
        url=url,
        date=value_of("WARC-Date"),
        content_type=value_of("Content-Type"),
        start_line=f"{http.protocol} {http.statusline}" if http else "",
        headers=http.headers if http else (),
        body=body,
        id=value_of("WARC-Record-ID"),
        concurrent_to=tuple(
            value for name, value in record.rec_headers.headers if name.lower() == "warc-concurrent-to"
        ),
        truncated=bool(value_of("WARC-Truncated") or value_of("WARC-Segment-Number")),
        profile=value_of("WARC-Profile"),
        refers_to=value_of("WARC-Refers-To"),
        refers_to_url=value_of("WARC-Refers-To-Target-URI").strip("<>"),
        refers_to_date=value_of("WARC-Refers-To-Date"),
        payload_digest="".join(digest.split()) or value_of("WARC-Payload-Digest"),
    )


def _parse_arc(raw: bytes) -> WarcRecord:
    line, _, content = raw.partition(b"\n")
    fields = arc_fields(line)
    if not fields:
        raise ValueError("invalid first line of an ARC record")
    url = fields["url"].decode("utf-8", "surrogateescape").replace(" ", "%20")
    _check_scheme(url)
    content = content[: int(fields["length"])]
    kind = "response" if not url.startswith("filedesc:") else "warcinfo"
    record_type = fields["rest"].partition(b" ")[0].decode("latin-1")
    http, body = None, content
    if kind == "response" and _URL_OF_PAGES.match(url) and content.startswith(b"HTTP/"):
        stream = BytesIO(content)
        http = _LOADER.http_parser.parse(stream)
        body = stream.read()
    return WarcRecord(
        kind=kind if http or kind != "response" else "resource",  # HTTP 0.9 has no headers
        url=url,
        date=fields["date"].decode("ascii"),
        content_type="" if record_type in ("no-type", "-", "unk") else record_type,
        start_line=f"{http.protocol} {http.statusline}" if http else "",
        headers=http.headers if http else (),
        body=body,
    )


def _check_scheme(url: str) -> None:
    if not (_URL_OF_PAGES.match(url) or _OTHER_URL.match(url)):
        raise ValueError(f"{url}: unknown scheme")


def utc(date: str) -> datetime | None:
    """Return the time of a record (`WarcRecord.date`), with its time zone; None if it is absent or invalid."""
    digits = date if date.isdigit() else ""
    try:
        if digits:
            return datetime.fromisoformat(f"{digits[:8]}T{digits[8:14].ljust(6, '0')}+00:00")
        time = datetime.fromisoformat(date)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except ValueError:
        return None
