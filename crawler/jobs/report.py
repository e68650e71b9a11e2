"""The results of several sources as a table. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crawler.corpus.runs import Run
from crawler.counts import Count

HEADINGS = ("source", "result", "new", "changed", "refused", "why")


@dataclass(frozen=True)
class JobResult:
    """The result of one source."""

    source: str
    code: int  # exit code
    kind: str  # "fine", the class of the failure, or "locked"
    why: str = ""  # one line
    run: Run | None = None  # None if nothing was run
    interrupted: bool = False  # the job received SIGTERM or SIGINT


def table(results: Sequence[JobResult], columns: int) -> list[str]:
    """Return the lines of a table, cut to *columns* characters."""
    rows = [HEADINGS, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return [line if len(line) <= columns else f"{line[: columns - 1]}…" for line in lines]


def _row(result: JobResult) -> tuple[str, ...]:
    counts = ("-", "-", "-")
    if run := result.run:
        refused = sum(run.group("refused").values())
        counts = (str(run.count(Count.ARTICLES_WRITTEN)), str(run.count(Count.ARTICLES_UPDATED)), str(refused))
    return (result.source, result.kind, *counts, result.why)
