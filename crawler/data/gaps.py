"""Days without articles of a source that has articles daily. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 8  # weeks with articles before and after a day, which show the weekdays of a source
SHARE = 0.75  # of these weeks with an article on a weekday: the weekday is expected
MIN_WEEKS = 2  # fewer show nothing
DAILY = 5  # expected weekdays of a source that has articles daily: a newspaper may have no issues on weekends
# Weeks with articles before a gap, and the share of their expected days that must have articles: single old articles,
# which listings link to, do not begin the daily history of a source.
WEEKS_BEFORE, SHARE_BEFORE = 4, 0.5
DAY = timedelta(1)


@dataclass(frozen=True, slots=True)
class Gap:
    """Expected days without an article, with no article between them."""

    first: date
    last: date  # the last expected day
    days: int  # expected days from *first* to *last*
    is_open: bool  # the source has no article after the gap


def find_gaps(days: Collection[date], today: date, since: date = date.min, until: date = date.max) -> list[Gap]:
    """Return the gaps of a source that has articles on *days*, from *since* to *until*, and before *today*.

    A weekday is expected in a week if the source has an article on it in at least `SHARE` of the `WEEKS` other weeks
    with articles around it (at least `MIN_WEEKS`). A week has gaps only if `DAILY` weekdays are expected, and if the
    source has articles on `SHARE_BEFORE` of these weekdays in the last `WEEKS_BEFORE` weeks with articles. Weeks
    without any article show nothing, so the gap of a source that ended reaches the present. Days before the first
    article, and in its week, are not expected, and the day *today* is not over.
    """
    past = {day for day in days if day <= today}  # a newspaper can be dated tomorrow
    if not past:
        return []
    first, newest = min(past), max(past)
    weeks: dict[date, set[int]] = {}
    for day in past:
        weeks.setdefault(_monday(day), set()).add(day.weekday())
    active = sorted(weeks)
    gaps: list[Gap] = []
    missing: list[date] = []
    week = _monday(first)
    expected: set[int] = set()
    known_position = -1  # of the last week without articles in *expected*
    position = 0  # of *week* in *active*, or of the first active week after it
    while week <= today:
        while position < len(active) and active[position] < week:
            position += 1
        if week in weeks or position != known_position:  # else the same as that of the week before
            expected, known_position = _expected(week, position, active, weeks, (first, newest)), position
        for day in (week + DAY * weekday for weekday in range(7)):
            if day in past:
                gaps += _gap(missing, newest)
                missing = []
            elif day.weekday() in expected and day < today and since <= day <= until:
                missing.append(day)
        week += 7 * DAY
    return gaps + _gap(missing, newest)


def _expected(
    week: date, position: int, active: list[date], weeks: Mapping[date, set[int]], span: tuple[date, date]
) -> set[int]:
    """Return the expected weekdays of *week*; empty if the source does not have articles daily around it.

    *position* is that of *week* in *active*, the weeks with articles, or that of the first one after it. *weeks* has
    their weekdays with articles. Only the days of *span*, from the first to the last article, show something.
    """

    def present(others: Iterable[date], weekdays: Iterable[int]) -> list[bool]:
        pairs = ((other, weekday) for other in others for weekday in weekdays)
        return [weekday in weeks[other] for other, weekday in pairs if span[0] <= other + DAY * weekday <= span[1]]

    after = position + (week in weeks)
    # Half of them before and half after *week*, if it has as many on both sides.
    first = max(position - max(WEEKS // 2, WEEKS - (len(active) - after)), 0)
    near = [*active[first:position], *active[after : after + max(WEEKS // 2, WEEKS - position)]]
    expected = set()
    for weekday in range(7):
        known = present(near, [weekday])
        if len(known) >= MIN_WEEKS and sum(known) >= SHARE * len(known):
            expected.add(weekday)
    before = present(active[max(position - WEEKS_BEFORE, 0) : position], expected)
    is_daily = len(expected) >= DAILY <= len(before) and sum(before) >= SHARE_BEFORE * len(before)
    return expected if is_daily else set()


def _gap(missing: list[date], newest: date) -> list[Gap]:
    return [Gap(missing[0], missing[-1], len(missing), newest < missing[0])] if missing else []


def _monday(day: date) -> date:
    return day - DAY * day.weekday()
