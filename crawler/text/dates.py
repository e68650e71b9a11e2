"""Parse dates and times as pages write them into the format of the corpus, in Beijing time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")  # without daylight saving time since 1991
SECOND, DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"

# 2025-02-05 17:39:11 · 2025/2/5 17:39 · 2025年2月5日 17:39 · 2025-02-05T17:39:11.000+08:00 · 20250205
_NUMBERS = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?:[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})(?:日|(?!\d))|(?P<compact>\d{4})(?!\d))"
    r"(?:[Tt\s]*(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?(?:\s*(?P<half>[AP]M)\b)?)?"
    r"(?P<zone>\s*(?i:UTC|GMT)[+-]\d{1,2}(?::?\d\d)?(?!\d)|\s*(?i:Z|UTC|GMT)(?![A-Za-z])"
    r"|\s*[+-]\d\d:?\d\d(?!\d)|[+-]\d\d(?![\d:]))?"
)
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d\d)?$")
# 2/5/2025, 05:39:11 PM: `toLocaleString` of a browser with the locale en-US (old qq pages)
_AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/(?:19|20)\d\d, \d{1,2}:\d\d:\d\d [AP]M")
_RFC822 = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d")


def beijing(text: object) -> str:
    """Return the first date in *text* as "YYYY-MM-DD HH:MM:SS", or as "YYYY-MM-DD" if it has only a day.

    *text* is a string that contains a date, or a Unix time in seconds or milliseconds (a number, or a string of only
    digits). A time without a zone is in Beijing time; a time with a zone is converted to it. Returns "" without a
    date, for an impossible date (30 February), and for a value that is not a string or number.
    """
    if not isinstance(text, str | int | float) or isinstance(text, bool):
        return ""
    try:
        if not isinstance(text, str) or re.fullmatch(r"[0-9]{10}|[0-9]{13}", text.strip()):
            return _from_unix(float(text))
        if _AMERICAN.search(text):
            return datetime.strptime(_AMERICAN.findall(text)[0], "%m/%d/%Y, %I:%M:%S %p").strftime(SECOND)
        if _RFC822.search(text):
            moment = parsedate_to_datetime(text)
            # RFC 5322, section 3.3: "-0000" is UTC without information about the local zone. The parser returns a
            # naive datetime for it.
            return _in_beijing(moment.replace(tzinfo=UTC) if "-0000" in text else moment)
        return _from_numbers(text)
    except (ValueError, OverflowError):
        return ""


def day_of_id(identifier: str) -> str:
    """Return the date in the first eight digits of an id ("20250211A08TG500" -> "2025-02-11"), or ""."""
    match = re.match(r"(?:19|20)\d{6}", identifier)
    return beijing(f"{match[0][:4]}-{match[0][4:6]}-{match[0][6:]}") if match else ""


def beijing_after(moment: str, days: int) -> str:
    """Return the Beijing time *days* after *moment*, as "YYYY-MM-DD HH:MM:SS".

    *moment* is in ISO 8601, in UTC if it has no zone. Raises ValueError if it is not.
    """
    time = datetime.fromisoformat(moment)
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(BEIJING) + timedelta(days)).strftime(SECOND)


def is_exact(date: str) -> bool:
    """Return whether *date* (a result of `beijing`) has a time of day."""
    return len(date) > len("2025-02-11")


def _from_unix(number: float) -> str:
    seconds = number / 1000 if number >= 1e11 else number
    if not 631152000 <= seconds < 4102444800:  # outside 1990 to 2100: another kind of number
        return ""
    return datetime.fromtimestamp(seconds, BEIJING).strftime(SECOND)


def _in_beijing(moment: datetime) -> str:
    return (moment.astimezone(BEIJING) if moment.tzinfo else moment).strftime(SECOND)


def _from_numbers(text: str) -> str:
    match = _NUMBERS.search(text)
    if not match:
        return ""
    month, day = match["month"] or match["compact"][:2], match["day"] or match["compact"][2:]
    hour = int(match["hour"] or 0)
    if match["half"] and hour <= 12:
        hour = hour % 12 + 12 * (match["half"] == "PM")
    moment = datetime(
        int(match["year"]), int(month), int(day), hour, int(match["minute"] or 0), int(match["second"] or 0)
    )
    if not match["hour"]:
        return moment.strftime(DAY)
    if match["zone"]:
        moment = moment.replace(tzinfo=timezone(_offset(match["zone"])))
    return _in_beijing(moment)


def _offset(zone: str) -> timedelta:
    """Return the UTC offset of a zone ("Z", "GMT", "GMT+8", "+08:00", "-05").

    Raises ValueError if the offset is over 14 hours.
    """
    match = _OFFSET.search(zone)
    if not match:
        return timedelta()
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > timedelta(hours=14):
        raise ValueError(f"invalid UTC offset: {zone}")
    return offset if match[1] == "+" else -offset
