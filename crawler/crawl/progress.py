"""The progress of a run, as figures that a job shows while the run lasts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROGRESS_FD = "PROGRESS_FD"  # environment variable: the file descriptor of the pipe on which a run reports its progress
REFUSED = ("changed", "incomplete", "blocked", "login", "unreachable", "bug")


@dataclass(frozen=True)
class Progress:
    """A run's figures so far."""

    found: int = 0  # links
    fetched: int = 0  # article pages that came to an end, good or bad
    wanted: int = 0  # of the links: those that are to be fetched
    written: int = 0
    unchanged: int = 0
    rejected: int = 0
    waits: str = ""  # for what


def progress_of(stats: Mapping[str, Any], waits: str = "") -> Progress:
    """The figures out of Scrapy's statistics."""

    def of(group: str, *names: str) -> int:
        return sum(stats.get(f"{group}/{name}", 0) for name in names)

    rejected = of("pages", *REFUSED)
    return Progress(
        found=of("links", "new", "revisit", "known", "filtered"),
        fetched=of("pages", "article", "filtered", "unchanged", "gone", "skipped") + rejected,
        wanted=of("links", "new", "revisit"),
        written=of("articles", "written", "updated"),
        unchanged=of("articles", "unchanged", "edited", "duplicate") + of("pages", "unchanged") + of("links", "known"),
        rejected=rejected,
        waits=waits,
    )
