"""The numbered changes of stored articles: what programs that read the corpus have to read again.

Triggers in the ledger give each change of a stored article the next number: a new or replaced file, a new place, a
takedown, its reversal, and the loss of the file. The numbers do not depend on a clock. An edit by hand has no number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.entries import WRITTEN, LedgerEntry
from crawler.corpus.tables import ARTICLES, DELETIONS, PROPERTIES, RUNS

LATEST = "\U0010ffff"  # follows every text, also a date that was edited by hand ("昨天")
_LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class StoredEntry(LedgerEntry):
    """The row of an article with the metadata that its file may lack."""

    content_hash: str
    updated_at: int  # UTC, in seconds since 1970
    details: Mapping[str, Any] | None  # `jsonl.details`; None if the row was recorded from the file
    change_number: int


@dataclass(frozen=True, slots=True)
class Loss:
    """An article that was stored, and is not any more."""

    source: str
    id: str  # as in the name of the file
    url: str
    state: str  # "removed" (a takedown), or "deleted"
    change_number: int


_STORED = [ARTICLES.c[each.name] for each in fields(StoredEntry)]


class ArticleChanges:
    """The changes of the table of articles. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> int:
        """Return the number of the last change; 0 before the first one."""
        return last_change(self._database)

    def of_run(self, number: int) -> int | None:
        """Return the last change at the end of the run *number*, or of an earlier run if it has none.

        Returns None if no such run has one.
        """
        query = sa.select(RUNS.c.last_change).where(RUNS.c.number <= number, RUNS.c.last_change.is_not(None))
        rows = self._database.rows(query.order_by(RUNS.c.number.desc()).limit(1))
        return rows[0].last_change if rows else None

    def before(self, time: int) -> int:
        """Return the last change at the end of the last run that ended before *time*; -1 without such a run.

        *time* is UTC, in seconds since 1970. All changes after *time* have later numbers, unless the clock was wrong.
        """
        query = sa.select(sa.func.max(RUNS.c.last_change)).where(RUNS.c.ended < time)
        found = self._database.rows(query)[0][0]
        return -1 if found is None else int(found)

    def run_before(self, change: int) -> int:
        """Return the number of the last run that ended at or before the change *change*; 0 without such a run.

        `of_run` of this number never returns a later change, also after the end of runs that are now in progress.
        """
        query = sa.select(sa.func.max(RUNS.c.number)).where(RUNS.c.last_change <= change)
        return int(self._database.rows(query)[0][0] or 0)

    def last_run(self) -> int:
        """Return the number of the last run; 0 without one."""
        return int(self._database.rows(sa.select(sa.func.max(RUNS.c.number)))[0][0] or 0)

    def stored(
        self, source: str, first: str = "", last: str = LATEST, after: int = -1, size: int = 1000
    ) -> Iterator[StoredEntry]:
        """Yield the written articles of *source* from *first* to *last* (dates) with a change after *after*, by id.

        An id never changes: each article comes once, and none is missing, also if runs change the ledger meanwhile.
        Reads *size* rows at a time.
        """
        columns = ARTICLES.c
        query = sa.select(*_STORED).where(
            columns.source == source, columns.state == WRITTEN, columns.date >= first, columns.date < last + "~",
            columns.change_number > after,
        )  # fmt: skip
        return (StoredEntry(*row) for row in self._database.pages(query, [columns.id], [""], size))

    def places(self, source: str, size: int = 5000) -> Iterator[tuple[str, str, str]]:
        """Yield id, URL and path of the written articles of *source*, by id. Reads *size* rows at a time."""
        columns = ARTICLES.c
        query = sa.select(columns.id, columns.url, columns.path).where(
            columns.source == source, columns.state == WRITTEN
        )
        return (tuple(row) for row in self._database.pages(query, [columns.id], [""], size))

    def written(self, after: int, size: int = 1000) -> Iterator[StoredEntry]:
        """Yield the written articles with a change after the number *after* (-1: all), in the order of their changes.

        Reads *size* rows at a time.
        """
        columns = ARTICLES.c
        order = (columns.change_number, columns.source, columns.id)
        query = sa.select(*_STORED).where(columns.state == WRITTEN)
        return (StoredEntry(*row) for row in self._database.pages(query, order, (after, LATEST, ""), size))

    def dated(self, source: str, first: str = "", last: str = LATEST, size: int = 1000) -> Iterator[StoredEntry]:
        """Yield the written articles of *source* from *first* to *last*, ordered by date and id.

        *first* and *last* are dates or their first characters. Reads *size* rows at a time.
        """
        columns = ARTICLES.c
        query = sa.select(*_STORED).where(columns.source == source, columns.state == WRITTEN, columns.date < last + "~")
        rows = self._database.pages(query, (columns.date, columns.id), (first, ""), size)
        return (StoredEntry(*row) for row in rows)

    def find(self, source: str, identifier: str) -> StoredEntry | None:
        """Return the row of a written article; None for any other one."""
        rows = self._database.rows(sa.select(*_STORED).filter_by(source=source, id=identifier, state=WRITTEN))
        return StoredEntry(*rows[0]) if rows else None

    def lost(self, after: int) -> list[Loss]:
        """Return the articles that were stored and removed or lost after the change *after*, ordered by source and id.

        An article that is only lost may be fetched again by the next run.
        """
        columns = ARTICLES.c
        query = sa.select(columns.source, columns.id, columns.url, columns.state, columns.change_number).where(
            columns.change_number > after, columns.state != WRITTEN
        )
        found = {(row.source, row.id): row for row in self._database.rows(query)}
        deleted = sa.select(
            DELETIONS.c.source, DELETIONS.c.id, DELETIONS.c.url, sa.literal(""), DELETIONS.c.change_number
        )
        is_back = sa.exists().where(
            columns.source == DELETIONS.c.source, columns.id == DELETIONS.c.id, columns.state == WRITTEN
        )
        for row in self._database.rows(deleted.where(DELETIONS.c.change_number > after, ~is_back)):
            found.setdefault((row[0], row[1]), row)
        return [
            Loss(row[0], row[1], row[2], "removed" if row[3] == "removed" else "deleted", row[4])
            for _, row in sorted(found.items())
        ]

    def ledger_id(self) -> str:
        """Return the random name of this ledger. A ledger that is built again has another one, and other numbers."""
        return self.property(_LEDGER) or self._new_id()

    def property(self, name: str) -> str:
        """Return the value of a property of the ledger; "" without one."""
        rows = self._database.rows(sa.select(PROPERTIES.c.value).filter_by(name=name))
        return str(rows[0].value) if rows else ""

    def set_property(self, name: str, value: str) -> None:
        """Set a property of the ledger."""
        insert = self._database.insert(PROPERTIES).values(name=name, value=value)
        self._database.change(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def _new_id(self) -> str:
        insert = self._database.insert(PROPERTIES).values(name=_LEDGER, value=uuid4().hex)
        self._database.change(insert.on_conflict_do_nothing())  # another process may have been first
        return self.property(_LEDGER)


def last_change(database: Database) -> int:
    """Return the number of the last committed change: every change up to it is visible. Raises `LedgerError`."""
    if database.is_sqlite:
        return int(database.rows(sa.select(PROPERTIES.c.value).filter_by(name="last_change"))[0].value)
    # Transactions of other machines end in another order than they took their numbers: wait for those in progress.
    number = sa.text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last FROM article_changes")
    return int(database.rows_locked(ARTICLES, number)[0].last)
