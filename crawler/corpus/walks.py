"""The ledger's table of walks: how far the runs have read each listing."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.entries import NOTHING, Coverage
from crawler.corpus.tables import WALKS


class Walks:
    """The table of walks. A listing is identified by *entrance*, the request of its first page. All methods raise
    `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._first_of_run: dict[str, int] = {}  # by source; a run opens its own ledger

    def next_number(self, source: str) -> int:
        """Return the number of the next walk of *source*."""
        last = self._database.rows(sa.select(sa.func.max(WALKS.c.started)).filter_by(source=source))[0][0]
        return int(last or 0) + 1

    def start(self, source: str, entrance: str) -> int:
        """Record the start of a walk and return its number."""
        number = self.next_number(source)
        self._first_of_run.setdefault(source, number)
        insert = self._database.insert(WALKS).values(source=source, entrance=entrance, started=number)
        key, values = ["source", "entrance"], {"started": number}
        self._database.change(insert.on_conflict_do_update(index_elements=key, set_=values))
        return number

    def coverage(self, source: str, entrance: str, pages: int, since: str) -> Coverage:
        """Return what the finished walks of a listing cover, `NOTHING` if they had a smaller range.

        The range is the first *pages* pages (0: all), back to the date *since* ("": no limit).
        """
        row = next(iter(self._database.rows(sa.select(WALKS).filter_by(source=source, entrance=entrance))), None)
        if row is None or row.since > since or (row.pages and not 0 < pages <= row.pages):
            return NOTHING
        return Coverage(row.finished, row.first_of_run)

    def finish(self, source: str, entrance: str, reach: tuple[int, str] | None) -> None:
        """Record that the last started walk of a listing ended without a failure.

        *reach* is its range: pages and the first date, as in `coverage`. None is a walk that stopped at the first page
        without new articles: it covers the same range as the walks before it.
        """
        values: dict[str, object] = {"finished": WALKS.c.started, "first_of_run": self._first_of_run[source]}
        update = sa.update(WALKS).filter_by(source=source, entrance=entrance)
        if reach:
            values |= {"pages": reach[0], "since": reach[1]}
        else:
            update = update.where(WALKS.c.finished > 0)
        self._database.change(update.values(**values))
