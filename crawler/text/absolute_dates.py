"""Find a date with a year in a text: numbers, Chinese and English forms, and the forms of Java and PDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from crawler.text.clock import BEIJING, time_after, time_before

__all__ = ["BEIJING", "DAY", "SECOND", "Moment", "find_absolute", "moment_of", "plain"]

SECOND, DAY = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"

_FLAGS = re.IGNORECASE | re.ASCII
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_TIME = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}"

# 2025-2-5 · 2025/02/05 · 2025.2.5 · 2025 年 2 月 5 日 · 2025-02-0517:39; not in a longer number or in a version
_NUMBERS = re.compile(
    rf"(?<![0-9])(?<![0-9][-./]){_YEAR} ?[-/.年] ?(?P<month>[0-9]{{1,2}}) ?[-/.月] ?"
    r"(?P<day>[0-9]{2}(?=[0-9]{2}:[0-9]{2})|[0-9]{1,2}(?![0-9]))(?!\.[0-9])(?: ?[日号])?",
    _FLAGS,
)
# 20250205 · 202502051739 · 20250205173911 · 20250205T173911Z; not as a part of an id
_COMPACT = re.compile(
    rf"(?<![0-9a-z])(?<![0-9]-){_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})"
    r"(?:t?(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})?)?(?![0-9])(?!\.[0-9])(?=[^a-z]|z\b|\Z)",
    _FLAGS,
)
# February 5, 2025 · Feb. 5th 2025 · 5 February 2025 · 05-Feb-2025 · 05-Feb-25 17:39:11
_ENGLISH = re.compile(
    rf"(?<![a-z0-9])(?:{_MONTH} ?(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}(?![0-9])"
    rf"|(?P<first_day>[0-9]{{1,2}})(?:st|nd|rd|th)?[ -](?:of )?{_MONTH.replace('name', 'second_name')},?[ -]"
    rf"(?:{_YEAR.replace('year', 'last_year')}(?![0-9])|(?P<short_year>[0-9]{{2}})(?= {_TIME})))",
    _FLAGS,
)
# Tue Feb 11 22:17:09 CST 2025 (Java) · Tue Feb 11 22:17:09 +0800 2025 (Weibo) · Tue Feb 11 22:17:09 2025 (C)
_JAVA = re.compile(
    rf"(?<![a-z]){_MONTH} (?P<day>[0-9]{{1,2}}) (?P<time>{_TIME}(?: [a-z0-9:+-]{{1,9}})?) {_YEAR}\b", _FLAGS
)
# 2/5/2025, 05:39:11 PM: `toLocaleString` of a browser with the locale en-US
_AMERICAN = re.compile(
    rf"(?<![0-9/])(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})/{_YEAR},? (?=[0-9]{{1,2}}:[0-9:]{{2,5}} ?[ap]\.?m)",
    _FLAGS,
)
# 2025 02/05 17:39:11: the year in an element of its own
_SPLIT = re.compile(
    rf"(?<![0-9]){_YEAR} ?(?P<month>[0-9]{{2}})[/-](?P<day>[0-9]{{2}})(?= ?[0-9]{{2}}:[0-9]{{2}})", _FLAGS
)
# 二〇二五年二月五日
_HAN = re.compile(
    r"([一二][〇零○一二三四五六七八九]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]"
)
# D:20250205173911+08'00': ISO 32000-1, section 7.9.4
_PDF = re.compile(
    rf"D:{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?:(?P<hour>[0-9]{{2}})(?P<minute>[0-9]{{2}})"
    r"(?P<second>[0-9]{2})?(?P<zone>z|[+-][0-9]{2}(?:'?[0-9]{2})?)?)?",
    _FLAGS,
)
# Words before a number of eight to fourteen digits, or before a number with dots, that is not a date.
_OTHER_NUMBER = re.compile(
    r"(?:电话|手机|传真|热线|微信|qq|tel|phone|[编单证]号|号码|代码|备案?|\bid|\bno\.?|isbn|issn"
    r"|金额|价格|¥|\$|版本号?|\bver(?:sion)?|release|build|\bv)"
    r"[ :#.]{0,3}\Z",
    _FLAGS,
)
_UNIT = re.compile(r" ?(?:[万亿元股人次字套吨号]|%|版本)")

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_REPLACED = _DASHES | {ord("∶"): ":", ord("丨"): "|", ord("｜"): "|", ord("、"): ",", ord("～"): "~"}
_REPLACED |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if code not in _REPLACED}
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F)))


class Moment(NamedTuple):
    """A date that was found in a text."""

    text: str  # "YYYY-MM-DD HH:MM:SS" or "YYYY-MM-DD" in Beijing time; "" for an impossible date
    end: int  # position after the day, from which a time of day is expected


def plain(text: str) -> str:
    """Return *text* with ASCII digits and punctuation in place of full-width ones, and with single spaces."""
    if not text.isascii():
        text = text.translate(_REPLACED).translate(_INVISIBLE)
    return " ".join(text.split())


def find_absolute(text: str) -> Moment | None:
    """Return the first date with a year in *text* (a result of `plain`), or None."""
    if found := _PDF.match(text):
        return _from_pdf(found)
    matches = [(found, read) for pattern, read in _FORMS if (found := pattern(text))]
    for found, read in sorted(matches, key=lambda match: match[0].start()):
        if moment := read(found):
            return moment
    return None


def moment_of(text: str, end: int, year: int, month: int, day: int, start: int = 0) -> Moment:
    """Return the date *year*-*month*-*day* at *start* to *end* of *text*, with the time of day after or before it."""
    try:
        date = datetime(year, month, day)
    except ValueError:
        return Moment("", end)
    time = time_after(text, end, date) or (time_before(text, start, date) if start else None)
    return Moment(time.strftime(SECOND) if time else date.strftime(DAY), end)


def _from_numbers(found: re.Match[str]) -> Moment | None:
    if "." in found[0] and _is_other_number(found):
        return None
    return _moment_at(found)


def _moment_at(found: re.Match[str]) -> Moment:
    year, month, day = map(int, found.group("year", "month", "day"))
    return moment_of(found.string, found.end(), year, month, day, found.start())


def _first_compact(text: str) -> re.Match[str] | None:
    """Return the first number that can be a date: an id or an amount may precede it."""
    return next((found for found in _COMPACT.finditer(text) if not _is_other_number(found)), None)


def _from_compact(found: re.Match[str]) -> Moment | None:
    text, day = found.string, "-".join(found.group("year", "month", "day"))
    if not found["hour"]:
        return moment_of(text, found.end(), *map(int, day.split("-")))
    time = f"T{found['hour']}:{found['minute']}:{found['second'] or '00'}{text[found.end() : found.end() + 10]}"
    moment = moment_of(day + time, len(day), *map(int, day.split("-")))
    return Moment(moment.text if len(moment.text) > len(day) else "", found.end())  # not a time: another number


def _is_other_number(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - 12) : found.start()]
    return bool(_OTHER_NUMBER.search(before) or _UNIT.match(found.string, found.end()))


def _from_english(found: re.Match[str]) -> Moment:
    year = found["year"] or found["last_year"] or f"20{found['short_year']}"
    day = int(found["day"] or found["first_day"])
    month = _month(found["name"] or found["second_name"])
    return moment_of(found.string, found.end(), int(year), month, day, found.start())


def _from_java(found: re.Match[str]) -> Moment:
    text = f" {found['time']}"
    moment = moment_of(text, 0, int(found["year"]), _month(found["name"]), int(found["day"]))
    return moment._replace(end=found.end())


def _from_han(found: re.Match[str]) -> Moment:
    digits = "".join(
        str("〇一二三四五六七八九".index(digit.replace("零", "〇").replace("○", "〇"))) for digit in found[1]
    )
    return moment_of(found.string, found.end(), int(digits), _han_number(found[2]), _han_number(found[3]))


def _han_number(number: str) -> int:
    """Return the value of a Chinese numeral below 100; 0 if it is invalid."""
    tens, ten, ones = number.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (10 * int(unicodedata.numeric(tens or "一")) if ten else 0) + int(unicodedata.numeric(ones or "〇"))


def _from_pdf(found: re.Match[str]) -> Moment:
    day = "-".join(found.group("year", "month", "day"))
    zone = (found["zone"] or "").replace("'", "")
    time = f"T{found['hour']}:{found['minute']}:{found['second'] or '00'}{zone}" if found["hour"] else ""
    return moment_of(day + time, len(day), *map(int, day.split("-")))._replace(end=found.end())


def _month(name: str) -> int:
    return _MONTHS.index(name[:3].lower()) + 1


_FORMS: tuple[tuple[Callable[[str], re.Match[str] | None], Callable[[re.Match[str]], Moment | None]], ...] = (
    (_NUMBERS.search, _from_numbers),
    (_first_compact, _from_compact),
    (_ENGLISH.search, _from_english),
    (_JAVA.search, _from_java),
    (_AMERICAN.search, _moment_at),
    (_SPLIT.search, _moment_at),
    (_HAN.search, _from_han),
)
