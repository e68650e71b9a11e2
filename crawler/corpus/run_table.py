"""The ledger's table of runs, which health and schedules evaluate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from crawler.corpus.article_changes import last_change
from crawler.corpus.database import Database, timestamp
from crawler.corpus.run_sums import beijing_day, day_name, day_start, group_runs, sum_runs
from crawler.corpus.runs import Run
from crawler.corpus.tables import RUNS, SOURCES
from crawler.counts import Count

DETAIL_DAYS = 60  # runs of the days before are summed up
_BATCH = 500  # runs named in one statement: databases limit its variables


class Runs:
    """The table of runs. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, source: str, *, is_alone: bool = True) -> int:
        """Record the start of a run and return its number.

        The caller holds the source's lock. If *is_alone*, it does not share it: runs without an end are therefore dead
        and get the reason "killed".
        """
        if is_alone:
            self._end_dead(source)
        self._add_source(source)
        insert = sa.insert(RUNS).values(source=source, started=timestamp()).returning(RUNS.c.number)
        return int(self._database.change(insert)[0][0])

    def finish(self, number: int, reason: str, figures: Mapping[str, object]) -> None:
        """Record the end of a run with its reason and figures, the verdict among them: see `Run`."""
        values = {
            "ended": timestamp(),
            "reason": reason,
            "figures": dict(figures),
            "last_change": last_change(self._database),
        }
        self._database.change(sa.update(RUNS).where(RUNS.c.number == number).values(**values))

    def add(self, run: Run) -> int:
        """Record a run that has ended, without its number, and return its number."""
        self._add_source(run.source)
        values = {"source": run.source, "started": run.started, "ended": run.ended, "reason": run.reason}
        insert = sa.insert(RUNS).values(**values, figures=dict(run.figures)).returning(RUNS.c.number)
        return int(self._database.change(insert)[0][0])

    def update(self, number: int, figures: Mapping[str, object]) -> None:
        """Replace the figures of a run."""
        self._database.change(sa.update(RUNS).where(RUNS.c.number == number).values(figures=dict(figures)))

    def forget_running(self, source: str) -> None:
        """Delete the runs in progress of *source*: in a copy of the ledger they would be killed runs."""
        self._database.change(sa.delete(RUNS).where(RUNS.c.source == source, RUNS.c.ended.is_(None)))

    def last(self, source: str, number: int = 400) -> list[Run]:
        """Return the last *number* runs of *source*, the newest at the end. Figures that cannot be read are {}."""
        query = self._query.where(RUNS.c.source == source).order_by(RUNS.c.number.desc()).limit(number)
        return [_run(row) for row in reversed(self._database.rows(query))]

    def news(self, source: str, arguments: Mapping[str, object], number: int = 2000) -> list[tuple[int, int]]:
        """Return number and start of the last *number* fine runs of *source* with new articles, the newest first.

        *arguments* are those of the runs. Searches the text of the figures, because parsing all of them takes longer.
        """
        figures = sa.cast(RUNS.c.figures, sa.Text)
        parts = (f'"{Count.LINKS_NEW}": ', '"kind": "fine"', f'"asked": {json.dumps(dict(arguments))}')
        query = sa.select(RUNS.c.number, RUNS.c.started).where(
            RUNS.c.source == source,
            RUNS.c.reason == "finished",
            *(figures.contains(part, autoescape=True) for part in parts),
        )
        rows = self._database.rows(query.order_by(RUNS.c.number.desc()).limit(number))
        return [(row.number, row.started) for row in rows]

    def sum_up(self, source: str) -> None:
        """Sum up the runs of *source* that are older than `DETAIL_DAYS`, by Beijing day, arguments, end and class.

        The sum replaces the last run of its group; the others are deleted. Each day is one transaction. The cost does
        not depend on the number of runs that are kept.
        """
        limit = day_start(beijing_day(timestamp()) - DETAIL_DAYS)
        conditions = (RUNS.c.source == source, RUNS.c.day.is_(None), RUNS.c.ended.is_not(None))
        oldest = sa.select(RUNS.c.started).where(*conditions, RUNS.c.started < limit)
        oldest = oldest.order_by(RUNS.c.started).limit(1)
        while rows := self._database.rows(oldest):
            day = beijing_day(rows[0].started)
            of_day = RUNS.c.started.between(day_start(day), day_start(day + 1) - 1)
            query = self._query.where(*conditions, of_day).order_by(RUNS.c.number)
            runs = [_run(row) for row in self._database.rows(query)]
            self._database.change_all(_replacements(group_runs(runs), day_name(day)))

    @property
    def _query(self) -> sa.Select[Any]:
        # SQLite stores any text as JSON; PostgreSQL returns parsed values, which are always valid.
        is_sqlite = self._database.is_sqlite
        figures = sa.cast(RUNS.c.figures, sa.LargeBinary).label("figures") if is_sqlite else RUNS.c.figures
        return sa.select(RUNS.c.number, RUNS.c.source, RUNS.c.started, RUNS.c.ended, RUNS.c.reason, figures)

    def _end_dead(self, source: str) -> None:
        # Only the newest runs can be dead: each start ends those before it. The query does not read the others.
        newest = sa.select(RUNS.c.number, RUNS.c.ended).where(RUNS.c.source == source)
        rows = self._database.rows(newest.order_by(RUNS.c.number.desc()).limit(_BATCH))
        if dead := [row.number for row in rows if row.ended is None]:
            update = sa.update(RUNS).where(RUNS.c.number.in_(dead))
            self._database.change(update.values(ended=RUNS.c.started, reason="killed"))

    def _add_source(self, source: str) -> None:
        self._database.change(self._database.insert(SOURCES).values(source=source).on_conflict_do_nothing())


def _run(row: sa.Row[Any]) -> Run:
    figures = row.figures
    if isinstance(figures, bytes):
        try:
            figures = json.loads(figures)
        except (ValueError, RecursionError):
            figures = {}
    return Run(row.number, row.source, row.started, row.ended, row.reason, figures if isinstance(figures, dict) else {})


def _replacements(groups: Iterable[Sequence[Run]], day: str) -> Iterator[Any]:
    """Yield the statements that replace each group of runs by its sum."""
    for runs in groups:
        done = sum_runs(runs)
        values = {"started": done.started, "figures": dict(done.figures), "day": day}
        yield sa.update(RUNS).where(RUNS.c.number == done.number).values(**values)
        superseded = [run.number for run in runs[:-1]]
        for first in range(0, len(superseded), _BATCH):
            yield sa.delete(RUNS).where(RUNS.c.number.in_(superseded[first : first + _BATCH]))
