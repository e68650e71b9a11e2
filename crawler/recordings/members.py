"""Decompress the members of a gzip file and the frames of a zstd file, piece by piece."""

from __future__ import annotations

import re
import sys
from typing import Any

from crawler.recordings.views import DamagedDataError, FileView

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

try:
    # A third of zlib's time; decompression takes half of the time to read an archive.
    from isal import isal_zlib as zlib
except ImportError:
    import zlib  # type: ignore[no-redef]

ZLIB_ERROR: Any = zlib.error  # isal declares an instance
GZIP, ZSTD = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")
# The last member of a BGZF file, which is empty (SAM specification, section 4.1.2).
BGZF_END = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0"

_DICTIONARY = b"\x5d\x2a\x4d\x18"  # of the skippable frame with the dictionary of a WARC file (IIPC, WARC-Zstd 1.0)
_MAX_DICTIONARY = 32 * 1024 * 1024  # bytes
_FIRST_CHUNK, _CHUNK = 4 * 1024, 32 * 1024  # bytes that are decompressed at a time; most records are small
_MAX_OUTPUT = 1024 * 1024  # bytes that zstd returns at a time: 4 bytes of its input can be 128 kB of output


class Dictionaries:
    """The zstd dictionaries in a file: each applies to the frames after it."""

    def __init__(self) -> None:
        self._found: dict[int, zstd.ZstdDict] = {}  # offset of the frame -> dictionary

    def offset_before(self, offset: int) -> int:
        """Return the offset of the frame with the dictionary that applies at *offset*; -1 without one."""
        return max((each for each in self._found if each < offset), default=-1) if self._found else -1

    def before(self, offset: int) -> zstd.ZstdDict | None:
        """Return the dictionary of the frame at *offset*."""
        return self._found.get(self.offset_before(offset))

    def read_frame(self, view: FileView, offset: int) -> int:
        """Read the skippable frame at *offset*, and return the offset of the next one. Raises ValueError."""
        head = view.read(offset, 8)
        size = int.from_bytes(head[4:], "little")
        end = offset + 8 + size
        if len(head) < 8 or end > view.size:
            raise ValueError("truncated: the file ends in a skippable frame of zstd")
        if head[:4] == _DICTIONARY and offset not in self._found:
            if size > _MAX_DICTIONARY:
                raise ValueError(f"a zstd dictionary of more than {_MAX_DICTIONARY} bytes")
            self._found[offset] = _dictionary(view.read(offset + 8, size))
        return end


def _dictionary(content: bytes) -> zstd.ZstdDict:
    try:
        if content.startswith(ZSTD):
            decompressor = zstd.ZstdDecompressor()
            content = decompressor.decompress(content, _MAX_DICTIONARY)
            if not decompressor.eof:
                raise ValueError(f"a zstd dictionary that is truncated, or has more than {_MAX_DICTIONARY} bytes")
        dictionary = zstd.ZstdDict(content, is_raw=not content.startswith(b"\x37\xa4\x30\xec"))
        zstd.ZstdDecompressor(zstd_dict=dictionary)  # reads the dictionary
    except zstd.ZstdError as error:
        raise ValueError(f"invalid zstd dictionary: {error}") from error
    return dictionary


class Member:
    """The gzip member or zstd frame of *view* at *offset*."""

    def __init__(self, view: FileView, offset: int, dictionaries: Dictionaries) -> None:
        self.offset = self.position = offset
        self.size = 0  # decompressed bytes that were read
        self._view = view
        self._is_gzip = view.read(offset, len(GZIP)) == GZIP
        self._chunk_size = _FIRST_CHUNK
        self._decompressor: Any = (
            zlib.decompressobj(wbits=31)
            if self._is_gzip
            else zstd.ZstdDecompressor(zstd_dict=dictionaries.before(offset))
        )

    @property
    def end(self) -> int:
        """The offset of the next member, after the last byte was read."""
        return self.position - len(self._decompressor.unused_data)

    def read(self) -> bytes | None:
        """Return the next bytes, None at the end. Raises `DamagedDataError`."""
        decompressor = self._decompressor
        if decompressor.eof:
            return None
        reason, compressed = "", b""
        if self._is_gzip or decompressor.needs_input:
            compressed = self._view.read(self.position, self._chunk_size)
            if not compressed:
                reason = "truncated: the file ends in this record"
        try:
            # All output of gzip: at most a thousand times the input.
            chunk = decompressor.decompress(compressed, *(() if self._is_gzip else (_MAX_OUTPUT,)))
        except (ZLIB_ERROR, zstd.ZstdError) as error:
            reason = f"{'gzip' if self._is_gzip else 'zstd'}: {error}"
        except MemoryError:
            reason = "a zstd window that does not fit into the memory"
        if reason:
            work = max(self.position + self._chunk_size - self.offset, self.size // 8)
            raise DamagedDataError(reason, self.position, work)
        self.position, self._chunk_size = self.position + len(compressed), _CHUNK
        self.size += len(chunk)
        return bytes(chunk)


def first_bytes(compressed: bytes, size: int, dictionary: zstd.ZstdDict | None = None) -> bytes:
    """Return up to *size* decompressed bytes of the member that begins with *compressed*; b"" if it is not one."""
    try:
        if compressed.startswith(GZIP):
            return bytes(zlib.decompressobj(wbits=31).decompress(compressed, size))
        if compressed.startswith(ZSTD):
            return zstd.ZstdDecompressor(zstd_dict=dictionary).decompress(compressed, size)
    except (ZLIB_ERROR, zstd.ZstdError, MemoryError):
        pass
    return b""
