"""Split a WARC file into records, in linear time and with flat memory, also if it is damaged on purpose.

After a damaged record, the next possible record is searched in the bytes after its first one, because a truncated
record may be followed by a complete one at any position. A file can contain many starts of records within each other.
Therefore the work for bytes that were read before is limited (see `_gzip_records`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

try:
    # A third of zlib's time; decompression takes half of the time to read an archive.
    from isal import isal_zlib as zlib
except ImportError:
    import zlib  # type: ignore[no-redef]

ZLIB_ERROR: Any = zlib.error  # isal declares an instance
MAX_RECORD_SIZE = 64 * 1024 * 1024  # bytes, decompressed; archives of other tools also hold videos
MAX_HEADER_SIZE = 64 * 1024  # bytes of the WARC header of an uncompressed record
GZIP, PLAIN = b"\x1f\x8b\x08", b"WARC/1."
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*+(\d++)", re.IGNORECASE)

_WINDOW = 256 * 1024  # bytes of the file in memory, besides the current record
_FIRST_CHUNK, _CHUNK = 4 * 1024, 32 * 1024  # bytes that are decompressed at a time; most records are small
_MAX_RATIO = 64  # of decompressed to compressed bytes in a record over MAX_RECORD_SIZE; a higher one is an attack
# Limit of the work for bytes that were read before, in bytes: a constant, and for each byte of the file.
_FREE_WORK, _WORK_PER_BYTE = 32 * 1024 * 1024, 16
_TOO_LARGE = f"more than {MAX_RECORD_SIZE} bytes"


class _Damaged(Exception):
    """A gzip member that cannot be read. `end`: up to where its bytes were read without error. `work`: in bytes."""

    def __init__(self, reason: str, end: int, work: int) -> None:
        super().__init__(reason)
        self.end = end
        self.work = work


class _Window:
    """Read and search a file through a window of bounded size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._start, self._data = 0, b""
        self.size = os.fstat(file.fileno()).st_size

    def read(self, offset: int, size: int) -> bytes:
        """Return *size* bytes from *offset* on; fewer at the end of the file."""
        if size > _WINDOW:
            self._file.seek(offset)
            return self._file.read(size)
        self._move(offset, size)
        return self._data[offset - self._start : offset - self._start + size]

    def peek(self, offset: int, size: int) -> bytes:
        """As `read`, without moving the window: for a few bytes at a distant offset."""
        return os.pread(self._file.fileno(), size, offset) if offset < self.size else b""

    def find(self, pattern: bytes, start: int, end: int) -> int:
        """Return the offset of the first *pattern* that is completely between *start* and *end*; -1 if none is."""
        while start + len(pattern) <= end:
            self._move(start, len(pattern))
            found = self._data.find(pattern, start - self._start, max(0, end - self._start))
            if found >= 0:
                return self._start + found
            if len(self._data) < len(pattern):
                break
            start = self._start + len(self._data) - len(pattern) + 1
        return -1

    def _move(self, offset: int, size: int) -> None:
        if not self._start <= offset <= offset + size <= self._start + len(self._data):
            self._file.seek(offset)
            self._start, self._data = offset, self._file.read(_WINDOW)


def raw_records(file: BinaryIO, offset: int) -> Iterator[tuple[int, bytes | Exception]]:
    """Yield the byte offset of each record from *offset* on, and its decompressed bytes; for a damaged one, the error.

    A record over `MAX_RECORD_SIZE` counts as damaged. Raises OSError.
    """
    window = _Window(file)
    split = _gzip_records if window.read(0, len(GZIP)) == GZIP else _plain_records
    yield from split(window, offset)


# Compressed ---------------------------------------------------------------------------------------------------------


def _gzip_records(window: _Window, offset: int) -> Iterator[tuple[int, bytes | Exception]]:
    """Yield the members of a gzip file.

    If the work for bytes that earlier damaged members contained exceeds its limit, the search for the next member
    continues after these bytes: then complete members within them are lost.
    """
    damaged_end, repeated_work = 0, 0
    while 0 <= offset < window.size:
        try:
            raw, end = _read_member(window, offset)
        except _Damaged as error:
            yield offset, error
            if offset < damaged_end:
                repeated_work += error.work
            damaged_end = max(damaged_end, error.end)
            is_over = repeated_work > _FREE_WORK + _WORK_PER_BYTE * window.size
            offset = _find_member(window, max(offset + 1, damaged_end) if is_over else offset + 1)
        else:
            yield offset, ValueError(_TOO_LARGE) if raw is None else raw
            offset = end


def _read_member(window: _Window, offset: int) -> tuple[bytes | None, int]:
    """Return the decompressed member at *offset*, None if it is too large, and the offset of the next one."""
    decompressor = zlib.decompressobj(wbits=31)
    chunks: list[bytes] = []
    size, position, chunk_size = 0, offset, _FIRST_CHUNK
    while not decompressor.eof:
        compressed = window.read(position, chunk_size)
        reason = "" if compressed else "truncated"
        try:
            chunk = decompressor.decompress(compressed)
        except ZLIB_ERROR as error:
            reason = str(error)
        if reason:
            raise _Damaged(reason, position, max(position + chunk_size - offset, size // 8))
        position, chunk_size = position + len(compressed), _CHUNK
        size += len(chunk)
        if size <= MAX_RECORD_SIZE:
            chunks.append(chunk)
            continue
        chunks.clear()
        if size > _MAX_RATIO * (position - offset):
            raise _Damaged(_TOO_LARGE, position, size // 8)
    raw = b"".join(chunks) if size <= MAX_RECORD_SIZE else None
    return raw, position - len(decompressor.unused_data)


def _find_member(window: _Window, offset: int) -> int:
    """Return the offset of the next member from *offset* on that begins like a WARC record; -1 at the end."""
    while (offset := window.find(GZIP, offset, window.size)) >= 0:
        with_start = zlib.decompressobj(wbits=31)
        try:
            if with_start.decompress(window.read(offset, _FIRST_CHUNK), len(PLAIN)) == PLAIN:
                return offset
        except ZLIB_ERROR:
            pass
        offset += 1
    return -1


# Uncompressed -------------------------------------------------------------------------------------------------------


def _plain_records(window: _Window, offset: int) -> Iterator[tuple[int, bytes | Exception]]:
    """Yield the records of an uncompressed file."""
    searched = 0  # up to this offset, no empty line follows the current one
    while 0 <= offset < window.size:
        limit = min(offset + MAX_HEADER_SIZE, window.size)
        empty_line = window.find(b"\r\n\r\n", max(offset, searched), limit)
        searched = empty_line if empty_line >= 0 else max(searched, limit - 3)
        try:
            raw, end = _read_plain(window, offset, empty_line)
        except ValueError as error:
            yield offset, error
            found = window.find(b"\n" + PLAIN, offset + 1, window.size)
            offset = found + 1 if found >= 0 else -1
        else:
            yield offset, ValueError(_TOO_LARGE) if raw is None else raw
            offset = end


def _read_plain(window: _Window, offset: int, empty_line: int) -> tuple[bytes | None, int]:
    """Return the record at *offset*, None if it is too large, and the offset of the next one. Raises ValueError.

    *empty_line* is the offset of the first empty line, -1 if the header would be too large.
    """
    # Check for a nested start first: it keeps the time linear in a file that consists of starts.
    is_header = empty_line >= 0 and window.find(b"\n" + PLAIN, offset, empty_line) < 0
    header = window.read(offset, empty_line - offset) if is_header else b""
    length = LENGTH.search(header)
    if not header.startswith(PLAIN) or not length:
        raise ValueError("no WARC header with a Content-Length")
    end = empty_line + 4 + int(length[1])
    if window.peek(end, 4) != b"\r\n\r\n":
        raise ValueError("truncated, or wrong Content-Length")
    return (window.read(offset, end + 4 - offset) if end - offset <= MAX_RECORD_SIZE else None), end + 4
