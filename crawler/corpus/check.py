"""Compare the files of a source with its ledger (`scrapy ledger check`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.corpus.articles import WRITTEN
from crawler.corpus.ledger import Ledger
from crawler.corpus.reconcile import ledger_row, set_aside
from crawler.corpus.store import Store
from crawler.layouts.validate import fault


@dataclass(frozen=True)
class Finding:
    """An inconsistency between the files and the ledger."""

    problem: str
    path: str  # relative to the corpus's root
    fixed: bool


def check(store: Store, ledger: Ledger, source: str, fix: bool = False) -> Iterator[Finding]:
    """Compare every file of *source* with the ledger, and yield the inconsistencies.

    The front matter is also parsed by a second parser: a file that it rejects could stop the build of a whole site.
    With *fix*, repairs each finding before it is yielded. Raises `LedgerError`, OSError.
    """
    for leftover in sorted((store.root / source).rglob(".*.tmp")):
        if fix:
            leftover.unlink()
        yield Finding("half-written", str(leftover.relative_to(store.root)), fix)
    found: dict[str, Path] = {}
    for path in store.in_folder(source):
        place = str(path.relative_to(store.root))
        row = ledger_row(store, path)
        entry = ledger.articles.find(source, [path.stem]).get(path.stem)
        problem = "it does not load" if row is None else fault(path.read_text(encoding="utf-8"))
        if row is None or problem:
            if fix:
                set_aside(store, path)
            yield Finding(f"front matter: {problem}", place, fix)
            continue
        if path.stem in found:
            extra = path if entry and entry.path == str(found[path.stem].relative_to(store.root)) else found[path.stem]
            if fix:
                set_aside(store, extra)
            yield Finding("second file of one article", str(extra.relative_to(store.root)), fix)
            if extra is path:
                continue
        found[path.stem] = path
        if entry is None or entry.state != WRITTEN or entry.path != place:
            if fix:
                ledger.articles.mark_written(source, [row], ledger.walks.next_number(source))
            yield Finding("file without a row", place, fix)
    for entry in list(ledger.articles.in_state(source, WRITTEN)):
        if not (store.root / entry.path).exists():
            if fix:
                ledger.articles.reopen(source, entry.id)
            yield Finding("row without a file", entry.path, fix)
