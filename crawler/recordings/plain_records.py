"""Find the bounds of uncompressed WARC and ARC records, in linear time, also if they are damaged on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from crawler.recordings.views import MAX_RECORD_SIZE, TOO_LARGE, View

MAX_HEADER_SIZE = 64 * 1024  # bytes of the header of a record
WARC = b"WARC/"
# A line that begins a record; `is_start` checks the rest of it.
LINE_START = re.compile(rb"\n(?:WARC/\d|https?:|filedesc:|dns:|ftps?:)")

# The first line of an ARC record, of version 1 or 2: URL, IP address, time, type, …, length of the content
# (https://archive.org/web/researcher/ArcFileFormat.php). URLs of some writers contain spaces.
_ARC_LINE = re.compile(rb"\A(?P<url>[a-zA-Z][a-zA-Z0-9+.-]*+:.*?) [^ ]*+ (?P<date>\d{8,17}+) ")
_NUMBER_AT_END = re.compile(rb" (\d{1,18})[ \t\r]*\Z")
_LENGTH = re.compile(rb"\ncontent-length:[ \t]*+(\d{1,18})[ \t]*+\r?\n", re.IGNORECASE)
_VERSION = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
# Ends of the header of a WARC record, and of the record: some writers end lines with LF alone.
_ENDS = (b"\r\n\r\n", b"\n\n")
_STEP = 65_536  # bytes of empty lines that are read at a time


class NotRecordError(ValueError):
    """Bytes that do not begin like a record."""


class ArcFields(NamedTuple):
    """The fields of the first line of an ARC record."""

    url: bytes
    date: bytes
    content_type: bytes
    length: int


def arc_fields(line: bytes) -> ArcFields | None:
    """Return the fields of the first line of an ARC record; None if it is another line."""
    tail = _NUMBER_AT_END.search(line, max(0, len(line) - 40))
    front = _ARC_LINE.match(line) if tail else None
    if not tail or not front or front.end() > tail.start(1):
        return None
    content_type = line[front.end() : tail.start(1)].partition(b" ")[0]
    return ArcFields(front["url"], front["date"], content_type, int(tail[1]))


def header_end(beginning: bytes) -> tuple[int, int]:
    """Return the offsets of the end of the fields of a WARC header, and of the content; -1 if it is not whole."""
    end = beginning.find(b"\r\n\r\n")
    if (short := beginning.find(b"\n\n", 0, end if end >= 0 else len(beginning))) >= 0:
        return short, short + 2
    return (end, end + 4) if end >= 0 else (-1, -1)


def content_end(beginning: bytes) -> int | None:
    """Return the offset of the end of the content of a record by its *beginning*; None if its header is not whole."""
    if not beginning.startswith(WARC):
        line, newline, _ = beginning.partition(b"\n")
        fields = arc_fields(line) if newline else None
        return len(line) + 1 + fields.length if fields else None
    _, start = header_end(beginning)
    length = _LENGTH.search(beginning, 0, start) if start >= 0 else None
    return start + int(length[1]) if length and _VERSION.match(beginning) else None


def split(view: View, offset: int = 0) -> Iterator[tuple[int, bytes | Exception]]:
    """Yield the offset and the bytes of each record from *offset* on; for a damaged one, the error.

    The search for the next record begins after the first byte of a damaged one: see `raw_records`.
    """
    bounds = PlainRecords(view)
    offset = empty_lines_end(view, offset)
    while view.read(offset, 1):
        try:
            raw, end = bounds.read(offset)
        except ValueError as error:
            yield offset, error
            while (offset := view.search(LINE_START, offset) + 1) and not is_start(view, offset):
                pass
            if not offset:
                return
        else:
            yield offset, ValueError(TOO_LARGE) if raw is None else raw
            view.release(end)
            offset = empty_lines_end(view, end)


def is_start(view: View, offset: int) -> bool:
    """Return whether the line at *offset* can begin a record."""
    if view.read(offset, len(WARC)) == WARC:
        return bool(_VERSION.match(view.read(offset, 16)))
    return arc_fields(_line(view, offset)) is not None


def is_separator(data: bytes) -> bool:
    """Return whether *data*, after the content of a WARC record, are its two line ends, or the first bytes of them."""
    return any(end.startswith(data) for end in _ENDS)


def empty_lines_end(view: View, offset: int) -> int:
    """Return the offset of the first byte from *offset* on that is not of an empty line: some writers add more."""
    size = 1  # usually, a record follows
    while data := view.read(offset, size):
        rest = data.lstrip(b"\r\n")
        offset += len(data) - len(rest)
        if rest:
            break
        size = _STEP
    return offset


def begins_record(beginning: bytes) -> bool:
    """Return whether the first bytes of a member or a file begin a record."""
    return bool(_VERSION.match(beginning) or arc_fields(beginning.partition(b"\n")[0]))


class PlainRecords:
    """Reads single records of *view*. The offsets must increase."""

    def __init__(self, view: View) -> None:
        self._view = view
        # For each end of a header: its next offset, or -1, and the offset up to which the search found no earlier one.
        self._ends = dict.fromkeys(_ENDS, (-1, 0))

    def read(self, offset: int) -> tuple[bytes | None, int]:
        """Return the record at *offset*, None if it is too large, and the offset of the next one.

        Raises ValueError if it is damaged; the message is the reason.
        """
        view = self._view
        if view.read(offset, len(WARC)) == WARC:
            start, length = self._warc_header(offset)
            end = start + length
            after = view.peek(end, 4)
            if not after and length and not view.peek(end - 1, 1):
                raise ValueError("truncated: the data end in this record, or its Content-Length is wrong")
            separator = next((each for each in _ENDS if after.startswith(each)), after)
            if not is_separator(separator):
                raise ValueError("truncated, or wrong Content-Length: no empty lines follow the record")
            end += len(separator)
        else:
            start, length = self._arc_header(offset)
            end = start + length
            after = view.peek(end, 4)
            if not after and length and not view.peek(end - 1, 1):
                raise ValueError("truncated: the data end in this record, or its length is wrong")
            # Some writers count the newline of the first record, which describes the file, as content.
            if after and after[:1] not in b"\r\n" and not is_start(view, end):
                raise ValueError("truncated, or wrong length: no newline follows the record")
            end += len(after) - len(after.lstrip(b"\r\n"))
        return (view.read(offset, end - offset) if end - offset <= MAX_RECORD_SIZE else None), end

    def _warc_header(self, offset: int) -> tuple[int, int]:
        """Return the offset of the content and its length."""
        limit = offset + MAX_HEADER_SIZE
        found = [(position, end) for end in _ENDS if (position := self._next(end, offset, limit)) >= 0]
        # Check for a nested start first: it keeps the time linear in a file that consists of starts.
        if not found or self._view.find(b"\n" + WARC, offset, min(found)[0]) >= 0:
            raise ValueError("a WARC header without an end")
        position, end = min(found)
        header = self._view.read(offset, position + len(end) - offset)
        if not _VERSION.match(header):
            raise ValueError(f"invalid version of a WARC record: {header[:16].decode('latin-1')!r}")
        if not (length := _LENGTH.search(header)):
            raise ValueError("a WARC header without a valid Content-Length")
        return position + len(end), int(length[1])

    def _next(self, pattern: bytes, offset: int, limit: int) -> int:
        """Return the next offset of *pattern* before *limit*, -1 if none is. No byte is searched twice."""
        found, searched = self._ends[pattern]
        if found < offset:
            start = max(offset, searched)
            found = self._view.find(pattern, start, limit) if start < limit else -1
            self._ends[pattern] = found, found + 1 if found >= 0 else max(searched, limit - len(pattern) + 1)
        return found if found + len(pattern) <= limit else -1

    def _arc_header(self, offset: int) -> tuple[int, int]:
        """Return the offset of the content and its length."""
        line = _line(self._view, offset)
        if not (fields := arc_fields(line)):
            raise NotRecordError("no header of a WARC or ARC record")
        return offset + len(line) + 1, fields.length


def _line(view: View, offset: int) -> bytes:
    """Return the line at *offset* without its end; b"" if it is too long."""
    end = view.find(b"\n", offset, offset + MAX_HEADER_SIZE)
    return view.read(offset, end - offset) if end >= 0 else b""
