"""End a run before its queue is empty."""

from __future__ import annotations

import asyncio
import logging
from weakref import WeakKeyDictionary

from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler

from crawler.download.throttle import HostThrottle

logger = logging.getLogger(__name__)

_closing: WeakKeyDictionary[Crawler, asyncio.Future[None]] = WeakKeyDictionary()  # asyncio keeps weak references only


def end_run(crawler: Crawler, reason: str, detail: str) -> None:
    """End the run: stop the throttle, and close the spider with *reason*. In-flight requests still complete.

    *reason* decides the exit code ("disk", "ledger", "locked", "blocked", "shutdown"); it is kept in Scrapy's stats as
    "end", because Scrapy's finish reason is another one if the spider is closing already. *detail* is one line for the
    log, the ledger and notices. Call it while the engine runs. Later calls for the same *crawler* have no effect.
    """
    if crawler in _closing:
        return
    logger.error("the run ends: %s: %s", reason, detail)
    crawler.stats.set_value("end", reason)
    crawler.stats.set_value("why", detail)
    if throttle := crawler.get_downloader_middleware(HostThrottle):
        throttle.stop()
    assert crawler.engine
    _closing[crawler] = asyncio.ensure_future(_close(crawler.engine, reason))


async def _close(engine: ExecutionEngine, reason: str) -> None:
    await engine.close_spider_async(reason=reason)
    if engine.running:  # after a signal before the engine ran: Scrapy forgets to stop it, and the crawl never ends
        await engine.stop_async()


def is_ending(crawler: Crawler) -> bool:
    """Return whether the run ends: after `end_run`, or after a signal stopped the engine."""
    return crawler in _closing or not (crawler.engine and crawler.engine.running)
