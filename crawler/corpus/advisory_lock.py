"""The lock of a source in a PostgreSQL ledger, which allows one run at a time on all machines that share the ledger.

It is a session-level advisory lock (PostgreSQL documentation, section 13.3.5): it ends with the connection, also if the
process or its machine dies. A connection pooler must therefore not share sessions (pgbouncer: `pool_mode = session`).
"""

from __future__ import annotations

import os
import socket
from typing import Any

import sqlalchemy as sa

_CLASS = 0x70726573  # the first key of the locks; the second one is the hash of the source
# The server notices within 90 seconds that the machine of a run is gone, instead of two hours.
_KEEPALIVES = {"tcp_keepalives_idle": 60, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
_TRY = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
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
        self._held: list[str] = []
        sa.event.listen(engine, "connect", self._take_again)

    def take(self, connection: sa.Connection, source: str) -> bool:
        """Take the lock of *source*; return whether no other session has it. Raises SQLAlchemy's errors."""
        driver = connection.connection.driver_connection
        if not self._try(driver, source):
            return False
        self._held.append(source)
        return True

    def release(self, connection: sa.Connection, source: str) -> None:
        """Release the lock of *source*. Raises SQLAlchemy's errors."""
        self._held.remove(source)
        connection.execute(sa.select(sa.func.pg_advisory_unlock(_CLASS, sa.func.hashtext(source))))
        connection.commit()

    def holder(self, connection: sa.Connection, source: str) -> str:
        """Return the process that has the lock of *source*, and its start; "" if no session has it."""
        row = connection.execute(_HOLDER, {"class": _CLASS, "source": source}).first()
        connection.commit()
        if row is None:
            return ""
        start = row.backend_start.isoformat(timespec="seconds") if row.backend_start else "an unknown time"
        return f"{row.application_name or 'unknown process'} since {start}"

    def _take_again(self, driver: Any, _: object) -> None:
        for source in self._held:
            if not self._try(driver, source):
                raise LockLostError(f"the connection was lost, and another run of {source} is active")

    def _try(self, driver: Any, source: str) -> bool:
        with driver.cursor() as cursor:
            cursor.execute(_TRY, (_CLASS, source))
            is_taken = bool(cursor.fetchone()[0])
            if is_taken:
                for name, seconds in _KEEPALIVES.items():
                    cursor.execute(f"SET {name} = {seconds}")
                name = f"process {os.getpid()} on {socket.gethostname()}"
                cursor.execute("SELECT set_config('application_name', %s, false)", (name,))
        driver.commit()  # a lock of the session outlives the transaction
        return is_taken
