"""Compare the files of a source with its ledger (`press-corpus ledger check`)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from crawler.corpus.entries import REMOVED, WRITTEN, LedgerEntry
from crawler.corpus.findings import Finding
from crawler.corpus.hashes import Hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.picture_check import check_pictures, missing_pictures
from crawler.corpus.picture_files import is_picture_folder
from crawler.corpus.reconcile import BATCH, index_marker, ledger_row, record, set_aside
from crawler.corpus.removal_journal import agree_on_removals
from crawler.corpus.store import Store
from crawler.corpus.takedown import delete, left_files
from crawler.layouts.validate import fault


def check(store: Store, ledger: Ledger, hashes: Hashes, source: str, fix: bool = False) -> Iterator[Finding]:
    """Compare every file of *source* with the ledger, and yield the inconsistencies and the edited files.

    The front matter is also parsed by a second parser: a file that it rejects could stop the build of a whole site.
    With *fix*, repairs each inconsistency before it is yielded. Raises `LedgerError`, OSError.
    """
    yield from _Check(store, ledger, hashes, source, fix).findings()


class _Check:
    def __init__(self, store: Store, ledger: Ledger, hashes: Hashes, source: str, fix: bool) -> None:
        self.store, self.ledger, self.hashes, self.source, self.fix = store, ledger, hashes, source, fix
        self._unrecorded: set[str] = set()  # ids of files that are not the ones of their rows, and stay so

    def findings(self) -> Iterator[Finding]:
        """Check one folder after the other, *BATCH* files at a time: the memory does not grow with the corpus."""
        agree_on_removals(self.store.root, self.ledger, self.source)
        for removal in self.ledger.removals.of(self.source).values():
            for path in list(left_files(self.store, self.ledger, removal)):
                if self.fix:
                    delete(self.store, path)
                yield Finding("file of a removed article", path, self.fix)
        for folder in self.store.folders(self.source):
            for leftover in sorted(self.store.leftovers(folder)):
                if self.fix:
                    leftover.unlink()
                yield Finding("half-written", str(leftover.relative_to(self.store.root)), self.fix)
            if is_picture_folder(folder):
                yield from check_pictures(self.store, self.ledger, self.source, folder, self.fix)
            paths = self.store.articles(folder)
            while batch := sorted(islice(paths, BATCH)):
                yield from self._check_files(folder, batch)
        if self.fix:
            index_marker(self.store, self.source).unlink(missing_ok=True)
        for entry in self.ledger.articles.in_state(self.source, WRITTEN):
            if not (self.store.root / entry.path).is_file():
                if self.fix:
                    self.ledger.articles.reopen(self.source, [entry.id])
                yield Finding("row without a file", entry.path, self.fix)
        yield from missing_pictures(self.store, self.ledger, self.hashes, self.source, self.fix)

    def _check_files(self, folder: str, paths: list[str]) -> Iterator[Finding]:
        entries = self.ledger.articles.find(self.source, [Path(path).stem for path in paths])
        changed: dict[str, object] = {}  # path -> hash of a file that does not have the hash in the ledger
        for path in paths:
            entry = entries.get(Path(path).stem)
            if entry and entry.state == REMOVED:
                continue  # reported above
            row, problem = self._load(path)
            if row is None:
                if self.fix:
                    set_aside(self.store, path)
                yield Finding(f"front matter: {problem}", path, self.fix)
            elif not (entry and entry.state == WRITTEN and entry.path == path):
                yield self._without_row(path, entry)
            elif entry.file_hash and entry.file_hash != row["file_hash"]:
                changed[path] = row["file_hash"]
        listed = self.hashes.listed(folder, changed) if changed else {}
        for path, found in changed.items():
            if found not in listed.get(path, ()):
                yield Finding("edited by hand, not overwritten", path, fixed=False, is_fault=False)

    def _without_row(self, path: str, entry: LedgerEntry | None) -> Finding:
        name = Path(path).stem
        other = self.store.root / entry.path if entry and entry.state == WRITTEN else None
        if name in self._unrecorded or (entry and other and other.is_file() and self._load(entry.path)[0]):
            if self.fix:
                set_aside(self.store, path)
            return Finding("second file of one article", path, self.fix)
        if self.fix:
            record(self.store, self.ledger, self.hashes, self.source, [path])
        else:
            self._unrecorded.add(name)
        return Finding("file without a row", path, self.fix)

    def _load(self, path: str) -> tuple[dict[str, object] | None, str]:
        """Return the row of a file for the ledger, None if the file is not sound; and its fault."""
        row = ledger_row(self.store, path)
        if row is None:
            return None, "it does not load, or title, date or link is missing"
        problem = fault((self.store.root / path).read_text(encoding="utf-8"))
        return (None, problem) if problem else (row, "")
