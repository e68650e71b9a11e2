"""The progress of a run, as figures that a job shows while the run lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crawler.reading.errors import EXPECTED, UNEXPECTED

PROGRESS_FD = "PROGRESS_FD"  # environment variable: the file descriptor of the pipe on which a run reports its progress


@dataclass(frozen=True)
class Progress:
    """The figures of a run so far."""

    found: int = 0  # links
    fetched: int = 0  # article pages with a final outcome
    wanted: int = 0  # links that the run requests
    written: int = 0
    unchanged: int = 0
    rejected: int = 0
    pictures: int = 0  # stored
    waits: str = ""  # the reason of a pause, in words


def progress_of(stats: Mapping[str, Any], waits: str = "") -> Progress:
    """Return the progress from Scrapy's stats."""

    def total(group: str, *outcomes: str) -> int:
        return sum(stats.get(f"{group}.{outcome}", 0) for outcome in outcomes)

    rejected = total("pages", *UNEXPECTED)
    unchanged = total("articles", "unchanged", "edited", "duplicate", "older", "removed")
    return Progress(
        found=total("links", "new", "revisit", "known", "removed", "filtered"),
        fetched=total("pages", "article", "filtered", "unchanged", *EXPECTED) + rejected,
        wanted=total("links", "new", "revisit"),
        written=total("articles", "written", "updated"),
        unchanged=unchanged + total("pages", "unchanged") + total("links", "known", "removed"),
        rejected=rejected,
        pictures=total("pictures", "stored"),
        waits=waits,
    )
