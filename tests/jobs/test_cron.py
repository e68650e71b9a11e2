"""Tests of cron expressions, schedules, and their export to systemd and cron."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from crawler.jobs.cron import DAYS, MONTHS, Cron, ScheduleError
from crawler.jobs.schedules import SPREAD, Schedule, groups, schedules
from crawler.jobs.timers import calendar, crontab
from crawler.reading.source import Source
from crawler.text.dates import BEIJING

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=BEIJING)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(BEIJING))


def fields(low: int, high: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[str]:
    """Generate one field of an expression, in all its forms."""
    number = st.integers(low, high)
    bounds = st.tuples(number, number).map(sorted)
    name_of = dict(enumerate(names, start=low))

    def written(value: int, named: bool) -> str:
        return name_of.get(value, str(value)) if named else str(value)

    single = st.builds(written, number, st.booleans())
    ranges = st.builds(lambda pair, named: "-".join(written(value, named) for value in pair), bounds, st.booleans())
    steps = st.integers(1, high - low)
    part = st.one_of(
        st.just("*"), single, ranges,
        st.builds(lambda step: f"*/{step}", steps),
        st.builds(lambda pair, step: f"{pair[0]}-{pair[1]}/{step}", bounds, steps),
    )  # fmt: skip
    return st.lists(part, min_size=1, max_size=3).map(",".join)


MINUTES, HOURS, THE_MONTHS = fields(0, 59), fields(0, 23), fields(1, 12, MONTHS)
TEXTS = st.one_of(
    st.tuples(MINUTES, HOURS, st.just("*"), THE_MONTHS, fields(0, 7, DAYS)),
    st.tuples(MINUTES, HOURS, fields(1, 28), THE_MONTHS, st.just("*")),
).map(" ".join)


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        ("fri-sun", (0, 5, 6)), ("sat-mon", (0, 1, 6)), ("5-7", (0, 5, 6)), ("sun-tue", (0, 1, 2)),
        ("thu-mon/2", (1, 4, 6)), ("sun-sat", tuple(range(7))), ("fri-mon,wed", (0, 1, 3, 5, 6)), ("sat-sun", (0, 6)),
    ],
)  # fmt: skip
def test_a_range_of_weekdays_may_pass_sunday(weekdays: str, expected: tuple[int, ...]) -> None:
    assert Cron.parse(f"0 8 * * {weekdays}").weekdays == expected


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("0 12 * * *", ["11-24 12:00", "11-25 12:00"]),
        ("*/30 * * * *", ["11-23 12:30", "11-23 13:00"]),
        ("17 7,19 * * mon-fri", ["11-23 19:17", "11-24 07:17"]),
        ("0 9 * * 0", ["11-29 09:00", "12-06 09:00"]),
        ("0 9 * * 7", ["11-29 09:00", "12-06 09:00"]),
        ("0 9 * * 5-7", ["11-27 09:00", "11-28 09:00"]),
        ("5 8-20/6 1 dec *", ["12-01 08:05", "12-01 14:05"]),
        ("0 0 29 2 *", ["02-29 00:00", "02-29 00:00"]),
    ],
)
def test_the_next_times_of_an_expression(text: str, following: list[str]) -> None:
    assert [f"{due:%m-%d %H:%M}" for due in islice(Cron.parse(text).times(MONDAY), 2)] == following


@given(TEXTS, MOMENTS)
@settings(deadline=None)
def test_times_are_the_minutes_that_match_every_field(text: str, moment: datetime) -> None:
    cron = Cron.parse(text)
    assert list(islice(cron.times(moment), 5)) == list(islice(matching_minutes(cron, moment), 5))


def matching_minutes(cron: Cron, moment: datetime) -> Iterator[datetime]:
    """Check every minute after *moment* against every field, as cron does."""
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    while True:
        weekday = int(minute.strftime("%w"))  # Sunday is 0
        if not (minute.month in cron.months and minute.day in cron.days and weekday in cron.weekdays):
            minute = minute.replace(hour=0, minute=0) + timedelta(days=1)
            continue
        if minute.hour in cron.hours and minute.minute in cron.minutes:
            yield minute
        minute += timedelta(minutes=1)


def astuple(cron: Cron) -> tuple[tuple[int, ...], ...]:
    return cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays


@pytest.mark.parametrize("value", range(60))
def test_single_values_and_steps(value: int) -> None:
    assert Cron.parse(f"{value} * * * *").minutes == (value,)
    assert Cron.parse(f"*/{value or 1} * * * *").minutes == tuple(range(0, 60, value or 1))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has 0 fields"),
        ("* * * *", "has 4 fields"),
        ("* * * * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("60 * * * *", "'60' is not a valid minute"),
        ("* 24 * * *", "'24' is not a valid hour"),
        ("* * 0 * *", "'0' is not a valid day of the month"),
        ("* * * 13 *", "'13' is not a valid month"),
        ("* * * * 8", "'8' is not a valid weekday"),
        ("* * * * 5-1", "'5-1' is not a valid weekday"),
        ("* * * nov-feb *", "'nov-feb' is not a valid month"),
        ("* * * * monday", "'monday' is not a valid weekday"),
        ("*/0 * * * *", "'*/0' is not a valid minute"),
        ("*/90 * * * *", "'*/90' is not a valid minute"),
        ("5/10 * * * *", "'5/10' is not a valid minute"),
        ("30-10 * * * *", "'30-10' is not a valid minute"),
        ("1,,2 * * * *", "'' is not a valid minute"),
        ("-1 * * * *", "'-1' is not a valid minute"),
        ("+1 * * * *", "'+1' is not a valid minute"),
        ("1_0 * * * *", "'1_0' is not a valid minute"),
        ("٣ * * * *", "'٣' is not a valid minute"),
        ("0 0 30 2 *", "no such day exists"),
        ("0 0 1 * mon", "both a day of the month and a weekday"),
    ],
)
def test_an_invalid_expression_raises_an_error_with_the_allowed_form(text: str, why: str) -> None:
    with pytest.raises(ScheduleError) as error:
        Cron.parse(text)
    assert why in str(error.value)
    assert "allowed are five fields" in str(error.value)


@given(st.text(alphabet="0123456789*/,- abcdef", max_size=20))
def test_any_text_is_parsed_or_raises_schedule_error(text: str) -> None:
    try:
        cron = Cron.parse(text)
    except ScheduleError:
        return
    assert all(astuple(cron))


def matches(on_calendar: str, moment: datetime) -> bool:
    """Return whether *moment* matches an OnCalendar value, for the subset that is printed (systemd.time(7))."""
    *weekdays, date, clock, zone = on_calendar.split()
    assert zone == "Asia/Shanghai"
    year, month, day = date.split("-")
    hour, minute, second = clock.split(":")
    assert (year, second) == ("*", "00")
    week = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

    def contains(word: str, value: int, names: tuple[str, ...] = ()) -> bool:
        def number(text: str) -> int:
            return names.index(text) if names else int(text)

        if word == "*":
            return True
        for part in word.split(","):
            first, _, last = part.partition("..")
            assert number(first) <= number(last or first)  # systemd rejects Sun..Fri
            if number(first) <= value <= number(last or first):
                return True
        return False

    return (
        all(contains(word, moment.weekday(), week) for word in weekdays)
        and contains(month, moment.month)
        and contains(day, moment.day)
        and contains(hour, moment.hour)
        and contains(minute, moment.minute)
    )


@given(TEXTS, st.lists(MOMENTS, max_size=20))
@settings(deadline=None)
def test_on_calendar_means_the_same(text: str, moments: list[datetime]) -> None:
    cron = Cron.parse(text)
    on_calendar = calendar(cron)
    due = next(cron.times(MONDAY))
    near = [due + timedelta(minutes=minutes) for minutes in (-1440, -60, -1, 0, 1, 60, 1440)]
    for moment in [*(moment.replace(second=0, microsecond=0) for moment in moments), *near]:
        assert matches(on_calendar, moment) == (next(cron.times(moment - timedelta(minutes=1))) == moment), moment


@given(TEXTS)
@settings(deadline=None)
def test_the_crontab_means_the_same(text: str) -> None:
    cron = Cron.parse(text)
    assert Cron.parse(crontab(cron)) == cron
    assert set(crontab(cron)) <= set("0123456789,-* ")  # also supported by busybox


def test_exported_texts() -> None:
    assert calendar(Cron.parse("41 18,22 * * sun-fri")) == "Mon..Fri,Sun *-*-* 18,22:41:00 Asia/Shanghai"
    assert calendar(Cron.parse("0 8-20/6 1-5 1,2 *")) == "*-1,2-1..5 8,14,20:0:00 Asia/Shanghai"
    assert crontab(Cron.parse("*/20 * * jan-mar sun-fri")) == "0,20,40 * * 1-3 0-5"


# Sources --------------------------------------------------------------------------------------------------------------


def source(name: str, schedule: str = "", *hosts: str) -> type[Source]:
    return type(name, (Source,), {"name": name, "hosts": hosts or (f"{name}.example",), "schedule": schedule})


def of(name: str, text: str, *hosts: str) -> Schedule:
    return Schedule(name, frozenset(hosts), Cron.parse(text))


@given(st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True), TEXTS)
@settings(deadline=None)
def test_the_offset_is_stable_and_smaller_than_the_interval(name: str, text: str) -> None:
    schedule = of(name, text)
    assert timedelta() <= schedule.offset < min(SPREAD, schedule.cron.interval)
    assert of(name, text).offset == schedule.offset
    due = list(islice(schedule.times(MONDAY), 4))
    assert due == sorted(set(due))
    assert due[0] > MONDAY
    assert next(schedule.times(due[0])) == due[1]
    assert next(schedule.times(due[0] - timedelta(microseconds=1))) == due[0]


def test_sources_with_the_same_expression_start_separately() -> None:
    assert len({of(f"source{number}", "0 9 * * *").offset for number in range(20)}) > 15


def test_intervals() -> None:
    assert Cron.parse("*/30 * * * *").interval == timedelta(minutes=30)
    assert Cron.parse("0 9 * * *").interval == timedelta(days=1)
    assert Cron.parse("50 23,0 * * *").interval == timedelta(hours=1)
    assert Cron.parse("0,55 * * * *").interval == timedelta(minutes=5)


def test_sources_that_share_a_host_are_in_one_group() -> None:
    a, b, c, d = (of(name, "0 9 * * *", *hosts) for name, hosts in zip("abcd", ("xy", "z", "w", "zy"), strict=True))
    assert [{schedule.source for schedule in group} for group in groups([a, b, c, d])] == [{"c"}, {"a", "b", "d"}]
    assert groups([]) == []


class TestProjectFile:
    sources: ClassVar = [source("one", "0 9 * * *"), source("two", "0 10 * * *"), source("by_hand")]

    def found(self, tmp_path: Path, text: str) -> dict[str, tuple[int, ...]]:
        file = tmp_path / "scrapy.cfg"
        file.write_text(f"[settings]\ndefault = crawler.settings\n{text}", encoding="utf-8")
        return {schedule.source: schedule.cron.hours for schedule in schedules(self.sources, file)}

    def test_without_a_section_the_schedule_is_that_of_the_source(self, tmp_path: Path) -> None:
        assert [schedule.source for schedule in schedules(self.sources, None)] == ["one", "two"]
        assert self.found(tmp_path, "") == {"one": (9,), "two": (10,)}

    def test_the_section_overrides(self, tmp_path: Path) -> None:
        text = "[DEFAULT]\nxyz = 1\n[schedule]\none = 0 1 * * *  # early\ntwo =\nby_hand = 0 2 * * *\n"
        assert self.found(tmp_path, text) == {"by_hand": (2,), "one": (1,)}

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("[schedule]\nthree = 0 9 * * *\n", "scrapy.cfg, [schedule]: unknown source 'three'; `press-corpus list`"),
            ("[schedule]\none = hourly\n", "scrapy.cfg, [schedule], one: 'hourly' has 1 fields; allowed are"),
            ("[schedule]\none = 0 9 * * *\none = 1 9 * * *\n", "scrapy.cfg"),
            ("[schedule\n", "scrapy.cfg"),
        ],
    )
    def test_an_error_in_the_file_names_the_file(self, tmp_path: Path, text: str, why: str) -> None:
        with pytest.raises(ScheduleError) as error:
            self.found(tmp_path, text)
        assert why in str(error.value)

    def test_an_error_in_a_source_names_the_source(self) -> None:
        with pytest.raises(ScheduleError, match=r"^four: '61 \* \* \* \*': '61' is not a valid minute; allowed"):
            schedules([source("four", "61 * * * *")], None)


def test_all_sources_of_the_project_have_valid_schedules() -> None:
    loader = get_spider_loader(get_project_settings())
    found = schedules([loader.load(name) for name in loader.list()], None)  # type: ignore[misc]
    assert {"qq", "hibor", "iyiou", "woshipm"} <= {schedule.source for schedule in found}
    for schedule in found:
        assert schedule.cron.interval >= timedelta(hours=1)  # polite to the sites
