"""Parse the records of WARC files (ISO 28500, versions 0.17 to 1.1) and of ARC files (versions 1 and 2)."""

from __future__ import annotations

import hashlib
import re
from base64 import b16encode, b32encode, b64encode, urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from warcio.recordloader import ArcWarcRecordLoader

from crawler.recordings.plain_records import WARC, arc_fields, header_end

# Types of records that contain no page.
NO_PAGES = frozenset({"warcinfo", "request", "metadata", "conversion"})

_VERSIONS = (b"WARC/0.17", b"WARC/0.18", b"WARC/1.0", b"WARC/1.1")
_TYPE = re.compile(rb"\n(?:WARC-Type|warc-type):[ \t]*+([\w-]++)[ \t]*+\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_DIGESTS = ("md5", "sha1", "sha256", "sha384", "sha512")
_KINDS = NO_PAGES | {"response", "resource", "revisit"}
_HTTP_KINDS = ("response", "request", "revisit")
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
    end, start = header_end(raw)
    kind = _TYPE.search(raw, 0, end)
    if kind and kind[1].decode("latin-1") in skip:  # the usual case
        return None
    fields = _fields(raw[:end])
    content = raw[start : start + int(fields["content-length"].partition("\n")[0])]
    return _parse_warc(fields, content, is_whole) if fields.get("warc-type", "").lower() not in skip else None


def _fields(header: bytes) -> dict[str, str]:
    """Return the fields of a WARC header, by name in lower case. Raises ValueError.

    Of a field that is repeated, the values are separated by newlines. A line that begins with a blank continues the one
    before it.
    """
    version, _, rest = header.partition(b"\n")
    if version.strip() not in _VERSIONS:
        raise ValueError(f"invalid WARC header: {header[:16].decode('latin-1')!r}")
    try:
        text = rest.decode()
    except UnicodeDecodeError:
        text = rest.decode("latin-1")
    if _FOLD.search(text):
        text = _FOLD.sub(" ", text)
    fields: dict[str, str] = {}
    for line in text.split("\n"):
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    return fields


def _parse_warc(fields: Mapping[str, str], content: bytes, is_whole: bool) -> WarcRecord:
    kind = fields.get("warc-type", "").lower()
    if kind not in _KINDS:
        raise ValueError(f"unknown WARC-Type {kind!r}" if kind != "continuation" else "a part of a segmented record")
    value_of = fields.get
    # Check one digest: the block digest covers the payload, and a second check takes as long again.
    if is_whole and (digest := value_of("warc-block-digest")):
        _check_digest(digest, content)
    url, date = value_of("warc-target-uri", "").strip("<>").replace(" ", "%20"), value_of("warc-date", "")
    http, body = None, content
    if is_whole and kind in _HTTP_KINDS and content and _URL_OF_PAGES.match(url):
        stream = BytesIO(content)
        parser = _LOADER.http_req_parser if kind == "request" else _LOADER.http_parser
        with suppress(EOFError):
            http = parser.parse(stream)
        body = stream.read()
    if kind not in NO_PAGES:
        if not url:
            raise ValueError(f"a {kind} record without WARC-Target-URI")
        if date and not utc(date):
            raise ValueError(f"invalid WARC-Date {date!r}")
        if kind == "response":
            _check_scheme(url)
            if is_whole and not http and _URL_OF_PAGES.match(url):
                raise ValueError(f"{url}: a response record without HTTP headers")
    return WarcRecord(
        kind=kind,
        url=url,
        date=date,
        content_type=value_of("content-type", ""),
        start_line=f"{http.protocol} {http.statusline}" if http else "",
        headers=http.headers if http else (),
        body=body,
        id=value_of("warc-record-id", ""),
        concurrent_to=tuple(value_of("warc-concurrent-to", "").split()),
        truncated="warc-truncated" in fields or "warc-segment-number" in fields,
        profile=value_of("warc-profile", ""),
        refers_to=value_of("warc-refers-to", ""),
        refers_to_url=value_of("warc-refers-to-target-uri", "").strip("<>").replace(" ", "%20"),
        refers_to_date=value_of("warc-refers-to-date", ""),
        payload_digest="".join(value_of("warc-payload-digest", "").split()),
    )


def _check_digest(digest: str, content: bytes) -> None:
    """Raise ValueError if *digest* ("sha1:…", in base 16, 32 or 64) is not the one of *content*. Others are ignored."""
    algorithm, _, expected = digest.partition(":")
    expected = expected.strip().rstrip("=")
    if algorithm.lower() in _DIGESTS:
        actual = hashlib.new(algorithm.lower(), content, usedforsecurity=False).digest()
        forms = (b32encode(actual).rstrip(b"="), b16encode(actual))
        if expected.upper().encode() not in forms and expected.encode() not in (
            encode(actual).rstrip(b"=") for encode in (b64encode, urlsafe_b64encode)
        ):
            raise ValueError("wrong block digest")


def _parse_arc(raw: bytes) -> WarcRecord:
    line, _, content = raw.partition(b"\n")
    fields = arc_fields(line)
    if not fields:
        raise ValueError("invalid first line of an ARC record")
    url = fields.url.decode("utf-8", "surrogateescape").replace(" ", "%20")
    _check_scheme(url)
    content = content[: fields.length]
    kind = "response" if not url.startswith("filedesc:") else "warcinfo"
    record_type = fields.content_type.decode("latin-1")
    http, body = None, content
    if kind == "response" and _URL_OF_PAGES.match(url) and content.startswith(b"HTTP/"):
        stream = BytesIO(content)
        http = _LOADER.http_parser.parse(stream)
        body = stream.read()
    return WarcRecord(
        kind=kind if http or kind != "response" else "resource",  # HTTP 0.9 has no headers
        url=url,
        date=fields.date.decode("ascii"),
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
