"""The part of the health page that one source has: plots, the last runs, the figures by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from crawler.corpus.runs import Run, Verdict
from crawler.health import plots
from crawler.health.days import CLASSES, DAYS, QUIET, Day, SourceHistory, by_day, counted, level, refused
from crawler.health.html import Element, Inside, ago, cut, el, many, moment, number, sign, table

Figure = Callable[[Day], float | None]

LAST = 10  # runs in the table
FIELDS = {"time": "time of day", "author": "author", "thumbnail": "thumbnail", "keywords": "keywords"}  # these first
# A table that a narrow page lays out otherwise stays one for screen readers.
ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}


def section(state: SourceHistory, days: Sequence[date], now: int) -> Element:
    """All of one source. *days* are those of `state.days`; *now* is in seconds, UTC."""
    heading = f"{state.anchor}-name"
    parts = [
        el("h2", sign(state.level), state.name, " · ", el("span", state.kind, class_=state.level), id=heading),
        el("p", *_facts(state, now), class_="soft"),
    ]
    if any(state.days):
        parts += [_plots(state, days), _runs(state, now), _figures(state, days)]
    elif state.runs:
        parts += [el("p", f"No run in the last {DAYS} days."), _runs(state, now)]
    return el("section", *parts, id=state.anchor, class_="source", aria_labelledby=heading)


def since(state: SourceHistory, now: int) -> list[Inside]:
    """Since when the source is as it is, and when it last was fine."""
    first, count = state.series[0][0], len(state.series)
    said: list[Inside] = ["since ", moment(first.started, now), f" ({ago(now - first.started)}, {many(count, 'run')})"]
    fine = state.last_fine
    return [*said, *(["; last fine ", moment(fine.started, now)] if fine else ["; never fine before"])]


def range_of(days: Sequence[date], values: plots.Values) -> str:
    """What is usual and what is most, in words."""
    middle = plots.usual(values)
    if middle is None:
        return "nothing known"
    most, day = max((value, day) for value, day in zip(values, days, strict=True) if value is not None)
    return f"usual {middle:,.0f}, most {most:,.0f} on {day:%m-%d}" if most else "none"


def _facts(state: SourceHistory, now: int) -> list[Inside]:
    facts: list[Inside] = [many(state.stored, "article"), " stored"]
    if state.level == "fine":
        facts.append(f" · fine for {many(len(state.series), 'run')}")
    elif state.runs:
        facts += [f" · {state.kind} ", *since(state, now)]
    if state.working:
        facts += [" · at work since ", moment(state.working.started, now)]
    return facts


# Plots ----------------------------------------------------------------------------------------------------------------


def _plots(state: SourceHistory, days: Sequence[date]) -> Element:
    seconds = _line_plot(state, days, "Run time", "seconds, the day's longest", lambda day: day.seconds)
    length = _line_plot(state, days, "Body length", "characters an article", lambda day: day.length)
    large = (plot(state, days) for plot in (_written_plot, _refused_plot, _fields_plot))
    return el("div", *large, el("div", seconds, length), class_="plots")


def _written_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    values = by_day(state.days, lambda day: day.written)
    marks = [level(day.worst) if day else "" for day in state.days]
    notes = ["" if day is None or day.worst.is_fine else day.worst.kind for day in state.days]
    said = range_of(days, values)
    label = f"{state.name}: articles written a day in {DAYS} days, {said}"
    return _figure("Articles written", " a day", said, plots.bars(label, days, values, marks, notes))


def _refused_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    names = counted(state.days, lambda day: day.refused, CLASSES)
    rows = {name: by_day(state.days, partial(Day.refusals, kind=name)) for name in names}
    if not rows:
        return _figure("Pages refused", " a day", f"none in {DAYS} days", None)
    said = ", ".join(f"{name} {sum(value or 0 for value in values):,}" for name, values in rows.items())
    label = f"{state.name}: pages refused in {DAYS} days: {said}"
    most = max(value or 0 for values in rows.values() for value in values)
    plot = plots.rows_of_bars(label, days, rows, QUIET)
    return _figure("Pages refused", " a day, by class", f"highest bar {most:,}; at the right the sums", plot)


def _fields_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    names = [name for name in counted(state.days, lambda day: day.fields, tuple(FIELDS)) if name != "title"]
    rows = {FIELDS.get(name, name): by_day(state.days, partial(Day.share, name=name)) for name in names}
    if not rows:
        return _figure("Fields", " that articles have", f"no article was read in {DAYS} days", None)
    said = "; ".join(f"{name} {plots.shares(values)}" for name, values in rows.items())
    label = f"{state.name}: percent of the articles that have a field, last day and usually: {said}"
    plot = plots.rows_of_shares(label, days, rows)
    return _figure("Fields", " that articles have, percent", "at the right the last day, and usual", plot)


def _line_plot(state: SourceHistory, days: Sequence[date], name: str, unit: str, figure: Figure) -> Element:
    values = by_day(state.days, figure)
    last = next((f"last {value:,.0f}, " for value in reversed(values) if value is not None), "")
    said = last + range_of(days, values)
    label = f"{state.name}: {name.lower()}, {unit}, in {DAYS} days, {said}"
    return _figure(name, f", {unit}", said, plots.line(label, days, values) if last else None)


def _figure(name: str, unit: str, said: str, plot: Element | None) -> Element:
    return el("figure", el("figcaption", el("b", name), unit, el("br"), said), plot)


# Tables ---------------------------------------------------------------------------------------------------------------


def _runs(state: SourceHistory, now: int) -> Element:
    """The last runs, the newest first."""
    rows = [_run_row(*each, now) for each in reversed(state.runs[-LAST:])]
    if state.working:
        rows = [_working_row(state.working, now), *rows[: LAST - 1]]
    caption = f"The last runs of {state.name}, Beijing time"
    names = ("Start", "Seconds", "End", "Class", "Found", "Written", "Refused", "Why")
    return _with_roles(table(caption, names, rows, "runs"))


def _with_roles(runs: Element) -> Element:
    for node in runs.iter(*ROLES):
        node.set("role", ROLES[str(node.tag)])
    return runs


def _run_row(run: Run, verdict: Verdict, now: int) -> Element:
    why: list[Inside] = [el("bdi", cut(verdict.why, 200))] if verdict.why else []
    return el(
        "tr",
        el("td", moment(run.started, now)),
        number(run.seconds if run.ended is not None else None),
        el("td", run.reason or "killed"),
        el("td", sign(level(verdict)), el("span", verdict.kind, class_=level(verdict))),
        number(run.listed),
        number(run.written),
        number(refused(run).total()),
        el("td", *_asked(run), *why),
    )


def _working_row(run: Run, now: int) -> Element:
    empty = [el("td", "–") for _ in range(3)]
    start, took = el("td", moment(run.started, now)), number(max(now - run.started, 0))
    return el("tr", start, took, el("td", "at work"), el("td", "–"), *empty, el("td"))


def _asked(run: Run) -> list[Inside]:
    """The arguments of a run that was not the default one: its figures are not to be compared."""
    asked = run.figures.get("asked") or {}
    said = " ".join(f"-a {name}={value}" for name, value in asked.items())
    return [el("code", cut(said, 80)), " "] if said else []


def _figures(state: SourceHistory, days: Sequence[date]) -> Element:
    """The plots as a table, for those who cannot see them or have no mouse."""
    names = ("Day", "Class", "Runs", "Found", "Written", "Refused", "Seconds", "Length")
    rows = [_day_row(when, day) for when, day in zip(days, state.days, strict=True) if day]
    figures = table(f"{state.name} by day", names, reversed(rows))
    return el("details", el("summary", f"Figures of {state.name} by day"), figures)


def _day_row(when: date, day: Day) -> Element:
    numbers = (day.runs, day.found, day.written, day.refused.total(), day.seconds, day.length)
    head = el("th", f"{when:%m-%d}")
    return el("tr", head, el("td", day.worst.kind), *map(number, numbers))
