"""The ledger's table of articles: one row for each link that a run wanted to fetch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import sqlalchemy as sa

from crawler.corpus.database import Database, PreparedStatement, timestamp
from crawler.corpus.entries import OPEN, REJECTED, REMOVED, RETRY_DELAYS, SITE_FAILURES, WRITTEN, LedgerEntry
from crawler.corpus.tables import ARTICLES, SOURCES
from crawler.items import Link
from crawler.reading.errors import EXPECTED

_ENTRY = [ARTICLES.c[name] for name in LedgerEntry.__dataclass_fields__]
_OF_SOURCE = sa.select(*_ENTRY).where(ARTICLES.c.source == sa.bindparam("source"))
_BY_ID = _OF_SOURCE.where(ARTICLES.c.id == sa.bindparam("id"))  # takes half the time of `_BY_IDS` with one id
_BY_IDS = _OF_SOURCE.where(ARTICLES.c.id.in_(sa.bindparam("ids", expanding=True)))
_IS_REMOVED = ARTICLES.c.state == sa.literal(REMOVED)
_BY_CONTENT = _OF_SOURCE.where(
    ARTICLES.c.content_hash == sa.bindparam("content_hash"),
    ARTICLES.c.id != sa.bindparam("id"),
    # The notes of two days may have the same words. The text of a takedown must not come back on another day.
    _IS_REMOVED
    | ((ARTICLES.c.state == sa.literal(WRITTEN)) & (sa.func.substr(ARTICLES.c.date, 1, 10) == sa.bindparam("day"))),
)
_BY_ID_OR_CONTENT = sa.union_all(_BY_ID, _BY_CONTENT)  # one query for both takes little longer than one of them
_BATCH = 500  # ids in a query, and links in a transaction: databases limit the variables of a statement
_NOT_OVERWRITTEN = ("source", "id", "first_seen_at", "walk", "change_number")  # columns that `mark_written` keeps


class Articles:
    """The table of articles. All methods raise `LedgerError`. Ids are those of the files' names (`safe_name`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, source: str, ids: Collection[str]) -> dict[str, LedgerEntry]:
        """Return the entries of these articles by id; ids without a row are missing."""
        if len(ids) == 1:
            rows = self._database.execute_prepared(self._find_one, {"source": source, "id": next(iter(ids))})
            return {entry.id: entry for entry in (LedgerEntry(*row) for row in rows)}
        found, left = {}, iter(ids)
        while batch := list(islice(left, _BATCH)):
            for row in self._database.rows(_BY_IDS, {"source": source, "ids": batch}):
                entry = LedgerEntry(*row)
                found[entry.id] = entry
        return found

    def details(self, source: str, identifier: str) -> Mapping[str, Any]:
        """Return the further metadata of an article (see `jsonl.details`); {} if it has none, or no row."""
        key = (ARTICLES.c.source == source, ARTICLES.c.id == identifier)
        rows = self._database.rows(sa.select(ARTICLES.c.details).where(*key))
        found = rows[0].details if rows else None
        return found if isinstance(found, dict) else {}

    def find_with_duplicate(
        self, source: str, identifier: str, content_hash: str, day: str
    ) -> tuple[LedgerEntry | None, LedgerEntry | None]:
        """Return the entry of an article, and the entry of another written article with this content hash.

        The other article has the date *day* ("YYYY-MM-DD", "" for undated articles). A removed article with this hash
        precedes it, and may have any date.
        """
        parameters = {"source": source, "id": identifier, "content_hash": content_hash, "day": day}
        rows = self._database.execute_prepared(self._find_with_duplicate, parameters)
        entries = [LedgerEntry(*row) for row in rows]
        found = next((entry for entry in entries if entry.id == identifier), None)
        others = sorted((entry for entry in entries if entry is not found), key=lambda other: other.state != REMOVED)
        return found, next(iter(others), None)

    def due(self, source: str) -> Iterator[LedgerEntry]:
        """Yield the open articles, then the rejected ones whose retry is due."""
        yield from self.in_state(source, OPEN)
        columns = ARTICLES.c
        conditions = (columns.source == source, columns.state == REJECTED, columns.retry_at <= timestamp())
        yield from self._each(conditions, {columns.retry_at: -1, columns.id: ""})

    def limit_delays(self, source: str, pause: float = 1.0) -> None:
        """Shorten each wait for a retry that is longer than its delay: the clock was wrong when it was recorded.

        *pause* is that of `refuse`. The wait starts again, because it is not known when the page was refused.
        """
        columns, now = ARTICLES.c, timestamp()
        latest = {number: now + int(delay * pause) for number, delay in enumerate(RETRY_DELAYS, start=1)}
        limit = sa.case(latest, value=columns.attempts, else_=latest[len(latest)])
        key = (columns.source == source, columns.state == REJECTED)
        update = sa.update(ARTICLES).where(*key, columns.retry_at > now, columns.retry_at > limit)
        self._database.change(update.values(retry_at=limit))

    def in_state(self, source: str, state: str) -> Iterator[LedgerEntry]:
        """Yield the articles in *state*, ordered by id."""
        columns = ARTICLES.c
        return self._each((columns.source == source, columns.state == state), {columns.id: ""})

    def dated(self, source: str, first: str, last: str = "9") -> Iterator[LedgerEntry]:
        """Yield the written articles from *first* to *last* (dates or their first characters), ordered by date."""
        columns = ARTICLES.c
        conditions = (columns.source == source, columns.state == WRITTEN, columns.date < last + "~")
        return self._each(conditions, {columns.date: first, columns.id: ""})

    def newest(self, source: str, number: int) -> list[LedgerEntry]:
        """Return the *number* written articles with the latest dates, the latest first."""
        columns = ARTICLES.c
        query = sa.select(*_ENTRY).where(columns.source == source, columns.state == WRITTEN)
        rows = self._database.rows(query.order_by(columns.date.desc(), columns.id.desc()).limit(number))
        return [LedgerEntry(*row) for row in rows]

    def paths_in(self, folder: str, size: int = 5000) -> Iterator[str]:
        """Yield the paths of the written articles in *folder* and its subfolders, in order.

        Paths are relative to the corpus's root. Reads *size* rows at a time through an index.
        """
        path, last, end = ARTICLES.c.path, f"{folder}/", f"{folder}0"  # "0" is the character after "/"
        query = sa.select(path).where(ARTICLES.c.state == WRITTEN, path < end).order_by(path).limit(size)
        while True:
            paths = [row.path for row in self._database.rows(query.where(path > last))]
            yield from paths
            if len(paths) < size:
                return
            last = paths[-1]

    def has_in(self, folder: str) -> bool:
        """Return whether *folder* has a written article."""
        return next(self.paths_in(folder, size=1), None) is not None

    def count_written(self, source: str) -> int:
        """Return the number of written articles of *source*."""
        rows = self._database.rows(sa.select(SOURCES.c.written).filter_by(source=source))
        return int(rows[0][0]) if rows else 0

    def add_open(self, source: str, links: Iterable[Link], walk: int) -> None:
        """Add links that the walk with the number *walk* found as open; existing rows stay unchanged.

        For links that no walk found, *walk* is `Walks.next_number`.
        """
        now = timestamp()
        rows = (
            {"source": source, "id": link.id, "url": link.url, "title": link.title, "date": link.date,
             "state": OPEN, "first_seen_at": now, "walk": walk, "updated_at": now}
            for link in links
        )  # fmt: skip
        while batch := list(islice(rows, _BATCH)):
            self._database.change(self._database.insert(ARTICLES).on_conflict_do_nothing(), batch)

    def mark_written(self, source: str, rows: Sequence[Mapping[str, object]], walk: int) -> None:
        """Mark articles as written, after their complete files are on disk; clear their refusals.

        Each row has the keys id, url, title, date, path, file_hash and content_hash, and optionally etag, modified and
        details. *walk* is `Walks.next_number`, for articles without a row. All rows are stored in one transaction.
        Removed articles stay removed.
        """
        now = timestamp()
        values = {
            "source": source, "first_seen_at": now, "walk": walk, "change_number": 0, "etag": "", "modified": "",
            "details": None, "state": WRITTEN, "kind": "", "reason": "", "attempts": 0, "retry_at": None,
            "updated_at": now,
        }  # fmt: skip
        rows = [values | {**row} for row in rows]
        if len(rows) == 1:
            self._database.execute_prepared(self._write_one, rows[0])
        elif rows:
            self._database.change(self._write, rows)

    def refuse(self, source: str, identifier: str, kind: str, reason: str, pause: float = 1.0) -> None:
        """Record that the page was refused. *pause* is a factor for the delays before retries (0: no delays)."""
        entry = self.find(source, [identifier]).get(identifier)
        attempts = (entry.attempts if entry else 0) + (kind not in SITE_FAILURES)
        state = kind if kind in EXPECTED else OPEN if kind in SITE_FAILURES else REJECTED
        retry_at = next_attempt(attempts, pause) if state == REJECTED else None
        self.set(source, identifier, state=state, kind=kind, reason=reason, attempts=attempts, retry_at=retry_at)

    def count_attempt(self, source: str, identifier: str, pause: float = 1.0) -> None:
        """Count the last refusal of an open page as an attempt, because the page is the cause and not the site.

        *pause* is that of `refuse`. A page that is not open stays unchanged.
        """
        entry = self.find(source, [identifier]).get(identifier)
        if entry and entry.state == OPEN and entry.kind in SITE_FAILURES:
            attempts = entry.attempts + 1
            retry_at = next_attempt(attempts, pause)
            self.set(source, identifier, state=REJECTED, attempts=attempts, retry_at=retry_at)

    def set(self, source: str, identifier: str, **values: object) -> None:
        """Set columns of one article, if it has a row and is not removed."""
        key = (ARTICLES.c.source == source, ARTICLES.c.id == identifier, ~_IS_REMOVED)
        self._database.change(sa.update(ARTICLES).where(*key).values(updated_at=timestamp(), **values))

    def reopen(self, source: str, ids: Iterable[str]) -> None:
        """Set articles to open, to be fetched again after their files are lost."""
        reopened, left = (
            sa.update(ARTICLES).values(state=OPEN, attempts=0, retry_at=None, updated_at=timestamp()),
            iter(ids),
        )
        while batch := list(islice(left, _BATCH)):
            self._database.change(reopened.where(ARTICLES.c.source == source, ARTICLES.c.id.in_(batch), ~_IS_REMOVED))

    def forget(self, source: str) -> None:
        """Delete the rows of *source*, except those of removed articles."""
        self._database.change(sa.delete(ARTICLES).where(ARTICLES.c.source == source, ~_IS_REMOVED))

    @cached_property
    def _write(self) -> Any:
        insert = self._database.insert(ARTICLES)
        overwritten = {
            column.name: insert.excluded[column.name] for column in ARTICLES.c if column.name not in _NOT_OVERWRITTEN
        }
        return insert.on_conflict_do_update(index_elements=["source", "id"], set_=overwritten, where=~_IS_REMOVED)

    @cached_property
    def _write_one(self) -> PreparedStatement:
        return self._database.prepare(self._write)

    @cached_property
    def _find_one(self) -> PreparedStatement:
        return self._database.prepare(_BY_ID)

    @cached_property
    def _find_with_duplicate(self) -> PreparedStatement:
        return self._database.prepare(_BY_ID_OR_CONTENT)

    def _each(
        self, conditions: tuple[Any, ...], order: Mapping[Any, object], size: int = 1000
    ) -> Iterator[LedgerEntry]:
        """Yield the entries that meet *conditions*, ordered by the columns in *order*, after their values there."""
        query = sa.select(*_ENTRY).where(*conditions)
        return (LedgerEntry(*row) for row in self._database.pages(query, [*order], [*order.values()], size))


def next_attempt(attempts: int, pause: float) -> int | None:
    """Return the time of the next request after this number of attempts; None after the last one."""
    return timestamp() + int(RETRY_DELAYS[attempts - 1] * pause) if attempts <= len(RETRY_DELAYS) else None
