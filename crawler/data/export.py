"""Select what an export contains: the stored articles, and those that are not stored any more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from crawler.corpus.article_changes import LATEST
from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import UNDATED, Store
from crawler.data.export_files import Row, RowWriter
from crawler.data.export_rows import RobotsHistory, article_row, chunk_rows
from crawler.data.near_duplicates import same_as
from crawler.data.stored import read_stored
from crawler.text.dates import BEIJING, SECOND


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles to export. An article without a known date of publication is not in a range of days."""

    sources: Sequence[str]
    since: str = ""  # first day of publication, "YYYY-MM-DD"; "" = no limit
    until: str = ""  # last day
    after: int = -1  # number of a change: only articles that changed after it; -1 = all

    @property
    def is_of_days(self) -> bool:
        return bool(self.since or self.until)


@dataclass(slots=True)
class Counts:
    """What an export wrote and left out."""

    articles: int = 0
    rows: int = 0  # differs from `articles` in an export of passages
    missing: int = 0  # articles whose file is missing
    unreadable: int = 0  # files that are not articles, such as an empty one


def export(
    store: Store,
    ledger: Ledger,
    selection: Selection,
    writer: RowWriter,
    *,
    of_chunks: bool = False,
    report: Callable[[], None] = lambda: None,
) -> Counts:
    """Write the rows of the selected articles, by source and id, and return what was written.

    Removed articles have no rows. Memory does not depend on the number of articles, apart from their near-duplicates.
    *report* is called for each article. Raises `LedgerError`, OSError.
    """
    counts, robots = Counts(), RobotsHistory(ledger)
    for source in selection.sources:
        removed = {removal.id for removal in removals_of(store.root, ledger, source)}
        firsts = {} if of_chunks else same_as(ledger, source)
        undated = f"{source}/{UNDATED}/"
        days = (selection.since, selection.until or LATEST)
        for entry in ledger.changes.stored(source, *days, after=selection.after):
            report()
            if entry.id in removed or (selection.is_of_days and entry.path.startswith(undated)):
                continue
            article = read_stored(store, entry)
            if article is None:
                is_file = (store.root / entry.path).is_file()
                counts.unreadable += is_file
                counts.missing += not is_file
                continue
            if of_chunks:
                rows: Sequence[Row] = list(chunk_rows(article))
            else:
                rows = [article_row(article, firsts.get(entry.id, ""), robots)]
            for row in rows:
                writer.write(row)
            counts.articles += 1
            counts.rows += len(rows)
    return counts


def lost_articles(store: Store, ledger: Ledger, sources: Sequence[str], after: int) -> Iterator[dict[str, str]]:
    """Yield the articles that were taken down or lost after the change *after*, by source and id.

    Each has the keys id ("source/id"), url, source, state ("removed" or "deleted"), and removed_at (Beijing time, "" if
    it is only deleted). An article whose file is missing now is deleted, also if no run has noticed that. Raises
    `LedgerError`, OSError.
    """
    losses = ledger.changes.lost(after)
    for source in sources:
        removals = {removal.id: removal for removal in removals_of(store.root, ledger, source)}
        recorded = ledger.removals.of(source)
        found = {loss.id: loss.url for loss in losses if loss.source == source}
        # A killed command records a takedown in the journal only.
        found |= {name: removal.url for name, removal in removals.items() if name not in recorded}
        for name, url, path in ledger.changes.places(source):
            if not os.path.lexists(store.root / path):
                found[name] = url
        for name in sorted(found):
            removal = removals.get(name)
            moment = datetime.fromtimestamp(removal.removed_at, BEIJING).strftime(SECOND) if removal else ""
            yield {
                "id": f"{source}/{name}", "url": found[name], "source": source,
                "state": "removed" if removal else "deleted", "removed_at": moment,
            }  # fmt: skip
