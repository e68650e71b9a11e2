"""How each source does: its last runs as one line, and what to do next. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from statistics import median
from typing import Any

from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.text.dates import BEIJING

RECENT = 7  # runs whose new articles are compared with those before them
STEADY = 1.5  # a rise or fall by less is none


@dataclass(frozen=True)
class SourceHealth:
    """How a source does."""

    source: str
    articles: int  # stored
    last: Run | None  # the last run that has ended
    verdict: Verdict  # on it
    since: int  # when the first run of its present state began, UTC, seconds since 1970
    usual: float  # new articles of a run, the median of those before the recent ones
    recent: float  # of the recent ones
    overdue: str = ""  # since when the next run should have been, Beijing time; "" when it is not

    @property
    def is_wrong(self) -> bool:
        return bool(self.overdue) or not self.verdict.is_fine

    @property
    def trend(self) -> str:
        if self.recent > STEADY * self.usual:
            return "up"
        return "down" if STEADY * self.recent < self.usual else "steady"


def state_of(source: str, runs: Sequence[Run], articles: int, overdue: str = "") -> SourceHealth:
    """The state of a source out of its runs, the oldest first."""
    ended = [run for run in runs if run.ended]
    last = ended[-1] if ended else None
    verdict = last.verdict if last else Verdict("fine", "never run")
    first = last
    for run in reversed(ended):
        if run.verdict.is_fine != verdict.is_fine:
            break
        first = run
    new = [run.count("links.new") for run in ended if run.verdict.is_fine]
    usual, recent = new[:-RECENT] or new, new[-RECENT:]
    return SourceHealth(
        source, articles, last, verdict, first.started if first else 0,
        float(median(usual)) if usual else 0.0, float(median(recent)) if recent else 0.0, overdue,
    )  # fmt: skip


def table(states: Sequence[SourceHealth], now: int) -> list[str]:
    """The states as lines for people, what is wrong first."""
    rows = [("source", "state", "since", "last run", "new", "usually", "trend", "stored")]
    ordered = sorted(states, key=lambda state: (not state.is_wrong, state.source))
    for state in ordered:
        new = str(state.last.count("links.new")) if state.last else "-"
        kind = state.verdict.kind if state.last else "never run"
        rows.append((
            state.source, "overdue" if state.overdue and state.verdict.is_fine else kind, ago(state.since, now),
            ago(state.last.started if state.last else 0, now), new, f"{state.usual:.0f}", state.trend,
            str(state.articles),
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for state in ordered:
        lines += advice(state)
    return lines


def advice(state: SourceHealth) -> list[str]:
    """What is wrong with a source, and what to do next."""
    lines = [f"{state.source}: overdue: it should have run at {state.overdue}: is the scheduler at work?"]
    lines = lines if state.overdue else []
    if not state.verdict.is_fine:
        lines.append(f"{state.source}: {state.verdict.kind}: {state.verdict.why}")
        lines.append(f"{state.source}: next: {KINDS[state.verdict.kind]}")
    return ["", *lines] if lines else []


def as_json(state: SourceHealth) -> dict[str, Any]:
    """A state for programs. Times are ISO 8601 in Beijing time."""
    return {
        "source": state.source, "wrong": state.is_wrong, **asdict(state.verdict), "since": moment(state.since),
        "next": KINDS.get(state.verdict.kind, ""), "overdue": state.overdue, "articles": state.articles,
        "new_usually": state.usual, "new_recently": state.recent, "trend": state.trend,
        "last_run": None if state.last is None else {
            "started": moment(state.last.started), "seconds": state.last.seconds, "end": state.last.reason,
            **state.last.figures,
        },
    }  # fmt: skip


def moment(seconds: int) -> str | None:
    """Seconds since 1970 as ISO 8601 in Beijing time; None for 0."""
    return datetime.fromtimestamp(seconds, BEIJING).isoformat(timespec="seconds") if seconds else None


def ago(seconds: int, now: int) -> str:
    """How long ago a moment was, in its largest unit; "-" for 0."""
    if not seconds:
        return "-"
    passed = max(0, now - seconds)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= 2 * length or (unit == "d" and passed >= length):
            return f"{passed // length} {unit} ago"
    return f"{passed} s ago"
