"""The parts of an archive file: the file itself, or the WARC and ARC files in a ZIP (WACZ, webrecorder.net/wacz)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EINVAL
from tempfile import TemporaryFile
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo, is_zipfile

from crawler.recordings.members import SKIPPABLE, Dictionaries, first_bytes
from crawler.recordings.plain_records import begins_record
from crawler.recordings.raw_records import find_start
from crawler.recordings.views import MAX_RECORD_SIZE, WINDOW, FileView

_NAME = re.compile(r"\.(?:w?arc(?:\.gz|\.zst)?|wacz)\Z", re.IGNORECASE)

_ZIP, _ZIP_END, _ZIP64_LOCATOR = b"PK\x03\x04", b"PK\x05\x06", b"PK\x06\x07"
_MAX_END = 65_536 + 22 + 20 + 56  # bytes: the end of a ZIP with the longest comment, and the records of ZIP64
_IN_ZIP = re.compile(r"(?:\A|/)archive/[^/]|\.w?arc(?:\.gz|\.zst)?\Z", re.IGNORECASE)
_HEAD = 8192  # bytes that show the form of an archive
_ENCRYPTED = 1  # bit of `ZipInfo.flag_bits`
_BLOCK = 1024 * 1024
_MAX_RATIO = 64  # of the size of an entry to its compressed size, in larger entries than MAX_RECORD_SIZE


@dataclass(frozen=True)
class Part:
    """An archive in a file."""

    name: str  # of the entry in a ZIP; "" for the file itself
    view: FileView
    dictionaries: Dictionaries = field(default_factory=Dictionaries)


def is_archive(file: BinaryIO, name: str) -> bool:
    """Return whether *file* begins like an archive, or its *name* is the one of an archive, which may be damaged.

    A ZIP is one if it contains an archive, or is damaged: documents and programs are ZIPs, too. Raises OSError.
    """
    view = FileView(file, 0, WINDOW)
    head = view.read(0, _HEAD)
    if _NAME.search(name):
        return True
    if head.startswith(_ZIP):
        return _is_archive_zip(file)
    return _begins_archive(head) or find_start(view, 0, Dictionaries()) >= 0


def _is_archive_zip(file: BinaryIO) -> bool:
    try:
        with ZipFile(file) as archive:
            if any(_IN_ZIP.search(name) for name in archive.namelist()):
                return True
            for entry in archive.infolist():
                with suppress(RuntimeError), archive.open(entry) as content:  # encrypted, or an unknown compression
                    if _begins_archive(content.read(_HEAD)):
                        return True
    except Exception as error:
        _raise_disk_error(error)
        return True
    return False


def parts(file: BinaryIO, only: int | None = None) -> Iterator[Part | str | None]:
    """Yield the parts of *file*; for one that cannot be read, the reason. A part is valid until the next one.

    *only* is the number of a part, from 0 on: the others are left out, and its checksum is not verified. Compressed
    entries of a ZIP are decompressed to a temporary file. Meanwhile, None is yielded now and then. Raises OSError.
    """
    view = FileView(file)
    head = view.read(0, _HEAD)
    if not view.size:
        yield "the file is empty"
    elif not head.startswith(_ZIP) and (_begins_archive(head) or not is_zipfile(file)):
        yield Part("", view)
    else:
        try:
            archive = ZipFile(file)
        except Exception as error:
            _raise_disk_error(error)
            yield f"damaged ZIP: {error}; only records outside compressed entries can be read"
            yield Part("", view)
            return
        with archive:
            if only is None and (number := _number_of_entries(view)) != len(archive.infolist()):
                yield f"damaged ZIP: {len(archive.infolist())} of its {number} entries can be found"
            yield from _entries(archive, file, only)


def _number_of_entries(view: FileView) -> int:
    """Return the number of entries at the end of a ZIP: zipfile does not compare it with the entries that it finds."""
    start = max(0, view.size - _MAX_END)
    tail = view.read(start, view.size - start)
    end = tail.rfind(_ZIP_END)
    if tail[end - 20 : end - 16] == _ZIP64_LOCATOR:  # after a record of 56 bytes
        return int.from_bytes(tail[end - 44 : end - 36], "little")
    return int.from_bytes(tail[end + 10 : end + 12], "little")


def _entries(archive: ZipFile, file: BinaryIO, only: int | None) -> Iterator[Part | str | None]:
    number = -1
    for entry in archive.infolist():
        if entry.filename.endswith("/") and not entry.file_size:  # zipfile ends names at a NUL byte
            continue
        try:
            with archive.open(entry) as content:
                if not (_IN_ZIP.search(entry.filename) or _begins_archive(content.read(_HEAD))):
                    continue
        except Exception as error:
            _raise_disk_error(error)
            yield f"{entry.filename}: {'encrypted' if entry.flag_bits & _ENCRYPTED else error}"
            continue
        number += 1
        if not entry.compress_size:
            yield f"{entry.filename}: the file is empty"
        elif only in (None, number):
            is_stored = entry.compress_type == ZIP_STORED
            yield from _stored(entry, file, only is None) if is_stored else _inflated(archive, entry)
    if number < 0:
        yield "a ZIP without WARC or ARC files"


def _raise_disk_error(error: Exception) -> None:
    """Raise *error* if it is one of the disk. For damaged bytes, zipfile raises any exception, also EINVAL."""
    if isinstance(error, OSError) and error.errno not in (None, EINVAL):
        raise error


def _begins_archive(head: bytes) -> bool:
    is_with_dictionary = bool(SKIPPABLE.match(head))
    return is_with_dictionary or begins_record(head) or begins_record(first_bytes(head, _HEAD))


def _stored(entry: ZipInfo, file: BinaryIO, is_verified: bool) -> Iterator[Part | str | None]:
    """Yield an entry that is not compressed, as a range of *file*. Verify its checksum with *is_verified*."""
    header = FileView(file, entry.header_offset, 30).read(0, 30)
    start = entry.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    view = FileView(file, start, entry.compress_size)
    checksum = 0
    for offset in range(0, view.size if is_verified else 0, _BLOCK):
        checksum = zlib.crc32(view.read(offset, _BLOCK), checksum)
        yield None
    if view.size != entry.file_size:
        yield f"{entry.filename}: truncated"
    elif is_verified and checksum != entry.CRC:
        yield f"{entry.filename}: wrong checksum: a record in it is damaged"
    yield Part(entry.filename, view)


def _inflated(archive: ZipFile, entry: ZipInfo) -> Iterator[Part | str | None]:
    """Yield a compressed entry, as a temporary file."""
    reason, size = "", 0
    with TemporaryFile() as temporary, archive.open(entry) as content:
        while True:
            try:
                block = content.read(_BLOCK)
            except Exception as error:
                _raise_disk_error(error)
                reason = str(error) or type(error).__name__
                break
            size += len(block)
            if size > MAX_RECORD_SIZE and size > _MAX_RATIO * entry.compress_size:
                reason = f"more than {_MAX_RATIO} times its compressed size"
                break
            if not block:
                break
            temporary.write(block)
            yield None
        temporary.flush()
        if reason:
            yield f"{entry.filename}: {reason}"
        yield Part(entry.filename, FileView(temporary))
