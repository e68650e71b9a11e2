"""The ledger's table of robots.txt files: each text of a host, with the time at which it was first received."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from crawler.corpus.database import Database, timestamp
from crawler.corpus.tables import ROBOTS


class RobotsTexts:
    """The table of robots.txt files. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, host: str, text: str) -> None:
        """Record that *host* has the robots.txt *text*, "" without one, unless it is the last one that was recorded."""
        last = sa.select(ROBOTS.c.text).where(ROBOTS.c.host == host).order_by(ROBOTS.c.seen_at.desc()).limit(1)
        found = self._database.rows(sa.select(last.subquery().c.text == sa.literal(text, ROBOTS.c.text.type)))
        if found and found[0][0]:
            return
        insert = self._database.insert(ROBOTS).values(host=host, seen_at=timestamp(), text=text)
        key = ["host", "seen_at"]  # two texts in one second: a host has several servers
        self._database.change(insert.on_conflict_do_update(index_elements=key, set_={"text": insert.excluded.text}))

    def each(self, length: int) -> Iterator[tuple[str, int, str, bool]]:
        """Yield host, time, text and whether it is cut to *length* characters, ordered by host and time."""
        columns = ROBOTS.c
        cut = sa.func.substr(columns.text, 1, length)
        query = sa.select(columns.host, columns.seen_at, cut, sa.func.length(columns.text) > length)
        for row in self._database.rows(query.order_by(columns.host, columns.seen_at)):
            yield row[0], row[1], row[2], bool(row[3])
