"""Parse the time of day and the time zone after a date. The text is a result of `absolute_dates.plain`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")  # without daylight saving time since 1991

_FLAGS = re.IGNORECASE | re.ASCII
# Words for a part of the day. "晚上12点" may be at either end of the day and is not read.
_MORNING = "上午|午前|早上|早晨|早间|清晨|凌晨|早"
_NOON = "中午|正午|午间"
_AFTERNOON = "下午|午后|午後|傍晚"
_EVENING = "晚上|晚间|夜间|夜里|深夜|晚|夜"
_AM, _PM = r"a\.? ?m\.?(?![a-z])", r"p\.? ?m\.?(?![a-z])"
_WEEKDAY = (
    r"(?:周|星期|礼拜)[一二三四五六日天]|(?<=[(\[])[一二三四五六日](?=[)\]])|[月火水木金土日]曜日?"
    r"|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?"
)
_LUNAR = r"(?:农历|农曆)?[正一二三四五六七八九十冬腊]{1,2}月[初十廿卅一二三四五六七八九]{1,3}"
# What may stand between day and time: a weekday, the lunar day, a label, blanks, punctuation, "at", "T".
_gap = re.compile(
    rf"(?:{_WEEKDAY}|{_LUNAR}|(?:北京)?时间|at(?![a-z])|t(?=[0-9])|[ ,;:|/_·•▪◆■●@()\[\]~-]){{0,8}}", _FLAGS
).match
# 22:17:09.123 · 下午10:17 · 10:17 p.m. · 22时17分09秒 · 3点半. An hour alone must end a word: "3点看法" is not a time.
_clock = re.compile(
    rf"(?:(?P<before>{_MORNING}|{_NOON}|{_AFTERNOON}|{_EVENING}|{_AM}|{_PM}) ?)?(?:"
    r"(?P<hour>[0-9]{1,2}) ?: ?(?P<minute>[0-9]{2})"
    r"(?: ?: ?(?P<second>[0-9]{2})(?:[.,][0-9]++(?!-[0-9]{1,2}-))?)?(?![0-9])"
    r"|(?P<dotted_hour>[0-9]{1,2})\.(?P<dotted_minute>[0-9]{2})(?= ?[ap]\.? ?m)"
    r"|(?P<han_hour>[0-9]{1,2}) ?[时時点點](?:"
    r" ?(?P<han_minute>[0-9]{1,2})(?![0-9])(?: ?分(?!钟|鐘))?(?: ?(?P<han_second>[0-9]{1,2}) ?秒)?"
    r"| ?(?P<part>半|[一三]刻)|整|(?![\u4e00-\u9fff])))"
    rf"(?: ?(?P<after>{_AM}|{_PM}))?",
    _FLAGS,
).match
_clock_before = re.compile(
    rf"(?:(?P<before>{_MORNING}|{_NOON}|{_AFTERNOON}|{_EVENING}|{_AM}|{_PM}) ?)?(?<![0-9:.~-])"
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
    rf"(?: ?(?P<after>{_AM}|{_PM}))?[ ,|/·]{{0,3}}(?:on )?(?:{_WEEKDAY})?[ ,]{{0,2}}\Z",
    _FLAGS,
).search
_zone = re.compile(
    r" ?\(?(?:(?P<utc>utc|gmt|ut) ?(?P<utc_offset>[+-][0-9]{1,2}(?::?[0-9]{2})?)?(?![0-9a-z])|(?P<zulu>z)(?![a-z])"
    r"|(?P<name>cst|bjt|hkt|sgt|jst|kst|cet|cest|est|edt|cdt|mst|mdt|pst|pdt)(?![a-z]))"
    r"|(?P<offset> ?[+-][0-9]{2}:?[0-9]{2}(?![0-9:])|[+-][0-9]{2}(?![0-9:]))",
    _FLAGS,
).match
# Zones whose offset depends on the day or the country. Not in prose: "22:17 CT检查".
_other_zone = re.compile(r" ?\(?(?:et|ct|mt|pt|bst|ist|msk|aest|aedt|eet|eest|wib)(?=[ ,;|)\]]|\Z)", _FLAGS).match
_range_end = re.compile(r" ?[-~至到] ?[0-9]{1,2}:[0-9]{2}").match
_offset = re.compile(r" ?([+-])([0-9]{1,2}):?([0-9]{2})?").fullmatch
_PARTS = {"半": 30, "一刻": 15, "三刻": 45}
_HOURS = {  # offsets of zones by their abbreviations, as in RFC 5322, section 4.3, except that CST is China's zone
    "cst": 8, "bjt": 8, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "cet": 1, "cest": 2,
    "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip


def time_after(text: str, position: int, day: datetime) -> datetime | None:
    """Return the time of *day* that follows *position* in *text*, as a naive datetime in Beijing time.

    None if no time follows, or if it cannot be read: an invalid hour, an ambiguous one, a range of times.
    """
    gap = _gap(text, position)
    found = _clock(text, gap.end() if gap else position)
    if not found:
        return None
    number = int(found["hour"] or found["dotted_hour"] or found["han_hour"])
    hour = _hour(number, (found["after"] or found["before"] or "").lower())
    minute = int(found["minute"] or found["dotted_minute"] or found["han_minute"] or _PARTS.get(found["part"], 0))
    second = int(found["second"] or found["han_second"] or 0)
    zone = _zone(text, found.end())
    is_joined = "t" in text[position : found.start()].lower()
    # "09:00-12:00" is a range; only a time to the second, or one in ISO 8601, has a negative offset.
    is_range = zone and zone["offset"] and "-" in zone["offset"] and not (found["second"] or is_joined)
    if is_range or (not zone and (_range_end(text, found.end()) or _other_zone(text, found.end()))):
        return None
    try:
        moment = day.replace(hour=hour, minute=minute, second=second)
        if zone:
            moment = moment.replace(tzinfo=timezone(_offset_of(zone))).astimezone(BEIJING).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return moment


def time_before(text: str, position: int, day: datetime) -> datetime | None:
    """Return the time of *day* directly before *position*: "10:17 PM, Feb 11, 2025".

    None without a word for the part of the day: "03:25 2025-02-11" may be the length of a video and its day.
    """
    found = _clock_before(text[max(0, position - 40) : position])
    if not found or not (found["before"] or found["after"]):
        return None
    hour = _hour(int(found["hour"]), (found["after"] or found["before"]).lower())
    try:
        return day.replace(hour=hour, minute=int(found["minute"]), second=int(found["second"] or 0))
    except ValueError:
        return None


def _hour(hour: int, word: str) -> int:
    """Return the hour (0 to 23) that *hour* means with *word*, a part of the day or ""; 24 if it is ambiguous."""
    if not word or hour > 12:
        return hour
    if word.startswith("a") or word in _MORNING.split("|"):
        return hour % 12
    if word.startswith("p") or word in _AFTERNOON.split("|"):
        return hour % 12 + 12
    if word in _NOON.split("|"):
        return hour if hour >= 10 else hour + 12 if 1 <= hour <= 3 else 24
    return hour + 12 if 5 <= hour <= 11 else 24


def _offset_of(zone: re.Match[str]) -> timedelta:
    """Return the UTC offset of a zone ("Z", "GMT+8", "+08:00", "-05", "CST"). Raises ValueError above 14 hours."""
    if zone["name"]:
        return timedelta(hours=_HOURS[zone["name"].lower()])
    found = _offset(zone["offset"] or zone["utc_offset"] or "")
    if not found:
        return timedelta()
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if offset > timedelta(hours=14):
        raise ValueError(f"invalid UTC offset: {zone[0]}")
    return offset if found[1] == "+" else -offset
