"""Decide which sources are due. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from crawler.jobs.scheduler import CATCH_UP
from crawler.jobs.schedules import Schedule


@dataclass(frozen=True)
class DueRun:
    """The run of a source that is due. It replaces the *missed* runs that were due before."""

    source: str
    due: datetime
    missed: int = 0


def due_runs(
    schedules: Iterable[Schedule], handled: Mapping[str, datetime], now: datetime
) -> tuple[list[DueRun], dict[str, datetime]]:
    """Return the runs that are due at *now*, in the order of their times, and the new values of *handled*.

    *handled* is the last due time that was handled, for each source. A source without one is due at its first time
    after *now*. All times have a time zone. After the clock was set back by more than two intervals, a source is
    due at its next time; after a smaller step, no time is due twice.
    """
    due, changed = [], {}
    for schedule in schedules:
        last = handled.get(schedule.source)
        if last is None:
            changed[schedule.source] = now
        elif last > now:
            following = next(schedule.times(last))
            if following - now > 2 * (following - last):
                changed[schedule.source] = now
        else:
            times = list(takewhile(lambda time: time <= now, schedule.times(max(last, now - CATCH_UP))))
            if times:
                changed[schedule.source] = times[-1]
                due.append(DueRun(schedule.source, times[-1], len(times) - 1))
    return sorted(due, key=lambda run: (run.due, run.source)), changed
