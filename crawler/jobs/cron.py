"""Cron expressions in Beijing time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count, pairwise
from typing import Self

from crawler.text.dates import BEIJING

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ALLOWED = (
    "allowed are five fields, Beijing time: minute (0-59), hour (0-23), day of the month (1-31), month (1-12, "
    "jan-dec), weekday (0-7, sun-sat; 0 and 7 are Sunday); each is *, a number, a range 8-20, a step */15 or 8-20/3, "
    "or a list of these: 17 7,19 * * mon-fri; an empty text: no schedule"
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class ScheduleError(ValueError):
    """An invalid expression or file. The message names it and the allowed form."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression. The values of each field are in ascending order; Sunday is 0."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse an expression such as "17 7,19 * * mon-fri". Raises `ScheduleError`."""
        words = text.lower().split()
        if len(words) != 5:
            raise ScheduleError(f"{text!r} has {len(words)} fields; {ALLOWED}")
        try:
            minutes, hours = _values(words[0], "minute", 0, 59), _values(words[1], "hour", 0, 23)
            days, months = _values(words[2], "day of the month", 1, 31), _values(words[3], "month", 1, 12, MONTHS)
            weekdays = tuple(sorted({day % 7 for day in _values(words[4], "weekday", 0, 7, DAYS)}))
            cron = cls(minutes, hours, days, months, weekdays)
            if len(days) < 31 and len(weekdays) < 7:
                raise ScheduleError(
                    "both a day of the month and a weekday: cron runs if either matches, systemd only if both match"
                )
            if not any(cron.matches(date(2000, 1, 1) + DAY * number) for number in range(366)):
                raise ScheduleError("no such day exists")
        except ScheduleError as error:
            raise ScheduleError(f"{text!r}: {error}; {ALLOWED}") from None
        return cron

    def matches(self, day: date) -> bool:
        """Return whether the expression has times on *day*."""
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def times(self, moment: datetime) -> Iterator[datetime]:
        """Yield the times after *moment* (with a time zone) in ascending order, in Beijing time, without end."""
        first = moment.astimezone(BEIJING).replace(second=0, microsecond=0) + MINUTE
        for day in (first.date() + DAY * number for number in count()):
            if self.matches(day):
                for hour in self.hours:
                    if day == first.date() and hour < first.hour:
                        continue
                    for minute in self.minutes:
                        due = datetime.combine(day, time(hour, minute), BEIJING)
                        if due >= first:
                            yield due

    @property
    def interval(self) -> timedelta:
        """The shortest time between two of its times."""
        times = [timedelta(hours=hour, minutes=minute) for hour in self.hours for minute in self.minutes]
        return min(later - earlier for earlier, later in pairwise([*times, times[0] + DAY]))


def _values(word: str, field: str, low: int, high: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Parse one field. *names* are alternatives to the numbers from *low* on. Raises `ScheduleError`."""
    numbers = {name: number for number, name in enumerate(names, start=low)}
    found: set[int] = set()
    for part in word.split(","):
        match = re.fullmatch(r"(?:\*|(?P<first>[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?)(?:/(?P<step>[0-9]{1,3}))?", part)
        if not match or (match["step"] and match["first"] and not match["last"]):
            raise ScheduleError(f"{part!r} is not a valid {field}")
        try:
            first, last = (
                numbers[bound] if bound in numbers else int(bound)
                for bound in (match["first"] or str(low), match["last"] or match["first"] or str(high))
            )
        except ValueError:
            raise ScheduleError(f"{part!r} is not a valid {field}") from None
        step = int(match["step"] or 1)
        if first > last and field == "weekday" and match["last"] in names:  # fri-sun, sat-mon
            last += 7
            high += 7
        if not (low <= first <= last <= high and 1 <= step <= high - low):
            raise ScheduleError(f"{part!r} is not a valid {field}")
        found |= set(range(first, last + 1, step))
    return tuple(sorted(found))
