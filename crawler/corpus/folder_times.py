"""The ledger's table of folders: their modification times when files and ledger last agreed."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.tables import FOLDERS


class Folders:
    """The table of folders. Paths are relative to the corpus's root. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def times(self) -> dict[str, int]:
        """Return the folders of all sources with their modification times (nanoseconds)."""
        return {row.path: row.mtime_ns for row in self._database.rows(sa.select(FOLDERS))}

    def set_times(self, times: Mapping[str, int]) -> None:
        """Record that files and ledger agree in these folders with these modification times (nanoseconds)."""
        insert = self._database.insert(FOLDERS)
        insert = insert.on_conflict_do_update(index_elements=["path"], set_={"mtime_ns": insert.excluded.mtime_ns})
        rows = [{"path": path, "mtime_ns": mtime} for path, mtime in times.items()]
        if rows:
            self._database.change(insert, rows)

    def forget(self, source: str) -> None:
        """Delete the folders of *source*: the next `reconcile` reads all of its files."""
        self._database.change(sa.delete(FOLDERS).where(FOLDERS.c.path.startswith(f"{source}/", autoescape=True)))
