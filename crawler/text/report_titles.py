"""Titles of research reports, "broker-title-YYMMDD": take them apart, and compare them."""

from __future__ import annotations

import re

from crawler.text.dates import beijing_after, day_of_id
from crawler.text.titles import is_same_title

_DATED = re.compile(r"\A(.+)-(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))")


def split_title(full: str, broker: str = "") -> tuple[str, str, str]:
    """Split "broker-title-YYMMDD" into broker, title and day; a missing broker or day is "".

    *broker* is the one that the page names elsewhere: any other word before a dash then belongs to the title
    ("AI-芯片周报").
    """
    head, day = split_day(full)
    first, _, title = map(str.strip, head.partition("-"))
    return (first, title, day) if title and broker in ("", first) else (broker, head, day)


def split_day(full: str) -> tuple[str, str]:
    """Split "broker-title-YYMMDD" into "broker-title" and day; a missing day is ""."""
    dated = _DATED.fullmatch(full)
    return (dated[1], dated[2]) if dated else (full, "")


def is_same_report(listed: str, shown: str) -> bool:
    """Return whether two titles may be those of one report.

    They are compared without broker and day, which other reports have, too. Either may lack the broker.
    """
    (_, first, day), (_, second, other_day) = split_title(listed), split_title(shown)
    earlier, later = sorted((day_of_id(f"20{day}"), day_of_id(f"20{other_day}")))
    if earlier and later > beijing_after(earlier, days=1):  # a correction moves it by one day
        return False
    pairs = ((first, second), (split_day(listed)[0], second), (first, split_day(shown)[0]))
    return any(is_same_title(*pair) for pair in pairs)
