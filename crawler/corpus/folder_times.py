"""The ledger's table of folders: when each folder last changed, as of the time when files and ledger agreed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.tables import FOLDERS


class Folders:
    """The table of folders. Paths are relative to the corpus's root. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def times(self, source: str) -> dict[str, int]:
        """Return the folders of *source* with the recorded times of their last change (nanoseconds since 1970)."""
        return {row.path: row.mtime_ns for row in self._database.rows(sa.select(FOLDERS).where(_of(source)))}

    def set_times(self, times: Mapping[str, int]) -> None:
        """Record that files and ledger agreed in these folders after their last change at these times."""
        insert = self._database.insert(FOLDERS)
        new = insert.excluded.mtime_ns
        # An unchanged row costs no write, with which a server would wait for the disk.
        insert = insert.on_conflict_do_update(
            index_elements=["path"], set_={"mtime_ns": new}, where=FOLDERS.c.mtime_ns != new
        )
        rows = [{"path": path, "mtime_ns": time} for path, time in times.items()]
        if rows:
            self._database.change(insert, rows)

    def invalidate(self, folder: str) -> None:
        """Record that *folder* is about to be changed: unless its time is set later, `reconcile` reads it.

        The row stays, with a time that no folder has: `reconcile` must also notice that a new folder was lost.
        """
        self.set_times({folder: 0})

    def remove(self, folders: Iterable[str]) -> None:
        """Delete the rows of folders that do not exist."""
        rows = [{"folder": folder} for folder in folders]
        if rows:
            self._database.change(sa.delete(FOLDERS).where(FOLDERS.c.path == sa.bindparam("folder")), rows)

    def forget(self, source: str) -> None:
        """Delete the rows of *source*: the next `reconcile` reads all of its folders."""
        self._database.change(sa.delete(FOLDERS).where(_of(source)))


def _of(source: str) -> sa.ColumnElement[bool]:
    """Return the condition for the folders of *source*: a range, which uses the index."""
    path = FOLDERS.c.path
    return sa.and_(path > f"{source}/", path < f"{source}0")  # "0" is the character after "/"
