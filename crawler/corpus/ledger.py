"""What was seen, written, refused, and how far each walk came: the crawler's memory between runs.

The files are the truth; the ledger is what makes them quick to ask. It can be rebuilt from them at any time. Every
change is committed at once: a run that is killed leaves a ledger that says what is so. All times are UTC, in seconds
since 1970.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from crawler.corpus.database import Database, LedgerError, PreparedStatement, damage_marker
from crawler.corpus.runs import Run
from crawler.corpus.tables import ARTICLES, FOLDERS, HOSTS, NOTICES, RUNS, WALKS
from crawler.items import Link

logger = logging.getLogger(__name__)


# An article's state. A link is noted as OPEN before it is fetched; only a file that is whole on disk makes it WRITTEN.
OPEN, WRITTEN, REJECTED, GONE, SKIPPED = "open", "written", "rejected", "gone", "skipped"
# Refusals that are the site's doing, not the page's: such a page stays open however often it is refused.
SITE_FAILURES = ("blocked", "unreachable")
HOUR, DAY = 3600, 86400  # seconds
RETRY_DELAYS = (0, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY)  # before a rejected page is tried again; then it is left


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What the ledger knows of an article."""

    source: str
    id: str
    url: str
    title: str
    date: str
    state: str
    kind: str
    reason: str
    tries: int
    retry_at: int | None
    seen: int
    path: str
    file_hash: str
    etag: str
    modified: str

    @property
    def is_due(self) -> bool:
        """Whether a rejected page is to be tried again now."""
        return self.state == REJECTED and self.retry_at is not None and self.retry_at <= time.time()


_ENTRY = [ARTICLES.c[name] for name in LedgerEntry.__dataclass_fields__]
_OF_SOURCE = sa.select(*_ENTRY).where(ARTICLES.c.source == sa.bindparam("source"))
_BY_ID = _OF_SOURCE.where(ARTICLES.c.id == sa.bindparam("id"))  # takes half the time of a list with one id
_BY_IDS = _OF_SOURCE.where(ARTICLES.c.id.in_(sa.bindparam("ids", expanding=True)))
_BY_CONTENT = _OF_SOURCE.where(
    ARTICLES.c.content_hash == sa.bindparam("content_hash"),
    ARTICLES.c.id != sa.bindparam("id"),
    ARTICLES.c.state == sa.literal(WRITTEN),
)
_BY_ID_OR_CONTENT = sa.union_all(_BY_ID, _BY_CONTENT)  # both at once take little longer than one


_KEPT = ("source", "id", "seen")  # columns that stay as they were when an article is written


class Ledger(Database):
    """The ledger behind an SQLAlchemy address. Raises `LedgerError`, here and from every method."""

    # Articles -----------------------------------------------------------------------------------------------------

    def find(self, source: str, ids: Collection[str]) -> dict[str, LedgerEntry]:
        """What is known of these articles, by id."""
        if len(ids) == 1:
            rows = self._quickly(self._find_one, {"source": source, "id": next(iter(ids))})
        else:
            rows = self._rows(_BY_IDS, {"source": source, "ids": list(ids)})
        return {entry.id: entry for entry in (LedgerEntry(*row) for row in rows)}

    def note(self, source: str, links: Iterable[Link]) -> None:
        """Note links as open; what is known already stays as it is."""
        now = _now()
        rows = [
            {"source": source, "id": link.id, "url": link.url, "title": link.title, "date": link.date,
             "state": OPEN, "seen": now, "changed": now}
            for link in links
        ]  # fmt: skip
        if rows:
            self._change(self._insert(ARTICLES).on_conflict_do_nothing(), rows)

    def written(self, source: str, rows: Sequence[Mapping[str, object]]) -> None:
        """The files of these articles are whole on disk. Each row has id, url, title, date, path, file_hash and
        content_hash, and may have etag, modified and details."""
        now = _now()
        reset = {"state": WRITTEN, "kind": "", "reason": "", "tries": 0, "retry_at": None, "changed": now}
        rows = [
            {"source": source, "seen": now, "etag": "", "modified": "", "details": None} | reset | {**row}
            for row in rows
        ]
        if len(rows) == 1:
            self._quickly(self._write_one, rows[0])
        elif rows:
            self._change(self._write, rows)

    @cached_property
    def _write(self) -> Any:
        """The statement of `written`."""
        insert = self._insert(ARTICLES)
        changed = {column.name: insert.excluded[column.name] for column in ARTICLES.c if column.name not in _KEPT}
        return insert.on_conflict_do_update(index_elements=["source", "id"], set_=changed)

    @cached_property
    def _write_one(self) -> PreparedStatement:
        return self._prepare(self._write)

    @cached_property
    def _find_one(self) -> PreparedStatement:
        return self._prepare(_BY_ID)

    @cached_property
    def _find_with_same(self) -> PreparedStatement:
        return self._prepare(_BY_ID_OR_CONTENT)

    def refused(self, source: str, identifier: str, kind: str, reason: str, pause: float = 1.0) -> None:
        """The page gave no article. *pause* stretches the pauses between tries (0: there are none)."""
        known = self.find(source, [identifier]).get(identifier)
        tries = (known.tries if known else 0) + (kind not in SITE_FAILURES)
        state = kind if kind in (GONE, SKIPPED) else OPEN if kind in SITE_FAILURES else REJECTED
        again = state == REJECTED and tries <= len(RETRY_DELAYS)
        retry_at = _now() + int(RETRY_DELAYS[tries - 1] * pause) if again else None
        self.set(source, identifier, state=state, kind=kind, reason=reason, tries=tries, retry_at=retry_at)

    def set(self, source: str, identifier: str, **values: object) -> None:
        """Change what is known of one article, by column."""
        key = (ARTICLES.c.source == source, ARTICLES.c.id == identifier)
        self._change(sa.update(ARTICLES).where(*key).values(changed=_now(), **values))

    def reopen(self, source: str, identifier: str) -> None:
        """The article is to be fetched (again): its file is gone."""
        self.set(source, identifier, state=OPEN, tries=0, retry_at=None)

    def forget(self, source: str) -> None:
        """Forget the articles and folders of *source*."""
        self._change(sa.delete(ARTICLES).where(ARTICLES.c.source == source))
        self._change(sa.delete(FOLDERS).where(FOLDERS.c.path.startswith(f"{source}/", autoescape=True)))

    def due(self, source: str) -> Iterator[LedgerEntry]:
        """What earlier runs left open, and what they rejected and is to be tried again now."""
        yield from self.in_state(source, OPEN)
        columns = ARTICLES.c
        wanted = (columns.source == source, columns.state == REJECTED, columns.retry_at <= _now())
        yield from self._each(wanted, {columns.retry_at: -1, columns.id: ""})

    def in_state(self, source: str, state: str) -> Iterator[LedgerEntry]:
        """The articles in *state*, in the order of their ids."""
        columns = ARTICLES.c
        return self._each((columns.source == source, columns.state == state), {columns.id: ""})

    def dated(self, source: str, first: str, last: str = "9") -> Iterator[LedgerEntry]:
        """The stored articles from *first* to *last* (beginnings of dates), in that order."""
        columns = ARTICLES.c
        wanted = (columns.source == source, columns.state == WRITTEN, columns.date < last + "~")
        return self._each(wanted, {columns.date: first, columns.id: ""})

    def find_with_same(
        self, source: str, identifier: str, content_hash: str
    ) -> tuple[LedgerEntry | None, LedgerEntry | None]:
        """What is known of an article, and another stored article with this content."""
        asked = {"source": source, "id": identifier, "content_hash": content_hash}
        rows = self._quickly(self._find_with_same, asked)
        entries = [LedgerEntry(*row) for row in rows]
        found = next((entry for entry in entries if entry.id == identifier), None)
        return found, next((entry for entry in entries if entry is not found), None)

    def sources(self) -> list[str]:
        """The sources of which the ledger knows an article or a run."""
        found = sa.union(sa.select(ARTICLES.c.source), sa.select(RUNS.c.source))
        return sorted(row[0] for row in self._rows(found))

    def stored(self, source: str) -> int:
        """How many articles of *source* are written."""
        count = sa.select(sa.func.count()).select_from(ARTICLES).filter_by(source=source, state=WRITTEN)
        return int(self._rows(count)[0][0])

    # Walks, hosts, folders, runs ----------------------------------------------------------------------------------

    def walk_covers(self, source: str, entrance: str, pages: int, since: str) -> int:
        """When the last walk ended that, with those before it, went as deep (*pages*, 0: to the end) and as far back
        (*since*) as is asked; 0 when there was none. What was seen by then need not be walked again."""
        rows = self._rows(sa.select(WALKS).filter_by(source=source, entrance=entrance))
        if not rows or rows[0].since > since:
            return 0
        deep = rows[0].pages
        return int(rows[0].ended) if deep == 0 or 0 < pages <= deep else 0

    def walk_ends(self, source: str, entrance: str, reach: tuple[int, str] | None) -> None:
        """Note that a walk came to its end; *reach* is how many pages and how far back it was to go, None for one that
        stopped where everything was known: so it reaches as far as those before."""
        values: dict[str, object] = {"ended": _now()}
        if reach:
            values |= {"pages": reach[0], "since": reach[1]}
            insert = self._insert(WALKS).values(source=source, entrance=entrance, **values)
            self._change(insert.on_conflict_do_update(index_elements=["source", "entrance"], set_=values))
        else:
            self._change(sa.update(WALKS).filter_by(source=source, entrance=entrance).values(**values))

    def rests(self) -> dict[str, int]:
        """The hosts that asked not to be asked before a certain time."""
        return {row.host: row.rests_until for row in self._rows(sa.select(HOSTS).where(HOSTS.c.rests_until > _now()))}

    def rest(self, host: str, until: int) -> None:
        """No request to *host* before *until*."""
        insert = self._insert(HOSTS).values(host=host, rests_until=until)
        self._change(insert.on_conflict_do_update(index_elements=["host"], set_={"rests_until": until}))

    def folders(self) -> dict[str, int]:
        """The corpus's folders with the time of their last change when they were as the ledger says."""
        return {row.path: row.mtime_ns for row in self._rows(sa.select(FOLDERS))}

    def folders_are(self, times: Mapping[str, int]) -> None:
        """Note that these folders are as the ledger says."""
        insert = self._insert(FOLDERS)
        insert = insert.on_conflict_do_update(index_elements=["path"], set_={"mtime_ns": insert.excluded.mtime_ns})
        rows = [{"path": path, "mtime_ns": mtime} for path, mtime in times.items()]
        if rows:
            self._change(insert, rows)

    def run_begins(self, source: str) -> int:
        """Note that a run has begun, which has the source's lock: those that did not end are dead. Its number."""
        dead = sa.update(RUNS).where(RUNS.c.source == source, RUNS.c.ended.is_(None))
        self._change(dead.values(ended=RUNS.c.started, reason="killed"))
        row = self._change(sa.insert(RUNS).values(source=source, started=_now()).returning(RUNS.c.number))[0]
        return int(row[0])

    def run_ends(self, number: int, reason: str, figures: Mapping[str, object]) -> None:
        """Note what a run came to."""
        values = {"ended": _now(), "reason": reason, "figures": dict(figures)}
        self._change(sa.update(RUNS).where(RUNS.c.number == number).values(**values))

    def run_is(self, number: int, figures: Mapping[str, object]) -> None:
        """Note other figures of a run that has ended."""
        self._change(sa.update(RUNS).where(RUNS.c.number == number).values(figures=dict(figures)))

    def runs(self, source: str, last: int = 400) -> list[Run]:
        """The last runs of *source*, the newest at the end."""
        query = sa.select(RUNS).where(RUNS.c.source == source).order_by(RUNS.c.number.desc()).limit(last)
        return [
            Run(row.number, row.source, row.started, row.ended, row.reason, row.figures or {})
            for row in reversed(self._rows(query))
        ]

    def notice(self, source: str) -> dict[str, Any]:
        """What was told of *source*'s breakdowns, and to whom; {}: nothing yet."""
        rows = self._rows(sa.select(NOTICES).filter_by(source=source))
        return {name: value for name, value in rows[0]._mapping.items() if name != "source"} if rows else {}

    def notice_is(self, source: str, values: Mapping[str, object]) -> None:
        """Note that, by column."""
        insert = self._insert(NOTICES).values(source=source, **values)
        self._change(insert.on_conflict_do_update(index_elements=["source"], set_=values))

    def _each(self, wanted: tuple[Any, ...], behind: Mapping[Any, object], size: int = 1000) -> Iterator[LedgerEntry]:
        """The entries that are *wanted*, in the order of some columns, *behind* what these have at first; a thousand
        at a time, found by an index: neither memory nor the time for each grows with the ledger."""
        order, last = sa.tuple_(*behind), list(behind.values())
        query = sa.select(*_ENTRY).where(*wanted).order_by(*behind).limit(size)
        while True:
            values = sa.tuple_(*(sa.literal(value, column.type) for column, value in zip(behind, last, strict=True)))
            entries = [LedgerEntry(*row) for row in self._rows(query.where(order > values))]
            yield from entries
            if len(entries) < size:
                return
            last = [getattr(entries[-1], column.name) for column in behind]


def _now() -> int:
    return int(time.time())


def open_ledger(state: Path, url: str) -> Ledger:
    """The ledger at *url*, or the SQLite file in *state* without one.

    A file that cannot be read, or in which a run met damage, is set aside, and a new one begun, which `reconcile`
    fills. Raises `LedgerError`, OSError.
    """
    if url:
        return Ledger(url)
    state.mkdir(parents=True, exist_ok=True)
    path = state / "ledger.db"
    with (state / "ledger.lock").open("a") as guard:  # another source's run may be about to do the same
        flock(guard, LOCK_EX)
        if damage_marker(path).exists():
            _set_ledger_aside(path, "a run met damage in it")
        try:
            return Ledger(f"sqlite:///{path}")
        except LedgerError as error:
            if not error.is_damage:
                raise
            _set_ledger_aside(path, str(error))
            return Ledger(f"sqlite:///{path}")


def _set_ledger_aside(path: Path, why: str) -> None:
    aside = path.with_name(f"ledger.damaged-{time.strftime('%Y%m%d-%H%M%S')}.db")
    logger.warning("the ledger is damaged (%s): set aside as %s and made anew from the files", why, aside.name)
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    damage_marker(path).unlink(missing_ok=True)
