"""The ledger's table of hosts: the pauses that hosts requested, kept between runs."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.corpus.database import Database, timestamp
from crawler.corpus.tables import HOSTS

LONGEST_PAUSE = 86400 + 60  # seconds: one day is the limit in `retry_after`; the throttle rounds it up


class Hosts:
    """The table of hosts. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def paused_until(self) -> dict[str, int]:
        """Return the paused hosts with the end of each pause (seconds since 1970)."""
        query = sa.select(HOSTS).where(HOSTS.c.rests_until > timestamp())
        return {row.host: row.rests_until for row in self._database.rows(query)}

    def limit_pauses(self) -> None:
        """Shorten each pause that is longer than `LONGEST_PAUSE`: the clock was wrong when it was recorded."""
        latest = timestamp() + LONGEST_PAUSE
        self._database.change(sa.update(HOSTS).where(HOSTS.c.rests_until > latest).values(rests_until=latest))

    def pause(self, host: str, until: int) -> None:
        """Record that *host* gets no request before *until* (seconds since 1970)."""
        insert = self._database.insert(HOSTS).values(host=host, rests_until=until)
        self._database.change(insert.on_conflict_do_update(index_elements=["host"], set_={"rests_until": until}))
