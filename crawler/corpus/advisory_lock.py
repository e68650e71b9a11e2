"""The lock of a source in a PostgreSQL ledger, which allows one run at a time on all machines that share the ledger.

Runs that read archives share the lock, and store one article at a time, under a second lock (`AdvisoryLocks.storing`).

It is a session-level advisory lock (PostgreSQL documentation, section 13.3.5): it ends with the connection, also if the
process or its machine dies. A connection pooler must therefore not share sessions (pgbouncer: `pool_mode = session`).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

# The first keys of the locks; the second one is the hash of the source.
_CLASS, _STORING = 0x70726573, 0x70726574
# The server notices within 90 seconds that the machine of a run is gone, instead of two hours.
_KEEPALIVES = {
    "tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3, "tcp_user_timeout": 90_000,
}  # fmt: skip
_TRY = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
_TRY_SHARED = "SELECT pg_try_advisory_lock_shared(%s, hashtext(%s))"
_LOCK = "SELECT pg_advisory_lock(%s, hashtext(%s))"
_UNLOCK = "SELECT pg_advisory_unlock(%s, hashtext(%s))"
_UNLOCK_SHARED = "SELECT pg_advisory_unlock_shared(%s, hashtext(%s))"
_HOLDER = sa.text("""
    SELECT a.application_name, a.backend_start FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2 AND l.classid::bigint = :class
    AND l.objid::bigint = hashtext(:source)::bigint & 4294967295
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
""")


class LockLostError(sa.exc.SQLAlchemyError):
    """The connection that held the lock was lost, and another run has the lock now."""


class AdvisoryLocks:
    """The locks of the sources that a run holds on the connections of *engine*.

    A lost connection loses its locks. A new one takes them again before it is used, or fails with `LockLostError`: no
    statement of a run is executed without its locks.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._held: dict[str, bool] = {}  # source -> whether its lock is shared
        self._is_storing = False
        sa.event.listen(engine, "connect", self._take_again)

    def take(self, connection: sa.Connection, source: str, *, shared: bool = False) -> bool:
        """Take the lock of *source*; return whether it was free. Raises SQLAlchemy's errors.

        Only other sessions without *shared* prevent a shared lock.
        """
        driver = connection.connection.driver_connection
        if not self._try(driver, source, shared):
            return False
        self._held[source] = shared
        return True

    def join(self, connection: sa.Connection, source: str) -> bool | None:
        """Take the lock of *source* to share it. Raises SQLAlchemy's errors.

        Returns True if no other session has it: then this one has it alone until `share`, and others wait in `join`.
        False if others share it; None if another session has it alone.
        """
        driver: Any = connection.connection.driver_connection
        driver.execute(_LOCK, (_STORING, source))
        driver.commit()
        if self.take(connection, source):
            return True
        result = None
        if self.take(connection, source, shared=True):
            if self._try(driver, source, shared=False):  # the other session has ended meanwhile
                self._unlock(connection, _UNLOCK_SHARED, _CLASS, source)
                self._held[source] = False
                return True
            result = False
        self._unlock(connection, _UNLOCK, _STORING, source)
        return result

    def share(self, connection: sa.Connection, source: str) -> None:
        """Change the lock of *source*, which this session has alone by `join`. Raises SQLAlchemy's errors."""
        self.take(connection, source, shared=True)
        self._unlock(connection, _UNLOCK, _CLASS, source)
        self._unlock(connection, _UNLOCK, _STORING, source)

    def release(self, connection: sa.Connection, source: str) -> None:
        """Release the lock of *source*. Raises SQLAlchemy's errors."""
        self._unlock(connection, _UNLOCK_SHARED if self._held.pop(source) else _UNLOCK, _CLASS, source)

    @contextmanager
    def storing(self, connection: sa.Connection, source: str) -> Iterator[None]:
        """Wait until no other run that shares the lock of *source* stores an article. Raises SQLAlchemy's errors.

        Does nothing without a shared lock. A connection that is lost meanwhile is not replaced before the end.
        """
        if not self._held.get(source):
            yield
            return
        driver: Any = connection.connection.driver_connection
        driver.execute(_LOCK, (_STORING, source))
        driver.commit()  # else a snapshot of before the wait could be used
        self._is_storing = True
        try:
            yield
        finally:
            self._is_storing = False
            self._unlock(connection, _UNLOCK, _STORING, source)

    def _unlock(self, connection: sa.Connection, statement: str, key: int, source: str) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(statement, (key, source))
        driver.commit()

    def holder(self, connection: sa.Connection, source: str) -> str:
        """Return the process that has the lock of *source*, and its start; "" if no session has it."""
        row = connection.execute(_HOLDER, {"class": _CLASS, "source": source}).first()
        connection.commit()
        if row is None:
            return ""
        start = row.backend_start.isoformat(timespec="seconds") if row.backend_start else "an unknown time"
        return f"{row.application_name or 'unknown process'} since {start}"

    def _take_again(self, driver: Any, _: object) -> None:
        if self._is_storing:
            raise LockLostError("the connection was lost while an article was stored")
        for source, shared in self._held.items():
            if not self._try(driver, source, shared):
                raise LockLostError(f"the connection was lost, and another run of {source} is active")

    def _try(self, driver: Any, source: str, shared: bool) -> bool:
        with driver.cursor() as cursor:
            cursor.execute(_TRY_SHARED if shared else _TRY, (_CLASS, source))
            is_taken = bool(cursor.fetchone()[0])
            if is_taken:
                for name, seconds in _KEEPALIVES.items():
                    cursor.execute(f"SET {name} = {seconds}")
                name = f"process {os.getpid()} on {socket.gethostname()}"
                cursor.execute("SELECT set_config('application_name', %s, false)", (name,))
        driver.commit()  # a lock of the session outlives the transaction
        return is_taken
