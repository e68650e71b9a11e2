"""List what is new in the corpus since a given time."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from crawler.corpus.article_changes import StoredEntry
from crawler.corpus.ledger import Ledger


@dataclass(frozen=True, slots=True)
class NewArticles:
    """The articles that were stored or replaced since a time."""

    entries: list[StoredEntry]  # the newest by date of publication first
    number: int  # of all of them, also of those that are not in `entries`


def new_articles(ledger: Ledger, since: int, sources: Collection[str] = (), limit: int = 100) -> NewArticles:
    """Return the articles of *sources* (() = all) that were stored or replaced at or after *since*.

    *since* is UTC, in seconds since 1970. An article that was only fetched again is not new. Memory depends on *limit*
    only. Raises `LedgerError`.
    """
    number = 0

    def matching() -> Iterator[StoredEntry]:
        nonlocal number
        for entry in ledger.changes.written(ledger.changes.before(since)):
            if entry.updated_at >= since and (not sources or entry.source in sources):
                number += 1
                yield entry

    entries = heapq.nlargest(limit, matching(), key=lambda entry: (entry.date, entry.source, entry.id))
    return NewArticles(entries, number)
