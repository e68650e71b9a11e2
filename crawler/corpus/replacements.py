"""The ledger's table of replacements: when the file of an article was replaced by a newer text."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.tables import REPLACEMENTS


@dataclass(frozen=True, slots=True)
class Replacement:
    """A row of the table. Hashes are those of `store.digest`; the time is UTC, in seconds since 1970."""

    replaced_at: int
    old_hash: str
    new_hash: str
    kept: str = ""  # path of the kept copy of the old file, relative to the corpus's root; "" = not kept
    number: int | None = None  # of the row


_COLUMNS = [REPLACEMENTS.c[name] for name in Replacement.__dataclass_fields__]


class Replacements:
    """The table of replacements. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str, identifier: str) -> list[Replacement]:
        """Return the replacements of an article, the first one first."""
        query = sa.select(*_COLUMNS).filter_by(source=source, id=identifier).order_by(REPLACEMENTS.c.number)
        return [Replacement(*row) for row in self._database.rows(query)]

    def last(self, source: str, identifier: str) -> Replacement | None:
        """Return the last replacement of an article."""
        query = sa.select(*_COLUMNS).filter_by(source=source, id=identifier).order_by(REPLACEMENTS.c.number.desc())
        return next((Replacement(*row) for row in self._database.rows(query.limit(1))), None)

    def put(self, source: str, identifier: str, replacement: Replacement) -> None:
        """Add a row, or replace the row with the number of *replacement*."""
        values = {name: getattr(replacement, name) for name in ("replaced_at", "old_hash", "new_hash", "kept")}
        if replacement.number is None:
            self._database.change(sa.insert(REPLACEMENTS).values(source=source, id=identifier, **values))
        else:
            update = sa.update(REPLACEMENTS).where(REPLACEMENTS.c.number == replacement.number)
            self._database.change(update.values(**values))
