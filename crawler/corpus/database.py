"""Open the ledger's database, execute statements, and classify database errors."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crawler.corpus.advisory_lock import AdvisoryLocks
from crawler.corpus.errors import LedgerError, driver_error
from crawler.corpus.migrations import IncompleteSchemaError, SchemaError, missing_from_schema, prepare_schema


class PreparedStatement:
    """A statement compiled once for the database driver.

    Used for the statements that run for each article: SQLAlchemy's own path to the driver takes more time than the
    database.
    """

    def __init__(self, statement: Any, dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._positions: Sequence[str] | None = compiled.positiontup  # None if the driver takes parameters by name
        self._constants: Mapping[str, object] = compiled.params
        processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in compiled.binds.items()
        }
        self._processors = {name: processor for name, processor in processors.items() if processor}

    def values(self, row: Mapping[str, object]) -> Any:
        """Return the parameters of *row* as the driver expects them."""
        values = {**self._constants, **row}
        for name, processor in self._processors.items():
            values[name] = processor(values[name])
        return values if self._positions is None else [values[name] for name in self._positions]


# Every 50 ms: the server releases a lock some milliseconds after another run has ended.
_LOCK_ATTEMPTS = 10


class Database:
    """A connection to the database at *url* (an SQLAlchemy URL) with the current schema.

    Creates the schema, or migrates an older one. The constructor and all methods raise `LedgerError`. `insert` is the
    dialect's insert construct, which supports ON CONFLICT.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = sa.make_url(url)
            self.is_sqlite = self.url.get_backend_name() == "sqlite"
            self.insert: Any = sqlite.insert if self.is_sqlite else postgresql.insert
            # Wait for the lock of another process: each of its writes takes milliseconds, a migration some seconds.
            arguments = {"timeout": 30} if self.is_sqlite and "timeout" not in self.url.query else {}
            self._engine = sa.create_engine(self.url, connect_args=arguments, poolclass=sa.pool.NullPool)
            self._locks = None if self.is_sqlite else AdvisoryLocks(self._engine)
        except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:  # ImportError: the driver is not installed
            raise LedgerError("LEDGER_URL", error) from error
        try:
            self._connection = self._engine.connect()
        except sa.exc.SQLAlchemyError as error:
            self._engine.dispose()
            raise LedgerError(self.url, error, _is_damaged_file(error)) from error
        try:
            prepare_schema(self._connection)
        except (sa.exc.SQLAlchemyError, SchemaError) as error:
            self.close()
            is_damage = isinstance(error, IncompleteSchemaError) or _is_damaged_file(error)
            raise LedgerError(self.url, error, is_damage) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._connection.close()
        self._engine.dispose()

    def lock(self, source: str) -> str:
        """Take the lock of *source*, until `unlock` or `close`. Return "", or the holder if another run has it.

        SQLite has no such lock: the lock file of the source suffices (`corpus.lock`).
        """
        if self._locks is None:
            return ""
        with self._lock_errors():
            for _ in range(_LOCK_ATTEMPTS):
                if self._locks.take(self._connection, source):
                    return ""
                time.sleep(0.05)
            return self._locks.holder(self._connection, source) or "unknown"

    def join_lock(self, source: str) -> tuple[bool, str]:
        """Take the lock of *source* to share it, in PostgreSQL. Return whether this run has it alone, and its holder.

        The holder is "", unless another run has the lock alone. See `AdvisoryLocks.join`.
        """
        assert self._locks
        with self._lock_errors():
            for _ in range(_LOCK_ATTEMPTS):
                is_alone = self._locks.join(self._connection, source)
                if is_alone is not None:
                    return is_alone, ""
                time.sleep(0.05)
            return False, self._locks.holder(self._connection, source) or "unknown"

    def share_lock(self, source: str) -> None:
        """Change the lock of *source* to one that other runs can share."""
        if self._locks is not None:
            with self._lock_errors():
                self._locks.share(self._connection, source)

    @contextmanager
    def storing(self, source: str) -> Iterator[None]:
        """Wait until no other run that shares the lock of *source* stores an article: see `AdvisoryLocks.storing`."""
        if self._locks is None:
            yield
            return
        with self._lock_errors(), self._locks.storing(self._connection, source):
            yield

    def unlock(self, source: str) -> None:
        """Release the lock of *source*."""
        if self._locks is not None:
            with self._lock_errors():
                self._locks.release(self._connection, source)

    def lock_holder(self, source: str) -> str:
        """Return the run that has the lock of *source*; "" if none has it, and for SQLite."""
        if self._locks is None:
            return ""
        with self._lock_errors():
            return self._locks.holder(self._connection, source)

    @contextmanager
    def _lock_errors(self) -> Iterator[None]:
        """Raise `LedgerError` for errors of SQLAlchemy and of the driver; the next statement opens a connection."""
        driver: Any = self._engine.dialect.loaded_dbapi
        try:
            yield
        except (sa.exc.SQLAlchemyError, driver.Error) as error:
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.rollback()
            if isinstance(error, driver.Error) and not self._connection.closed:
                self._connection.invalidate(error)
            raise self._failure(error) from error

    def change(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        """Execute *statement* and commit. Return its rows if it has a RETURNING clause."""
        return self._execute(statement, parameters, commit=True)

    def change_all(self, statements: Iterable[Any]) -> None:
        """Execute *statements* in one transaction."""
        self.change_rows((statement, None) for statement in statements)

    def change_rows(self, changes: Iterable[tuple[Any, Any]]) -> None:
        """Execute statements in one transaction, each once for every row of its parameters (None: once)."""
        for statement, parameters in changes:
            if parameters is None or parameters:
                self._execute(statement, parameters, commit=False)
        try:
            self._connection.commit()
        except sa.exc.SQLAlchemyError as error:
            raise self._failure(error) from error

    def rows(self, statement: Any, parameters: Any = None) -> Sequence[Any]:
        """Return the rows of a query."""
        # Without a commit, a server would keep the transaction open while pages are fetched.
        return self._execute(statement, parameters, commit=not self.is_sqlite)

    def pages(self, query: sa.Select[Any], order: Sequence[Any], after: Sequence[object], size: int) -> Iterator[Any]:
        """Yield the rows of *query*, ordered by the columns in *order*, which it selects, after their values *after*.

        Reads *size* rows at a time through an index (keyset pagination): memory, and the time for each row, do not grow
        with the table.
        """
        query = query.order_by(*order).limit(size)
        while True:
            values = (sa.literal(value, column.type) for column, value in zip(order, after, strict=True))
            rows = self.rows(query.where(sa.tuple_(*order) > sa.tuple_(*values)))
            yield from rows
            if len(rows) < size:
                return
            after = [rows[-1]._mapping[column] for column in order]

    def rows_locked(self, table: sa.Table, statement: Any) -> Sequence[Any]:
        """Return the rows of a query in PostgreSQL while no other transaction changes *table*."""
        self._execute(sa.text(f"LOCK TABLE {table.name} IN SHARE MODE"), None, commit=False)
        return self._execute(statement, None, commit=True)

    def prepare(self, statement: Any) -> PreparedStatement:
        """Compile *statement* for `execute_prepared`."""
        return PreparedStatement(statement, self._engine.dialect)

    def execute_prepared(self, statement: PreparedStatement, row: Mapping[str, object]) -> Sequence[Any]:
        """Execute a prepared statement with the parameters in *row*, and commit. Return its rows, if any."""
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
            if not self.is_sqlite:  # the connection may be lost; the next statement opens a new one
                self._connection.invalidate(error)
            raise self._failure(error) from error
        except sa.exc.SQLAlchemyError as error:  # closed, or lost and not reconnected
            raise self._failure(error) from error

    def _execute(self, statement: Any, parameters: Any, commit: bool) -> Sequence[Any]:
        try:
            result = self._connection.execute(statement, parameters)
            rows = result.all() if result.returns_rows else ()
            if commit:
                self._connection.commit()
            return rows
        except sa.exc.SQLAlchemyError as error:
            with suppress(sa.exc.SQLAlchemyError):
                self._connection.rollback()  # else the next statement fails in the aborted transaction
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> LedgerError:
        """Return the `LedgerError` for *error*; leave a marker beside a damaged SQLite file."""
        is_damage = False
        if self.is_sqlite:
            try:
                # SQLITE_ERROR includes missing tables and columns: damage only if the file's version must have them.
                is_damage = _is_damaged_file(error) or (
                    _sqlite_code(error) == sqlite3.SQLITE_ERROR and bool(missing_from_schema(self._connection))
                )
            except SchemaError as newer:  # another process has migrated the file since it was opened
                error = newer
            except sa.exc.SQLAlchemyError as failure:
                is_damage = _is_damaged_file(failure)
        if is_damage and self.url.database:
            with suppress(OSError):  # the error of the database is the one to report
                damage_marker(Path(self.url.database)).touch()
        return LedgerError(self.url, error, is_damage)


def damage_marker(database: Path) -> Path:
    """Return the path of the marker file that a run leaves after it found damage in *database*.

    A complete check of the database at each start would take seconds with a million articles.
    """
    return database.with_name(f"{database.name}-damaged")


def timestamp() -> int:
    """Return the current time in the ledger's unit: seconds since 1970, UTC."""
    return int(time.time())


def _is_damaged_file(error: Exception) -> bool:
    """Return whether SQLite reports a damaged file, or a file that is not a database."""
    return _sqlite_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _sqlite_code(error: Exception) -> int:
    """Return SQLite's primary result code, the low byte; 0 for errors of the Python module and of other databases."""
    return int(getattr(driver_error(error), "sqlite_errorcode", 0)) & 0xFF
