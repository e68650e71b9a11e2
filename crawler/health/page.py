"""The page of `scrapy health --html`: runs and their verdicts in, one file out that needs nothing beside it.

All times are shown in Beijing time. A day is a Beijing day, and a run belongs to the day on which it started.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from crawler.corpus.runs import KINDS
from crawler.health import plots
from crawler.health.days import LEVELS, Judged, SourceHistory, by_day, dates, state_of
from crawler.health.html import Element, Inside, cut, document, el, many, moment, number, sign, table, with_code
from crawler.health.section import range_of, section, since
from crawler.health.style import CSS

# Nothing is loaded and nothing runs, whatever a page may have brought into a reason.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
KEY = (
    "A black arrowhead at a plot's top: the value is higher than the scale. Small strokes on an axis: Mondays.",
    "A day is a Beijing day; a run counts for the day on which it started; today's bar is pale, for the day is not "
    "over. Usual: the median of the days with runs. Found: links in listings, known or not. Refused: articles refused "
    "for the first time, and listings. Length: characters of an article's text.",
)


def render(sources: Mapping[str, Judged], now: int, articles: Mapping[str, int]) -> str:
    """The page as HTML. In: for each source its runs, oldest first, with what they came to; the time (UTC, seconds
    since 1970); how many articles each source has stored. A last run that has not ended, has no reason and is called
    fine counts as at work."""
    states = [
        state_of(f"source-{i}", name, runs, now, articles.get(name, 0))
        for i, (name, runs) in enumerate(sources.items(), 1)
    ]
    states.sort(key=lambda state: (LEVELS.index(state.level), state.name))
    days, said = dates(now), _verdict(states)
    time = moment(now, now, "%Y-%m-%d %H:%M")
    header = el(
        "header",
        el("h1", said),
        el("p", "As of ", time, ", Beijing time (UTC+8), like all times here", class_="soft"),
    )
    main = el("main", *_glance(states, days, now), *(section(state, days, now) for state in states))
    return document(el("html", _head(said), el("body", header, main, _key()), lang="en"))


def _head(said: str) -> Element:
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=POLICY),
        el("title", f"{said} – press-corpus"),
        el("style", CSS),
    )


def _verdict(states: Sequence[SourceHistory]) -> str:
    """All sources in one line."""
    if not states:
        return "No sources"
    count, of_all = Counter(state.level for state in states), f"of {many(len(states), 'source')}"
    alarm, watch = count["alarm"], count["watch"]
    said = [f"{alarm} {of_all} need{'s' * (alarm == 1)} a person"] if alarm else []
    if watch:
        said.append(f"{watch} {'more' if alarm else of_all} failed")
    return "; ".join(said) or "Nothing is wrong"


def _glance(states: Sequence[SourceHistory], days: Sequence[date], now: int) -> Iterator[Element]:
    if not states:
        yield el("p", "There is no source, or none has run.")
        return
    wrong = [_wrong(state, now) for state in states if state.level in ("alarm", "watch")]
    if wrong:
        heading = el("h2", "What is wrong", class_="unseen", id="wrong")
        yield el("section", heading, el("ol", *wrong, class_="wrong"), aria_labelledby="wrong")
    caption = "All sources: last run, articles written in the last 7 days and in the 7 before, articles stored"
    names = ("Source", "State", "Last run", "7 days", "7 before", "Stored", "60 days")
    yield table(caption, names, (_row(state, days, now) for state in states), "overview")


def _wrong(state: SourceHistory, now: int) -> Element:
    """What is wrong with a source, since when, and what to do."""
    why = cut(state.runs[-1][1].why, 300) or "no reason is known"
    return el(
        "li",
        el("h3", sign(state.level), _link(state), " · ", _kind(state)),
        el("p", el("bdi", why)),  # a page's own words may be in it, and may run from right to left
        el("p", *since(state, now), class_="soft"),
        el("p", "Next: ", *with_code(KINDS.get(state.kind, "see the log"))),
        class_=state.level,
    )


def _row(state: SourceHistory, days: Sequence[date], now: int) -> Element:
    """A source in the table of all."""
    written = by_day(state.days, lambda day: day.written)
    label = f"{state.name}: articles written a day in 60 days, {range_of(days, written)}"
    return el(
        "tr",
        el("th", _link(state), scope="row"),
        el("td", sign(state.level), _kind(state)),
        el("td", *_last_run(state, now)),
        number(sum(count or 0 for count in written[-7:])),
        number(sum(count or 0 for count in written[-14:-7])),
        number(state.stored),
        el("td", plots.spark(label, days, written)),
    )


def _link(state: SourceHistory) -> Element:
    return el("a", state.name, href=f"#{state.anchor}")


def _kind(state: SourceHistory) -> Element:
    return el("span", state.kind, class_=state.level)


def _last_run(state: SourceHistory, now: int) -> list[Inside]:
    said: list[Inside] = [moment(state.runs[-1][0].started, now)] if state.runs else []
    if state.working:
        said += [", " if said else "", "at work since ", moment(state.working.started, now, "%H:%M")]
    return said or ["–"]


def _key() -> Element:
    """How the page is to be read."""
    marks: list[Inside] = [
        sign("alarm"), "a run failed, and a person is needed; ",
        sign("watch"), "a run failed, and the next ones may mend it; ",
        sign("fine"), "fine (under the bars: a stroke for each day with runs). ",
    ]  # fmt: skip
    return el("footer", el("p", *marks, KEY[0]), el("p", KEY[1]))
