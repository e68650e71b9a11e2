"""The search index of a corpus: a SQLite database in `.state/` with the bigrams of all articles, and no text.

It can be deleted at any time: the next search builds it again from the ledger and the files. Documents that were
replaced stay in the index, and no query finds them, until the index is built again or their article is taken down.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crawler.corpus.article_changes import LATEST
from crawler.corpus.backup import SEARCH_INDEX, SQLITE_SUFFIXES
from crawler.data.bigrams import INNER_SIGNS

LOCK = "search-index.lock"
_VERSION = 1  # of the schema and of the tokens: a database with another one is replaced
# `detail=none`: the documents of each token without positions, a fifth of the size. The text is not stored.
_SCHEMA = f"""
    CREATE VIRTUAL TABLE bigrams USING fts5(tokens, content='', detail=none, columnsize=0,
        tokenize="ascii tokenchars '{INNER_SIGNS}'");
    INSERT INTO bigrams(bigrams, rank) VALUES('hashsize', {16 * 2**20});
    CREATE TABLE documents(number INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, date TEXT NOT NULL,
        path TEXT NOT NULL, file_hash TEXT NOT NULL, UNIQUE(source, id));
    CREATE TABLE replaced(number INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL);
    CREATE TABLE state(ledger TEXT NOT NULL, change INTEGER NOT NULL, is_purging INTEGER NOT NULL);
    INSERT INTO state VALUES('', -1, 0);
    PRAGMA user_version = {_VERSION}
"""  # number: of the row in `bigrams`
_LAST = "SELECT max(coalesce((SELECT max(number) FROM documents), 0), coalesce((SELECT max(number) FROM replaced), 0))"
_REPLACED = 1000  # documents that were replaced, and do not matter in a small index

# Errors that are not those of the file: disk, memory, permissions, and other processes.
_ENVIRONMENT = (
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM),
    *(sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT),
)


class DamagedIndexError(Exception):
    """The file is not an index of this release, or is damaged: delete it (`delete_index`)."""


@dataclass(frozen=True, slots=True)
class Document:
    """An article in the index, as the ledger had it."""

    source: str
    id: str  # as in the name of the file
    date: str  # Beijing time, as in `Article.date`
    path: str  # relative to the corpus's root
    file_hash: str  # "" if it is not known


class SearchIndex:
    """The index in the folder *state*, which is created without one.

    Only the holder of `index_lock` may open an index that does not exist, or call a method that writes. All methods
    raise `DamagedIndexError` and OSError.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / SEARCH_INDEX
        self._last = 0  # number that was used last; 0 until it is known
        with self._errors():
            self._connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        execute = self._connection.execute
        if not (version := execute("PRAGMA user_version").fetchone()[0]):
            if execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise DamagedIndexError("it has no version")
            with self.transaction():
                for statement in _SCHEMA.split(";"):
                    execute(statement)
        elif version != _VERSION:
            raise DamagedIndexError(f"it has version {version}, not {_VERSION}")

    def close(self) -> None:
        """Close the database; an open transaction is rolled back."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the writes of the block together; after an error, none of them."""
        with self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    # State ----------------------------------------------------------------------------------------------------------

    def progress(self) -> tuple[str, int]:
        """Return the id of the ledger, and the last of its changes that the index has; "" and -1 before the first."""
        ledger, change = self._rows("SELECT ledger, change FROM state")[0]
        return str(ledger), int(change)

    def set_progress(self, ledger: str, change: int) -> None:
        self._rows("UPDATE state SET ledger = ?, change = ?", ledger, change)

    @property
    def is_worn(self) -> bool:
        """Whether so many documents were replaced that the index should be built again."""
        return bool(
            self._rows("SELECT (SELECT count(*) FROM replaced) > ? + (SELECT count(*) FROM documents) / 2", _REPLACED)[
                0
            ][0]
        )

    def count(self) -> int:
        """Return the number of articles."""
        return int(self._rows("SELECT count(*) FROM documents")[0][0])

    # Documents ------------------------------------------------------------------------------------------------------

    def find(self, source: str, identifier: str) -> Document | None:
        """Return the document of an article; None without one."""
        query = "SELECT source, id, date, path, file_hash FROM documents WHERE source = ? AND id = ?"
        rows = self._rows(query, source, identifier)
        return Document(*rows[0]) if rows else None

    def put(self, document: Document, tokens: str) -> None:
        """Add a document with the result of `bigrams.tokens`. One of the same article must be dropped before."""
        self._last = (self._last or self._rows(_LAST)[0][0]) + 1
        self._rows("INSERT INTO bigrams(rowid, tokens) VALUES(?, ?)", self._last, tokens)
        values = (document.source, document.id, document.date, document.path, document.file_hash)
        self._rows("INSERT INTO documents VALUES(?, ?, ?, ?, ?, ?)", self._last, *values)

    def move(self, document: Document) -> None:
        """Change the date and the path of a document whose text is the same."""
        values = (document.date, document.path, document.source, document.id)
        self._rows("UPDATE documents SET date = ?, path = ? WHERE source = ? AND id = ?", *values)

    def drop(self, source: str, identifier: str) -> None:
        """Let no query find an article."""
        condition = "FROM documents WHERE source = ? AND id = ?"
        self._rows(f"INSERT INTO replaced SELECT number, source, id {condition}", source, identifier)
        self._rows(f"DELETE {condition}", source, identifier)

    def purge(self, articles: Collection[tuple[str, str]]) -> None:
        """Delete all bigrams of *articles* (source, id) from the file, also those of replaced documents.

        Reads the whole index: some seconds for 100,000 articles. If the process is killed, the next purge, also one
        without articles, completes it.
        """
        execute = self._connection.execute
        with self._errors():
            execute("CREATE TEMP TABLE IF NOT EXISTS purged(number INTEGER PRIMARY KEY)")
            execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab(main, bigrams, instance)")
            for article in articles:
                execute("INSERT INTO purged SELECT number FROM documents WHERE source = ? AND id = ?", article)
                execute("INSERT INTO purged SELECT number FROM replaced WHERE source = ? AND id = ?", article)
            if execute("SELECT 1 FROM purged").fetchone():
                with self.transaction():
                    self._delete_purged()
            if execute("SELECT is_purging FROM state").fetchone()[0]:
                execute("INSERT INTO bigrams(bigrams) VALUES('optimize')")  # drops deleted entries
                execute("VACUUM")  # drops the free parts of the file, which can have old entries
                execute("UPDATE state SET is_purging = 0")

    def _delete_purged(self) -> None:
        execute = self._connection.execute
        tokens: dict[int, list[str]] = defaultdict(list)
        for number, term in execute("SELECT doc, term FROM temp.terms WHERE doc IN (SELECT number FROM purged)"):
            tokens[number].append(term)
        for number, terms in tokens.items():
            values = (number, " ".join(terms))
            execute("INSERT INTO bigrams(bigrams, rowid, tokens) VALUES('delete', ?, ?)", values)
        execute("DELETE FROM documents WHERE number IN (SELECT number FROM purged)")
        execute("DELETE FROM replaced WHERE number IN (SELECT number FROM purged)")
        execute("DELETE FROM purged")
        execute("UPDATE state SET is_purging = 1")

    # Queries --------------------------------------------------------------------------------------------------------

    def matches(self, query: str, sources: Collection[str], since: str, until: str) -> list[int]:
        """Return the numbers of the documents that match the FTS5 query *query*, the newest first.

        *sources*: only these; all if empty. *since* and *until*: first and last day ("YYYY-MM-DD"); "" for no limit.
        """
        named = json.dumps(list(sources))
        rows = self._rows(
            "SELECT number FROM bigrams CROSS JOIN documents ON number = bigrams.rowid "
            "WHERE bigrams MATCH ? AND date >= ? AND date < ? "
            "AND (? = '[]' OR source IN (SELECT value FROM json_each(?))) ORDER BY date DESC, source, id",
            *(query, since, (until or LATEST) + "~", named, named),
        )
        return [row[0] for row in rows]

    def document(self, number: int) -> Document | None:
        """Return the document with this number; None if it was replaced since."""
        rows = self._rows("SELECT source, id, date, path, file_hash FROM documents WHERE number = ?", number)
        return Document(*rows[0]) if rows else None

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._errors():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if "fts5" in str(error) and "module" in str(error):
                raise OSError("search needs SQLite with FTS5, which this Python lacks") from error
            if code not in _ENVIRONMENT:  # queries have no syntax that users can write
                raise DamagedIndexError(str(error)) from error
            number = errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO
            text = os.strerror(number) if code == sqlite3.SQLITE_FULL else str(error)
            raise OSError(number, text, str(self._path)) from error


def has_index(state: Path) -> bool:
    """Return whether a search or `corpus index` has created the index."""
    return (state / SEARCH_INDEX).exists()


def delete_index(state: Path) -> None:
    """Delete the index. The caller holds `index_lock`; processes that read the index continue. Raises OSError."""
    for suffix in SQLITE_SUFFIXES:  # a journal without its database has no effect, but not the reverse
        (state / f"{SEARCH_INDEX}{suffix}").unlink(missing_ok=True)


@contextmanager
def index_lock(state: Path, waits: bool = True) -> Iterator[bool]:
    """Lock the index for writing, and yield True; without *waits*, yield False if another process has it.

    Raises OSError.
    """
    with (state / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if waits else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
