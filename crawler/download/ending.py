"""End a run before its queue is empty."""

from __future__ import annotations

import asyncio
import logging

from scrapy.crawler import Crawler

from crawler.download.throttle import HostThrottle

logger = logging.getLogger(__name__)

_closing: set[asyncio.Future[None]] = set()  # the event loop keeps only weak references to its tasks


def end_run(crawler: Crawler, reason: str, detail: str) -> None:
    """End the run: stop the throttle, and close the spider with *reason*. In-flight requests still complete.

    *reason* becomes Scrapy's finish reason, which decides the exit code ("disk", "ledger", "locked", "blocked",
    "shutdown"). *detail* is a line for the log; the ledger stores it with the run. Call it while the engine runs.
    Later calls for the same *crawler* have no effect.
    """
    if is_ending(crawler):
        return
    logger.error("the run ends: %s: %s", reason, detail)
    crawler.stats.set_value("why", detail)
    if throttle := crawler.get_downloader_middleware(HostThrottle):
        throttle.stop()
    assert crawler.engine
    closing = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))
    _closing.add(closing)
    closing.add_done_callback(_closing.discard)


def is_ending(crawler: Crawler) -> bool:
    """Return whether `end_run` was called for *crawler*. Its mark is the stats value "why"."""
    return crawler.stats.get_value("why") is not None
