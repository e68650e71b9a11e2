"""The corpus on disk: output/<source>/<YYYY>/<MM>/<id>.md, and output/<source>/undated/<id>.md for files of which
nobody knows the date. The only room that touches it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from functools import lru_cache
from itertools import chain
from pathlib import Path

UNDATED = "undated"


class Store:
    """The articles under one folder. A file appears only whole."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._real_root = os.path.realpath(root)
        self._inside: set[Path] = set()  # folders that lie below it, links followed

    def sources(self) -> list[str]:
        """The sources that have a folder."""
        folders = self.root.iterdir() if self.root.is_dir() else ()
        return sorted(path.name for path in folders if path.is_dir() and not path.name.startswith("."))

    def in_folder(self, folder: str) -> list[Path]:
        """Every article in *folder* (below the root) and its folders, in the order of their paths."""
        found = (self.root / folder).rglob("[!.]*.md")
        return sorted(path for path in found if path.stem not in ("README", "SUMMARY"))

    def any_of(self, source: str) -> Path | None:
        """One article of *source*, whichever comes first: a month may hold many thousands."""
        months = (self.root / source).glob("[0-9]*/[0-9]*")
        for folder in chain(months, filter(Path.is_dir, [self.root / source / UNDATED])):
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".md") and entry.name != "README.md" and not entry.name.startswith("."):
                        return Path(entry.path)
        return None

    def place(self, source: str, identifier: str, date: str) -> str:
        """Where an article of *date* ("YYYY-MM-DD…", "" where it is unknown) belongs, below the root."""
        folder = f"{date[:4]}/{date[5:7]}" if date else UNDATED
        return f"{source}/{folder}/{safe_name(identifier)}.md"

    def replace(self, path: Path, data: bytes) -> None:
        """Write a file below the root whole, or not at all. Raises OSError."""
        folder = path.parent
        if not self._holds(folder) or path.is_symlink():
            raise OSError(f"{path} leads out of {self.root}: a link stands in its way")
        try:
            handle, name = _temporary(path)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = _temporary(path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(handle)
                os.fchmod(handle, 0o644)  # mkstemp gives 0600, but the corpus is there to be read
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _holds(self, folder: Path) -> bool:
        if folder not in self._inside:
            if os.path.commonpath((os.path.realpath(folder), self._real_root)) != self._real_root:
                return False
            self._inside.add(folder)
        return True


def _temporary(path: Path) -> tuple[int, str]:
    """A new file beside *path*, for only there is the renaming atomic: its descriptor and its name."""
    return tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:60]}.", suffix=".tmp")


@lru_cache(maxsize=1000)  # asked for some times for each article
def safe_name(identifier: str) -> str:
    """*identifier* as a file name: itself where it is plain ASCII and short, else a readable rest with a hash.

    File systems end names at 255 bytes, forbid some characters and may not tell upper from lower case: nor does Hugo,
    which makes one page of two such files. (A source's ids are all upper or all lower where they are of one case.)
    """
    is_plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", identifier) and not _SPECIAL.fullmatch(identifier)
    if is_plain and identifier in (identifier.lower(), identifier.upper()):
        return identifier
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", identifier).strip("-")[:60]
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}-{digest}" if readable else digest


# They mean something to book and site makers, and to Windows.
_SPECIAL = re.compile("readme|index|summary|con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)


def digest(data: bytes) -> str:
    """The hash by which a file, or a text, is known again."""
    return hashlib.sha256(data).hexdigest()


def content_hash(title: str, markdown: str) -> str:
    """The hash by which an article is known again under another address."""
    return digest(f"{title}\n{markdown}".encode("utf-8", "replace"))
