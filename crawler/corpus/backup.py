"""Back up a corpus while runs write to it (`press-corpus corpus backup`): ledger, files, `.state/` and logs."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from crawler.corpus.backup_target import check_target, new_target
from crawler.corpus.corpus_copy import CorpusCopy, Counts
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.lock import is_locked

SEARCH_INDEX = "search.db"  # in `.state/`; it has no facts of its own, and is not copied
SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")  # of the files of a SQLite database


def ledger_file(state: Path, ledger_url: str) -> Path | None:
    """Return the path of the ledger's SQLite file; None for a ledger on a server. Raises `LedgerError`."""
    if not ledger_url:
        return state / "ledger.db"
    try:
        url = sa.make_url(ledger_url)
    except sa.exc.ArgumentError as error:
        raise LedgerError("LEDGER_URL", error) from error
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def dump_command(ledger_url: str) -> str:
    """Return the command that dumps a PostgreSQL ledger, without the password."""
    url = sa.make_url(ledger_url)
    query = {name: value for name, value in url.query.items() if name in ("host", "port")}
    shown = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return f"pg_dump --format=custom --file=ledger.dump '{shown.render_as_string()}'"


def back_up(root: Path, path: Path, ledger_url: str, report: Callable[[Counts], None]) -> Counts:
    """Copy the corpus at *root* to *path*, a new folder or tar file by its name, and return what it contains.

    The copied ledger is the SQLite file `.state/ledger.db`; a ledger on a server is not copied. *report* gets the
    counts after each file. After an error, *path* does not exist. Raises `TargetError`, `LedgerError`, OSError.
    """
    check_target(path, root)
    state = root / ".state"
    live = ledger_file(state, ledger_url)
    active = {lock.stem for lock in state.glob("*.lock") if is_locked(lock)}
    since = time.time_ns()
    with new_target(path) as (target, work):
        ledger = None
        if live and live.is_file():
            _copy_ledger(live, work / "ledger.db")
            ledger = Ledger(f"sqlite:///{work / 'ledger.db'}")
        files = {state / "ledger.db", live or state / "ledger.db", state / SEARCH_INDEX}
        omitted = {file.with_name(f"{file.name}{suffix}") for file in files for suffix in SQLITE_SUFFIXES}
        try:
            return CorpusCopy(root, target, work, ledger, since, active, omitted, report).copy()
        finally:
            if ledger:
                ledger.close()


def _copy_ledger(live: Path, copy: Path) -> None:
    """Copy a SQLite database in one read transaction; writers do not wait for it."""
    try:
        with (
            closing(sqlite3.connect(f"{live.absolute().as_uri()}?mode=rw", uri=True, timeout=30)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(copy)) from error
        raise LedgerError(f"sqlite:///{live}", error) from error
