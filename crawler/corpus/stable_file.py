"""Read a file that another process may be writing: all of it at one moment, or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_IN_MEMORY = 16 * 1024 * 1024  # bytes; a larger file is copied to the disk
_LISTS = (".state/logs/", ".state/hashes/", ".state/removed/")
_ENDINGS = (".jsonl", ".jl", ".jsonlines", ".csv", ".log")


@dataclass(frozen=True, slots=True)
class StableFile:
    """A copy of a file: the first *size* bytes of *data*, and what `fstat` returned for the file."""

    data: IO[bytes]
    size: int
    stat: os.stat_result


def is_appended(name: str) -> bool:
    """Return whether a file of the corpus is written line by line, so its complete lines are always valid.

    *name* is relative to the corpus's root.
    """
    return name.startswith(_LISTS) or name.endswith(_ENDINGS)


@contextmanager
def read_stable(path: Path, work: Path, attempts: int, is_appended: bool) -> Iterator[StableFile | None]:
    """Yield a copy of the file *path*; None if it changed during each of these *attempts*.

    Of a growing file that *is_appended*, the copy has the complete lines. A file that is replaced by a rename is read
    as it was. Large copies are in the folder *work*. Raises OSError.
    """
    for _ in range(attempts):
        with path.open("rb") as file, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(work)) as copy:
            before = os.fstat(file.fileno())
            shutil.copyfileobj(file, copy)
            size = copy.tell()
            after = os.fstat(file.fileno())
            is_same = (before.st_size, before.st_mtime_ns) == (
                after.st_size,
                after.st_mtime_ns,
            ) and size == after.st_size
            if is_same or (is_appended and size >= before.st_size):
                size = size if is_same else _complete_lines(copy, size)
                copy.seek(0)
                yield StableFile(copy, size, after)
                return
    yield None


def _complete_lines(file: IO[bytes], size: int) -> int:
    """Return the size of the complete lines in the first *size* bytes of *file*."""
    end = size
    while end > 0:
        start = max(0, end - 65536)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
