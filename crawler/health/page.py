"""The page of `press-corpus health --html`: runs and their verdicts in, one self-contained HTML document out.

All times are in Beijing time. A day is a Beijing day, and a run belongs to the day on which it started.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from crawler.corpus.runs import KINDS
from crawler.health import plots
from crawler.health.days import LEVELS, JudgedRuns, SourceHistory, by_day, dates, source_history
from crawler.health.html import (
    Content,
    Element,
    document,
    element,
    number_cell,
    status_icon,
    table,
    time_element,
    truncate,
    with_code,
)
from crawler.health.queue import QueueHealth, queue_section
from crawler.health.section import section, since, summarize
from crawler.health.style import CSS
from crawler.text.plural import plural

# Load nothing and run no script, even if text of a crawled page should become markup.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LEGEND = (
    "A black arrowhead at the top of a plot: the value is above the scale. Ticks on an axis: Mondays.",
    "A day is a Beijing day; a run counts for the day on which it started; the bar of today is pale, because the day "
    "is not over. Usual: the median of the days with runs. Found: links in listings, known or not. Refused: article "
    "pages refused for the first time, and listing pages. Length: characters of the text of an article.",
)


def render(
    sources: Mapping[str, JudgedRuns], now: int, articles: Mapping[str, int], queue: QueueHealth | None = None
) -> str:
    """Render the page as HTML, with the state of the *queue* of several machines, if there is one.

    *sources* maps each source to its runs and their verdicts, the oldest first; *articles* to the number of its stored
    articles. *now* is UTC, in seconds since 1970. A last run without an end is shown as running, unless its verdict is
    a failure.
    """
    states = [
        source_history(f"source-{i}", name, runs, now, articles.get(name, 0))
        for i, (name, runs) in enumerate(sources.items(), 1)
    ]
    states.sort(key=lambda state: (LEVELS.index(state.level), state.name))
    days, headline = dates(now), _headline(states)
    time = time_element(now, now, "%Y-%m-%d %H:%M")
    header = element(
        "header",
        element("h1", headline),
        element("p", "As of ", time, ", Beijing time (UTC+8), like all times on this page", class_="muted"),
    )
    queues = [queue_section(queue, now)] if queue else []
    sections = (section(state, days, now) for state in states)
    main = element("main", *_overview(states, days, now), *queues, *sections)
    return document(element("html", _head(headline), element("body", header, main, _legend()), lang="en"))


def _head(headline: str) -> Element:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", f"{headline} – press-corpus"),
        element("style", CSS),
    )


def _headline(states: Sequence[SourceHistory]) -> str:
    if not states:
        return "No sources"
    count, of_all = Counter(state.level for state in states), f"of {plural(len(states), 'source')}"
    alarm, watch, unknown = count["alarm"], count["watch"], count["none"]
    parts = [f"{alarm} {of_all} need{'s' * (alarm == 1)} attention"] if alarm else []
    if watch:
        parts.append(f"{watch} {'more' if alarm else of_all} failed")
    if unknown and not parts:
        parts.append(f"{unknown} {of_all} {'has' if unknown == 1 else 'have'} no run yet")
    return "; ".join(parts) or "All sources are fine"


def _overview(states: Sequence[SourceHistory], days: Sequence[date], now: int) -> Iterator[Element]:
    """Render the list of problems and the table of all sources."""
    if not states:
        yield element("p", "No source has run yet.")
        return
    problems = [_problem(state, now) for state in states if state.level in ("alarm", "watch")]
    if problems:
        heading = element("h2", "Problems", class_="visually-hidden", id="problems")
        yield element("section", heading, element("ol", *problems, class_="problems"), aria_labelledby="problems")
    caption = "All sources: last run, articles written in the last 7 days and in the 7 before, articles stored"
    headings = ("Source", "State", "Last run", "7 days", "7 before", "Stored", "60 days")
    yield table(caption, headings, (_row(state, days, now) for state in states), "overview")


def _problem(state: SourceHistory, now: int) -> Element:
    """Render why a source failed, since when, and what to do."""
    why = truncate(state.runs[-1][1].why, 300) or "no reason recorded"
    return element(
        "li",
        element("h3", status_icon(state.level), _link(state), " · ", _kind(state)),
        element("p", element("bdi", why)),  # may contain page text in a right-to-left script
        element("p", *since(state, now), class_="muted"),
        element("p", "Next: ", *with_code(KINDS.get(state.kind, "see the log"))),
        class_=state.level,
    )


def _row(state: SourceHistory, days: Sequence[date], now: int) -> Element:
    written = by_day(state.days, lambda day: day.written)
    label = f"{state.name}: articles written per day in 60 days, {summarize(days, written)}"
    return element(
        "tr",
        element("th", _link(state), scope="row"),
        element("td", status_icon(state.level), _kind(state)),
        element("td", *_last_run(state, now)),
        number_cell(sum(count or 0 for count in written[-7:])),
        number_cell(sum(count or 0 for count in written[-14:-7])),
        number_cell(state.stored),
        element("td", plots.sparkline(label, days, written)),
    )


def _link(state: SourceHistory) -> Element:
    return element("a", state.name, href=f"#{state.anchor}")


def _kind(state: SourceHistory) -> Element:
    return element("span", state.kind, class_=state.level)


def _last_run(state: SourceHistory, now: int) -> list[Content]:
    parts: list[Content] = [time_element(state.runs[-1][0].started, now)] if state.runs else []
    if state.in_progress:
        parts += [", " if parts else "", "running since ", time_element(state.in_progress.started, now, "%H:%M")]
    return parts or ["–"]


def _legend() -> Element:
    states: list[Content] = [
        status_icon("alarm"), "the last run failed, and needs attention; ",
        status_icon("watch"), "the last run failed, and the next ones may succeed; ",
        status_icon("fine"), "fine (below the bars: a stroke for each day with runs). ",
    ]  # fmt: skip
    return element("footer", element("p", *states, LEGEND[0]), element("p", LEGEND[1]))
