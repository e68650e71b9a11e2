"""Parse dates and times as pages write them into the format of the corpus, in Beijing time.

Libraries do not fit: dateparser and dateutil complete missing parts from the clock, and `email.utils` takes CST for the
zone of Chicago. A time that cannot be read gives the day alone; nothing is guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from crawler.text.absolute_dates import BEIJING, DAY, SECOND, Moment, find_absolute, plain
from crawler.text.relative_dates import find_relative

__all__ = ["BEIJING", "DAY", "SECOND", "DateReading", "beijing", "beijing_after", "day_of_id", "is_exact", "read_date"]

# Seconds or milliseconds since 1970, alone or in the form of ASP.NET: 1739283429 · /Date(1739283429000+0800)/
_is_unix = re.compile(r"[0-9]{10}(?:\.[0-9]+)?|[0-9]{13}").fullmatch
_is_asp_net = re.compile(r"\\?/Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)\\?/").fullmatch
# A time of day in any form, also an invalid one: 22:17 · 25:61 · 22时许 · 三点
_time_of_day = re.compile(
    r"(?<![0-9])[0-9]{1,2} ?:[0-9]{2}"
    r"|(?:(?<![0-9第])[0-9]{1,2} ?|[一二两三四五六七八九十])[时時點点](?:[0-9 半整许钟左多前后]|[^\u4e00-\u9fff]|\Z)"
).search


class DateReading(NamedTuple):
    """The result of reading a text: `date` is "" if the text has no valid date."""

    date: str  # "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DD", in Beijing time
    is_relative: bool = False  # the day was derived from the time of the request: "昨天 22:17", "02-11"
    has_unread_time: bool = False  # the text has a time of day that could not be read


def beijing(text: object, now: str = "") -> str:
    """Return the first date in *text* as "YYYY-MM-DD HH:MM:SS", or as "YYYY-MM-DD" if it has only a day.

    *text* is a string that contains a date, or a Unix time in seconds or milliseconds (a number, or a string of only
    digits). A time without a zone, or with the zone CST, is in Beijing time; a time with another zone is converted to
    it. Returns the day alone for a time that cannot be read. Returns "" without a date, for an impossible date (30
    February), and for a value that is not a string or number.

    *now* is the time at which the page was fetched (ISO 8601, in UTC if it has no zone): dates without a year and
    relative dates ("昨天 22:17", "3小时前") refer to it. Without it, they are not read.
    """
    return read_date(text, now).date


def read_date(text: object, now: str = "") -> DateReading:
    """Read the first date in *text*; see `beijing`."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        return DateReading(_from_unix(text))
    if not isinstance(text, str) or not text:
        return DateReading("")
    text = plain(text)
    if _is_unix(text):
        return DateReading(_from_unix(float(text)))
    if found := _is_asp_net(text):
        return DateReading(_from_unix(int(found[1]) / 1000))
    if moment := find_absolute(text):
        return _reading(moment, text)
    if now and (moment := find_relative(text, _in_beijing(now))):
        return _reading(moment, text)._replace(is_relative=True)
    return DateReading("", has_unread_time=_time_of_day(text[:60]) is not None)


def day_of_id(identifier: str) -> str:
    """Return the date in the first eight digits of an id ("20250211A08TG500" -> "2025-02-11"), or ""."""
    match = re.match(r"(?:19|20)\d{6}", identifier, re.ASCII)
    return beijing(f"{match[0][:4]}-{match[0][4:6]}-{match[0][6:]}") if match else ""


def beijing_after(moment: str, days: int) -> str:
    """Return the Beijing time *days* after *moment*, as "YYYY-MM-DD HH:MM:SS".

    *moment* is in ISO 8601, in UTC if it has no zone. Raises ValueError if it is not.
    """
    return (_in_beijing(moment) + timedelta(days)).strftime(SECOND)


def is_exact(date: str) -> bool:
    """Return whether *date* (a result of `beijing`) has a time of day."""
    return len(date) > len("2025-02-11")


def _reading(moment: Moment, text: str) -> DateReading:
    date = moment.text
    if is_exact(date) or not date:
        return DateReading(date)
    return DateReading(date, has_unread_time=_time_of_day(text[moment.end : moment.end + 60]) is not None)


def _from_unix(number: float) -> str:
    seconds = number / 1000 if 1e11 <= number < 1e14 else number
    if not 631152000 <= seconds < 4102444800:  # outside 1990 to 2100: another kind of number
        return ""
    return datetime.fromtimestamp(seconds, BEIJING).strftime(SECOND)


def _in_beijing(moment: str) -> datetime:
    time = datetime.fromisoformat(moment)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(BEIJING)
