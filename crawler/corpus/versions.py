"""The versions of an article: a line in the ledger for each replaced file, and if wanted a copy of it.

A copy is `.state/versions/<source>/<id>/<time>-<hash>.md`: the time (UTC) of the replacement, and the SHA-256 of the
file. The same bytes are kept once. Copy and line are durable before the file is replaced.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from crawler.corpus.database import timestamp
from crawler.corpus.ledger import Ledger
from crawler.corpus.replacements import Replacement
from crawler.corpus.store import Store, digest

_NAME = re.compile(r"([0-9]{8}T[0-9]{6}Z)-([0-9a-f]{64})")
_TIME = "%Y%m%dT%H%M%SZ"


def versions_folder(source: str, identifier: str) -> str:
    """Return the folder of the kept copies of an article, relative to the root."""
    return f".state/versions/{source}/{identifier}"


def record_replacement(
    store: Store, ledger: Ledger, source: str, identifier: str, texts: tuple[bytes, bytes], recorded: str, keep: bool
) -> None:
    """Record that the first of *texts*, a file, is about to be replaced by the second; with *keep*, keep a copy of it.

    *recorded* is the hash of the file in the ledger. If a run was killed between its line and the replacement, that
    line is completed: the file is the old one, and the ledger does not have the new one. Raises `LedgerError`, OSError.
    """
    old, new = map(digest, texts)
    kept = _keep(store, source, identifier, texts[0], old) if keep else ""
    last = ledger.replacements.last(source, identifier)
    is_repeated = last is not None and last.old_hash == old and last.new_hash != recorded
    number = last.number if last and is_repeated else None
    ledger.replacements.put(source, identifier, Replacement(timestamp(), old, new, kept, number))


def versions_of(store: Store, ledger: Ledger, source: str, identifier: str) -> list[Replacement]:
    """Return the replacements of an article, the first one first; `kept` is "" if the copy does not exist any longer.

    Copies without a line, after the ledger was lost, have an empty `new_hash`. Raises `LedgerError`.
    """
    copies = dict(_copies(store, source, identifier))
    lines = ledger.replacements.of(source, identifier)
    known = {line.kept for line in lines}
    found = [
        Replacement(line.replaced_at, line.old_hash, line.new_hash, line.kept if line.kept in copies else "")
        for line in lines
    ]
    found += [copy for path, copy in copies.items() if path not in known]
    return sorted(found, key=lambda replacement: replacement.replaced_at)  # stable: lines of a second keep their order


def _keep(store: Store, source: str, identifier: str, data: bytes, old: str) -> str:
    folder = versions_folder(source, identifier)
    for leftover in list(store.leftovers(folder)):  # of a killed run; this one holds the source's lock
        leftover.unlink()
    for path, copy in _copies(store, source, identifier):
        if copy.old_hash == old:
            return path
    path = f"{folder}/{time.strftime(_TIME, time.gmtime())}-{old}.md"
    store.replace(store.root / path, data)
    return path


def _copies(store: Store, source: str, identifier: str) -> Iterator[tuple[str, Replacement]]:
    """Yield the path and the content of each kept copy, in the order of their times."""
    for path in sorted(store.articles(versions_folder(source, identifier))):
        if found := _NAME.fullmatch(path.rpartition("/")[2].removesuffix(".md")):
            moment = datetime.strptime(found[1], _TIME).replace(tzinfo=UTC)
            yield path, Replacement(int(moment.timestamp()), found[2], "", path)
