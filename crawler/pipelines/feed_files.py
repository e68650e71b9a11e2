"""The files of feed exports (`-o`, `-O`, FEEDS): written row by row without partial rows, or as a whole at the end.

Scrapy's own files lose the rows in their buffer if the process is killed, and keep half of a row if the disk is full.
"""

from __future__ import annotations

import errno
import fcntl
import io
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Self, cast

from scrapy import Spider
from scrapy.extensions.feedexport import FileFeedStorage

from crawler.corpus.aside import move_aside
from crawler.corpus.durable import names_file, sync
from crawler.layouts.partial_rows import REPAIRS

logger = logging.getLogger(__name__)

# Options of a CSV writer for values that are quoted in another way: the ends of its rows are not searched.
_OTHER_QUOTES = {"dialect", "doublequote", "escapechar", "quotechar", "quoting"}


class RowFile(io.BufferedIOBase):
    """A file to which `flush` appends what was written since the last one: all of it, durably, or nothing.

    *handle* is open for appending, and is closed with this object. The methods raise OSError with the name *path*.
    """

    is_durable = True

    def __init__(self, handle: int, path: Path) -> None:
        self._handle, self._path = handle, path
        self._row = bytearray()
        self._is_regular = stat.S_ISREG(os.fstat(handle).st_mode)

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._is_regular  # only then has `tell` a meaning

    def tell(self) -> int:
        return (os.fstat(self._handle).st_size if self._is_regular else 0) + len(self._row)

    def write(self, data: Any) -> int:
        self._row += data
        return len(data)

    def flush(self) -> None:
        if not self._row:
            return
        data, self._row = memoryview(bytes(self._row)), bytearray()
        with names_file(self._path), self.locked():
            end = os.fstat(self._handle).st_size
            try:
                while data:
                    data = data[os.write(self._handle, data) :]
                if self._is_regular and self.is_durable:
                    os.fsync(self._handle)
            except OSError:
                if self._is_regular:
                    os.ftruncate(self._handle, end)
                    os.lseek(self._handle, end, os.SEEK_SET)
                raise

    def discard(self) -> None:
        """Forget what was written since the last `flush`."""
        self._row.clear()

    def store(self) -> None:
        """Complete the file. Raises OSError."""
        self.flush()
        self.close()

    def close(self) -> None:
        if not self.closed:
            self.discard()
            super().close()
            os.close(self._handle)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the file: another run may append to it, and a failed write must not remove its rows."""
        with suppress(OSError):  # no regular file, or a file system without locks
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(self._handle, fcntl.LOCK_UN)


class DocumentFile(RowFile):
    """A file whose content is complete only at its end, as JSON and XML: `store` replaces *target* atomically.

    *handle* is open for the file *temporary* beside *target*.
    """

    is_durable = False  # before `store`

    def __init__(self, handle: int, temporary: Path, target: Path) -> None:
        super().__init__(handle, target)
        self._temporary, self._target = temporary, target
        self._mode = 0o666 & ~_umask()

    @classmethod
    def create(cls, path: Path, overwrite: bool) -> Self:
        """Create the file for *path*. Unless *overwrite* is set, it begins with the content that *path* has."""
        target = path.resolve()  # a symbolic link stays
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        _keep_killed(target)
        with names_file(path):
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=_prefix(target), suffix=".tmp")
        file = cls(handle, Path(name), target)
        try:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)  # held until the file is closed: see `_keep_killed`
            if target.exists():
                file._mode = stat.S_IMODE(target.stat().st_mode)
                if not overwrite:
                    with names_file(path), target.open("rb") as old, os.fdopen(os.dup(handle), "wb") as new:
                        shutil.copyfileobj(old, new)
        except BaseException:
            file.close()
            raise
        return file

    def store(self) -> None:
        try:
            self.flush()
            with names_file(self._path):
                os.fchmod(self._handle, self._mode)
                os.fsync(self._handle)
                self._temporary.replace(self._target)
            sync(self._target.parent)
        finally:
            self.close()

    def close(self) -> None:
        if not self.closed:
            self._temporary.unlink(missing_ok=True)
        super().close()

    @contextmanager
    def locked(self) -> Iterator[None]:
        yield


class FeedFileStorage(FileFeedStorage):
    """Scrapy's storage of local files, with the files of this module."""

    def __init__(self, uri: str, *, feed_options: dict[str, Any] | None = None) -> None:
        super().__init__(uri, feed_options=feed_options)
        self._options = feed_options or {}

    def open(self, spider: Spider) -> IO[bytes]:
        path, overwrite = Path(self.path), self.write_mode == "wb"
        path.parent.mkdir(parents=True, exist_ok=True)
        return cast(
            "IO[bytes]", self._rows(path, overwrite) if self._has_rows(path) else DocumentFile.create(path, overwrite)
        )

    def store(self, file: IO[bytes]) -> None:
        cast("RowFile", file).store()

    def _has_rows(self, path: Path) -> bool:
        """Whether a row is complete without the rows after it. A pipe or a device cannot be replaced at the end."""
        is_replaced = path.is_dir() or path.is_file() or not path.exists()
        return not is_replaced or (self._options.get("format") in REPAIRS and "postprocessing" not in self._options)

    def _rows(self, path: Path, overwrite: bool) -> RowFile:
        is_new = not path.exists()
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if overwrite else 0)
        file = RowFile(os.open(path, flags, 0o666), path)
        try:
            if is_new:
                sync(path.parent)
            elif path.is_file() and not overwrite:
                self._repair(file, path)
        except BaseException:
            file.close()
            raise
        return file

    def _repair(self, file: RowFile, path: Path) -> None:
        """Complete or cut the partial last row that another program, or a killed run of it, has left."""
        encoding = self._options.get("encoding") or "utf-8"
        options = self._options.get("item_export_kwargs") or {}
        if not "a\n".encode(encoding).endswith(b"a\n") or options.keys() & _OTHER_QUOTES:
            return
        with names_file(path), file.locked(), path.open("rb") as old:
            end, ending = REPAIRS[self._options["format"]](old, encoding, options.get("delimiter", ","))
            size = old.seek(0, os.SEEK_END)
            if end < size:
                os.truncate(path, end)
                logger.warning("%s: its last row was not complete: %d bytes are removed", path, size - end)
        file.write(ending)
        file.flush()


def _prefix(target: Path) -> str:
    return f".{target.name[:60]}."


def _keep_killed(target: Path) -> None:
    """Keep the temporary files that killed runs have left for *target*, under a name that the user sees."""
    for path in target.parent.glob("*.tmp"):
        if not path.name.startswith(_prefix(target)) or "." in path.stem[len(_prefix(target)) :]:
            continue  # of another file
        with suppress(FileNotFoundError), path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:  # its run is in progress
                continue
            kept = move_aside(path, target.with_name(f"{target.stem}.incomplete{target.suffix}"))
            logger.warning("%s has no rows of a run that was killed: they are in %s", target, kept)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
