"""Read and search bytes with bounded memory: a range of a file, or the output of a decompressor."""

from __future__ import annotations

import os
import re
from typing import BinaryIO, Protocol

MAX_RECORD_SIZE = 64 * 1024 * 1024  # bytes, decompressed; archives of other tools also hold videos
WINDOW = 256 * 1024  # bytes of a file in memory, besides the current record

_MAX_RATIO = 64  # of decompressed to compressed bytes in a record over MAX_RECORD_SIZE; a higher one is an attack
_STEP = 1024 * 1024  # bytes of a stream that are searched at a time
TOO_LARGE = f"more than {MAX_RECORD_SIZE} bytes"


class DamagedDataError(Exception):
    """Compressed data that cannot be read.

    `end`: the offset in the file up to which they were read without error. `work`: the cost of reading them, in bytes.
    """

    def __init__(self, reason: str, end: int, work: int) -> None:
        super().__init__(reason)
        self.end = end
        self.work = work


class View(Protocol):
    """Bytes that are read and searched by their offset. Offsets that are read must not decrease by much."""

    def read(self, offset: int, size: int) -> bytes:
        """Return *size* bytes from *offset* on; fewer at the end."""

    def peek(self, offset: int, size: int) -> bytes:
        """As `read`, for a few bytes at a distant offset: the next read is at a lower one."""

    def find(self, pattern: bytes, start: int, end: int) -> int:
        """Return the offset of the first *pattern* that is completely between *start* and *end*; -1 if none is."""

    def search(self, pattern: re.Pattern[bytes], start: int) -> int:
        """Return the offset of the first match of *pattern*, of 16 bytes at most, from *start* on; -1 if none is."""

    def release(self, offset: int) -> None:
        """Note that a record ends at *offset*: no byte before it is read again."""


class FileView:
    """The *size* bytes of *file* from *start* on (default: to its end). Reads through a window of bounded size."""

    def __init__(self, file: BinaryIO, start: int = 0, size: int | None = None) -> None:
        self._file, self._base = file, start
        self._start, self._data = 0, b""  # the window
        available = max(0, os.fstat(file.fileno()).st_size - start)
        self.size = available if size is None else min(size, available)

    def read(self, offset: int, size: int) -> bytes:
        size = min(size, self.size - offset)
        if size <= 0:
            return b""
        if size > WINDOW:
            self._file.seek(self._base + offset)
            return self._file.read(size)
        self._move(offset, size)
        return self._data[offset - self._start : offset - self._start + size]

    def peek(self, offset: int, size: int) -> bytes:
        size = min(size, self.size - offset)
        return os.pread(self._file.fileno(), size, self._base + offset) if size > 0 else b""

    def find(self, pattern: bytes, start: int, end: int) -> int:
        end = min(end, self.size)
        while start + len(pattern) <= end:
            self._move(start, len(pattern))
            found = self._data.find(pattern, start - self._start, max(0, end - self._start))
            if found >= 0:
                return self._start + found
            if len(self._data) < len(pattern):
                break
            start = self._start + len(self._data) - len(pattern) + 1
        return -1

    def search(self, pattern: re.Pattern[bytes], start: int) -> int:
        while start < self.size:
            self._move(start, min(16, self.size - start))
            if match := pattern.search(self._data, start - self._start):
                return self._start + match.start()
            if (end := self._start + len(self._data)) >= self.size or end <= start:
                break
            start = max(start + 1, end - 15)
        return -1

    def release(self, offset: int) -> None:
        pass

    def _move(self, offset: int, size: int) -> None:
        if not self._start <= offset <= offset + size <= self._start + len(self._data):
            self._file.seek(self._base + offset)
            self._start, self._data = offset, self._file.read(min(WINDOW, self.size - offset))


class Chunks(Protocol):
    """Decompressed bytes in pieces."""

    @property
    def position(self) -> int:
        """The offset up to which compressed bytes were read."""

    def read(self) -> bytes | None:
        """Return the next piece, None at the end. Raises `DamagedDataError`."""


class StreamView:
    """The bytes of *chunks*, after the pieces *first*, which were read before.

    Keeps the bytes from the last released offset on, but not more than a record of `MAX_RECORD_SIZE`: in larger ones,
    the earlier bytes are dropped. All methods raise `DamagedDataError`.
    """

    def __init__(self, chunks: Chunks, first: bytes, position: int) -> None:
        self._chunks = chunks
        self._start, self._data = 0, bytearray(first)
        self.released = 0  # the last released offset
        self._released_position = position

    def read(self, offset: int, size: int) -> bytes:
        self._fill(offset + size)
        if offset < self._start:
            return b""
        return bytes(memoryview(self._data)[offset - self._start : offset - self._start + size])

    def peek(self, offset: int, size: int) -> bytes:
        return self.read(offset, size)

    def find(self, pattern: bytes, start: int, end: int) -> int:
        start = max(start, self._start)
        self._fill(end)
        found = self._data.find(pattern, max(start, self._start) - self._start, max(0, end - self._start))
        return self._start + found if found >= 0 else -1

    def search(self, pattern: re.Pattern[bytes], start: int) -> int:
        start = max(start, self._start)
        while True:
            is_over = self._fill(start + _STEP)
            start = max(start, self._start)
            if match := pattern.search(self._data, start - self._start):
                return self._start + match.start()
            if is_over:
                return -1
            start = max(start, self._start + len(self._data) - 15)
            self._drop(start)

    def release(self, offset: int) -> None:
        self.released, self._released_position = offset, self._chunks.position
        if offset - self._start > _STEP:
            self._drop(offset)

    def _fill(self, end: int) -> bool:
        """Read up to the offset *end*. Returns whether the stream ends before it."""
        while self._start + len(self._data) < end:
            chunk = self._chunks.read()
            if chunk is None:
                return True
            self._data += chunk
            if len(self._data) > MAX_RECORD_SIZE + 2 * _STEP:
                self._drop(self._start + len(self._data) - _STEP)
        return False

    def _drop(self, offset: int) -> None:
        """Drop the bytes before *offset*. Raises `DamagedDataError` if they are a decompression bomb."""
        del self._data[: offset - self._start]
        self._start = offset
        size, position = offset - self.released, self._chunks.position
        if size > MAX_RECORD_SIZE and size > _MAX_RATIO * (position - self._released_position):
            raise DamagedDataError(TOO_LARGE, position, size // 8)
