"""The corpus on disk: output/<source>/<YYYY>/<MM>/<id>.md. The only room that touches it."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Literal

Outcome = Literal["written", "updated", "unchanged"]


class Store:
    """The articles under one folder, found by source and id.

    The files are the truth: what is stored is what lies there, and a file appears only whole.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._found: dict[str, dict[str, Path]] = {}

    def files(self, source: str) -> list[Path]:
        """Every article of *source*, in the order of year, month and id."""
        return sorted(self._files(source).values())

    def find(self, source: str, identifier: str) -> Path | None:
        """Where the article lies, or None."""
        return self._files(source).get(safe_name(identifier))

    def date(self, source: str, identifier: str) -> str:
        """The date in the stored file's front matter; "" when there is no such file, or no date in it."""
        path = self.find(source, identifier)
        try:
            head = path.read_bytes()[:4096] if path else b""
        except OSError:
            head = b""
        match = re.search(rb'^date: "([0-9: -]*)"', head, re.MULTILINE)
        return match[1].decode() if match else ""

    def path(self, source: str, identifier: str, date: str) -> Path:
        """Where an article of *date* ("YYYY-MM-DD…") belongs."""
        return self.root / source / date[:4] / date[5:7] / f"{safe_name(identifier)}.md"

    def write(self, source: str, identifier: str, date: str, text: str) -> Outcome:
        """Store one article whole, or not at all; says what became of it.

        A file that has the same bytes already is left alone. Raises OSError (disk full, read-only, a path that leads
        out of the corpus).
        """
        path, before = self.path(source, identifier, date), self.find(source, identifier)
        data = text.encode("utf-8")
        if before == path and path.is_file() and path.read_bytes() == data:
            return "unchanged"
        self.replace(path, data)
        if before and before != path:
            before.unlink(missing_ok=True)  # its day has changed, and with it its folder
        self._files(source)[path.stem] = path
        return "updated" if before else "written"

    def replace(self, path: Path, data: bytes) -> None:
        """Write a file below the root whole, or not at all. Raises OSError."""
        if not path.parent.resolve().is_relative_to(self.root.resolve()) or path.is_symlink():
            raise OSError(f"{path} leads out of {self.root}: a link stands in its way")
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder, for only there is the renaming atomic.
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:60]}.", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)  # mkstemp gives 0600, but the corpus is there to be read
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _files(self, source: str) -> dict[str, Path]:
        if source not in self._found:
            files = (self.root / source).glob("[0-9]*/[0-9]*/*.md")
            self._found[source] = {path.stem: path for path in files if path.stem != "README"}
        return self._found[source]


def safe_name(identifier: str) -> str:
    """*identifier* as a file name: itself where it is plain ASCII and short, else a readable rest with a hash.

    File systems end names at 255 bytes, forbid some characters and may not tell upper from lower case.
    """
    # "README" and "index" mean something to book and site makers.
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", identifier) and identifier.lower() not in ("readme", "index"):
        return identifier
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", identifier).strip("-")[:60]
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}-{digest}" if readable else digest
