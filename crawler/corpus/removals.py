"""The takedowns in the ledger: articles in the state `removed`, which no run fetches or stores again."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from crawler.corpus.database import Database, timestamp
from crawler.corpus.entries import OPEN, REMOVED, WRITTEN
from crawler.corpus.near_duplicates import forget_signatures, lock_signatures
from crawler.corpus.picture_table import forget_pictures
from crawler.corpus.tables import ARTICLES


@dataclass(frozen=True, slots=True)
class Removal:
    """The tombstone of an article: what remains of it after its takedown."""

    source: str
    id: str  # as in the name of the file (`safe_name`)
    url: str
    removed_at: int  # UTC, in seconds since 1970
    reason: str
    date: str = ""  # of the article, as in `Article.date`
    content_hash: str = ""  # of title and body; "" if the article was never stored


_OF_SOURCE = sa.select(
    *(ARTICLES.c[name] for name in ("source", "id", "url", "updated_at", "reason", "date", "content_hash"))
).where(ARTICLES.c.state == REMOVED)
# What a takedown deletes from the row of an article.
_CLEARED = {
    "title": "", "kind": "", "attempts": 0, "retry_at": None, "path": "", "file_hash": "", "etag": "", "modified": "",
    "details": sa.null(),
}  # fmt: skip


class Removals:
    """The removed articles. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str) -> dict[str, Removal]:
        """Return the removed articles of *source* by id, ordered by id."""
        rows = self._database.rows(_OF_SOURCE.where(ARTICLES.c.source == source).order_by(ARTICLES.c.id))
        return {row.id: Removal(*row) for row in rows}

    def find_url(self, url: str) -> list[tuple[str, str]]:
        """Return source and id of each article with this URL, in any state. Reads the whole table."""
        query = sa.select(ARTICLES.c.source, ARTICLES.c.id).where(ARTICLES.c.url == url)
        return [(row.source, row.id) for row in self._database.rows(query.order_by(*query.selected_columns))]

    def content_of(self, source: str, identifier: str) -> str:
        """Return the hash of an article's title and body; "" without one."""
        query = sa.select(ARTICLES.c.content_hash).filter_by(source=source, id=identifier)
        return str(next((row.content_hash for row in self._database.rows(query)), ""))

    def with_content(self, removal: Removal) -> list[str]:
        """Return the ids of other articles that are stored with the content of *removal*."""
        query = sa.select(ARTICLES.c.id).filter_by(
            source=removal.source, content_hash=removal.content_hash, state=WRITTEN
        )
        rows = self._database.rows(query.order_by(ARTICLES.c.id)) if removal.content_hash else ()
        return [row.id for row in rows if row.id != removal.id]

    def add(self, removal: Removal) -> None:
        """Record a takedown, and delete the metadata of the article: its row, signature, near-duplicates
        and pictures."""
        values = {
            "state": REMOVED, "url": removal.url, "date": removal.date, "reason": removal.reason,
            "content_hash": removal.content_hash, "updated_at": removal.removed_at, **_CLEARED,
        }  # fmt: skip
        if self._database.is_sqlite:
            self._database.rows(sa.text("PRAGMA secure_delete = ON"))  # overwrite the deleted values in the file
        insert = self._database.insert(ARTICLES).values(
            source=removal.source, id=removal.id, first_seen_at=removal.removed_at, **values
        )
        statement = insert.on_conflict_do_update(index_elements=["source", "id"], set_=values)
        keys = [(removal.source, removal.id)]
        changes = [*lock_signatures(self._database), (statement, None), *forget_signatures(keys)]
        self._database.change_rows([*changes, forget_pictures(removal.source, removal.id)])
        if self._database.is_sqlite:
            self._database.rows(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))  # unless another process reads

    def restore(self, source: str, identifier: str) -> None:
        """Reverse a takedown: the link is open again, and the next run fetches it."""
        key = (ARTICLES.c.source == source, ARTICLES.c.id == identifier, ARTICLES.c.state == REMOVED)
        values = {"state": OPEN, "reason": "", "content_hash": "", "updated_at": timestamp()}
        self._database.change(sa.update(ARTICLES).where(*key).values(**values))
