"""The ledger's table of walks: how far the runs have read each listing."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.corpus.database import Database, timestamp
from crawler.corpus.tables import WALKS


class Walks:
    """The table of walks. A listing is identified by *entrance*, the request of its first page. All methods raise
    `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def covered_until(self, source: str, entrance: str, pages: int, since: str) -> int:
        """Return when the last walk of a listing ended, if the finished walks cover this range; 0 otherwise.

        The range is the first *pages* pages (0: all), back to the date *since* ("": no limit). Links seen before the
        returned time (seconds since 1970) need no second walk.
        """
        rows = self._database.rows(sa.select(WALKS).filter_by(source=source, entrance=entrance))
        if not rows or rows[0].since > since:
            return 0
        covered = rows[0].pages
        return int(rows[0].ended) if covered == 0 or 0 < pages <= covered else 0

    def finish(self, source: str, entrance: str, reach: tuple[int, str] | None) -> None:
        """Record that a walk ended without a failure.

        *reach* is its range: pages and the first date, as in `covered_until`. None is a walk that stopped at the first
        page without new articles: it covers the same range as the walks before it.
        """
        values: dict[str, object] = {"ended": timestamp()}
        if reach:
            values |= {"pages": reach[0], "since": reach[1]}
            insert = self._database.insert(WALKS).values(source=source, entrance=entrance, **values)
            self._database.change(insert.on_conflict_do_update(index_elements=["source", "entrance"], set_=values))
        else:
            self._database.change(sa.update(WALKS).filter_by(source=source, entrance=entrance).values(**values))
