"""The ledger's database: opened, asked, closed, and its errors told apart."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from crawler.corpus.tables import METADATA

_SCHEMA_LOCK = 0x70726573  # of PostgreSQL: two processes that make the tables at once fail


class LedgerError(Exception):
    """The ledger cannot be used: locked, not reachable, damaged."""

    def __init__(self, url: sa.URL | str, error: Exception) -> None:
        cause = getattr(error, "orig", None) or error
        # It hides the password; behind a "?" there may stand another.
        where = url if isinstance(url, str) else url.set(query={}).render_as_string()
        super().__init__(f"{where}: {str(cause).partition(chr(10))[0]}")
        # SQLite raises the bare class for a file that is none of its own; tables may be missing in a cut one.
        self.is_damage = type(cause) is sqlite3.DatabaseError or "no such " in str(cause)


class PreparedStatement:
    """A statement as the driver takes it, compiled once, for what is done for each article: SQLAlchemy's own way to the
    driver takes more time than the database."""

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._names: Sequence[str] | None = compiled.positiontup  # None where the driver goes by names
        self._fixed: Mapping[str, object] = compiled.params
        makers = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self._makers = {name: maker for name, maker in makers.items() if maker}

    def values(self, row: Mapping[str, object]) -> Any:
        """What the driver takes for *row*."""
        values = {**self._fixed, **row}
        for name, maker in self._makers.items():
            values[name] = maker(values[name])
        return values if self._names is None else [values[name] for name in self._names]


class Database:
    """The database behind *url* (an SQLAlchemy address), with all tables. Raises `LedgerError`, here and from every
    method."""

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            self._insert: Any = sqlite.insert if self.is_sqlite else postgresql.insert
            # Another process may write at this moment; each is done within milliseconds.
            waiting = {"timeout": 30} if self.is_sqlite and "timeout" not in self.url.query else {}
            self._engine = sa.create_engine(self.url, connect_args=waiting, poolclass=sa.pool.NullPool)
        except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:  # ImportError: the driver is not installed
            raise LedgerError("LEDGER_URL", error) from error
        try:
            self._connection = self._engine.connect()
            if self.is_sqlite:
                # WAL: readers beside one writer. NORMAL: what is committed survives the death of the process.
                self._connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                self._connection.exec_driver_sql("PRAGMA synchronous = NORMAL")
            else:
                self._connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            for table in METADATA.sorted_tables:
                self._connection.execute(CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    self._connection.execute(CreateIndex(index, if_not_exists=True))
            self._connection.commit()
        except sa.exc.SQLAlchemyError as error:
            self._engine.dispose()
            raise LedgerError(self.url, error) from error

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def _change(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        return self._execute(statement, parameters, commit=True)

    def _rows(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        # A server would keep the transaction open while pages are fetched.
        return self._execute(statement, parameters, commit=not self.is_sqlite)

    def _execute(self, statement: Any, parameters: Any, commit: bool) -> Sequence[Any]:
        try:
            result = self._connection.execute(statement, parameters)
            rows = result.all() if result.returns_rows else ()
            if commit:
                self._connection.commit()
            return rows
        except sa.exc.SQLAlchemyError as error:
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.rollback()  # what is asked next is not to fail for this
            raise self._failure(error) from error

    def _prepare(self, statement: Any) -> PreparedStatement:
        return PreparedStatement(statement, self._engine.dialect)

    def _quickly(self, statement: PreparedStatement, row: Mapping[str, object]) -> Sequence[Any]:
        """Execute a prepared statement with one row, and commit; its rows where it has any."""
        errors: Any = self._engine.dialect.loaded_dbapi
        try:
            driver: Any = self._connection.connection.driver_connection
            cursor = driver.execute(statement.sql, statement.values(row))
            rows = cursor.fetchall() if cursor.description else ()
            driver.commit()
            return rows
        except errors.Error as error:
            with suppress(errors.Error):
                driver.rollback()
            if not self.is_sqlite:  # it may have been cut
                self._connection.invalidate(error)
            raise self._failure(error) from error
        except sa.exc.SQLAlchemyError as error:  # closed, or cut before and not to be made anew
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> LedgerError:
        failure = LedgerError(self.url, error)
        if failure.is_damage and self.is_sqlite and self.url.database:
            damage_marker(Path(self.url.database)).touch()
        return failure


def damage_marker(database: Path) -> Path:
    """The file whose presence says that a run met damage in *database*. To look through it at each start would take
    seconds with a million articles."""
    return database.with_name(f"{database.name}-suspect")
