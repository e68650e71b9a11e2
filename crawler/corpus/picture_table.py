"""The ledger's table of pictures: the original addresses in an article's Markdown, and what became of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from crawler.corpus.articles import next_attempt
from crawler.corpus.database import Database, timestamp
from crawler.corpus.entries import RETRY_DELAYS, WRITTEN
from crawler.corpus.tables import ARTICLES, PICTURES

# States. FETCHED: the file exists, and the article may still have the original address. STORED: the article links it.
OPEN, FETCHED, STORED, FAILED = "open", "fetched", "stored", "failed"
ON_DISK = (FETCHED, STORED)
LONGEST_ADDRESS = 2000  # bytes; databases limit the size of a key
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """A row of the table. The columns are described in `crawler.corpus.tables`."""

    source: str
    id: str
    address: str
    state: str
    name: str
    sha256: str
    size: int
    attempts: int
    retry_at: int | None
    reason: str


_COLUMNS = [PICTURES.c[name] for name in Picture.__dataclass_fields__]
_STATE = PICTURES.c.state


class Pictures:
    """The table of pictures. All methods raise `LedgerError`. Ids are those of the files' names (`safe_name`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, source: str, identifier: str) -> dict[str, Picture]:
        """Return the pictures of an article by their addresses, ordered by address."""
        query = sa.select(*_COLUMNS).filter_by(source=source, id=identifier).order_by(PICTURES.c.address)
        return {row.address: Picture(*row) for row in self._database.rows(query)}

    def has_any(self, source: str) -> bool:
        """Return whether an article of *source* has a picture."""
        return bool(self._database.rows(sa.select(PICTURES.c.id).filter_by(source=source).limit(1)))

    def set_addresses(self, source: str, identifier: str, addresses: Collection[str]) -> None:
        """Add the pictures of an article that have no row, and forget those without a file that it has no longer."""
        known = self.of(source, identifier)
        gone = [each.address for each in known.values() if each.state not in ON_DISK and each.address not in addresses]
        if gone:
            key = (PICTURES.c.source == source, PICTURES.c.id == identifier, PICTURES.c.address.in_(gone))
            self._database.change(sa.delete(PICTURES).where(*key))
        self.add_open(source, ((identifier, address) for address in addresses if address not in known))

    def add_open(self, source: str, pictures: Iterable[tuple[str, str]]) -> None:
        """Add pictures (id of the article, address) as open; existing rows stay unchanged."""
        values = {"source": source, "state": OPEN, "updated_at": timestamp()}
        rows = (
            {**values, "id": identifier, "address": address}
            for identifier, address in pictures
            if len(address.encode("utf-8", "replace")) <= LONGEST_ADDRESS
        )
        while batch := list(islice(rows, _BATCH)):
            self._database.change(self._database.insert(PICTURES).on_conflict_do_nothing(), batch)

    def due(self, source: str) -> Iterator[str]:
        """Yield the ids of the articles with a picture to request or to link, in order."""
        is_due = (_STATE == FAILED) & (PICTURES.c.retry_at <= timestamp())
        query = sa.select(PICTURES.c.id).distinct()
        query = query.where(PICTURES.c.source == source, _STATE.in_((OPEN, FETCHED)) | is_due)
        return (row.id for row in self._database.pages(query, [PICTURES.c.id], [""], 1000))

    def put(self, source: str, identifier: str, address: str, name: str, sha256: str, size: int) -> None:
        """Record that the file of a picture is on disk."""
        values = {
            "state": FETCHED, "name": name, "sha256": sha256, "size": size, "attempts": 0, "retry_at": None,
            "reason": "", "updated_at": timestamp(),
        }  # fmt: skip
        insert = self._database.insert(PICTURES).values(source=source, id=identifier, address=address, **values)
        self._database.change(insert.on_conflict_do_update(index_elements=["source", "id", "address"], set_=values))

    def mark_stored(self, source: str, identifier: str) -> None:
        """Record that the article links all its pictures that are on disk."""
        key = (PICTURES.c.source == source, PICTURES.c.id == identifier, _STATE == FETCHED)
        self._database.change(sa.update(PICTURES).where(*key).values(state=STORED, updated_at=timestamp()))

    def fail(self, picture: Picture, reason: str, pause: float, is_final: bool) -> None:
        """Record a failed request. It is repeated as that of a rejected page (`Articles.refuse`), unless *is_final*."""
        attempts = picture.attempts + 1
        self._set(
            picture, state=FAILED, reason=reason, attempts=attempts,
            retry_at=None if is_final else next_attempt(attempts, pause),
        )  # fmt: skip

    def reopen(self, picture: Picture) -> None:
        """Record that the file of a picture is lost: it is requested again."""
        self._set(picture, state=OPEN, name="", sha256="", size=0, attempts=0, retry_at=None, reason="")

    def limit_delays(self, source: str, pause: float) -> None:
        """Shorten each wait that is longer than the longest one: the clock was wrong when it was recorded."""
        latest = timestamp() + int(RETRY_DELAYS[-1] * pause)
        key = (PICTURES.c.source == source, _STATE == FAILED, PICTURES.c.retry_at > latest)
        self._database.change(sa.update(PICTURES).where(*key).values(retry_at=latest))

    def same_bytes(self, sha256: str, limit: int = 10) -> list[str]:
        """Return the paths of files with this hash, relative to the corpus's root, of articles that are stored."""
        joined = (ARTICLES.c.source == PICTURES.c.source) & (ARTICLES.c.id == PICTURES.c.id)
        query = sa.select(ARTICLES.c.path, PICTURES.c.name).join(ARTICLES, joined)
        query = query.where(PICTURES.c.sha256 == sha256, _STATE.in_(ON_DISK), ARTICLES.c.state == WRITTEN).limit(limit)
        return [f"{row.path.removesuffix('.md')}/{row.name}" for row in self._database.rows(query)]

    def on_disk(self, source: str) -> Iterator[tuple[Picture, str]]:
        """Yield the pictures of *source* that have a file, with its path relative to the corpus's root."""
        joined = (ARTICLES.c.source == PICTURES.c.source) & (ARTICLES.c.id == PICTURES.c.id)
        query = sa.select(*_COLUMNS, ARTICLES.c.path).join(ARTICLES, joined)
        query = query.where(PICTURES.c.source == source, _STATE.in_(ON_DISK), ARTICLES.c.state == WRITTEN)
        for row in self._database.pages(query, [PICTURES.c.id, PICTURES.c.address], ["", ""], 1000):
            picture = Picture(*row[: len(_COLUMNS)])
            yield picture, f"{row.path.removesuffix('.md')}/{picture.name}"

    def counts(self, source: str) -> Mapping[str, int]:
        """Return the number of pictures of *source* by state."""
        query = sa.select(_STATE, sa.func.count()).filter_by(source=source).group_by(_STATE)
        return {row[0]: row[1] for row in self._database.rows(query)}

    def forget(self, source: str) -> None:
        """Delete the rows of *source*."""
        self._database.change(sa.delete(PICTURES).filter_by(source=source))

    def _set(self, picture: Picture, **values: object) -> None:
        key = {"source": picture.source, "id": picture.id, "address": picture.address}
        self._database.change(sa.update(PICTURES).filter_by(**key).values(updated_at=timestamp(), **values))


def forget_pictures(source: str, identifier: str) -> tuple[Any, None]:
    """Return the change that deletes the rows of an article, for `Database.change_rows`."""
    return sa.delete(PICTURES).filter_by(source=source, id=identifier), None
