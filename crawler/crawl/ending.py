"""End a run because the corpus cannot be used, or let a run that is already ending fail."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from typing import Any

from scrapy import Spider
from scrapy.crawler import Crawler

from crawler.corpus.errors import LedgerError, LockedError
from crawler.crawl.exit_codes import Exit
from crawler.download.ending import end_run

logger = logging.getLogger(__name__)


def end_for_error(crawler: Crawler, error: LockedError | LedgerError | OSError) -> None:
    """End the run with the reason "locked", "ledger" or "disk". What is not stored stays open for the next run."""
    end_run(crawler, Exit.of_error(error).end, str(error))


def fail_at_end(crawler: Crawler, error: LedgerError | OSError) -> None:
    """Let a run fail whose spider is being closed: `end_for_error` is too late then. An earlier reason to end stays."""
    end = Exit.of_error(error).end
    logger.error("the run fails: %s: %s", end, error)
    if not crawler.stats.get_value("end"):
        crawler.stats.set_value("end", end)
        crawler.stats.set_value("why", str(error))


def ends_run_on_ledger_error(callback: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """Wrap a callback: a `LedgerError` ends the run. The links of its page stay open."""

    @functools.wraps(callback)
    def guarded(self: Spider, *args: Any, **kwargs: Any) -> Iterator[Any]:
        try:
            yield from callback(self, *args, **kwargs)
        except LedgerError as error:
            end_for_error(self.crawler, error)

    return guarded
