"""Propose the schedule of a source from the times in its listing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zlib import crc32

from crawler.text.dates import is_exact

# Articles of a day, from which the hours apply (Beijing time). Half a day of articles should not fill a listing page.
_HOURS = ((60, "7-23"), (24, "7-23/2"), (8, "8,11,14,17,20,23"), (3, "9,13,18,22"), (0.5, "10,20"), (0, "10"))
_DEFAULT = "9,13,18,22"
MIN_DATES = 3  # for a rate


def schedule_of(host: str, dates: Iterable[str]) -> str:
    """Return a cron expression in Beijing time for a source whose listing has *dates* (from `text.dates.beijing`).

    The more articles a day, the more runs. The minute is derived from *host*: otherwise all sources would start at the
    same minute. With fewer than three dates the rate is unknown: four runs a day.
    """
    minute = crc32(host.encode()) % 60
    days = sorted(date for date in dates if date)
    hours = _DEFAULT
    if len(days) >= MIN_DATES:
        rate = _rate(days)
        hours = next(hours for least, hours in _HOURS if rate >= least)
    return f"{minute} {hours} * * *"


def _rate(dates: list[str]) -> float:
    """Return the number of articles per day between the first and the last of the sorted *dates*.

    An old article at the top of a list must not stretch the time: the oldest tenth of the dates does not count.
    """
    kept = dates[len(dates) // 10 :]
    exact = all(map(is_exact, kept))
    first, last = (datetime.fromisoformat(date if exact else date[:10]) for date in (kept[0], kept[-1]))
    days = (last - first).total_seconds() / 86400
    return (len(kept) - 1) / max(days, 1 / 24) if exact else len(kept) / (days + 1)
