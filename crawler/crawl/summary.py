"""The result of a run: two log lines, the figures for the ledger, and an exit code."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.corpus.errors import LedgerError
from crawler.counts import NOTHING_FOUND, Count, Group
from crawler.crawl.ending import fail_at_end
from crawler.crawl.exit_codes import Exit
from crawler.crawl.progress import PROGRESS_FD
from crawler.health.judgement import MIN_RUNS_FOR_RATE
from crawler.items import Article, article_fields
from crawler.reading.errors import UNEXPECTED
from crawler.text.dates import is_exact
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

# Counts that give the exit code ATTENTION, however often they occurred before.
ATTENTION_COUNTS = (
    Count.LINKS_NOT_FETCHED, Count.LINKS_MISSING, Count.RECORDS_DAMAGED, Count.ARTICLES_FAILED, Count.INTERNAL_ERRORS,
)  # fmt: skip
# The share of refused pages above which a run without a history needs attention.
MAX_REFUSED_WITHOUT_HISTORY = 0.1
# Loggers of Scrapy for exceptions that it only logs, and that `spider_error` and `item_error` do not signal.
HANDLER_LOGGERS = ("scrapy.core.engine", "scrapy.utils.signal")
FILTERS = ("keyword", "since", "until")  # arguments that exclude links and articles
# Log line -> groups of counts
LOGGED_GROUPS = {
    "read": ("reader", "chosen"),
    "run": ("captures", "records", "links", "pages", "articles", "rows", "pictures"),
}
# Groups that only the ledger keeps, for the verdicts on later runs: see `crawler.corpus.runs.Run`.
LEDGER_GROUPS = ("refused", "retries", "listings", "at", "fields", "body", "charset", "robots", "example")
COUNTED_FIELDS = article_fields("counted")


class RunSummary:
    """Scrapy extension: logs the figures at the end of a run, and counts exceptions as internal errors.

    Scrapy only logs an exception of a signal handler, or of a pipeline that is closed: the run would be fine. An error
    of the disk or the ledger there is one line, and the run fails with its exit code.
    """

    newest: ClassVar[RunSummary | None] = None  # of several runs in this process

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.has_ended = False
        RunSummary.newest = self
        for handler_logger in map(logging.getLogger, HANDLER_LOGGERS):
            for other in list(handler_logger.filters):
                summary = getattr(other, "__self__", None)
                if isinstance(summary, RunSummary) and summary.has_ended:
                    handler_logger.removeFilter(other)
            handler_logger.addFilter(self.take_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.count_error, signal=signals.spider_error)
        crawler.signals.connect(extension.count_error, signal=signals.item_error)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        crawler.signals.connect(extension.engine_stopped, signal=signals.engine_stopped)
        return extension

    def count_error(self) -> None:
        self.crawler.stats.inc_value(Count.INTERNAL_ERRORS)

    def take_error(self, record: logging.LogRecord) -> bool:
        """Take the exception of a log record of Scrapy. Returns whether the record is logged."""
        spider = getattr(record, "spider", None)
        if (spider is not self.crawler.spider) if spider else (self is not RunSummary.newest):
            return True  # of another run
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, LedgerError | OSError):
            fail_at_end(self.crawler, error)
            return False
        if error:
            self.count_error()
        return True

    def engine_stopped(self) -> None:
        self.has_ended = True

    def spider_closed(self, spider: Spider, reason: str) -> None:
        stats = self.crawler.stats.get_stats()
        reason = stats.get("end", reason)
        for line, groups in LOGGED_GROUPS.items():
            head = {"source": spider.name, "end": reason} if line == "run" else {"source": spider.name}
            if counts := figures(stats, groups):
                logger.info("%s %s", line, " ".join(f"{key}={value}" for key, value in (head | counts).items()))
            elif line == "run":
                logger.warning("run source=%s end=%s: the run found nothing", spider.name, reason)
        for remark in remarks(stats, getattr(spider, "typed_arguments", {})):
            logger.warning("%s", remark)


def remarks(stats: Mapping[str, Any], arguments: Mapping[str, str]) -> Iterator[str]:
    """Yield what a user may not expect of a run with *arguments*: a filter or a recording that matches nothing."""
    filters = " ".join(f"{name}={arguments[name]}" for name in FILTERS if name in arguments)
    links, pages = stats.get(Count.LINKS_FILTERED, 0), stats.get(Count.PAGES_FILTERED, 0)
    selected = (Count.LINKS_NEW, Count.LINKS_REVISIT, Count.LINKS_KNOWN, Count.LINKS_REMOVED)
    if filters and links and not any(map(stats.get, selected)):
        yield f"{filters}: matches none of {plural(links, 'link')} in the listings"
    elif filters and pages and not stats.get(Count.PAGES_ARTICLE):
        yield f"{filters}: matches none of {plural(pages, 'article')} read"
    if _are_many_refused(stats):
        refused = plural(refused_pages(stats), "refused page")
        yield f"{refused}: more than a tenth, and fewer than {MIN_RUNS_FOR_RATE} earlier runs show what is usual"
    if (failed := stats.get(Count.PICTURES_FAILED, 0)) and not stats.get(Count.PICTURES_STORED):
        example = stats.get(Group.EXAMPLE.of(Count.PICTURES_FAILED), "")
        yield f"none of {plural(failed, 'picture')} could be stored: {example}"
    if stats.get(Count.LINKS_UNRECORDED) and not any(key.startswith(f"{Group.PAGES}.") for key in stats):
        yield "the recording (REPLAY) contains none of the pages that this run requests: is it one of this source?"


def figures(stats: Mapping[str, Any], groups: tuple[str, ...]) -> dict[str, Any]:
    """Return the counts of *groups* from Scrapy's stats, group by group. Zero counts are missing."""
    keys = [key for group in groups for key in sorted(stats) if key.startswith(f"{group}.")]
    return {key: stats[key] for key in keys}


def ledger_figures(stats: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, Any]:
    """Return the figures that the ledger keeps of a run with *arguments*, as typed. `corpus.runs.Run` explains them."""
    groups = (*LOGGED_GROUPS["read"], *LOGGED_GROUPS["run"], *LEDGER_GROUPS)
    is_job = PROGRESS_FD in os.environ
    kept: dict[str, Any] = {"asked": dict(arguments), "job": is_job, **figures(stats, groups)}
    return kept | {name: stats[name] for name in ("newest", Count.INTERNAL_ERRORS, "why") if name in stats}


def filled_fields(article: Article) -> list[str]:
    """Return the names of the fields that *article* has; "time" if its date has a time of day."""
    return [name for name in COUNTED_FIELDS if getattr(article, name)] + (["time"] if is_exact(article.date) else [])


def exit_code(stats: Mapping[str, Any]) -> Exit:
    """Return the exit code for the stats of a run.

    A run that was killed while it ended has no finish_reason. "end" is the reason of `end_run`, or "disk", "ledger" or
    "crashed" if the end could not be recorded. "verdict" is the class of the run by the history of its source, and
    "history" the number of runs in that history.
    """
    reason = stats.get("end") or stats.get("finish_reason", "killed")
    if (code := Exit.of_end(reason)) not in (Exit.FINE, Exit.ATTENTION):
        return code
    if reason == "finished" and (verdict := stats.get("verdict")) not in ("fine", None):
        return Exit.of_end(verdict)
    if Count.PICTURES_ARTICLES in stats and stats.get(Count.PICTURES_FAILED) and not stats.get(Count.PICTURES_STORED):
        return Exit.ATTENTION
    found = (
        stats.get(Count.PAGES_LISTING)
        or Count.PICTURES_ARTICLES in stats
        or any(key.startswith(f"{Group.LINKS}.") and key not in NOTHING_FOUND for key in stats)
    )
    is_fine = reason == "finished" and found and not any(map(stats.get, ATTENTION_COUNTS))
    return Exit.FINE if is_fine and not _are_many_refused(stats) else Exit.ATTENTION


def refused_pages(stats: Mapping[str, Any]) -> int:
    """Return the number of refused pages of a run, without those that every site has."""
    return sum(stats.get(Group.PAGES.of(kind), 0) for kind in UNEXPECTED)


def _are_many_refused(stats: Mapping[str, Any]) -> bool:
    """Return whether many pages were refused, in a run whose source has too few runs to know the usual number."""
    refused = refused_pages(stats)
    pages = refused + stats.get(Count.PAGES_ARTICLE, 0) + stats.get(Count.PAGES_LISTING, 0)
    return bool(stats.get("history", 0) < MIN_RUNS_FOR_RATE and refused > MAX_REFUSED_WITHOUT_HISTORY * pages)
