"""Find a date that refers to the time of the request: "昨天 22:17", "3小时前", "02-11 22:17"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from crawler.text.absolute_dates import DAY, SECOND, Moment, moment_of

MAX_LENGTH = 60  # characters; a longer text is prose, in which such words do not date the article

_FLAGS = re.IGNORECASE | re.ASCII
_DAYS_AGO = {
    "今天": 0, "今日": 0, "今": 0, "昨天": 1, "昨日": 1, "昨": 1, "前天": 2, "前日": 2, "大前天": 3,
    "today": 0, "yesterday": 1,
}  # fmt: skip
_word = re.compile(
    r"(?:^|(?<=[^0-9a-z]))(大前天|[今昨前][天日]|[今昨](?=[早晚])|today|yesterday)(?![a-z])", _FLAGS
).search
_just_now = re.compile(r"刚刚|剛剛|刚才|(?<![a-z])just now(?![a-z])|半个?小时以?前", _FLAGS).search
_ago = re.compile(
    r"(?<![0-9.])(?<!月)(?<!月 )(?P<number>[0-9]{1,3}|(?<![a-z])an?) ?"
    r"(?:(?P<minutes>秒|分|sec|min)|(?P<hours>个?小时|hour|hr)|天|日|day)[a-z钟]{0,6}(?:以?前| ago)",
    _FLAGS,
).search
_ends_word = re.compile(r"(?:上午|下午|中午|凌晨|早上?|晚上?)?(?:[ |·)\]]|\Z)").match
_month_day = re.compile(
    r"(?<![0-9年])(?P<month>[0-9]{1,2}) ?月 ?(?P<day>[0-9]{1,2})(?![0-9])(?: ?[日号])?+(?! ?[以之]?[前内])"
).search
_CLOCK_FOLLOWS = r"(?=[ ,|_·-]{1,4}(?:[\u4e00-\u9fff]{1,3} ?)?[0-9]{1,2} ?[:时時点點])"
_numbers = re.compile(
    rf"(?<![0-9a-z])(?<![0-9][-./])(?P<month>[0-9]{{1,2}})[-/](?P<day>[0-9]{{1,2}}){_CLOCK_FOLLOWS}", _FLAGS
).search
# A number such as "02-11" without a time of day is a date only if it is the whole text, perhaps with a label.
_whole = re.compile(r"[^0-9a-z]{0,12}(?<![0-9./-])(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[ |)\]]{0,3}", _FLAGS).fullmatch


def find_relative(text: str, now: datetime) -> Moment | None:
    """Return the date in *text* (a result of `absolute_dates.plain`) that refers to *now*; None without one.

    *now* is in Beijing time. A date without a year is in the latest year in which it is at most one day after *now*. A
    time of day is read as in other dates. A number of minutes gives a time; "3小时前" and "刚刚" give the day alone.
    """
    if len(text) > MAX_LENGTH:
        return None
    if found := _just_now(text):
        return Moment(now.strftime(DAY), found.end())
    if found := _ago(text):
        number = int(found["number"]) if found["number"].isdigit() else 1
        if found["minutes"]:
            is_seconds = found["minutes"].lower() in ("秒", "sec")
            time = now - timedelta(seconds=number) * (1 if is_seconds else 60)
            return Moment(time.replace(second=0).strftime(SECOND), found.end())
        return Moment((now - timedelta(hours=number) * (1 if found["hours"] else 24)).strftime(DAY), found.end())
    if found := _word(text):
        day = now - timedelta(_DAYS_AGO[found[1].lower()])
        moment = moment_of(text, found.end(), day.year, day.month, day.day)
        is_date = len(moment.text) > len("2025-02-11") or _ends_word(text, found.end())
        return moment if is_date else None
    if found := _month_day(text) or _numbers(text) or _whole(text):
        return _in_latest_year(text, found, now + timedelta(days=1))
    return None


def _in_latest_year(text: str, found: re.Match[str], latest: datetime) -> Moment:
    month, day = int(found["month"]), int(found["day"])
    moment = Moment("", found.end())
    for year in range(latest.year, latest.year - 9, -1):  # 29 February may be eight years ago
        moment = moment_of(text, found.end(), year, month, day)
        if moment.text and moment.text <= latest.strftime(SECOND):
            return moment
    return moment._replace(text="")
