"""The runs of a source grouped by day: the figures of the health page, without its markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from crawler.corpus.run_sums import beijing_day
from crawler.corpus.runs import Run, Verdict
from crawler.counts import Count
from crawler.reading.errors import ERRORS

DAYS = 60  # shown on the page
REFUSALS = tuple(ERRORS)  # classes of refused pages
EPOCH = date(1970, 1, 1).toordinal()
# alarm: needs attention; watch: failed, but no alarm yet; none: no run has ended; fine. The most urgent first.
LEVELS = ("alarm", "watch", "none", "fine")

JudgedRuns = Sequence[tuple[Run, Verdict]]  # the oldest first


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """The runs of a source, and its state after the last one. `anchor` is the id of its section on the page."""

    name: str
    anchor: str
    runs: JudgedRuns  # that have ended, including killed ones
    in_progress: Run | None
    stored: int  # articles
    days: Sequence[Day | None]  # the last `DAYS` days, today last; None for a day without runs

    @property
    def level(self) -> str:
        """The state, one of LEVELS."""
        return level(self.runs[-1][1]) if self.runs else "none"

    @property
    def kind(self) -> str:
        """The class of the last run."""
        return self.runs[-1][1].kind if self.runs else "no run yet"

    @property
    def series(self) -> JudgedRuns:
        """The last runs that all have the class of the last one."""
        others = (i for i in range(len(self.runs), 0, -1) if self.runs[i - 1][1].kind != self.kind)
        return self.runs[next(others, 0) :]

    @property
    def last_fine(self) -> Run | None:
        """The newest fine run."""
        return next((run for run, verdict in reversed(self.runs) if verdict.is_fine), None)


@dataclass(slots=True)
class Day:
    """The sums of the runs that started on one day. *worst* is the most urgent verdict, the last of several."""

    worst: Verdict
    runs: int = 0
    found: int = 0
    written: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    seconds: int | None = None  # of the longest run

    def add(self, run: Run, verdict: Verdict) -> None:
        """Add the figures of *run*."""
        self.runs += run.runs
        self.found += run.listed
        self.written += run.written
        self.refused += refused(run)
        self.fields.update(run.group("fields"))
        self.characters += run.count(Count.BODY_CHARACTERS)
        if run.ended is not None:
            self.seconds = max(run.seconds, self.seconds or 0)
        if LEVELS.index(level(verdict)) <= LEVELS.index(level(self.worst)):
            self.worst = verdict

    def refusals(self, kind: str) -> int:
        """Return the number of refused pages of class *kind*."""
        return self.refused[kind]

    def share(self, name: str) -> float | None:
        """Return the share of articles that have the field *name*. Every article has a title."""
        return self.fields[name] / self.fields["title"] if self.fields["title"] else None

    @property
    def length(self) -> float | None:
        """Characters per article."""
        return self.characters / self.fields["title"] if self.fields["title"] else None


def dates(now: int) -> list[date]:
    """Return the days shown on the page, today last."""
    return [date.fromordinal(EPOCH + beijing_day(now) - ago) for ago in range(DAYS - 1, -1, -1)]


def level(verdict: Verdict) -> str:
    """Return the state after a run, one of LEVELS."""
    return "fine" if verdict.is_fine else "alarm" if verdict.alarm else "watch"


def refused(run: Run) -> Counter[str]:
    """Count the refused article pages and listing pages by class."""
    return Counter(run.group("refused")) + Counter(run.group("listings"))


def source_history(anchor: str, name: str, runs: JudgedRuns, now: int, stored: int) -> SourceHistory:
    """Group *runs* by day. *now* is UTC, in seconds since 1970; *stored* is the number of articles.

    A last run without an end is in progress, unless its verdict is a failure.
    """
    in_progress = next((run for run, verdict in runs[-1:] if not run.is_ended and not verdict.is_failure), None)
    ended = runs[:-1] if in_progress else runs
    return SourceHistory(name, anchor, ended, in_progress, stored, daily(ended, now))


def daily(runs: JudgedRuns, now: int) -> list[Day | None]:
    """Group *runs* by day: the last `DAYS` days, today last; None for a day without runs."""
    days: list[Day | None] = [None] * DAYS
    for run, verdict in runs:
        index = DAYS - 1 - beijing_day(now) + beijing_day(run.started)
        if 0 <= index < DAYS:
            day = days[index] = days[index] or Day(verdict)
            day.add(run, verdict)
    return days


def by_day(days: Sequence[Day | None], figure: Callable[[Day], float | None]) -> list[float | None]:
    """Apply *figure* to each day; None for a day without runs."""
    return [None if day is None else figure(day) for day in days]


def counted_names(days: Sequence[Day | None], counts: Callable[[Day], Counter[str]], first: Sequence[str]) -> list[str]:
    """List the names with a count above 0: those of *first* in their order, then the others sorted."""
    found = {name for day in days if day for name, count in counts(day).items() if count}
    return [name for name in first if name in found] + sorted(found.difference(first))
