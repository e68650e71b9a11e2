"""A run's accounts: each page and each link has one end, and is counted there. What the sums do not show is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from scrapy.core.scheduler import Scheduler
from scrapy.statscollectors import MemoryStatsCollector, StatsCollector
from twisted.internet.defer import Deferred

from crawler.download.errors import RequestDropped
from crawler.reading.errors import PageError

logger = logging.getLogger(__name__)

# What became of a page -> its figures `pages.…`
PAGES = {
    "listings": ("listing",),
    "articles": ("article", "filtered"),
    "unchanged": ("unchanged",),
    "skipped": ("skipped",),
    "gone": ("gone",),
    "rejected": ("blocked", "login", "changed", "incomplete", "bug"),
    "not_fetched": ("unreachable",),
    "retried": ("retried", "first"),
}
NO_ENDS = ("listing", *PAGES["retried"])  # of an article's link
NOT_FETCHED = (
    "forbidden",
    "not_fetched",
    "over_limit",
    "unrecorded",
    "missing",
)  # what else becomes of a link: `links.…`


class FastStats(MemoryStatsCollector):
    """Scrapy's figures without its search, at each access, for arguments that go out of use."""

    __getattribute__ = object.__getattribute__


class CountingScheduler(Scheduler):
    """Scrapy's queue, which counts what is left in it when the run ends: nobody else is told of that."""

    def close(self, reason: str) -> Deferred[None] | None:
        assert self.stats
        while request := self.mqs.pop():
            self.stats.inc_value("links/not_fetched")
            self.stats.inc_value("unlisted/not_fetched", int("link" not in request.cb_kwargs))
        return super().close(reason)


def count_refused(stats: StatsCollector, error: PageError, is_article: bool) -> None:
    """Count a page that gave no article, or no listing, and keep for the run's judgement what went wrong, and where."""
    stats.inc_value(f"pages/{error.kind}")
    if not is_article:
        stats.inc_value(f"listings/{error.kind}")
    if place := error.field or error.selector:
        stats.inc_value(f"at/{place}")
    key = f"example/{error.kind}"
    stats.set_value(key, stats.get_value(key, str(error)))


def count_without_response(stats: StatsCollector, error: BaseException | None, is_article: bool) -> tuple[str, int]:
    """Count a request that got no answer, or was not let out. What it is called, and how loudly it is told."""
    if isinstance(error, RequestDropped):
        key, level = error.figure, logging.ERROR if error.figure == "links/missing" else logging.INFO
    elif str(error).startswith("Forbidden by robots.txt"):
        key, level = "links/forbidden", logging.INFO if is_article else logging.WARNING
    else:
        key, level = "pages/unreachable", logging.WARNING
    group, _, kind = key.partition("/")
    stats.inc_value(key)
    if group == "pages":
        stats.inc_value("unanswered")
    if not is_article:
        stats.inc_value(f"{'listings' if group == 'pages' else 'unlisted'}/{kind}")
    return kind, level


def report_totals(source: str, stats: StatsCollector, asks: bool) -> None:
    """Tell what became of the pages that were fetched, and what is lost. A run that *asks* nobody fetches none."""
    figures = stats.get_stats()
    if asks:
        pages = _group(figures, "pages/")
        told = {name: sum(pages.get(kind, 0) for kind in kinds) for name, kinds in PAGES.items()}
        parts = (f"{name}={number}" for name, number in told.items() if number)
        logger.info("sum %s", " ".join((f"source={source}", f"fetched={_fetched(figures)}", *parts)))
    for fault in wrong_totals(figures, asks):
        logger.error("the sums do not come out: %s", fault)
        stats.inc_value("internal_errors")


def wrong_totals(figures: Mapping[str, Any], asks: bool = True) -> Iterator[str]:
    """The sums that do not come out, for people."""
    pages, links, files = (_group(figures, f"{name}/") for name in ("pages", "links", "articles"))
    if pages.get("article", 0) != sum(files.values()):
        yield f"{pages.get('article', 0)} articles were read, and {sum(files.values())} have an end"
    if not asks:
        return
    if _fetched(figures) != sum(pages.values()):
        yield f"{_fetched(figures)} pages were fetched, and {sum(pages.values())} have an end"
    ends = sum(number for kind, number in pages.items() if kind not in NO_ENDS)
    ends += sum(links.get(kind, 0) for kind in NOT_FETCHED)
    ends -= sum(_group(figures, "listings/").values()) + sum(_group(figures, "unlisted/").values())
    if (wanted := links.get("new", 0) + links.get("revisit", 0)) != ends:
        yield f"{wanted} links were to be fetched, and {ends} have an end"


def _fetched(figures: Mapping[str, Any]) -> int:
    """Answers, but for those about robots, and requests that got none."""
    answers = figures.get("response_received_count", 0) - figures.get("robotstxt/response_count", 0)
    return int(answers + figures.get("unanswered", 0))


def _group(figures: Mapping[str, Any], prefix: str) -> dict[str, int]:
    return {key.removeprefix(prefix): number for key, number in figures.items() if key.startswith(prefix)}
