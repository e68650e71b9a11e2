"""Gaps: the days without articles of sources that have articles daily."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.data.gaps import find_gaps

MONDAY = date(2025, 1, 6)
WEEKDAYS, ALL_DAYS = range(5), range(7)


def day(number: int) -> date:
    """Return the day *number* days after the Monday."""
    return MONDAY + timedelta(number)


def history(weeks: int, weekdays: Iterable[int] = ALL_DAYS, missing: Iterable[int] = ()) -> set[date]:
    """Return the days of a number of weeks, without the days with the numbers *missing*."""
    return {day(7 * week + weekday) for week in range(weeks) for weekday in weekdays} - {day(each) for each in missing}


def gaps(days: Iterable[date], today: int) -> list[tuple[int, int, int, bool]]:
    """Return the numbers of the first and the last day of each gap, the number of its days, and whether it is open."""
    found = find_gaps(set(days), day(today))
    return [((gap.first - MONDAY).days, (gap.last - MONDAY).days, gap.days, gap.is_open) for gap in found]


def test_daily_source() -> None:
    assert gaps(history(8), 56) == []
    assert gaps(history(8, missing=[30]), 56) == [(30, 30, 1, False)]
    assert gaps(history(8, missing=[20, 21, 40]), 56) == [(20, 21, 2, False), (40, 40, 1, False)]
    assert gaps(history(8, missing=range(14, 28)), 56) == [(14, 27, 14, False)]


def test_newspaper_without_weekend_issues() -> None:
    assert gaps(history(8, WEEKDAYS), 56) == []
    assert gaps(history(8, WEEKDAYS, missing=[30]), 54) == [(30, 30, 1, False)]
    assert gaps(history(8, WEEKDAYS, missing=[25, 28]), 54) == [(25, 28, 2, False)]  # Friday and Monday


def test_a_gap_that_reaches_today_is_open_and_today_is_not_over() -> None:
    assert gaps(history(8), 56) == gaps(history(8), 55) == []
    assert gaps(history(8), 57) == [(56, 56, 1, True)]
    assert gaps(history(8), 400) == [(56, 399, 344, True)]
    assert gaps(history(8, WEEKDAYS), 56 + 6) == [(56, 60, 5, True)]
    assert gaps({*history(8), day(60)}, 60) == [(56, 59, 4, False)]
    assert gaps(history(3, missing=[17, 18, 19, 20]), 60) == [(17, 59, 43, True)]


def test_a_changed_rhythm_is_no_gap() -> None:
    """A newspaper stops its Saturday issue, and its Sunday issue later."""
    days = history(10) | {each + timedelta(70) for each in history(10, range(6))}
    days |= {each + timedelta(140) for each in history(10, WEEKDAYS)}
    assert gaps(days, 209) == []
    days = history(10, WEEKDAYS) | {each + timedelta(70) for each in history(10)}
    assert gaps(days, 140) == []


def test_single_old_articles_do_not_begin_the_history() -> None:
    """Listings link to old articles, and a date can be wrong."""
    old = {day(-3000), day(-700), day(-350), day(-349), day(-20)}
    assert gaps(old | history(8), 56) == []
    assert gaps({date(1970, 1, 1)} | history(8), 56) == []
    assert gaps(old | history(8, missing=[40]), 56) == [(40, 40, 1, False)]
    assert gaps({date.min, date(1, 1, 8)} | history(8, missing=[40]), 56) == [(40, 40, 1, False)]


def test_a_future_date_does_not_close_a_gap() -> None:
    assert gaps({*history(8), day(100)}, 70) == [(56, 69, 14, True)]


@pytest.mark.parametrize(
    "days",
    [
        set(),
        {day(5)},
        history(40, [3]),  # weekly
        history(40, [0, 2, 4]),
        {day(number) for number in range(0, 300, 2)},
        {day(number * number % 300) for number in range(60)},
    ],
)
def test_sources_without_daily_articles_have_no_gaps(days: set[date]) -> None:
    assert gaps(days, 300) == []


def test_limits_cut_gaps() -> None:
    found = find_gaps(history(8, missing=range(14, 28)), day(56), day(20), day(22))
    assert [(gap.first, gap.last, gap.days) for gap in found] == [(day(20), day(22), 3)]


@given(st.sets(st.integers(0, 120)), st.integers(0, 140))
def test_gaps_are_days_without_articles_between_the_first_one_and_today(numbers: set[int], today: int) -> None:
    days = {day(number) for number in numbers}
    for gap in find_gaps(days, day(today)):
        between = {gap.first + timedelta(number) for number in range((gap.last - gap.first).days + 1)}
        assert not between & days
        assert min(days) < gap.first <= gap.last < day(today)
        assert 1 <= gap.days <= len(between)
        assert gap.is_open == (not any(gap.last < each <= day(today) for each in days))
