"""Convert a record of an archive to a page: headers, transfer coding, content codings."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress_stored
from crawler.reading.page import Page
from crawler.recordings.views import MAX_RECORD_SIZE
from crawler.recordings.warc import WarcRecord, utc

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]{0,9}+(?:;[^\r\n]{0,100}+)?\r?\n")


class InvalidPageError(ValueError):
    """A record whose content is not a page."""


def to_page(record: WarcRecord, label: str) -> Page:
    """Return the page of a response or resource record; *label* is its `Page.record`.

    The page has the method "GET" and no request body: request records are separate. Raises `InvalidPageError`.
    """
    headers = _joined(record)
    time = utc(record.date)
    try:
        body, is_cut = record.body, False
        if "chunked" in headers.pop("transfer-encoding", "").lower():
            body, is_cut = _dechunk(body)
        return Page(
            url=record.url,
            body=decompress_stored(body, headers.pop("content-encoding", ""), MAX_RECORD_SIZE),
            status=int(record.start_line.split()[1]) if record.start_line else 200,
            headers=headers,
            fetched_at=time.isoformat(timespec="seconds") if time else "",
            record=label,
            truncated=record.truncated or is_cut,
        )
    except (DecompressionError, BodyTooLargeError, ValueError, LookupError) as error:
        raise InvalidPageError(f"{record.url}: {error}") from error


def revisited_page(revisit: WarcRecord, original: Page, label: str) -> Page:
    """Return the page of a revisit record: its headers with the body of the *original*.

    The original's headers apply if the revisit has none, and if the server answered "304 Not Modified", which describes
    no body.
    """
    page = to_page(replace(revisit, body=b""), label)
    is_new = bool(revisit.start_line) and page.status != 304
    return replace(
        original,
        url=page.url,
        status=page.status if is_new else original.status,
        headers=page.headers if is_new else {**original.headers, **_without_body(page.headers)},
        fetched_at=page.fetched_at,
        record=label,
        truncated=original.truncated or page.truncated,
    )


def _without_body(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("content-")}


def _joined(record: WarcRecord) -> dict[str, str]:
    """Return the HTTP headers by name in lower case; those of a resource, which has none, from its record."""
    if not record.start_line:
        return {"content-type": record.content_type} if record.content_type and record.kind == "resource" else {}
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in record.headers:
        values[name.lower()].append(value)
    return {name: ", ".join(found) for name, found in values.items()}


def _dechunk(body: bytes) -> tuple[bytes, bool]:
    """Remove the chunked transfer coding (RFC 9112, section 7.1). Returns the body, and whether it is truncated.

    A body without chunks stays unchanged: some archivers remove them and keep the Transfer-Encoding header. Raises
    ValueError if a chunk after the first one is invalid.
    """
    parts: list[bytes] = []
    position = 0
    while position < len(body):
        head = _CHUNK.match(body, position)
        size = int(head[1], 16) if head else 0
        end = head.end() + size if head else 0
        newline = body[end : end + 2]
        is_valid = head and (not size or end >= len(body) or newline == b"\r\n" or newline[:1] == b"\n")
        if not is_valid:
            if not parts:
                return body, False
            raise ValueError(f"invalid chunk at byte {position} of the body")
        assert head
        if not size:
            return b"".join(parts), False
        parts.append(body[head.end() : end])
        position = end + (2 if newline == b"\r\n" else 1)
    return b"".join(parts), bool(body)
