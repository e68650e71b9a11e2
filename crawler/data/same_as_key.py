"""Write the key `same_as` to the front matter of stored files, as runs with this key in EXTRA_KEYS write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.corpus.changes import Changes
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.reconcile import reconcile
from crawler.corpus.removal_journal import agree_on_removals
from crawler.corpus.store import Store, digest
from crawler.corpus.versions import record_replacement
from crawler.data.near_duplicates import same_as
from crawler.data.statistics import LATEST
from crawler.layouts import hugo


@dataclass(slots=True)
class Written:
    """The files of a source in the layout `hugo`: how many were written, had the key already, or were left alone."""

    written: int = 0
    unchanged: int = 0
    edited: int = 0  # by hand, or without a known hash


def write_same_as(store: Store, ledger: Ledger, source: str, extra: Sequence[str]) -> Written:
    """Set the key in each file of *source* that the crawler wrote. The caller holds the source's lock.

    *extra* are the extra keys of its files, with `same_as`. A written file is the crawler's own: it is not taken for
    edited, and the next fetch of the same article writes the same bytes. Raises `LedgerError`, OSError.
    """
    agree_on_removals(store.root, ledger, source)
    hashes = open_hashes(store.root, ledger, source)
    reconcile(store, ledger, hashes, source)
    changes, done, firsts = Changes(store, ledger, hashes, source), Written(), same_as(ledger, source)
    for entry in ledger.changes.dated(source, last=LATEST):
        try:
            old = (store.root / entry.path).read_bytes()
            new = hugo.with_same_as(old.decode("utf-8"), firsts.get(entry.id, ""), extra).encode("utf-8")
        except (FileNotFoundError, ValueError):  # lost, damaged, or of another layout
            continue
        if new == old:
            done.unchanged += 1
        elif not changes.wrote(entry.path, digest(old), entry.file_hash):
            done.edited += 1
        else:
            record_replacement(store, ledger, source, entry.id, (old, new), entry.file_hash, keep=False)
            changes.write(entry.path, new)
            ledger.articles.set(source, entry.id, file_hash=digest(new))
            done.written += 1
    changes.finish()
    return done
