"""The ledger's tables of MinHash signatures and of pairs of near-duplicates. `data.near_duplicates` fills them.

One process at a time fills them (a lock of the caller); takedowns delete from them at any time. Each method that
changes them is one transaction, which leaves the tables and the properties of `PROPERTY` consistent with each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.entries import WRITTEN
from crawler.corpus.tables import ARTICLES, NEAR_DUPLICATES, PROPERTIES, SIGNATURES

PROPERTY = "near_duplicates"
Key = tuple[str, str]  # source and id, as in the name of the file


class Signature(NamedTuple):
    """The signature of an article. *day* is the day of publication, "YYYY-MM-DD"."""

    source: str
    id: str
    day: str
    value: bytes
    compared: bool = False

    @property
    def key(self) -> Key:
        return self.source, self.id


class Pair(NamedTuple):
    """Two near-duplicates with their estimated similarity, from 0 to 1."""

    one: Key
    other: Key
    similarity: float


class ListedPair(NamedTuple):
    """An article, and an earlier one with nearly the same text. Dates are in Beijing time, as in `Article.date`."""

    source: str
    id: str
    date: str
    title: str
    other_source: str
    other_id: str
    other_date: str
    other_title: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Progress:
    """What the tables contain."""

    form: str  # of the signatures
    days: int  # greatest distance of the days of two articles that are compared
    after: int = -1  # number of a change: all signatures up to it are recorded


_A, _B = ARTICLES.alias("a"), ARTICLES.alias("b")
_ONE, _OTHER = SIGNATURES.alias("one"), SIGNATURES.alias("other")
_P = NEAR_DUPLICATES.c


def _unindexed(column: sa.Column[str]) -> sa.ColumnElement[str]:
    """Return the value of *column* as an expression.

    Without statistics, SQLite would search the articles of a pair by state and date, which are those of a whole source,
    instead of by their key.
    """
    return sa.func.coalesce(column, "")


_ORDER, _OTHER_ORDER = (sa.tuple_(_unindexed(each.c.date), each.c.source, each.c.id) for each in (_A, _B))
# The pairs of articles that are both stored: a file can have been lost since the pair was recorded.
_PAIRS = sa.join(
    NEAR_DUPLICATES,
    _A,
    sa.and_(_A.c.source == _P.source, _A.c.id == _P.id, _unindexed(_A.c.state) == WRITTEN),
).join(_B, sa.and_(_B.c.source == _P.other_source, _B.c.id == _P.other_id, _unindexed(_B.c.state) == WRITTEN))


class NearDuplicates:
    """The signatures and the pairs. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Fill -----------------------------------------------------------------------------------------------------------

    def progress(self) -> Progress | None:
        """Return what the tables contain; None if they were never filled."""
        rows = self._database.rows(sa.select(PROPERTIES.c.value).filter_by(name=PROPERTY))
        return Progress(**json.loads(rows[0].value)) if rows else None

    def start_again(self, progress: Progress) -> None:
        """Delete all signatures and pairs."""
        self._change([(sa.delete(NEAR_DUPLICATES), None), (sa.delete(SIGNATURES), None)], progress)

    def compare_again(self, progress: Progress) -> None:
        """Delete all pairs, and mark all signatures as not compared."""
        again = sa.update(SIGNATURES).values(compared=False)
        self._change([(sa.delete(NEAR_DUPLICATES), None), (again, None)], progress)

    def forget(self, keys: Iterable[Key]) -> None:
        """Delete the signatures and pairs of these articles."""
        self._change(forget_signatures(keys))

    def find(self, keys: Iterable[Key]) -> dict[Key, Signature]:
        """Return the signatures of these articles."""
        columns = SIGNATURES.c
        query = sa.select(columns.source, columns.id, columns.day, columns.signature, columns.compared)
        by_source: dict[str, list[str]] = {}
        for source, name in keys:
            by_source.setdefault(source, []).append(name)
        rows = (
            row
            for source, names in by_source.items()
            for row in self._database.rows(query.where(columns.source == source, columns.id.in_(names)))
        )
        return {each.key: each for each in (Signature(*row) for row in rows)}

    def record(self, keys: Iterable[Key], signatures: Iterable[Signature], progress: Progress) -> None:
        """Replace the signatures of the articles *keys*, and delete their pairs.

        An article that is not written any more (a takedown in the meantime) gets no signature.
        """
        values = [sa.bindparam(f"new_{name}", type_=SIGNATURES.c[name].type) for name in ("day", "signature")]
        query = sa.select(ARTICLES.c.source, ARTICLES.c.id, *values, sa.false()).where(
            ARTICLES.c.source == sa.bindparam("of_source"),
            ARTICLES.c.id == sa.bindparam("of_id"),
            ARTICLES.c.state == WRITTEN,
        )
        insert = self._database.insert(SIGNATURES).from_select(["source", "id", "day", "signature", "compared"], query)
        rows = [
            {"of_source": each.source, "of_id": each.id, "new_day": each.day, "new_signature": each.value}
            for each in signatures
        ]
        self._change([*forget_signatures(keys), (insert.on_conflict_do_nothing(), rows)], progress)

    def next_day(self, after: str = "") -> str:
        """Return the first day later than *after* with a signature that was not compared; "" without one."""
        query = sa.select(sa.func.min(SIGNATURES.c.day)).where(~SIGNATURES.c.compared, SIGNATURES.c.day > after)
        return self._database.rows(query)[0][0] or ""

    def of_days(self, first: str, last: str) -> Sequence[Signature]:
        """Return the signatures of the days from *first* to *last*, ordered by day, source and id."""
        columns = SIGNATURES.c
        query = sa.select(columns.source, columns.id, columns.day, columns.signature, columns.compared)
        query = query.where(columns.day >= first, columns.day <= last).order_by(columns.day, columns.source, columns.id)
        return [Signature(*row) for row in self._database.rows(query)]

    def add_pairs(self, pairs: Iterable[Pair]) -> None:
        """Record pairs. A pair whose article has no signature any more (a takedown in the meantime) is left out."""
        is_other = sa.and_(_OTHER.c.source == sa.bindparam("s2"), _OTHER.c.id == sa.bindparam("i2"))
        similar = sa.bindparam("similar", type_=sa.Float)
        query = sa.select(_ONE.c.source, _ONE.c.id, _OTHER.c.source, _OTHER.c.id, similar)
        query = query.select_from(sa.join(_ONE, _OTHER, is_other)).where(
            _ONE.c.source == sa.bindparam("s1"), _ONE.c.id == sa.bindparam("i1")
        )
        names = ["source", "id", "other_source", "other_id", "similarity"]
        insert = self._database.insert(NEAR_DUPLICATES).from_select(names, query).on_conflict_do_nothing()
        rows = [
            {"s1": one[0], "i1": one[1], "s2": other[0], "i2": other[1], "similar": similarity}
            for pair in pairs
            for one, other, similarity in (pair, (pair.other, pair.one, pair.similarity))
        ]
        self._change([(insert, rows)])

    def mark_compared(self, keys: Iterable[Key]) -> None:
        """Record that all pairs of these articles are recorded."""
        update = sa.update(SIGNATURES).where(
            SIGNATURES.c.source == sa.bindparam("of_source"), SIGNATURES.c.id == sa.bindparam("of_id")
        )
        rows = [{"of_source": source, "of_id": name} for source, name in keys]
        self._change([(update.values(compared=True), rows)])

    def _change(self, changes: Iterable[tuple[Any, Any]], progress: Progress | None = None) -> None:
        if progress:
            values = {"name": PROPERTY, "value": json.dumps(asdict(progress))}
            insert = self._database.insert(PROPERTIES).values(**values)
            changes = [*changes, (insert.on_conflict_do_update(index_elements=["name"], set_=values), None)]
        self._database.change_rows([*lock_signatures(self._database), *changes])

    # Query ----------------------------------------------------------------------------------------------------------

    def firsts(self, source: str, identifier: str | None = None) -> Mapping[str, Key]:
        """Return the first article of the same story, for each article of *source* that is not the first itself.

        The first article is the earliest one by date, source and id of those that are near-duplicates of the article
        and precede it. With *identifier*, only for that article.
        """
        query = sa.select(_A.c.id, _B.c.source, _B.c.id).select_from(_PAIRS)
        query = query.where(_P.source == source, _OTHER_ORDER < _ORDER)
        if identifier is not None:
            query = query.where(_P.id == identifier)
        found: dict[str, Key] = {}
        for name, *first in self._database.rows(query.order_by(_A.c.id, _B.c.date, _B.c.source, _B.c.id)):
            found.setdefault(name, (first[0], first[1]))
        return found

    def near(self, source: str, identifier: str) -> list[tuple[str, str, float]]:
        """Return source, id and similarity of the near-duplicates of an article, the most similar first."""
        query = sa.select(_B.c.source, _B.c.id, _P.similarity).select_from(_PAIRS)
        query = query.where(_P.source == source, _P.id == identifier)
        return [tuple(row) for row in self._database.rows(query.order_by(_P.similarity.desc(), _B.c.source, _B.c.id))]

    def listed(self, source: str = "", since: str = "", until: str = "", size: int = 20_000) -> Iterator[ListedPair]:
        """Yield each pair once, ordered by the date of its later article. Reads *size* rows at a time.

        *source*: only pairs with an article of this source. *since*, *until*: first and last day of the later article.
        """
        order = (_A.c.date, _A.c.source, _A.c.id, _B.c.source, _B.c.id)
        query = sa.select(
            _A.c.source, _A.c.id, _A.c.date, _A.c.title, _B.c.source, _B.c.id, _B.c.date, _B.c.title, _P.similarity
        ).select_from(_PAIRS)
        query = query.where(_OTHER_ORDER < _ORDER)
        if source:
            query = query.where(sa.or_(_P.source == source, _P.other_source == source))
        if until:
            query = query.where(_A.c.date < until + "~")
        rows = self._database.pages(query, order, (since, "", "", "", ""), size)
        return (ListedPair(*row) for row in rows)


def lock_signatures(database: Database) -> list[tuple[Any, Any]]:
    """Return the first statement of each transaction that changes the tables, for `Database.change_rows`.

    Without it, PostgreSQL could record a signature while another machine takes the article down. SQLite has one writer
    at a time.
    """
    lock = sa.text(f"LOCK TABLE {SIGNATURES.name} IN SHARE ROW EXCLUSIVE MODE")
    return [] if database.is_sqlite else [(lock, None)]


def forget_signatures(keys: Iterable[Key]) -> list[tuple[Any, Any]]:
    """Return the statements that delete the signatures and pairs of articles, for `Database.change_rows`."""
    rows = [{"of_source": source, "of_id": name} for source, name in keys]
    source: sa.BindParameter[str] = sa.bindparam("of_source")
    name: sa.BindParameter[str] = sa.bindparam("of_id")
    return [
        (sa.delete(SIGNATURES).where(SIGNATURES.c.source == source, SIGNATURES.c.id == name), rows),
        (sa.delete(NEAR_DUPLICATES).where(_P.source == source, _P.id == name), rows),
        (sa.delete(NEAR_DUPLICATES).where(_P.other_source == source, _P.other_id == name), rows),
    ]
