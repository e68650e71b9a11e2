"""Copy the files of a corpus while runs write to it, and make a copy of its ledger agree with them.

The ledger is copied before the files. An article file that is newer than the copied ledger is left out, unless it
replaces a file that the ledger has. An article whose file is lost meanwhile is open in the copied ledger. So the copy
is the corpus at the time of its ledger, and each written article has its file.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from crawler.corpus.backup_target import Target
from crawler.corpus.entries import WRITTEN
from crawler.corpus.ledger import Ledger
from crawler.corpus.reconcile import TICK, ledger_row
from crawler.corpus.stable_file import StableFile, is_appended, read_stable
from crawler.corpus.store import TOOL_FOLDERS, Store, is_article_name

_CASE = re.compile(r"\.rejected/[^/]+/[^/]+")  # folders whose files belong together
_TEMPORARY = re.compile(r"\A\.(?:making-.*|.*\.tmp\Z)", re.DOTALL)
_ATTEMPTS = 3
_BATCH = 500  # ids in a query
# Nanoseconds in which an active run can have written a file and not yet its row.
_ROW_DELAY = 60_000_000_000


@dataclass
class Counts:
    """What a backup contains."""

    files: int = 0
    size: int = 0  # in bytes
    newer: int = 0  # article files that are newer than the copied ledger, left out
    reopened: int = 0  # articles whose files were lost, which the next run fetches
    changing: list[str] = field(default_factory=list)  # files that were being written, left out


class CorpusCopy:
    """A copy of the corpus at *root* to *target*, with temporary files in the folder *work*.

    *ledger*: the copy of the ledger in the file `work/ledger.db`, which was begun at the time *since* (nanoseconds);
    None if the ledger is not part of the backup. *active*: sources with a run in progress at that time. *omitted*:
    paths of the live ledger. *report* gets the counts after each file. `copy` raises `LedgerError`, OSError.
    """

    def __init__(
        self,
        root: Path,
        target: Target,
        work: Path,
        ledger: Ledger | None,
        since: int,
        active: set[str],
        omitted: set[Path],
        report: Callable[[Counts], None],
    ) -> None:
        self.counts = Counts()
        self._store, self._target, self._work, self._ledger = Store(root), target, work, ledger
        self._since, self._active, self._omitted, self._report = since, active, omitted, report
        self._visited: set[str] = set()  # article folders that were copied
        self._lost: dict[tuple[str, str], str] = {}  # source and id -> path in the ledger, of files that do not exist
        self._recorded: set[str] = set()  # paths in the ledger, of the folder that is being copied
        self._named: dict[tuple[int, int], str] = {}  # copied files with several names, by device and inode
        self._moved: dict[tuple[str, str], str] = {}  # source and id -> new path, of files that replace another one

    def copy(self) -> Counts:
        """Copy all files, then the ledger. `.state/` is the last folder: its hashes include those of all files."""
        folders, files = self._scan("")
        for folder in sorted(folders, key=lambda name: (name == ".state", name)):
            self._copy_folder(folder)
        for name in files:
            self._copy_file(name)
        if self._ledger:
            self._agree(self._ledger)
            self._ledger.close()
            self._copy_file(".state/ledger.db", self._work / "ledger.db")
        return self.counts

    def _scan(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the other entries in *folder*, without temporary ones."""
        folders: list[str] = []
        others: list[str] = []
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self._store.root / folder) as entries:
            for entry in entries:
                is_lock = folder == ".state" and entry.name.endswith(".lock")
                is_other = is_lock or entry.name in TOOL_FOLDERS or Path(entry.path) in self._omitted
                if is_other or _TEMPORARY.match(entry.name):
                    continue
                (folders if entry.is_dir(follow_symlinks=False) else others).append(entry.name)
        return sorted(folders), sorted(others)

    def _copy_folder(self, folder: str) -> None:
        if _CASE.fullmatch(folder):
            self._copy_case(folder)
            return
        with suppress(FileNotFoundError):
            self._target.add_folder(folder, (self._store.root / folder).lstat())
        folders, names = self._scan(folder)
        is_source = self._ledger is not None and not folder.startswith(".")
        for name in self._chosen(self._ledger, folder, names) if self._ledger and is_source else names:
            if not self._copy_file(f"{folder}/{name}") and is_source:
                self._note_lost(folder, name)
        for name in folders:
            self._copy_folder(f"{folder}/{name}")

    def _copy_file(self, name: str, path: Path | None = None) -> bool:
        """Copy a file: whole, or not at all if it vanishes or does not stop changing. Returns whether it was copied."""
        path = path or self._store.root / name
        with suppress(FileNotFoundError):
            found = path.lstat()
            if stat.S_ISLNK(found.st_mode):
                self._target.add_link(name, str(path.readlink()), found)
                return True
            if stat.S_ISREG(found.st_mode):
                if path == self._store.root / name and self._copy_link(name, found):
                    return True
                with read_stable(path, self._work, _ATTEMPTS, is_appended(name)) as file:
                    if file:
                        self._add(name, file)
                        self._note_names(name, found)
                        return True
                    self.counts.changing.append(name)
        return False

    def _copy_link(self, name: str, found: os.stat_result) -> bool:
        """Copy a further name of a file that has several (hard links of pictures) as a link to its copy."""
        first = self._named.get((found.st_dev, found.st_ino), "") if found.st_nlink > 1 else ""
        if not first:
            return False
        self._target.add_hard_link(name, first, found)
        self.counts.files += 1
        self._report(self.counts)
        return True

    def _note_names(self, name: str, found: os.stat_result) -> None:
        if found.st_nlink > 1:
            self._named[found.st_dev, found.st_ino] = name

    def _add(self, name: str, file: StableFile) -> None:
        self._target.add_file(name, file.data, file.size, file.stat)
        self.counts.files += 1
        self.counts.size += file.size
        self._report(self.counts)

    def _copy_case(self, folder: str) -> None:
        """Copy the files of a refused page: all of one attempt to read it, or none."""
        for attempt in range(_ATTEMPTS):
            path, copy = self._store.root / folder, self._work / f"case-{attempt}"
            try:
                before = path.stat()
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(path, copy, symlinks=True)
                after = path.stat()
            except (FileNotFoundError, NotADirectoryError, shutil.Error):
                continue  # replaced meanwhile
            if (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns):
                self._target.add_folder(folder, before)
                for file in sorted(each for each in copy.rglob("*") if not each.is_dir()):
                    self._copy_file(f"{folder}/{file.relative_to(copy)}", file)
                shutil.rmtree(copy)
                return
        if os.path.lexists(self._store.root / folder):
            self.counts.changing.append(folder)

    # Files and the copied ledger ------------------------------------------------------------------------------------

    def _chosen(self, ledger: Ledger, folder: str, names: list[str]) -> Iterator[str]:
        """Yield the files of *folder* that belong to the copy; note the articles whose files are lost or moved."""
        source = folder.partition("/")[0]
        articles = {name for name in names if is_article_name(name)}
        start = len(folder) + 1
        is_leaf = bool(articles) or folder.count("/") > 0
        recorded = {path[start:] for path in (ledger.articles.paths_in(folder) if is_leaf else ())
                    if "/" not in path[start:]}  # fmt: skip
        self._recorded = {f"{folder}/{name}" for name in recorded}
        if is_leaf:
            self._visited.add(folder)
        for name in recorded - articles:
            if (source, Path(name).stem) not in self._moved:
                self._lost[source, Path(name).stem] = f"{folder}/{name}"
        yield from (name for name in names if name not in articles)
        yield from (name for name in sorted(recorded & articles) if (source, Path(name).stem) not in self._moved)
        others = sorted(articles - recorded)
        for first in range(0, len(others), _BATCH):
            batch = others[first : first + _BATCH]
            entries = ledger.articles.find(source, [Path(name).stem for name in batch])
            for name in batch:
                entry = entries.get(Path(name).stem)
                if not self._is_newer(source, f"{folder}/{name}"):
                    yield name  # the ledger of the corpus does not have it either
                elif entry and entry.state == WRITTEN and self._replaces(source, entry.id, entry.path):
                    self._moved[source, entry.id] = f"{folder}/{name}"
                    yield name
                else:
                    self.counts.newer += 1

    def _note_lost(self, folder: str, name: str) -> None:
        """Note that a file of `_chosen` was deleted before it was copied, if the copied ledger has it."""
        article = folder.partition("/")[0], Path(name).stem
        is_moved = self._moved.pop(article, None) is not None
        if is_article_name(name) and (is_moved or f"{folder}/{name}" in self._recorded):
            self._lost[article] = f"{folder}/{name}"

    def _is_newer(self, source: str, path: str) -> bool:
        """Return whether a file without a row was written after the ledger was copied, or its row was."""
        try:
            changed = (self._store.root / path).lstat().st_ctime_ns
        except FileNotFoundError:
            return True
        return changed > self._since - (_ROW_DELAY if source in self._active else TICK)

    def _replaces(self, source: str, name: str, old: str) -> bool:
        """Return whether the copy does not have the file *old* of an article, because a run has moved it."""
        is_visited = old.rpartition("/")[0] in self._visited
        return not is_visited or self._lost.pop((source, name), None) is not None

    def _agree(self, ledger: Ledger) -> None:
        """Change the copied ledger where the files are different, and forget the runs in progress."""
        for source in self._active:
            ledger.runs.forget_running(source)
        for source in ledger.sources():
            for path in ledger.articles.paths_in(source):
                if path.rpartition("/")[0] not in self._visited and (source, Path(path).stem) not in self._moved:
                    self._lost[source, Path(path).stem] = path
            lost = sorted(name for of, name in self._lost if of == source)
            ledger.articles.reopen(source, lost)
            self.counts.reopened += len(lost)
        for (source, name), path in self._moved.items():
            if row := ledger_row(self._store, path):
                values = {key: value for key, value in row.items() if key not in ("id", "url")}
                ledger.articles.set(source, name, **values)
