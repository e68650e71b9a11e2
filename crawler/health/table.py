"""The state of each source as text or JSON, with advice on what to do next. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from crawler.corpus.runs import KINDS, NEVER_RUN, Run, Verdict
from crawler.counts import Count
from crawler.text.dates import BEIJING

RECENT = 7  # newest runs, whose new articles are compared with those of the runs before
STEADY = 1.5  # a rise or a drop by less than this factor is not a trend


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source after its last run."""

    source: str
    articles: int  # stored
    last: Run | None  # the last run that has ended
    verdict: Verdict  # of the last run; of the run in progress if no run has ended
    since: int  # start of the first run in the present state, UTC, seconds since 1970; 0 without runs that have ended
    usual: float  # new articles per run: the median of the runs before the recent ones
    recent: float  # new articles per run: the median of the recent ones
    overdue: str = ""  # time at which the next run was due, Beijing time; "" if it is not overdue

    @property
    def is_wrong(self) -> bool:
        return bool(self.overdue) or self.verdict.is_failure

    @property
    def trend(self) -> str:
        if self.recent > STEADY * self.usual:
            return "up"
        return "down" if STEADY * self.recent < self.usual else "steady"


def source_health(source: str, runs: Sequence[Run], articles: int, overdue: str = "") -> SourceHealth:
    """Derive the state of a source from its runs, the oldest first. *articles* is the number of stored articles.

    Runs that read archives count only in a source without other runs.
    """
    runs = [run for run in runs if not run.is_of_archive] or runs
    ended = [run for run in runs if run.is_ended]
    last = ended[-1] if ended else None
    verdict = runs[-1].verdict if runs else NEVER_RUN
    first = last
    if last:
        verdict = last.verdict
        for run in reversed(ended):
            if run.verdict.is_fine != verdict.is_fine:
                break
            first = run
    new = [run.count(Count.LINKS_NEW) / run.runs for run in ended if run.verdict.is_fine]
    usual, recent = new[:-RECENT] or new, new[-RECENT:]
    return SourceHealth(
        source, articles, last, verdict, first.started if first else 0,
        float(median(usual)) if usual else 0.0, float(median(recent)) if recent else 0.0, overdue,
    )  # fmt: skip


def table(states: Sequence[SourceHealth], now: int) -> list[str]:
    """Format the states as lines of text: a table with the failed sources first, then the advice.

    *now* is UTC, in seconds since 1970.
    """
    rows = [("source", "state", "since", "last run", "new", "usually", "trend", "stored")]
    ordered = sorted(states, key=lambda state: (not state.is_wrong, state.source))
    for state in ordered:
        new = str(state.last.count(Count.LINKS_NEW)) if state.last else "-"
        is_overdue = state.overdue and not state.verdict.is_failure
        rows.append((
            state.source, "overdue" if is_overdue else state.verdict.kind, ago(state.since, now),
            ago(state.last.started if state.last else 0, now), new, f"{state.usual:.0f}", state.trend,
            str(state.articles),
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for state in ordered:
        lines += advice(state)
    return lines


def advice(state: SourceHealth) -> list[str]:
    """Describe what is wrong with a source and what to do next; no lines if nothing is."""
    lines = []
    if state.overdue:
        lines.append(f"{state.source}: overdue: a run was due at {state.overdue}: check that the scheduler is running")
    if state.verdict.is_failure:
        lines.append(f"{state.source}: {state.verdict.kind}: {state.verdict.why}")
        next_step = KINDS.get(state.verdict.kind, "see the log of the run")
        lines.append(f"{state.source}: next: {next_step}")
    return ["", *lines] if lines else []


def as_json(state: SourceHealth) -> dict[str, Any]:
    """Convert a state to a JSON object. Times are ISO 8601 in Beijing time."""
    return {
        "source": state.source, "wrong": state.is_wrong, **asdict(state.verdict), "since": iso_time(state.since),
        "next": KINDS.get(state.verdict.kind, ""), "overdue": state.overdue, "articles": state.articles,
        "new_usually": state.usual, "new_recently": state.recent, "trend": state.trend,
        "last_run": None if state.last is None else {
            "started": iso_time(state.last.started), "seconds": state.last.seconds, "end": state.last.reason,
            **state.last.figures,
        },
    }  # fmt: skip


def iso_time(seconds: int) -> str | None:
    """Convert seconds since 1970 to ISO 8601 in Beijing time; None for 0."""
    return datetime.fromtimestamp(seconds, BEIJING).isoformat(timespec="seconds") if seconds else None


def ago(seconds: int, now: int) -> str:
    """Write how long ago a time was, in its largest unit: "13 h ago"; "-" for 0."""
    if not seconds:
        return "-"
    elapsed = max(0, now - seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if elapsed >= 2 * length or (unit == "d" and elapsed >= length):
            return f"{elapsed // length} {unit} ago"
    return f"{elapsed} s ago"
