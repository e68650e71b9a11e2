"""Sum up the runs of one day: pure functions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from crawler.corpus.runs import Run

_EPOCH = date(1970, 1, 1).toordinal()


def beijing_day(seconds: int) -> int:
    """Convert a time (UTC, seconds since 1970) to the number of its Beijing day since 1970."""
    return (seconds + 8 * 3600) // 86400


def day_start(day: int) -> int:
    """Return the first second (UTC, since 1970) of a Beijing day, given by its number since 1970."""
    return day * 86400 - 8 * 3600


def day_name(day: int) -> str:
    """Write a Beijing day, given by its number since 1970, as "YYYY-MM-DD"."""
    return date.fromordinal(_EPOCH + day).isoformat()


def group_runs(runs: Iterable[Run]) -> list[list[Run]]:
    """Group single runs of one source, ordered by number, into those that can be summed up.

    These have the same arguments, end and class. A run that a person accepted starts new groups, because later runs
    are only compared with it and with those after it.
    """
    groups: dict[tuple[object, ...], list[Run]] = {}
    accepted = 0
    for run in runs:
        accepted += bool(run.figures.get("accepted"))
        arguments = json.dumps(dict(run.arguments), sort_keys=True)
        groups.setdefault((arguments, run.reason, run.verdict.kind, accepted), []).append(run)
    return list(groups.values())


def sum_runs(runs: Sequence[Run]) -> Run:
    """Sum up the runs of a group. The sum has the number and the end of the last run; see `Run.figures`.

    Flags are kept if all runs agree. Texts are dropped, except the newest date, and the reason of the last verdict.
    """
    last = runs[-1]
    verdict = replace(last.verdict, alarm=any(run.verdict.alarm for run in runs))
    figures = _sum_figures([run.figures for run in runs])
    figures |= {"asked": dict(last.arguments), "verdict": asdict(verdict)}
    figures |= {"runs": sum(run.runs for run in runs), "duration": sum(run.seconds for run in runs)}
    return replace(last, started=runs[0].started, figures=figures)


def _sum_figures(all_figures: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for name in dict.fromkeys(name for figures in all_figures for name in figures):
        values = [figures[name] for figures in all_figures if name in figures]
        if all(isinstance(value, bool) for value in values):
            if len(values) == len(all_figures) and len(set(values)) == 1:
                sums[name] = values[0]
        elif name == "newest":
            sums[name] = max(str(value) for value in values)
        elif numbers := [value for value in values if isinstance(value, int | float)]:
            sums[name] = sum(numbers)
    return sums
