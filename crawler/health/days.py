"""Runs as days and as the state of a source: what the health page counts, and nothing of how it looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from crawler.corpus.runs import Run, Verdict

DAYS = 60  # shown
QUIET = ("gone", "skipped")  # classes of refused pages that every site has
CLASSES = ("blocked", "login", "changed", "incomplete", "unreachable", "bug", *QUIET)
EPOCH = date(1970, 1, 1).toordinal()
# alarm: a person is needed; watch: failed, and nobody is called yet; none: no run has ended; fine.
LEVELS = ("alarm", "watch", "none", "fine")

FINE = Verdict("fine")

Judged = Sequence[tuple[Run, Verdict]]  # oldest first


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """How a source stands. `anchor` is its place on the page."""

    name: str
    anchor: str
    runs: Judged  # that have ended, by themselves or not
    working: Run | None  # at work now
    stored: int  # articles
    days: Sequence[Day | None]

    @property
    def level(self) -> str:
        """One of LEVELS."""
        return level(self.runs[-1][1]) if self.runs else "none"

    @property
    def kind(self) -> str:
        """What the last run came to."""
        return self.runs[-1][1].kind if self.runs else "no run yet"

    @property
    def series(self) -> Judged:
        """The last runs of all, as far back as they came to the same."""
        others = (i for i in range(len(self.runs), 0, -1) if self.runs[i - 1][1].kind != self.kind)
        return self.runs[next(others, 0) :]

    @property
    def last_fine(self) -> Run | None:
        """The newest fine run."""
        return next((run for run, verdict in reversed(self.runs) if verdict.is_fine), None)


@dataclass(slots=True)
class Day:
    """The runs of a day together."""

    runs: int = 0
    found: int = 0
    written: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    characters: int = 0
    seconds: int | None = None  # of the longest run
    worst: Verdict = FINE

    def add(self, run: Run, verdict: Verdict) -> None:
        """Count one more run."""
        self.runs += 1
        self.found += run.listed
        self.written += run.written
        self.refused += refused(run)
        self.fields.update(run.group("fields"))
        self.characters += run.count("body.characters")
        if run.ended is not None:
            self.seconds = max(run.seconds, self.seconds or 0)
        if LEVELS.index(level(verdict)) <= LEVELS.index(level(self.worst)):
            self.worst = verdict

    def refusals(self, kind: str) -> int:
        """The pages refused of this class."""
        return self.refused[kind]

    def share(self, name: str) -> float | None:
        """Of the articles of the day, those that have this field. Every article has a title."""
        return self.fields[name] / self.fields["title"] if self.fields["title"] else None

    @property
    def length(self) -> float | None:
        """Characters an article."""
        return self.characters / self.fields["title"] if self.fields["title"] else None


def beijing_day(seconds: int) -> int:
    """The Beijing day of a time, counted from 1970."""
    return (seconds + 8 * 3600) // 86400


def dates(now: int) -> list[date]:
    """The days shown, today at the end."""
    return [date.fromordinal(EPOCH + beijing_day(now) - ago) for ago in range(DAYS - 1, -1, -1)]


def level(verdict: Verdict) -> str:
    """One of LEVELS."""
    return "fine" if verdict.is_fine else "alarm" if verdict.alarm else "watch"


def refused(run: Run) -> Counter[str]:
    """The pages refused by class: those of articles, and listings."""
    return Counter(run.group("refused")) + Counter(run.group("listings"))


def state_of(anchor: str, name: str, runs: Judged, now: int, stored: int) -> SourceHistory:
    """How a source stands at *now* (UTC, seconds)."""
    working = next(
        (run for run, verdict in runs[-1:] if run.ended is None and not run.reason and verdict.is_fine), None
    )
    ended = runs[:-1] if working else runs
    return SourceHistory(name, anchor, ended, working, stored, daily(ended, now))


def daily(runs: Judged, now: int) -> list[Day | None]:
    """The last days, today at the end; None where nothing ran."""
    days: list[Day | None] = [None] * DAYS
    for run, verdict in runs:
        index = DAYS - 1 - beijing_day(now) + beijing_day(run.started)
        if 0 <= index < DAYS:
            day = days[index] = days[index] or Day()
            day.add(run, verdict)
    return days


def by_day(days: Sequence[Day | None], figure: Callable[[Day], float | None]) -> list[float | None]:
    """A figure day by day; None where nothing ran."""
    return [None if day is None else figure(day) for day in days]


def counted(days: Sequence[Day | None], counts: Callable[[Day], Counter[str]], first: Sequence[str]) -> list[str]:
    """What was counted on these days: *first* in this order, then the others."""
    found = {name for day in days if day for name, count in counts(day).items() if count}
    return [name for name in first if name in found] + sorted(found.difference(first))
