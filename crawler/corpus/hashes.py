"""The hashes of the files that the crawler wrote, which show whether a file was edited by hand.

The lists are beside the files, in `.state/hashes/<source>/<YYYY>/<MM>` and `…/undated`, and do not depend on the
ledger. A line has the format of `sha256sum`: the SHA-256, two spaces, the path relative to the corpus's root. A line
is appended before its file is renamed into place, so after a kill there is at most a line without a file. A path can
have several lines: the crawler wrote a file if any of them has its hash.
"""

from __future__ import annotations

import re
import shutil
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from crawler.corpus.durable import append_line, make_folder, replace_file, sync
from crawler.corpus.entries import GONE, OPEN, REJECTED, SKIPPED, WRITTEN
from crawler.corpus.ledger import Ledger
from crawler.corpus.store import is_article_folder

BATCH = 5000  # ledger rows written together to new lists
PART = 20_000  # lines of a list that are compacted together, which limits the memory
_LINE = re.compile(rb"([0-9a-f]{64})  ([^\n\r\\]+\.md)\n?")


class Hashes:
    """The lists of *source* below the corpus's root. All methods raise OSError.

    Paths and folders are relative to the root. Hashes are those of `store.digest`.
    """

    def __init__(self, root: Path, source: str) -> None:
        self._root = root
        self._all = root / ".state" / "hashes"
        self._source = source

    @property
    def exist(self) -> bool:
        """Whether the lists of the source were created."""
        return (self._all / self._source).is_dir()

    def create(self, files: Iterable[tuple[str, str]]) -> None:
        """Create the lists of the source with these *files* (path, hash): all lists, or none after a crash."""
        temporary = self._all / f".{self._source}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)  # of an attempt that was killed
        make_folder(temporary, self._root)
        files = ((path, digest) for path, digest in files if self._is_listed(path, digest))
        while batch := list(islice(files, BATCH)):
            by_list = defaultdict(list)
            for path, digest in batch:
                by_list[path.split("/", 1)[1].rpartition("/")[0]].append(f"{digest}  {path}\n")
            for name, lines in by_list.items():
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                with (temporary / name).open("a", encoding="utf-8") as file:
                    file.writelines(lines)
        for written in temporary.rglob("*"):
            sync(written)
        sync(temporary)
        temporary.rename(self._all / self._source)
        sync(self._all)

    def append(self, path: str, digest: str) -> None:
        """Record that the file *path* is about to be written with this hash."""
        file = self._all / path.rpartition("/")[0]
        try:
            append_line(file, f"{digest}  {path}".encode())
        except FileNotFoundError:
            make_folder(file.parent, self._root)
            append_line(file, f"{digest}  {path}".encode())

    def listed(self, folder: str, paths: Collection[str]) -> dict[str, list[str]]:
        """Return the listed hashes of each of these *paths* in *folder*, the last one at the end.

        Reads the list once; paths without a line are missing.
        """
        found: dict[str, list[str]] = {}
        for path, digest in self._lines(folder):
            if path in paths:
                found.setdefault(path, []).append(digest)
        return found

    def compact(self, folder: str, current: Callable[[Collection[str]], Mapping[str, str]]) -> None:
        """Rewrite the list of *folder* if more than half of its lines are superseded.

        Keeps the last hash of each path, and the one in `current(paths)`: if a run was killed before it replaced the
        file, the file has the second.
        """
        parts = sum(1 for _ in self._lines(folder)) // PART + 1

        def part(index: int) -> Iterator[tuple[str, str]]:
            return (
                (path, digest) for path, digest in self._lines(folder) if zlib.crc32(path.encode()) % parts == index
            )

        paths = [path for path, _ in part(0)]
        if len(paths) <= 2 * len(set(paths)):
            return

        def kept() -> Iterator[bytes]:
            for index in range(parts):
                last = dict(part(index))
                known = current(last)
                for path, digest in dict.fromkeys(part(index)):
                    if digest in (last[path], known.get(path)):
                        yield f"{digest}  {path}\n".encode()

        replace_file(self._all / folder, kept())

    def _is_listed(self, path: str, digest: str) -> bool:
        """Return whether a line can record this file: the crawler writes no others."""
        folder, _, name = path.rpartition("/")
        is_own = folder.startswith(f"{self._source}/") and is_article_folder(folder) and "/" not in name
        return is_own and _LINE.fullmatch(f"{digest}  {path}".encode()) is not None

    def _lines(self, folder: str) -> Iterator[tuple[str, str]]:
        """Yield path and hash of each line; damaged lines are skipped."""
        if not is_article_folder(folder):
            return
        with suppress(FileNotFoundError), (self._all / folder).open("rb") as file:
            for line in file:
                if found := _LINE.fullmatch(line):
                    yield found[2].decode("utf-8", "replace"), found[1].decode()


def open_hashes(root: Path, ledger: Ledger, source: str) -> Hashes:
    """Return the lists of *source*. Without lists, creates them from the ledger, which release 0.1 kept alone.

    Raises `LedgerError`, OSError.
    """
    hashes = Hashes(root, source)
    if not hashes.exist:
        states = (WRITTEN, OPEN, REJECTED, GONE, SKIPPED)  # a lost file can come back, for example from a backup
        entries = (entry for state in states for entry in ledger.articles.in_state(source, state))
        hashes.create((entry.path, entry.file_hash) for entry in entries)
    return hashes
