"""Expand the value of REPLAY, and the words of commands that read archives, to the paths of the archives."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from crawler.recordings.parts import is_archive


def archive_files(place: str) -> list[Path]:
    """Return the archives that *place* names, each once, in the order of its words.

    *place* is a path, or several words that commas separate. A word is a file, a folder (all archives below it, sorted
    by path), a pattern (`*`, `?`, `[…]`, `**`; matches are sorted), or `@FILE`: a text file with one path or pattern a
    line. Empty lines, and lines that begin with "#", are ignored. A relative path in such a list is relative to the
    working folder, or else to the folder of the list. A path that exists is never split and never a pattern.

    Files in folders that are not archives are left out. Raises ValueError, which names each word that is wrong: a path
    that does not exist or cannot be read, a pattern without a match, a folder without archives, or another file.
    """
    files: dict[str, Path] = {}  # real path -> path as given
    problems = []
    for word in _words(place):
        try:
            for path in _expanded(word):
                files.setdefault(os.path.realpath(path), path)
        except OSError as error:
            problems.append(f"{word}: {error.strerror or error}")
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise ValueError("; ".join(problems))
    return list(files.values())


def _words(place: str) -> list[str]:
    words = [place] if os.path.lexists(place) else [word.strip() for word in place.split(",")]
    if not any(words):
        raise ValueError("no path is given")
    return list(filter(None, words))


def _expanded(word: str) -> Iterator[Path]:
    if word.startswith("@") and not os.path.lexists(word):
        listed = Path(word[1:])
        for number, line in enumerate(listed.read_bytes().decode("utf-8-sig", "surrogateescape").splitlines(), 1):
            if (entry := line.strip()) and not entry.startswith("#"):
                try:
                    yield from _matches(_in_list(entry, listed.parent))
                except (OSError, ValueError) as error:
                    reason = error.strerror if isinstance(error, OSError) else ""
                    raise ValueError(f"{word}, line {number}: {f'{entry}: {reason}' if reason else error}") from error
    else:
        yield from _matches(word)


def _in_list(entry: str, folder: Path) -> str:
    """Return the path or pattern *entry* of a list in *folder*, relative to the working folder."""
    return entry if os.path.lexists(entry) or _glob(entry) else str(folder / entry)


def _matches(word: str) -> Iterator[Path]:
    """Yield the archives of a path or pattern."""
    if os.path.lexists(word) or not glob.has_magic(word):
        yield from _archives(Path(word))
    elif paths := _glob(word):
        for path in paths:
            yield from _archives(Path(path))
    else:
        raise ValueError(f"{word} matches no file")


def _glob(pattern: str) -> list[str]:
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - the pattern may be absolute


def _archives(path: Path) -> Iterator[Path]:
    if path.is_dir():
        found = [file for file in sorted(path.rglob("*")) if file.is_file() and _is_archive(file)]
        if not found:
            raise ValueError(f"{path} is a folder without recorded pages or archives")
        yield from found
    elif _is_archive(path):
        yield path
    else:
        raise ValueError(f"{path} is not a WARC, ARC or WACZ file" if path.stat().st_size else f"{path} is empty")


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return is_archive(file, path.name)
