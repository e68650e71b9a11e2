"""The corpus on disk: output/<source>/<YYYY>/<MM>/<id>.md, and output/<source>/undated/<id>.md without a known date.

Only this package writes there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

from crawler.corpus.durable import make_folder, replace_file, sync

UNDATED = "undated"
_INDEXES = ("README.md", "SUMMARY.md")  # of a GitBook
# Errors of a file system without hard links, with too many of one file, or of another file system.
_NO_LINK = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}
TOOL_FOLDERS = ("_book", "node_modules")  # in a GitBook: the built book, and the packages that build it
_ARTICLE_FOLDER = re.compile(rf"\A[^/]++/(?:[0-9]+/[0-9]+|{UNDATED})")


class Store:
    """The article files below the folder *root*. Files are written atomically."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real_root = os.path.realpath(root)
        self._inside: set[Path] = set()  # folders that are inside the root after symlinks are resolved
        self._durable: set[Path] = set()  # folders whose names, and those of their parents, this object has synced

    def sources(self) -> list[str]:
        """Return the sources that have a folder, ordered by name."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(path.name for path in folders if path.is_dir() and not path.name.startswith("."))

    def folders(self, folder: str) -> Iterator[str]:
        """Yield *folder* (relative to the root) and all folders below it, each before those that it contains.

        `TOOL_FOLDERS` are left out.
        """
        yield folder
        below: list[str] = []
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as entries:
            folders = (entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
            below = sorted(name for name in folders if name not in TOOL_FOLDERS)
        for name in below:
            yield from self.folders(f"{folder}/{name}")

    def articles(self, folder: str) -> Iterator[str]:
        """Yield the paths, relative to the root, of the article files in *folder*, in any order."""
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as entries:
            for entry in entries:
                if is_article_name(entry.name) and entry.is_file():
                    yield f"{folder}/{entry.name}"

    def leftovers(self, folder: str) -> Iterator[Path]:
        """Yield the temporary files in *folder* that a killed run left."""
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.root / folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") and entry.name.endswith(".tmp"):
                    yield Path(entry.path)

    def any_of(self, source: str) -> Path | None:
        """Return one article file of *source*, or None.

        Stops at the first file: a month folder can have many thousands.
        """
        months = (self.root / source).glob("[0-9]*/[0-9]*")
        for folder in chain(months, filter(Path.is_dir, [self.root / source / UNDATED])):
            with os.scandir(folder) as entries:
                for entry in entries:
                    if is_article_name(entry.name):
                        return Path(entry.path)
        return None

    def place(self, source: str, name: str, date: str) -> str:
        """Return the path of an article's file, relative to the root. *date* is "YYYY-MM-DD…", "" if unknown.

        *name* is the result of `safe_name`.
        """
        return f"{self.folder(source, date)}/{name}.md"

    def folder(self, source: str, date: str) -> str:
        """Return the folder of the articles with this date, relative to the root."""
        return f"{source}/{date[:4]}/{date[5:7]}" if date else f"{source}/{UNDATED}"

    def replace(self, path: Path, data: bytes) -> None:
        """Write a file below the root atomically and durably.

        Raises OSError, also if a symlink leads out of the root.
        """
        self._prepare(path)
        try:
            replace_file(path, [data])
        except FileNotFoundError:  # deleted during the run
            make_folder(path.parent, self.root)
            replace_file(path, [data])

    # What `Corpus` and `Changes` need of an article's file. `corpus.objects` has the same methods for object storage.

    def has(self, path: str) -> bool:
        """Return whether the file of an article that the ledger has still exists."""
        return (self.root / path).is_file()

    def read(self, paths: Collection[str], is_new: bool = False) -> dict[str, bytes]:
        """Return the content of those of *paths* that are files. *is_new*: the ledger has no file of the article."""
        return {path: (self.root / path).read_bytes() for path in paths if (self.root / path).is_file()}

    def file_hash(self, path: str, data: bytes) -> str:
        """Return the value that the ledger records of the file *path*, which has the content *data*."""
        return digest(data)

    def remove(self, path: str) -> None:
        """Delete the file of an article, if it exists. Raises OSError."""
        (self.root / path).unlink(missing_ok=True)

    def address(self, path: str) -> Path | str:
        """Return the full path of a file, for messages."""
        return self.root / path

    def link(self, path: Path, other: Path) -> bool:
        """Give the file *other* also the name *path* (a hard link), durably. Return False if that is not possible here.

        Raises OSError, also if *path* exists or a symlink leads out of the root.
        """
        self._prepare(path)
        try:
            os.link(other, path, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return False
        sync(path.parent)
        return True

    def _prepare(self, path: Path) -> None:
        folder = path.parent
        if not self._holds(folder) or path.is_symlink():
            raise OSError(f"{path} leads out of {self.root}: remove the symlink in this path")
        if folder not in self._durable:
            make_folder(folder, self.root)
            self._durable.add(folder)

    def _holds(self, folder: Path) -> bool:
        if folder not in self._inside:
            if os.path.commonpath((os.path.realpath(folder), self._real_root)) != self._real_root:
                return False
            self._inside.add(folder)
        return True


@lru_cache(maxsize=1000)  # called several times for each article
def safe_name(identifier: str) -> str:
    """Return *identifier* as a file name: unchanged if it is short plain ASCII, else its readable part with a hash.

    File systems limit names to 255 bytes, forbid some characters, and can ignore case. Hugo ignores case, too, and
    builds one page from two files that differ only in case. An id in one case is unchanged: the ids of a source that
    uses one case are all upper or all lower. Chinese characters stay: they have one form on every file system, in
    contrast to letters with marks.
    """
    if _is_safe(identifier):
        return identifier
    readable = _UNREADABLE.sub("-", unquote(identifier)).strip("-")[:60]
    return _with_hash(readable.encode()[:96].decode(errors="ignore"), identifier)


def ascii_name(identifier: str) -> str:
    """Return the file name that releases before 0.2 gave an article: `safe_name` without Chinese characters."""
    if _is_safe(identifier):
        return identifier
    return _with_hash(re.sub(r"[^A-Za-z0-9_-]+", "-", identifier).strip("-")[:60], identifier)


def _is_safe(identifier: str) -> bool:
    is_plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", identifier) and not _SPECIAL.fullmatch(identifier)
    return bool(is_plain) and identifier in (identifier.lower(), identifier.upper())


def _with_hash(readable: str, identifier: str) -> str:
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}-{digest}" if readable else digest


_UNREADABLE = re.compile(r"[^A-Za-z0-9_\u3400-\u9fff]+")
# Names with a meaning for GitBook, Hugo, or Windows.
_SPECIAL = re.compile("readme|index|summary|con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)


def is_article_name(name: str) -> bool:
    """Return whether a file with this name is an article: not an index file, and not a temporary one."""
    return name.endswith(".md") and name not in _INDEXES and name[0] != "."


def is_article_folder(folder: str) -> bool:
    """Return whether articles are written to *folder* (relative to the root): SOURCE/YYYY/MM or SOURCE/undated."""
    return _ARTICLE_FOLDER.fullmatch(folder) is not None


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def content_hash(title: str, markdown: str) -> str:
    """Return the hash that identifies an article's content under different URLs."""
    return digest(f"{title}\n{markdown}".encode("utf-8", "replace"))
