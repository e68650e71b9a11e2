"""The section of one source on the health page: plots, the last runs, and the figures by day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial

from crawler.corpus.runs import Run, Verdict
from crawler.health import plots
from crawler.health.days import (
    DAYS,
    REFUSALS,
    Day,
    SourceHistory,
    by_day,
    counted_names,
    level,
    refused,
)
from crawler.health.html import (
    Content,
    Element,
    duration,
    element,
    number_cell,
    status_icon,
    table,
    time_element,
    truncate,
)
from crawler.health.scale import Values, last_and_usual_percent, usual
from crawler.reading.errors import EXPECTED
from crawler.text.plural import plural

Figure = Callable[[Day], float | None]

LAST_RUNS = 10  # in the table
FIELDS = {"time": "time of day", "author": "author", "thumbnail": "thumbnail", "keywords": "keywords"}  # shown first
# On a narrow screen the style gives a table another `display`; the roles keep it a table for screen readers.
ROLES = {"table": "table", "thead": "rowgroup", "tbody": "rowgroup", "tr": "row", "th": "columnheader", "td": "cell"}


def section(state: SourceHistory, days: Sequence[date], now: int) -> Element:
    """Render the section of a source. *days* are the dates of `state.days`; *now* is UTC, in seconds since 1970."""
    heading = f"{state.anchor}-name"
    name = element("span", state.kind, class_=state.level)
    parts = [
        element("h2", status_icon(state.level), state.name, " · ", name, id=heading),
        element("p", *_facts(state, now), class_="muted"),
    ]
    if any(state.days):
        parts += [_plots(state, days), _runs(state, now), _figures(state, days)]
    elif state.runs:
        parts += [element("p", f"No run in the last {DAYS} days."), _runs(state, now)]
    return element("section", *parts, id=state.anchor, class_="source", aria_labelledby=heading)


def since(state: SourceHistory, now: int) -> list[Content]:
    """Describe since when the source has its state, and when it was fine for the last time."""
    first, count = state.series[0][0], len(state.series)
    span = f" ({duration(now - first.started)}, {plural(count, 'run')})"
    last_fine = ["; last fine ", time_element(state.last_fine.started, now)] if state.last_fine else ["; never fine"]
    return ["since ", time_element(first.started, now), span, *last_fine]


def summarize(days: Sequence[date], values: Values) -> str:
    """Describe the usual and the highest value: "usual 5, highest 9 on 11-22"."""
    middle = usual(values)
    if middle is None:
        return "no data"
    highest, day = max((value, day) for value, day in zip(values, days, strict=True) if value is not None)
    return f"usual {middle:,.0f}, highest {highest:,.0f} on {day:%m-%d}" if highest else "none"


def _facts(state: SourceHistory, now: int) -> list[Content]:
    facts: list[Content] = [plural(state.stored, "article"), " stored"]
    if state.level == "fine":
        facts.append(f" · fine for {plural(len(state.series), 'run')}")
    elif state.runs:
        facts += [f" · {state.kind} ", *since(state, now)]
    if state.in_progress:
        facts += [" · running since ", time_element(state.in_progress.started, now)]
    return facts


# Plots ----------------------------------------------------------------------------------------------------------------


def _plots(state: SourceHistory, days: Sequence[date]) -> Element:
    seconds = _line_plot(state, days, "Run time", "seconds, longest run of the day", lambda day: day.seconds)
    length = _line_plot(state, days, "Body length", "characters per article", lambda day: day.length)
    large = (plot(state, days) for plot in (_written_plot, _refused_plot, _fields_plot))
    return element("div", *large, element("div", seconds, length), class_="plots")


def _written_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    values = by_day(state.days, lambda day: day.written)
    marks = [level(day.worst) if day else "" for day in state.days]
    notes = ["" if day is None or day.worst.is_fine else day.worst.kind for day in state.days]
    summary = summarize(days, values)
    label = f"{state.name}: articles written per day in {DAYS} days, {summary}"
    return _figure("Articles written", " per day", summary, plots.bars(label, days, values, marks, notes))


def _refused_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    names = counted_names(state.days, lambda day: day.refused, REFUSALS)
    rows = {name: by_day(state.days, partial(Day.refusals, kind=name)) for name in names}
    if not rows:
        return _figure("Pages refused", " per day", f"none in {DAYS} days", None)
    sums = ", ".join(f"{name} {sum(value or 0 for value in values):,}" for name, values in rows.items())
    label = f"{state.name}: pages refused in {DAYS} days: {sums}"
    highest = max(value or 0 for values in rows.values() for value in values)
    plot = plots.rows_of_bars(label, days, rows, EXPECTED)
    return _figure("Pages refused", " per day, by class", f"highest bar {highest:,}; sums on the right", plot)


def _fields_plot(state: SourceHistory, days: Sequence[date]) -> Element:
    names = [name for name in counted_names(state.days, lambda day: day.fields, tuple(FIELDS)) if name != "title"]
    rows = {FIELDS.get(name, name): by_day(state.days, partial(Day.share, name=name)) for name in names}
    if not rows:
        return _figure("Fields", " that articles have", f"no article was read in {DAYS} days", None)
    shares = "; ".join(f"{name} {last_and_usual_percent(values)}" for name, values in rows.items())
    label = f"{state.name}: percent of the articles that have a field, last day and usually: {shares}"
    plot = plots.rows_of_shares(label, days, rows)
    return _figure("Fields", " that articles have, percent", "last day and usual share on the right", plot)


def _line_plot(state: SourceHistory, days: Sequence[date], name: str, unit: str, figure: Figure) -> Element:
    values = by_day(state.days, figure)
    last = next((f"last {value:,.0f}, " for value in reversed(values) if value is not None), "")
    summary = last + summarize(days, values)
    label = f"{state.name}: {name.lower()}, {unit}, in {DAYS} days, {summary}"
    return _figure(name, f", {unit}", summary, plots.line(label, days, values) if last else None)


def _figure(name: str, unit: str, summary: str, plot: Element | None) -> Element:
    return element("figure", element("figcaption", element("b", name), unit, element("br"), summary), plot)


# Tables ---------------------------------------------------------------------------------------------------------------


def _runs(state: SourceHistory, now: int) -> Element:
    """Render the table of the last runs, the newest first."""
    rows = [_run_row(run, verdict, now) for run, verdict in reversed(state.runs[-LAST_RUNS:])]
    if state.in_progress:
        rows = [_in_progress_row(state.in_progress, now), *rows[: LAST_RUNS - 1]]
    caption = f"The last runs of {state.name}, Beijing time"
    headings = ("Start", "Seconds", "End", "Class", "Found", "Written", "Refused", "Why")
    return _with_roles(table(caption, headings, rows, "runs"))


def _with_roles(runs: Element) -> Element:
    for node in runs.iter(*ROLES):
        node.set("role", ROLES[str(node.tag)])
    return runs


def _run_row(run: Run, verdict: Verdict, now: int) -> Element:
    why: list[Content] = [element("bdi", truncate(verdict.why, 200))] if verdict.why else []
    return element(
        "tr",
        element("td", time_element(run.started, now)),
        number_cell(run.seconds if run.ended is not None else None),
        element("td", run.reason or "killed"),
        element("td", status_icon(level(verdict)), element("span", verdict.kind, class_=level(verdict))),
        number_cell(run.listed),
        number_cell(run.written),
        number_cell(refused(run).total()),
        element("td", *_arguments(run), *why),
    )


def _in_progress_row(run: Run, now: int) -> Element:
    unknown = [element("td", "–") for _ in range(4)]
    start, seconds = element("td", time_element(run.started, now)), number_cell(max(now - run.started, 0))
    return element("tr", start, seconds, element("td", "running"), *unknown, element("td"))


def _arguments(run: Run) -> list[Content]:
    """Show the arguments of a run that has any, because its figures are not comparable with those of a default run."""
    text = " ".join(f"-a {name}={value}" for name, value in run.arguments.items())
    return [element("code", truncate(text, 80)), " "] if text else []


def _figures(state: SourceHistory, days: Sequence[date]) -> Element:
    """Render the values of the plots as a table, for users of screen readers or a keyboard."""
    headings = ("Day", "Class", "Runs", "Found", "Written", "Refused", "Seconds", "Length")
    rows = [_day_row(when, day) for when, day in zip(days, state.days, strict=True) if day]
    figures = table(f"{state.name} by day", headings, reversed(rows))
    return element("details", element("summary", f"Figures of {state.name} by day"), figures)


def _day_row(when: date, day: Day) -> Element:
    numbers = (day.runs, day.found, day.written, day.refused.total(), day.seconds, day.length)
    heading = element("th", f"{when:%m-%d}", scope="row")
    return element("tr", heading, element("td", day.worst.kind), *map(number_cell, numbers))
