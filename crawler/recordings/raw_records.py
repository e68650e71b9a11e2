"""Split an archive into records, in linear time and with flat memory, also if it is damaged on purpose.

An archive is a sequence of gzip members, zstd frames and uncompressed records, in any order. A member contains one
record, several, or a part of one (BGZF).

After a damaged record, the next possible record is searched in the bytes after its first one, because a truncated
record may be followed by a complete one at any position. A file can contain many starts of records within each other.
Therefore the work for bytes that were read before is limited (see `raw_records`).
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from typing import NamedTuple

from crawler.recordings.members import BGZF_END, GZIP, SKIPPABLE, ZSTD, Dictionaries, Member, first_bytes
from crawler.recordings.plain_records import (
    LINE_START,
    MAX_HEADER_SIZE,
    WARC,
    NotRecordError,
    PlainRecords,
    begins_record,
    content_end,
    empty_lines_end,
    is_separator,
    is_start,
    split,
)
from crawler.recordings.views import MAX_RECORD_SIZE, TOO_LARGE, WINDOW, DamagedDataError, FileView, StreamView

# Limit of the work for bytes that were read before, in bytes: a constant, and for each byte of the file.
_FREE_WORK, _WORK_PER_BYTE = 32 * 1024 * 1024, 16
_STARTS = re.compile(rb"\x1f\x8b\x08|\x28\xb5\x2f\xfd|" + LINE_START.pattern)
_EMPTY_LINES = 4  # bytes after each WARC record, at most
_BEGINNING = 4096  # bytes of a member, compressed and decompressed, that show whether it begins with a record


class Position(NamedTuple):
    """A place in an archive: the byte offset of a record, or of its member and the offset in the decompressed bytes."""

    offset: int
    inner: int = 0
    dictionary: int = -1  # offset of the zstd dictionary of the member; -1 without one

    def __str__(self) -> str:
        return f"{self.offset}+{self.inner}" if self.inner else str(self.offset)


RawRecord = tuple[Position, bytes | Exception]


class _DamagedMember(Exception):
    """A member that cannot be read. *position* is the one of the record, *offset* the one of the member."""

    def __init__(self, position: Position, offset: int, error: DamagedDataError) -> None:
        super().__init__(str(error))
        self.position, self.offset, self.error = position, offset, error


def raw_records(view: FileView, dictionaries: Dictionaries, offset: int = 0) -> Iterator[RawRecord]:
    """Yield the position of each record from *offset* on, and its decompressed bytes; for a damaged one, the error.

    A record over `MAX_RECORD_SIZE` counts as damaged. *dictionaries* are those before *offset*; later ones are added.
    If the work for bytes that earlier damaged members contained exceeds its limit, the search for the next member
    continues after these bytes: then complete members within them are lost. Raises OSError.
    """
    plain = PlainRecords(view)
    damaged_end, repeated_work = 0, 0
    while 0 <= offset < view.size:
        head = view.read(offset, 4)
        try:
            if head[:3] == GZIP or head == ZSTD:
                offset = yield from _member_records(view, offset, dictionaries)
            elif SKIPPABLE.match(head):
                offset = dictionaries.read_frame(view, offset)
            elif offset and head[:1] in (b"\r", b"\n"):
                offset = empty_lines_end(view, offset)
            else:
                raw, end = plain.read(offset)
                yield Position(offset), ValueError(TOO_LARGE) if raw is None else raw
                offset = end
        except _DamagedMember as damaged:
            yield damaged.position, damaged.error
            if damaged.offset < damaged_end:
                repeated_work += damaged.error.work
            damaged_end = max(damaged_end, damaged.error.end)
            is_over = repeated_work > _FREE_WORK + _WORK_PER_BYTE * view.size
            offset = find_start(view, max(damaged.offset + 1, damaged_end if is_over else 0), dictionaries)
        except ValueError as error:
            found = find_start(view, offset + 1, dictionaries)
            is_gap = isinstance(error, NotRecordError)
            yield Position(offset), _gap(view, offset, found if found >= 0 else view.size) if is_gap else error
            offset = found


def member_bytes(view: FileView, dictionaries: Dictionaries, offset: int) -> Iterator[bytes]:
    """Yield the decompressed bytes of the member at *offset* and those that continue it, up to the first damage."""
    members = _Members(view, Member(view, offset, dictionaries), dictionaries)
    with suppress(DamagedDataError):
        while (chunk := members.read()) is not None:
            yield chunk


def _member_records(view: FileView, offset: int, dictionaries: Dictionaries) -> Generator[RawRecord, None, int]:
    """Yield the records in the member at *offset*, and in those that continue it. Returns the offset of the next one.

    Raises `_DamagedMember`.
    """
    member = Member(view, offset, dictionaries)
    members: _Members | None = None
    inner = 0  # offset of the current record
    dictionary = dictionaries.offset_before(offset)
    try:
        raw = member.read() or b""
        while (end := content_end(raw)) is None and len(raw) < MAX_HEADER_SIZE and (chunk := member.read()) is not None:
            raw += chunk
        if end is not None and end <= MAX_RECORD_SIZE:
            chunks, size, chunk = [raw], len(raw), b""
            while size <= end + _EMPTY_LINES and (chunk := member.read()) is not None:
                chunks.append(chunk)
                size += len(chunk)
            raw = b"".join(chunks)
            if chunk is None and size >= end and _is_end(raw, end):  # the usual case: one record in a member
                yield Position(offset, 0, dictionary), raw
                return member.end
        if not raw and member.read() is None:
            if view.read(offset, len(BGZF_END)) != BGZF_END:
                yield Position(offset), ValueError("an empty member, without a record")
            return member.end
        members = _Members(view, member, dictionaries)
        stream = StreamView(members, raw, offset)
        for inner, record in split(stream):
            yield Position(offset, inner, dictionary), record
            inner = stream.released
        return members.current.end
    except DamagedDataError as error:
        member = members.current if members else member
        raise _DamagedMember(Position(offset, inner, dictionary), member.offset, error) from error


def _is_end(raw: bytes, end: int) -> bool:
    """Return whether only the newlines that separate records follow the content, which ends at *end*."""
    rest = raw[end:]
    return is_separator(rest) if raw.startswith(WARC) else not rest.strip(b"\r\n")


class _Members:
    """The decompressed bytes of *first* and of the members after it, up to the next one that begins a record."""

    def __init__(self, view: FileView, first: Member, dictionaries: Dictionaries) -> None:
        self._view, self._dictionaries = view, dictionaries
        self.current = first
        self._is_over = False

    @property
    def position(self) -> int:
        return self.current.position

    def read(self) -> bytes | None:
        while not self._is_over:
            if (chunk := self.current.read()) is not None:
                return chunk
            offset = self.current.end
            first = _first_bytes(self._view, offset, self._dictionaries)
            if not first or begins_record(first):
                self._is_over = True
            else:
                self.current = Member(self._view, offset, self._dictionaries)
        return None


def _first_bytes(view: FileView, offset: int, dictionaries: Dictionaries) -> bytes:
    return first_bytes(view.read(offset, _BEGINNING), _BEGINNING, dictionaries.before(offset))


def find_start(view: FileView, offset: int, dictionaries: Dictionaries) -> int:
    """Return the offset of the next record or member that begins with one, from *offset* on; -1 if none follows."""
    while (offset := view.search(_STARTS, offset)) >= 0:
        if view.read(offset, 1) == b"\n":
            if is_start(view, offset + 1):
                return offset + 1
        elif begins_record(_first_bytes(view, offset, dictionaries)):
            return offset
        offset += 1
    return -1


def _gap(view: FileView, start: int, end: int) -> ValueError:
    """Return the error for bytes that are not a record."""
    position = start
    while position < end and not (data := view.read(position, min(WINDOW, end - position))).strip(b"\0"):
        position += len(data)
    place = "after the last record" if end == view.size and start else "instead of a record"
    return ValueError(f"{end - start} {'bytes of zeros (padding)' if position >= end else 'unknown bytes'} {place}")
