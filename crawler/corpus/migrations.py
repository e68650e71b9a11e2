"""Create the ledger's schema, or migrate an older one to the current version.

SQLite stores the version in `PRAGMA user_version`, PostgreSQL in the only row of table `schema_version`. A database
that has the ledger's tables but no version has version 1: releases before version 2 did not store it. Creation and all
migrations of one opening are one transaction: after a crash the database has its old version or the new one.

To change the schema, change `tables.py` and append a function to `MIGRATIONS`. For a new table the function is empty:
missing tables are created after the migrations. A migration does not use `tables.py`, which later versions change.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from crawler.corpus.tables import METADATA, TRIGGERS

_LOCK = 0x70726573  # PostgreSQL advisory lock: of two processes that create the same table, one fails
_BATCH = 500  # runs rewritten per statement; their figures are parsed in Python
_VERSION = sa.Table("schema_version", sa.MetaData(), sa.Column("version", sa.Integer, nullable=False))


class SchemaError(Exception):
    """The database's schema cannot be used."""


class NewerSchemaError(SchemaError):
    """A newer release migrated the database."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the ledger has schema version {version}, this press-corpus supports versions up to {newest_version()}: "
            "upgrade press-corpus"
        )


class IncompleteSchemaError(SchemaError):
    """A table or column of the database's version is missing."""


def prepare_schema(connection: sa.Connection) -> None:
    """Create the current schema, or migrate to it.

    Raises `NewerSchemaError` before any change to the database, `IncompleteSchemaError` (SQLite), and SQLAlchemy's
    errors.
    """
    if connection.dialect.name == "sqlite":
        _prepare_sqlite(connection)
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        _upgrade(connection, set(sa.inspect(connection).get_table_names()))
        connection.commit()


def missing_from_schema(connection: sa.Connection) -> list[str]:
    """Return the tables and columns ("articles.url") that a SQLite database of the current version lacks.

    Returns [] if the database has another version.
    """
    if _version(connection) != newest_version():
        return []
    query = "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    found = {tuple(row) for row in connection.exec_driver_sql(query)}
    wanted = {(table.name, column.name) for table in METADATA.sorted_tables for column in table.columns}
    return sorted(f"{table}.{column}" for table, column in wanted - found)


def newest_version() -> int:
    """Return the schema version of this release."""
    return 1 + len(MIGRATIONS)


def _prepare_sqlite(connection: sa.Connection) -> None:
    version = _version(connection)
    _use_write_ahead_log(connection)
    connection.exec_driver_sql("PRAGMA synchronous = NORMAL")  # committed changes survive the end of the process
    if version < newest_version():
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver itself begins no transaction before DDL
        _upgrade(connection, set(sa.inspect(connection).get_table_names()))
    elif missing := missing_from_schema(connection):
        raise IncompleteSchemaError(f"the database is cut: {missing[0]} is missing")
    connection.commit()


def _use_write_ahead_log(connection: sa.Connection) -> None:
    """Set the journal mode in which readers do not wait for the writer.

    The change needs the file for itself, and SQLite does not always wait for that: of several processes that open an
    old or a new ledger at once, each but the first may fail. They try again for the time of the connection.
    """
    end = time.monotonic() + connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() / 1000
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            return
        except sa.exc.OperationalError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
            if code != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            connection.rollback()
            time.sleep(0.05)


def _upgrade(connection: sa.Connection, tables: set[str]) -> None:
    """Bring a database with these *tables* to the current version, in the open transaction."""
    version = _version(connection, tables)  # another process may have migrated it before this one had the lock
    if version == newest_version() and tables >= METADATA.tables.keys():
        return
    if tables & METADATA.tables.keys():
        for migrate in MIGRATIONS[max(version, 1) - 1 :]:
            migrate(connection, tables)
    for table in METADATA.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    for statement in TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {newest_version()}")
    else:
        connection.execute(CreateTable(_VERSION, if_not_exists=True))
        connection.execute(sa.delete(_VERSION))
        connection.execute(sa.insert(_VERSION).values(version=newest_version()))


def _version(connection: sa.Connection, tables: set[str] | None = None) -> int:
    """Return the stored version, 0 without one. Raises `NewerSchemaError`.

    PostgreSQL needs the names of the existing *tables*.
    """
    if connection.dialect.name == "sqlite":
        version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    else:
        version = connection.scalar(sa.select(_VERSION.c.version)) if _VERSION.name in (tables or ()) else 0
    if (version or 0) > newest_version():
        raise NewerSchemaError(version)
    return version or 0


# Migrations ---------------------------------------------------------------------------------------------------------


_RENAMED_FIGURES = {
    "links.again": "links.revisit",
    "links.passed": "links.not_article",
    "links.outside": "links.filtered",
    "links.left": "links.over_limit",
    "links.open": "links.not_fetched",
    "pages.outside": "pages.filtered",
    "records.passed": "records.not_article",
    "articles.same": "articles.duplicate",
    "faults": "internal_errors",
}


def _to_version_2(connection: sa.Connection, tables: set[str]) -> None:
    """Use the standard names: columns of `articles`, kinds, and counts in the figures of runs.

    A process of an old release that was killed while it created the tables can have left out some.
    """
    if "articles" in tables:
        columns = {column["name"] for column in sa.inspect(connection).get_columns("articles")}
        for old, new in (("tries", "attempts"), ("seen", "first_seen_at"), ("changed", "updated_at")):
            if old in columns:
                connection.exec_driver_sql(f"ALTER TABLE articles RENAME COLUMN {old} TO {new}")
            elif new not in columns:  # (a copy by `.dump` has the new columns, but no version)
                raise IncompleteSchemaError(f"the database is cut: articles.{old} is missing")
        connection.exec_driver_sql("UPDATE articles SET kind = 'duplicate' WHERE kind = 'same'")
    if "notices" in tables:
        connection.exec_driver_sql("UPDATE notices SET kind = 'stale' WHERE kind = 'nothing new'")
    if "runs" in tables:
        _rewrite_figures(connection, _rename_figures)


def _rename_figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {_RENAMED_FIGURES.get(name, name): value for name, value in figures.items()}
    verdict = renamed.get("verdict")
    if isinstance(verdict, dict) and verdict.get("kind") == "nothing new":
        renamed["verdict"] = {**verdict, "kind": "stale"}
    return renamed


def _rewrite_figures(connection: sa.Connection, rewrite: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    """Replace the figures of all runs, in batches. Figures that are not valid JSON stay as they are."""
    runs = sa.table("runs", sa.column("number", sa.Integer), sa.column("figures", sa.JSON))
    # SQLite stores what it gets; PostgreSQL returns parsed values, which are always valid.
    is_sqlite = connection.dialect.name == "sqlite"
    stored = sa.cast(runs.c.figures, sa.LargeBinary) if is_sqlite else runs.c.figures
    query = sa.select(runs.c.number, stored.label("figures")).order_by(runs.c.number).limit(_BATCH)
    update = sa.update(runs).where(runs.c.number == sa.bindparam("run")).values(figures=sa.bindparam("rewritten"))
    last: int | None = None
    while batch := connection.execute(query if last is None else query.where(runs.c.number > last)).all():
        rewritten = [
            {"run": number, "rewritten": new}
            for number, value in batch
            if isinstance(figures := _parsed(value), dict) and (new := rewrite(figures)) != figures
        ]
        if rewritten:
            connection.execute(update, rewritten)
        last = batch[-1].number


def _parsed(figures: object) -> object:
    """Parse JSON that SQLite stored; None if it is not valid."""
    if not isinstance(figures, bytes):
        return figures
    try:
        return json.loads(figures)
    except (ValueError, RecursionError):
        return None


def _to_version_3(connection: sa.Connection, tables: set[str]) -> None:
    """Number the walks, count the written articles of each source, and index the runs of a source by number.

    All walks are forgotten, because their times can be wrong: the next run reads each listing to its end.
    """
    collation = ' COLLATE "C"' if connection.dialect.name == "postgresql" else ""

    def columns(table: str) -> set[str]:
        return {column["name"] for column in sa.inspect(connection).get_columns(table)} if table in tables else set()

    if "ended" in columns("walks"):
        connection.exec_driver_sql("DROP TABLE walks")
    if "runs" in tables and "day" not in columns("runs"):
        connection.exec_driver_sql(f"ALTER TABLE runs ADD COLUMN day TEXT{collation}")
        connection.exec_driver_sql("DROP INDEX IF EXISTS runs_by_source")
    if "articles" in tables and "walk" not in columns("articles"):
        connection.exec_driver_sql("ALTER TABLE articles ADD COLUMN walk BIGINT DEFAULT '0' NOT NULL")
    if "sources" not in tables:
        connection.exec_driver_sql(
            f"CREATE TABLE sources (source TEXT{collation} NOT NULL, written BIGINT NOT NULL, PRIMARY KEY (source))"
        )
        if "articles" in tables:
            connection.exec_driver_sql(
                "INSERT INTO sources SELECT source, sum(CASE state WHEN 'written' THEN 1 ELSE 0 END) FROM articles "
                "GROUP BY source"
            )
        if "runs" in tables:
            connection.exec_driver_sql(
                "INSERT INTO sources SELECT DISTINCT source, 0 FROM runs "
                "WHERE source NOT IN (SELECT source FROM sources)"
            )


def _to_version_4(connection: sa.Connection, tables: set[str]) -> None:
    """Add the table `replacements`, and the state "removed" of articles, which an older release does not know."""


def _to_version_5(connection: sa.Connection, tables: set[str]) -> None:
    """Number the changes of articles, and record the last one of each run. All articles of before have the number 0."""
    new = {"articles": "change_number BIGINT DEFAULT '0' NOT NULL", "runs": "last_change BIGINT"}
    for table, column in new.items():
        found = {each["name"] for each in sa.inspect(connection).get_columns(table)} if table in tables else set()
        if found and column.partition(" ")[0] not in found:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column}")


def _to_version_6(connection: sa.Connection, tables: set[str]) -> None:
    """Add the tables `pictures`, `captures` and `capture_indexes`."""


# The migration at index 0 leads from version 1 to version 2, and so on.
MIGRATIONS: tuple[Callable[[sa.Connection, set[str]], None], ...] = (
    _to_version_2,
    _to_version_3,
    _to_version_4,
    _to_version_5,
    _to_version_6,
)
