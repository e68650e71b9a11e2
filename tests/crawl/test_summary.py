"""Exceptions that Scrapy only logs belong to the run in progress, also if several runs share a process."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

from scrapy.signalmanager import SignalManager
from scrapy.statscollectors import MemoryStatsCollector
from scrapy.utils.test import get_crawler

from crawler.counts import Count
from crawler.crawl.summary import HANDLER_LOGGERS, RunSummary


def start() -> Any:
    crawler = SimpleNamespace(signals=SignalManager(), stats=MemoryStatsCollector(get_crawler()))
    crawler.summary = RunSummary.from_crawler(crawler)  # type: ignore[arg-type]
    return crawler


def fail(error: Exception) -> None:
    logging.getLogger(HANDLER_LOGGERS[1]).error("a handler failed", exc_info=error)


def test_an_error_belongs_to_the_run_in_progress() -> None:
    first = start()
    fail(ValueError("x"))
    second = start()
    fail(OSError("disk full"))
    assert first.stats.get_stats() == {Count.INTERNAL_ERRORS: 1}
    assert second.stats.get_stats() == {"end": "disk", "why": "disk full"}
