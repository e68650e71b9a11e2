"""The ledger's table of notices: which services received the alarm of a source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.tables import NOTICES


class Notices:
    """The table of notices, one row for each source. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, source: str) -> dict[str, Any]:
        """Return the columns kind, why, since and `told` of *source*; {} without a row."""
        rows = self._database.rows(sa.select(NOTICES).filter_by(source=source))
        return {name: value for name, value in rows[0]._mapping.items() if name != "source"} if rows else {}

    def set(self, source: str, values: Mapping[str, object]) -> None:
        """Set the columns kind, why, since and `told` of *source*."""
        insert = self._database.insert(NOTICES).values(source=source, **values)
        self._database.change(insert.on_conflict_do_update(index_elements=["source"], set_=values))
