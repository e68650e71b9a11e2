"""The page of `press-corpus corpus stats --html`: statistics in, one self-contained HTML document out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from crawler.data.statistics import Group, Statistics, ordered
from crawler.health import plots
from crawler.health.days import DAYS
from crawler.health.html import Element, document, element, number_cell, table, truncate
from crawler.health.page import POLICY
from crawler.health.style import CSS
from crawler.text.plural import plural

ROWS = 50  # of the tables of authors and keywords
# The tables of the health page have their numbers in other columns.
OWN_CSS = ".counts { width: auto; } .counts :is(th, td):nth-child(n + 2) { text-align: right; }"
MAX_MONTHS = 240  # of a plot: a wrong date would make the bars invisible


def render(found: Statistics, now: datetime, since: str = "", until: str = "") -> str:
    """Render the page. *now* is in Beijing time; *since* and *until* are the limits of *found*, "" without one."""
    total = found.total
    headline = f"{plural(total.articles, 'article')} of {plural(len(found.groups['source']), 'source')}"
    span = f", published {f'from {since} ' if since else ''}{f'until {until}' if until else ''}".rstrip()
    about = f"{plural(total.characters, 'character')}{span if since or until else ''}; as of {now:%Y-%m-%d %H:%M}"
    main = [
        _section("Months", *_months(found)),
        _section("Sources", *_sources(found, now.date(), until)),
        _section("Gaps", *_gaps(found)),
        _section("Authors", _counts("author", found.groups["author"])),
        _section("Keywords", _counts("keyword", found.groups["keyword"])),
    ]
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", f"{headline} – press-corpus"),
        element("style", CSS + OWN_CSS),
    )
    header = element("header", element("h1", headline), element("p", f"{about}, Beijing time", class_="muted"))
    return document(element("html", head, element("body", header, element("main", *main)), lang="en"))


def _section(name: str, *content: Element) -> Element:
    return element("section", element("h2", name), *content, class_="source")


def _months(found: Statistics) -> Iterator[Element]:
    groups = found.groups["month"]
    months = _consecutive([name for name in groups if name[:1].isdigit()])
    if months:
        names = [f"{month:%Y-%m}" for month in months]
        articles = [groups[name].articles if name in groups else 0 for name in names]
        characters = [groups[name].characters if name in groups else 0 for name in names]
        yield element(
            "div",
            _figure("Articles", " per month", plots.months("Articles per month", months, articles)),
            _figure("Characters", " per month", plots.months("Characters per month", months, characters)),
            class_="plots",
        )
    yield _counts("month", groups)


def _sources(found: Statistics, today: date, until: str) -> Iterator[Element]:
    yield _counts("source", found.groups["source"])
    last = min(today, date.fromisoformat(until)) if until else today
    days = [last - timedelta(DAYS - 1 - index) for index in range(DAYS)]
    figures = [_days(source, found, days) for source in sorted(found.groups["source"])]
    yield element("div", *figures, class_="plots")


def _days(source: str, found: Statistics, days: Sequence[date]) -> Element:
    counts = found.days.get(source, Counter())
    values = [counts[day] for day in days]
    is_missing = [
        not count and any(gap.first <= day <= gap.last for gap in found.gaps.get(source, ()))
        for day, count in zip(days, values, strict=True)
    ]
    marks, notes = ["alarm" if each else "" for each in is_missing], ["gap" if each else "" for each in is_missing]
    label = f"{source}: articles per day in {DAYS} days"
    return _figure(
        source, f", articles per day of publication in {DAYS} days", plots.bars(label, days, values, marks, notes)
    )


def _gaps(found: Statistics) -> Iterator[Element]:
    rows = [
        element("tr", element("th", source, scope="row"), element("td", gap.first.isoformat()),
                element("td", "today" if gap.is_open else gap.last.isoformat()), number_cell(gap.days))
        for source, gaps in sorted(found.gaps.items()) for gap in gaps
    ]  # fmt: skip
    if rows:
        caption = "Days without articles of sources that have articles daily"
        yield table(caption, ("Source", "First day", "Last day", "Days"), rows, "counts")
    else:
        yield element("p", "No source that has articles daily has days without articles.")


def _counts(by: str, groups: Mapping[str, Group]) -> Element:
    """Render the table of the groups, of many authors and keywords only the most frequent."""
    names = ordered(dict(groups), by)
    shown = names[:ROWS] if by in ("author", "keyword") else names
    caption = f"The {ROWS} most frequent of {len(names):,}" if len(shown) < len(names) else plural(len(names), by)
    rows = (
        element("tr", element("th", element("bdi", truncate(name, 80) or "(unknown)"), scope="row"),
                number_cell(each.articles), number_cell(each.characters))
        for name, each in shown
    )  # fmt: skip
    return table(caption, (by.capitalize(), "Articles", "Characters"), rows, "counts")


def _figure(name: str, unit: str, plot: Element) -> Element:
    return element("figure", element("figcaption", element("b", name), unit), plot)


def _consecutive(names: Sequence[str]) -> list[date]:
    """Return the first days of the months from the first to the last of *names*, at most the last `MAX_MONTHS`."""
    numbers = [int(name[:4]) * 12 + int(name[5:7]) - 1 for name in names]
    if not numbers:
        return []
    last = max(numbers)
    return [
        date(number // 12, number % 12 + 1, 1) for number in range(max(min(numbers), last - MAX_MONTHS + 1), last + 1)
    ]
