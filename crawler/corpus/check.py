"""Compare the files of a source with its ledger (`scrapy ledger check`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crawler.corpus.ledger import WRITTEN, Ledger
from crawler.corpus.reconcile import ledger_row, set_aside
from crawler.corpus.store import Store
from crawler.layouts.validate import fault


@dataclass(frozen=True)
class Finding:
    """Something that is not in order."""

    problem: str
    path: str  # below the corpus's root
    mended: bool


def check(store: Store, ledger: Ledger, source: str, fix: bool = False) -> Iterator[Finding]:
    """Compare every file of *source* with the ledger, and have it read by a second reader, lest it stop a whole site;
    with *fix* mend what can be mended."""
    for left in sorted((store.root / source).rglob(".*.tmp")):
        if fix:
            left.unlink()
        yield Finding("half-written", str(left.relative_to(store.root)), fix)
    places: dict[str, Path] = {}
    for path in store.in_folder(source):
        place = str(path.relative_to(store.root))
        row = ledger_row(store, path)
        entry = ledger.find(source, [path.stem]).get(path.stem)
        stumble = "it does not load" if row is None else fault(path.read_text(encoding="utf-8"))
        if row is None or stumble:
            if fix:
                set_aside(store, path)
            yield Finding(f"front matter: {stumble}", place, fix)
            continue
        if path.stem in places:
            extra = (
                path if entry and entry.path == str(places[path.stem].relative_to(store.root)) else places[path.stem]
            )
            if fix:
                set_aside(store, extra)
            yield Finding("second file of one article", str(extra.relative_to(store.root)), fix)
            if extra is path:
                continue
        places[path.stem] = path
        if entry is None or entry.state != WRITTEN or entry.path != place:
            if fix:
                ledger.written(source, [row])
            yield Finding("file without a row", place, fix)
    for entry in list(ledger.in_state(source, WRITTEN)):
        if not (store.root / entry.path).exists():
            if fix:
                ledger.reopen(source, entry.id)
            yield Finding("row without a file", entry.path, fix)
