"""The targets of the project, and the table that compares measured figures with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.converters import OURS, SITES, THEIRS, WALK
from tests.bench.crawls import ARCHIVE, CRAWL, DOWNLOAD, LEAST, SAME_WORK
from tests.bench.measuring import spread
from tests.bench.starts import COMMANDS, FIRST

Measured = Mapping[str, Sequence[float]]  # one value per round, by label

HEAVY, REALISTIC = "heavy page, ", "realistic page, "
POLITE, EVERY, JOB = "polite run", "run of job --all", "job SOURCE without new articles"
ONE, TWO = "archive, pages a second of CPU time", "archive, two processes"
EMPTY = "crawl without new articles"
# Bounds that follow from other measurements
AFTER_START, READING = "crawl without new articles, after its first request", "pages a second without a download"


@dataclass(frozen=True)
class Figure:
    """A measured figure, or the ratio of two in the same round."""

    label: str
    divided_by: str = ""

    def values(self, measured: Measured) -> list[float]:
        """Return one value per round; none if it was not measured."""
        values = list(measured.get(self.label, ()))
        if not self.divided_by:
            return values
        others = measured.get(self.divided_by, ())
        return [value / other for value, other in zip(values, others, strict=True)] if values and others else []


@dataclass(frozen=True)
class Target:
    """A row of the table.

    *bound* is the best that the row can reach without another language or another design, measured in the same run.
    *profile* is the program for `--profile`.
    """

    metric: str
    figure: Figure
    limit: float | None  # None: without a target
    bound: Figure | float
    bound_name: str
    profile: str
    at_least: bool = False  # the limit is the smallest value that is good, not the largest


TARGETS = (
    Target(
        "polite run (2 s delay): CPU ms a page", Figure(POLITE), 5, Figure(REALISTIC + CRAWL), "without delay", POLITE,
    ),
    Target("`job SOURCE` without new articles: CPU s", Figure(JOB), None, Figure(FIRST), "its first request", FIRST),
    Target("first request of `crawl`: CPU s", Figure(FIRST), 0.45, Figure(f"imports of {FIRST}"), "its imports", FIRST),
    Target("run of `job --all`: CPU s", Figure(EVERY), 0.2, Figure(AFTER_START), "a crawl without its start", FIRST),
    *(
        Target(f"`{name}`: CPU s", Figure(start), 0.3, Figure(f"imports of {start}"), "its imports", start)
        for name, start in ((name, f"start of {name}") for name in COMMANDS)
    ),
    Target(
        "archive, realistic page: pages a second of one core", Figure(ONE), 800, Figure(READING), LEAST,
        REALISTIC + ARCHIVE, at_least=True,
    ),
    Target(
        "archive, two processes: times as fast as one", Figure(TWO), 1.6, 2, "two cores",
        REALISTIC + ARCHIVE, at_least=True,
    ),
    *(
        Target(
            f"{kind}crawl / crawlee, same work", Figure(kind + CRAWL, kind + SAME_WORK), limit,
            Figure(kind + LEAST, kind + SAME_WORK), LEAST, kind + CRAWL,
        )
        for kind, limit in ((HEAVY, 0.6), (REALISTIC, 0.7))
    ),
    Target(f"{HEAVY}crawl / {LEAST}", Figure(HEAVY + CRAWL, HEAVY + LEAST), 1.4, 1, "the same", HEAVY + CRAWL),
    *(
        Target(
            f"converter / html-to-markdown, bodies of {site}", Figure(f"{label}, {OURS}", f"{label}, {THEIRS}"), 0.9,
            Figure(f"{label}, {WALK}", f"{label}, {THEIRS}"), WALK, f"{label}, {OURS}",
        )
        for site, label in ((site, f"converter {site}") for site in SITES)
    ),
)  # fmt: skip


def derived(measured: Measured) -> dict[str, list[float]]:
    """Return the bounds that follow from other measurements of the same round."""
    found = {}
    least, download = measured.get(REALISTIC + LEAST), measured.get(REALISTIC + DOWNLOAD)
    if least and download:
        found[READING] = [1000 / (whole - part) for whole, part in zip(least, download, strict=True)]
    crawl, first = measured.get(EMPTY), measured.get(FIRST)
    if crawl and first:
        found[AFTER_START] = [whole - part for whole, part in zip(crawl, first, strict=True)]
    return found


def table(measured: Measured) -> Iterator[str]:
    """Yield the lines of the table, and a hint for each row that misses its target."""
    row = "| {:52} | {:>18} | {:>16} | {:>18} | {:21} |".format
    measured = {**measured, **derived(measured)}
    yield row("", "median (quartiles)", "target", "bound", "the bound is")
    yield row("-" * 52, "-" * 17 + ":", "-" * 15 + ":", "-" * 17 + ":", "-" * 21)
    missed = []
    for target in TARGETS:
        values = target.figure.values(measured)
        if not values:
            continue
        bounds = target.bound.values(measured) if isinstance(target.bound, Figure) else [target.bound]
        if is_missed(target, values):
            missed.append(target)
        yield row(
            target.metric, _text(values), _verdict(target, values), _text(bounds) if bounds else "not measured",
            target.bound_name,
        )  # fmt: skip
    if missed:
        yield ""
        yield "Rows that miss their target; `--profile` shows where their time goes:"
        yield ""
        for target in missed:
            yield f"- {target.metric}: `--profile '{target.profile}'`"


def is_missed(target: Target, values: Sequence[float]) -> bool:
    """Return whether the median of *values* misses the target."""
    if target.limit is None:
        return False
    return median(values) < target.limit if target.at_least else median(values) > target.limit


def _verdict(target: Target, values: Sequence[float]) -> str:
    if target.limit is None:
        return ""
    sign = "≥" if target.at_least else "≤"
    return f"{sign} {target.limit:g} {'**missed**' if is_missed(target, values) else 'met'}"


def _text(values: Sequence[float]) -> str:
    return spread(values, 0 if median(values) >= 100 else 2)
