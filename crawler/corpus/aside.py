"""Choose free names for files that are kept beside earlier ones: no file is ever overwritten, also by two processes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

from crawler.corpus.durable import sync

_MAX_NAME = 255  # bytes of a file name on Linux, macOS and Windows


def reserve(first: Path, companions: Sequence[str] = ()) -> Path:
    """Create an empty file with a free name and return its path: *first*, or else NAME-2.md, NAME-3.md and so on.

    The file is created exclusively, so two processes never get the same name. *companions* are endings of files that
    belong to it: no file has the name with one of them either. Raises OSError.
    """
    first.parent.mkdir(parents=True, exist_ok=True)
    for path in _numbered(first):
        if any(os.path.lexists(f"{path}{ending}") for ending in companions):
            continue
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        except FileExistsError:
            continue
        return path
    raise AssertionError  # the numbers have no end


def move_aside(path: Path, first: Path, companions: Sequence[str] = ()) -> Path:
    """Move the file *path* to a free name, see `reserve`, and return that. A parent that is a file gets a number, too.

    Its files with the endings *companions*, if they exist, move before it. Raises OSError; FileNotFoundError if *path*
    is missing, after its companions were moved.
    """
    target = reserve(_make_parents(first.parent) / first.name, companions)
    try:
        for ending in companions:
            with suppress(FileNotFoundError):
                Path(f"{path}{ending}").replace(f"{target}{ending}")
        path.replace(target)  # replaces the own empty file
    except BaseException:
        target.unlink()
        raise
    sync(target.parent)
    sync(path.parent)
    return target


def _numbered(first: Path) -> Iterator[Path]:
    """Yield *first* and its numbered names. A name that would be too long is cut."""
    yield first
    for number in count(2):
        ending = f"-{number}{first.suffix}"
        stem = os.fsencode(first.stem)[: _MAX_NAME - len(os.fsencode(ending))].decode("utf-8", "ignore")
        yield first.with_name(f"{stem}{ending}")


def _make_parents(folder: Path) -> Path:
    """Create *folder* with its parents, and return it: with numbers where a name is that of a file."""
    if folder.is_dir() or folder.parent == folder:
        return folder
    parent = _make_parents(folder.parent)
    for path in _numbered(parent / folder.name):
        try:
            path.mkdir()
        except FileExistsError:
            if not path.is_dir():
                continue
        else:
            sync(parent)
        return path
    raise AssertionError
