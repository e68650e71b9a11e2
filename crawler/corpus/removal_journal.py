"""The takedowns beside the files: `.state/removed/<source>.jsonl`.

A ledger can be damaged or lost, and is then filled from the files: only this journal still names the articles that must
not be fetched. A line is durable before the ledger is changed and before a file is deleted. Each line is a JSON object:
a takedown has the fields of `Removal` without the source, its reversal has `id` and `restored_at`. Times are UTC, in
seconds since 1970. The last line of an article counts.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from crawler.corpus.database import timestamp
from crawler.corpus.durable import append_line, make_folder
from crawler.corpus.ledger import Ledger
from crawler.corpus.removals import Removal


class Journal:
    """The journal of *source* in the corpus at *root*. All methods raise OSError."""

    def __init__(self, root: Path, source: str) -> None:
        self._root, self._source = root, source
        self._file = root / ".state" / "removed" / f"{source}.jsonl"

    def read(self) -> dict[str, Removal | None]:
        """Return the last line of each article by id: its takedown, or None for a reversal. Skips damaged lines."""
        last: dict[str, Removal | None] = {}
        with suppress(FileNotFoundError), self._file.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                with suppress(ValueError, TypeError, KeyError, AttributeError):
                    values = json.loads(line)
                    last[str(values["id"])] = None if "restored_at" in values else Removal(self._source, **values)
        return last

    def remove(self, removal: Removal) -> None:
        """Record a takedown durably."""
        self._append({name: value for name, value in asdict(removal).items() if name != "source"})

    def restore(self, identifier: str) -> None:
        """Record the reversal of a takedown durably."""
        self._append({"id": identifier, "restored_at": timestamp()})

    def _append(self, values: dict[str, object]) -> None:
        make_folder(self._file.parent, self._root)
        append_line(self._file, json.dumps(values, ensure_ascii=False).encode("utf-8", "replace"))


def removals_of(root: Path, ledger: Ledger, source: str) -> list[Removal]:
    """Return the removed articles of *source*, ordered by id. Commands that export articles leave these out.

    They are those of the journal and of the ledger. If these differ, a process was killed, or one of them was lost:
    the journal, which is written first, wins. Raises `LedgerError`, OSError.
    """
    found = ledger.removals.of(source)
    for identifier, removal in Journal(root, source).read().items():
        if removal is None:
            found.pop(identifier, None)
        else:
            found.setdefault(identifier, removal)
    return [found[identifier] for identifier in sorted(found)]


def removed_sources(root: Path, ledger: Ledger) -> list[str]:
    """Return the sources that can have removed articles, ordered by name. Raises `LedgerError`, OSError."""
    journals = (path.stem for path in (root / ".state" / "removed").glob("*.jsonl"))
    return sorted({*ledger.sources(), *journals})


def agree_on_removals(root: Path, ledger: Ledger, source: str) -> None:
    """Make the ledger and the journal of *source* equal. The caller holds the source's lock.

    Raises `LedgerError`, OSError.
    """
    journal = Journal(root, source)
    removals, recorded, written = removals_of(root, ledger, source), ledger.removals.of(source), journal.read()
    for removal in removals:
        if removal.id not in recorded:
            ledger.removals.add(removal)
        if removal.id not in written:
            journal.remove(removal)
    for identifier in recorded.keys() - {removal.id for removal in removals}:
        ledger.removals.restore(source, identifier)
