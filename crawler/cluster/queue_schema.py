"""The schema of the queue in the ledger's database: procrastinate's tables and two of this project, in `SCHEMA`.

One transaction creates or migrates it, under a lock of the database: any number of workers may start at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import psycopg
import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from psycopg import sql
from psycopg.conninfo import make_conninfo

from crawler.cluster.queue_state import HEARTBEAT_TIMEOUT, SCHEMA
from crawler.corpus.errors import LedgerError

LOCK = 0x7072657371756575  # advisory lock; those of the ledger have other numbers
# `migration` is the name of the last file of procrastinate's migrations that the schema has.
_OWN_TABLES = """
CREATE TABLE queue_version (migration text NOT NULL);
CREATE TABLE schedule_times (source text PRIMARY KEY, handled timestamptz NOT NULL);
CREATE TABLE worker_names (
    worker_id bigint PRIMARY KEY REFERENCES procrastinate_workers (id) ON DELETE CASCADE,
    name text NOT NULL, concurrency integer NOT NULL
);
"""


class QueueVersionError(Exception):
    """The schema of the queue is of another release of procrastinate, and cannot be migrated now."""


def connection_info(url: str) -> str:
    """Return the connection string of libpq for a PostgreSQL ledger at *url*. Raises ValueError for another one."""
    made = sa.make_url(url) if url else None
    if made is None or made.get_backend_name() != "postgresql":
        raise ValueError("the queue needs a PostgreSQL ledger: LEDGER_URL=postgresql+psycopg://USER@HOST/DATABASE")
    dialect = made.set(drivername="postgresql+psycopg").get_dialect()()
    return make_conninfo(**dialect.create_connect_args(made)[1])


def prepare_queue(url: str) -> None:
    """Create the schema of the queue in the database of the ledger at *url*, or migrate an older one.

    A migration waits for no worker: it is refused while one is alive. Raises `LedgerError`.
    """
    try:
        with psycopg.connect(connection_info(url)) as connection:  # one transaction
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
            connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(SCHEMA)))
            connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(SCHEMA)))
            _upgrade(connection)
    except (psycopg.Error, QueueVersionError) as error:
        raise LedgerError(sa.make_url(url), error) from error


def _upgrade(connection: psycopg.Connection) -> None:
    """Bring the schema of the search path to the installed release of procrastinate, in the open transaction."""
    newest = migrations()[-1]
    exists = connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.queue_version",)).fetchone()
    if not exists or exists[0] is None:
        connection.execute(SchemaManager.get_schema())
        connection.execute(_OWN_TABLES)
        connection.execute("INSERT INTO queue_version VALUES (%s)", (newest,))
        return
    (found,) = connection.execute("SELECT migration FROM queue_version").fetchone() or ("",)
    if found == newest:
        return
    if found not in migrations():
        raise QueueVersionError("a newer release of procrastinate has migrated the queue: upgrade procrastinate here")
    alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)"
    if (count := connection.execute(alive, (HEARTBEAT_TIMEOUT,)).fetchone()) and count[0]:
        raise QueueVersionError(
            f"the queue has to be migrated for the installed procrastinate: stop all workers first ({count[0]} alive)"
        )
    for name in migrations():
        if name > found:
            connection.execute(_migration(name))
    connection.execute("UPDATE queue_version SET migration = %s", (newest,))


def migrations() -> list[str]:
    """Return the names of procrastinate's migrations in their order."""
    return sorted(_names())


def _names() -> Iterator[str]:
    for file in resources.files("procrastinate.sql.migrations").iterdir():
        if file.name.endswith(".sql"):
            yield file.name


def _migration(name: str) -> bytes:
    return (resources.files("procrastinate.sql.migrations") / name).read_bytes()
