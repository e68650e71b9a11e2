"""The ledger's tables of captures: pages in public archives, and how far their indexes were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.tables import CAPTURE_INDEXES, CAPTURES

# States of a capture. It is added as OPEN before it is fetched. UNANSWERED is open, but requested after the others.
OPEN, READ, FILTERED, REFUSED, MISSING = "open", "read", "filtered", "refused", "missing"
UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class CaptureEntry:
    """The row of a capture. The columns are described in `crawler.corpus.tables`."""

    id: str
    timestamp: str
    url: str
    record: str
    state: str
    date: str


_ENTRY = [CAPTURES.c[name] for name in CaptureEntry.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class IndexPosition:
    """How far an index was read."""

    position: str = ""  # of the next page
    digest: str = ""  # of the last page
    is_finished: bool = False


class Captures:
    """The captures of all sources. All methods raise `LedgerError`. Ids are those of the files' names (`safe_name`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self, source: str, archive: str, query: str) -> IndexPosition:
        """Return how far the index page of *query* was read."""
        found = self._database.rows(
            sa.select(CAPTURE_INDEXES).filter_by(source=source, archive=archive, query=query)
        )  # fmt: skip
        return IndexPosition(found[0].position, found[0].digest, found[0].is_finished) if found else IndexPosition()

    def add(
        self, source: str, archive: str, captures: Iterable[Mapping[str, str]], query: str, reached: IndexPosition
    ) -> None:
        """Record the captures of an index page as open, and the position after it, in one transaction.

        Each of *captures* has the keys id, url, timestamp and record. Rows that exist stay unchanged.
        """
        key = {"source": source, "archive": archive}
        values = {"position": reached.position, "digest": reached.digest, "is_finished": reached.is_finished}
        position = self._database.insert(CAPTURE_INDEXES).values(**key, query=query, **values)
        rows = [{**key, "state": OPEN, "date": "", **capture} for capture in captures]
        self._database.change_rows([
            (self._database.insert(CAPTURES).on_conflict_do_nothing(), rows),
            (position.on_conflict_do_update(index_elements=["source", "archive", "query"], set_=values), None),
        ])  # fmt: skip

    def by_article(self, source: str, archive: str, article: str = "") -> Iterator[list[CaptureEntry]]:
        """Yield the captures of each article, the oldest first; with *article*, an id, those of this one."""
        columns = CAPTURES.c
        query = sa.select(*_ENTRY).where(columns.source == source, columns.archive == archive)
        query = query.where(columns.id == article) if article else query
        rows = self._database.pages(query, [columns.id, columns.timestamp, columns.url], ["", "", ""], 1000)
        for _, captures in groupby(rows, key=lambda row: row.id):
            yield [CaptureEntry(*row) for row in captures]

    def set(self, source: str, archive: str, url: str, timestamp: str, **values: str) -> None:
        """Set columns of a capture."""
        key = {"source": source, "archive": archive, "url": url, "timestamp": timestamp}
        self._database.change(sa.update(CAPTURES).filter_by(**key).values(**values))
