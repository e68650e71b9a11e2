"""Write files that survive a crash of the machine: complete, and with their names.

A rename and a new folder are durable only after `fsync` of the folder that contains them (fsync(2)).
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import BinaryIO

# Some network file systems cannot sync a folder, and some folders cannot be opened. PostgreSQL ignores the same errors
# (`fsync_fname_ext` in src/common/file_utils.c).
_CANNOT_SYNC = {errno.EBADF, errno.EINVAL, errno.EACCES}


def sync(path: Path) -> None:
    """Make the content of a file, or the names in a folder, durable. Raises OSError."""
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


def make_folder(folder: Path, root: Path) -> None:
    """Create *folder* and its parents if they are missing, and make their names below *root* durable.

    Also syncs folders that exist: the process that created them may have been killed before it synced them. Raises
    OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    while folder != root and root in folder.parents:
        folder = folder.parent
        sync(folder)


@contextmanager
def names_file(path: Path) -> Iterator[None]:
    """Let each OSError of the block name the file *path*: that of a write has no name, or that of a temporary file."""
    try:
        yield
    except OSError as error:
        if error.errno is None:  # a text of ours
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def replace_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write *parts* to the file *path* atomically: after a crash it has its old content or the new one.

    Raises OSError with this path. FileNotFoundError: the folder does not exist.
    """
    with names_file(path):
        _replace_file(path, parts)


def _replace_file(path: Path, parts: Iterable[bytes]) -> None:
    # A rename is atomic only within a file system, so the temporary file is beside the file.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:60]}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fchmod(handle, 0o644)  # mkstemp creates files with 0600; the corpus must be readable
            os.fsync(handle)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a temporary file beside the file *path*, which replaces *path* if the block ends without an error.

    For files that are written for long: the file that a killed process left is deleted. Raises OSError.
    """
    prefix = f".{path.name[:60]}."
    _delete_leftovers(path.parent, prefix)
    with names_file(path):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            flock(handle, LOCK_EX)  # until the file is closed: it is not a leftover
            yield file
            with names_file(path):
                file.flush()
                os.fchmod(handle, 0o644)
                os.fsync(handle)
                Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync(path.parent)


def _delete_leftovers(folder: Path, prefix: str) -> None:
    """Delete the temporary files in *folder* with names that begin with *prefix*, unless a process writes them."""
    with suppress(OSError):  # the next file that is created there reports it
        for path in folder.iterdir():
            if path.name.startswith(prefix) and path.name.endswith(".tmp"):
                with suppress(OSError), path.open("rb") as file:
                    flock(file, LOCK_EX | LOCK_NB)
                    path.unlink()


def append_line(path: Path, line: bytes) -> None:
    """Append *line*, without a line end, to the file *path*, and make it durable. Raises OSError with this path.

    A partial last line, which a full disk leaves, stays a line of its own.
    """
    with names_file(path), path.open("ab+") as file:
        is_new = file.tell() == 0
        if not is_new:
            file.seek(-1, os.SEEK_END)
        is_complete = is_new or file.read(1) == b"\n"
        file.write((b"" if is_complete else b"\n") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        sync(path.parent)
