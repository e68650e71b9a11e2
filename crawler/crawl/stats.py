"""Counts of a run: every page and every link is counted once, under its outcome.

The keys are those of `crawler.counts`. `report_totals` checks the sums: a page or link without an
outcome was lost.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from scrapy.core.scheduler import Scheduler
from scrapy.statscollectors import MemoryStatsCollector, StatsCollector
from twisted.internet.defer import Deferred

from crawler.counts import Count, Group
from crawler.download.errors import RequestDropped
from crawler.reading.errors import EXPECTED, UNEXPECTED, PageError, Unreachable

logger = logging.getLogger(__name__)

# The totals of the line `sum`: name -> the outcomes `pages/…` that it adds up.
PAGE_TOTALS = {
    "listings": ("listing",),
    "articles": ("article", "filtered"),
    "unchanged": ("unchanged",),
    **{kind: (kind,) for kind in reversed(EXPECTED)},
    "rejected": tuple(kind for kind in UNEXPECTED if kind != Unreachable.kind),
    "not_fetched": (Unreachable.kind,),
    "retried": ("retried", "first"),
}
NOT_FINAL = ("listing", *PAGE_TOTALS["retried"])  # outcomes of a page that do not end an article's link
NOT_FETCHED = ("forbidden", "not_fetched", "over_limit", "unrecorded", "missing")  # final outcomes `links/…`


class FastStats(MemoryStatsCollector):
    """Scrapy's stats without the search for deprecated arguments at each attribute access."""

    __getattribute__ = object.__getattribute__


class CountingScheduler(Scheduler):
    """Scrapy's scheduler, which also counts the requests that are left when the run ends."""

    def close(self, reason: str) -> Deferred[None] | None:
        assert self.stats
        while request := self.mqs.pop():
            self.stats.inc_value(Count.LINKS_NOT_FETCHED)
            self.stats.inc_value(Count.UNLISTED_NOT_FETCHED, int("link" not in request.cb_kwargs))
        return super().close(reason)


def count_refused(stats: StatsCollector, error: PageError, is_article: bool, is_retry: bool = False) -> None:
    """Count a refused page, and keep the failed field and an example for the verdict.

    *is_retry*: an earlier run refused the page, too. It does not count for the verdict.
    """
    stats.inc_value(Group.PAGES.of(error.kind))
    if is_article:
        stats.inc_value((Group.RETRIES if is_retry else Group.REFUSED).of(error.kind))
    else:
        stats.inc_value(Group.LISTINGS.of(error.kind))
    if is_retry:
        return
    if failed := error.field or error.selector:
        stats.inc_value(Group.AT.of(failed))
    _keep_example(stats, error.kind, str(error))


def _keep_example(stats: StatsCollector, kind: str, reason: str) -> None:
    key = Group.EXAMPLE.of(kind)
    stats.set_value(key, stats.get_value(key, reason))


def count_without_response(
    stats: StatsCollector, error: BaseException | None, reason: str, is_article: bool
) -> tuple[str, int]:
    """Count a request without a response, and keep an example for the verdict. Returns its outcome and log level."""
    if isinstance(error, RequestDropped):
        key, level = error.figure, logging.INFO
        if key == Count.LINKS_MISSING:
            level = logging.ERROR
        elif key == Count.LINKS_FORBIDDEN and not is_article:  # the articles of the listing are not found
            level = logging.WARNING
    else:
        key, level = Count.PAGES_UNREACHABLE, logging.WARNING
    group, _, outcome = key.partition(".")
    stats.inc_value(key)
    if group == Group.PAGES:
        stats.inc_value(Count.UNANSWERED)
        _keep_example(stats, outcome, reason)
    if not is_article:
        stats.inc_value((Group.LISTINGS if group == Group.PAGES else Group.UNLISTED).of(outcome))
    return outcome, level


def report_totals(source: str, stats: StatsCollector, sends_requests: bool) -> None:
    """Log the totals of the fetched pages, and count each wrong total as an internal error.

    A run that reads local files or an archive (*sends_requests* is False) has no fetched pages.
    """
    figures = stats.get_stats()
    if sends_requests:
        pages = _group(figures, Group.PAGES)
        totals = {name: sum(pages.get(outcome, 0) for outcome in group) for name, group in PAGE_TOTALS.items()}
        parts = (f"{name}={number}" for name, number in totals.items() if number)
        entries = (f"entries={number}",) if (number := figures.get(Count.ENTRIES, 0)) else ()
        logger.info("sum %s", " ".join((f"source={source}", f"fetched={_fetched(figures)}", *entries, *parts)))
    for problem in wrong_totals(figures, sends_requests):
        logger.error("wrong totals: %s", problem)
        stats.inc_value(Count.INTERNAL_ERRORS)


def wrong_totals(figures: Mapping[str, Any], sends_requests: bool = True) -> Iterator[str]:
    """Yield a message for each total that does not match its parts. *figures*: Scrapy's stats of the run."""
    pages, links, files = (_group(figures, group) for group in (Group.PAGES, Group.LINKS, Group.ARTICLES))
    if pages.get("article", 0) != sum(files.values()):
        yield f"{pages.get('article', 0)} articles were read, {sum(files.values())} have an outcome"
    if not sends_requests:
        return
    if (read := _fetched(figures) + figures.get(Count.ENTRIES, 0)) != sum(pages.values()):
        yield f"{read} pages were fetched, {sum(pages.values())} have an outcome"
    ended = sum(number for outcome, number in pages.items() if outcome not in NOT_FINAL)
    ended += sum(links.get(outcome, 0) for outcome in NOT_FETCHED)
    ended -= sum(_group(figures, Group.LISTINGS).values()) + sum(_group(figures, Group.UNLISTED).values())
    if (selected := links.get("new", 0) + links.get("revisit", 0)) != ended:
        yield f"{selected} links were selected, {ended} have an outcome"


def _fetched(figures: Mapping[str, Any]) -> int:
    """Return the number of responses and of requests without one, except those for robots.txt and for pictures."""
    others = figures.get("robotstxt/response_count", 0) + figures.get(Count.PICTURE_RESPONSES, 0)
    return int(figures.get("response_received_count", 0) - others + figures.get(Count.UNANSWERED, 0))


def _group(figures: Mapping[str, Any], group: Group) -> dict[str, int]:
    prefix = f"{group}."
    return {key.removeprefix(prefix): number for key, number in figures.items() if key.startswith(prefix)}
