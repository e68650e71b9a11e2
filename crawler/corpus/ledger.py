"""The ledger: the crawler's database between runs: links, refusals, takedowns, replaced files, walks, pauses,
runs and notices.

The files of the corpus are authoritative; the ledger makes them fast to query, and `rebuild` fills it from them. Every
change is committed at once: after a crash the ledger contains all changes before it. All times are UTC, in seconds
since 1970.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

import sqlalchemy as sa

from crawler.corpus.article_changes import ArticleChanges
from crawler.corpus.articles import Articles
from crawler.corpus.aside import move_aside
from crawler.corpus.captures import Captures
from crawler.corpus.database import Database, damage_marker
from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.folder_times import Folders
from crawler.corpus.hosts import Hosts
from crawler.corpus.lock import lock
from crawler.corpus.migrations import newest_version
from crawler.corpus.near_duplicates import NearDuplicates
from crawler.corpus.notices import Notices
from crawler.corpus.picture_table import Pictures
from crawler.corpus.removals import Removals
from crawler.corpus.replacements import Replacements
from crawler.corpus.robots_texts import RobotsTexts
from crawler.corpus.run_table import Runs
from crawler.corpus.tables import SOURCES
from crawler.corpus.walks import Walks

logger = logging.getLogger(__name__)


class Ledger:
    """The ledger at *url* (an SQLAlchemy URL), with one attribute for each table.

    The constructor, `sources` and all methods of the tables raise `LedgerError`.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.articles = Articles(self.database)
        self.changes = ArticleChanges(self.database)
        self.removals = Removals(self.database)
        self.near_duplicates = NearDuplicates(self.database)
        self.replacements = Replacements(self.database)
        self.pictures = Pictures(self.database)
        self.walks = Walks(self.database)
        self.hosts = Hosts(self.database)
        self.captures = Captures(self.database)
        self.robots = RobotsTexts(self.database)
        self.folders = Folders(self.database)
        self.runs = Runs(self.database)
        self.notices = Notices(self.database)

    def sources(self) -> list[str]:
        """Return the sources that have had an article or a run, ordered by name."""
        return [row.source for row in self.database.rows(sa.select(SOURCES.c.source).order_by(SOURCES.c.source))]

    def lock(self, source: str, *, shared: bool = False) -> bool:
        """Lock *source* in a PostgreSQL ledger until `unlock` or `close`: other machines may share the ledger.

        With *shared*, several runs can have the lock. Returns whether this run has it alone: then other runs that share
        it wait until `share_lock`.

        If the connection is lost during a run, the run ends with a `LedgerError`, and records its end only if no other
        run has taken the lock since. Raises `LockedError` with the holder.
        """
        is_alone, holder = self.database.join_lock(source) if shared else (True, self.database.lock(source))
        if holder:
            raise LockedError(f"another run of {source} is active: {holder}")
        return is_alone

    def share_lock(self, source: str) -> None:
        """Let other runs share the lock of *source*, which this run has alone."""
        self.database.share_lock(source)

    def storing(self, source: str) -> AbstractContextManager[None]:
        """Return a context manager, in which no other run that shares the lock of *source* stores an article."""
        return self.database.storing(source)

    def unlock(self, source: str) -> None:
        self.database.unlock(source)

    def is_locked(self, source: str) -> bool:
        """Return whether a run on any machine has the lock of *source* in a PostgreSQL ledger."""
        return bool(self.database.lock_holder(source))

    def close(self) -> None:
        self.database.close()


@contextmanager
def source_lock(state: Path, ledger: Ledger, source: str) -> Iterator[None]:
    """Lock *source* for a command, on this machine and in the ledger. Raises `LockedError`, `LedgerError`, OSError."""
    with lock(state / f"{source}.lock", source):
        ledger.lock(source)
        yield
        ledger.unlock(source)  # after an error, the end of the connection releases it


def open_ledger(state: Path, url: str) -> Ledger:
    """Open the ledger at *url*, or without one the SQLite file `ledger.db` in the folder *state*.

    A damaged file is renamed and replaced by a new one, which `reconcile` fills. A file of a newer schema version is
    never replaced. Raises `LedgerError`, OSError.
    """
    if url:
        return Ledger(url)
    state.mkdir(parents=True, exist_ok=True)
    path = state / "ledger.db"
    with (state / "ledger.lock").open("a") as guard:  # a run of another source may replace the file at the same time
        flock(guard, LOCK_EX)
        if _is_marked(path):
            _set_ledger_aside(path, "an earlier run found damage")
        try:
            return Ledger(f"sqlite:///{path}")
        except LedgerError as error:
            if not error.is_damage:
                raise
            _set_ledger_aside(path, str(error))
            return Ledger(f"sqlite:///{path}")


def _schema_version(path: Path) -> int:
    """Return the stored schema version; 0 without one, and for a file that is missing or cannot be read."""
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return 0


def _is_marked(path: Path) -> bool:
    """Return whether a run found damage in the file, which this release must handle.

    A newer release must handle its own damage. A run of release 0.1 that was active during the migration takes the
    renamed columns for damage: its marker is removed if the file is migrated.
    """
    old_marker = _old_marker(path)
    if old_marker.exists():
        if not _schema_version(path):
            return True
        old_marker.unlink(missing_ok=True)
    return damage_marker(path).exists() and _schema_version(path) <= newest_version()


def _old_marker(path: Path) -> Path:
    """Return the path of the damage marker of release 0.1."""
    return path.with_name(f"{path.name}-suspect")


def _set_ledger_aside(path: Path, why: str) -> None:
    # The write-ahead log moves first: SQLite deletes the one of a database that is missing.
    first = path.with_name(f"ledger.damaged-{time.strftime('%Y%m%d-%H%M%S')}.db")
    with suppress(FileNotFoundError):  # deleted since it was marked
        name = move_aside(path, first, companions=("-wal", "-shm")).name
        logger.warning("the ledger is damaged (%s): set aside as %s; a new one is built from the files", why, name)
    damage_marker(path).unlink(missing_ok=True)
    _old_marker(path).unlink(missing_ok=True)
