"""What a run came to: one line at its end, and an exit code."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

WORRYING = ("changed", "incomplete", "blocked", "login", "unreachable", "bug")


class Exit(IntEnum):
    """Exit codes of `scrapy crawl`. 2 is Scrapy's own for a command line that cannot be."""

    FINE = 0
    LOOK = 1  # pages that could not be read, or a run that broke
    BLOCKED = 3  # ended because the site refuses us


class RunSummary:
    """Logs the run's figures in one line when it ends."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def spider_closed(self, spider: Spider, reason: str) -> None:
        stats = self.crawler.stats.get_stats() if self.crawler.stats else {}
        logger.info("run %s", " ".join(f"{key}={value}" for key, value in figures(spider.name, reason, stats).items()))


def figures(source: str, reason: str, stats: Mapping[str, Any]) -> dict[str, object]:
    """The run's figures out of Scrapy's statistics, in the order in which they are told; zeros are left out."""
    told: dict[str, object] = {"source": source, "end": reason}
    for group in ("links", "pages", "articles"):
        numbers = {key.removeprefix(f"{group}/"): value for key, value in stats.items() if key.startswith(f"{group}/")}
        told |= {f"{group}.{name}": numbers[name] for name in sorted(numbers)}
    return told


def exit_code(reason: str, stats: Mapping[str, Any]) -> Exit:
    """What the run's figures come to; the reason is Scrapy's finish_reason."""
    if reason == "blocked":
        return Exit.BLOCKED
    broken = stats.get("log_count/ERROR", 0) or reason != "finished"
    return Exit.LOOK if broken or any(stats.get(f"pages/{kind}") for kind in WORRYING) else Exit.FINE
