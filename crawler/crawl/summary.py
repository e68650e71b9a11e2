"""What a run came to: its figures in two lines at its end, and an exit code."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.crawl.exit_codes import Exit
from crawler.crawl.progress import PROGRESS_FD
from crawler.items import Article
from crawler.text.dates import is_exact

logger = logging.getLogger(__name__)

WORRYING = (
    "pages/changed", "pages/incomplete", "pages/blocked", "pages/login", "pages/unreachable", "pages/bug",
    "links/not_fetched", "links/missing", "records/damaged", "articles/failed", "internal_errors",
)  # fmt: skip


GROUPS = ("reader", "chosen", "records", "links", "pages", "articles")
# What the ledger keeps beside these, for the judgement of later runs; see `crawler.corpus.runs.Run`.
KEPT = ("refused", "listings", "at", "fields", "body", "charset", "robots", "example")
FIELDS = ("title", "thumbnail", "author", "publisher", "category", "keywords", "brief", "counts")


class RunSummary:
    """Tells the run's figures when it ends, and counts our own faults on the way."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        extension = cls(crawler)
        crawler.signals.connect(extension.fault, signal=signals.spider_error)
        crawler.signals.connect(extension.fault, signal=signals.item_error)
        crawler.signals.connect(extension.spider_closed, signal=signals.spider_closed)
        return extension

    def fault(self) -> None:
        self.crawler.stats.inc_value("internal_errors")

    def spider_closed(self, spider: Spider, reason: str) -> None:
        stats = self.crawler.stats.get_stats()
        for name, groups in (("read", ("reader", "chosen")), ("run", ("records", "links", "pages", "articles"))):
            told = {"source": spider.name, "end": reason} if name == "run" else {"source": spider.name}
            if numbers := figures(stats, *groups):
                logger.info("%s %s", name, " ".join(f"{key}={value}" for key, value in (told | numbers).items()))
            elif name == "run":
                logger.warning("run source=%s end=%s: nothing was found", spider.name, reason)


def figures(stats: Mapping[str, Any], *groups: str) -> dict[str, Any]:
    """The run's figures out of Scrapy's statistics, group by group; what never happened is left out."""
    names = [key for group in groups or GROUPS for key in sorted(stats) if key.startswith(f"{group}/")]
    return {key.replace("/", ".").replace(" ", "-"): stats[key] for key in names}


def ledger_figures(stats: Mapping[str, Any], asked: Mapping[str, str]) -> dict[str, Any]:
    """What the ledger keeps of a run that was asked for *asked*."""
    is_job = PROGRESS_FD in os.environ
    kept: dict[str, Any] = {"asked": dict(asked), "job": is_job, **figures(stats, *GROUPS, *KEPT)}
    return kept | {name: stats[name] for name in ("newest", "internal_errors", "why") if name in stats}


def filled_fields(article: Article) -> list[str]:
    """The fields that an article has, "time" among them where its date has one."""
    return [name for name in FIELDS if getattr(article, name)] + (["time"] if is_exact(article.date) else [])


def exit_code(stats: Mapping[str, Any]) -> Exit:
    """What the run's figures come to. A run that was killed in its end has no finish_reason."""
    reason = stats.get("finish_reason", "killed")
    if reason in ("blocked", "locked", "disk", "ledger"):
        return Exit[reason.upper()]
    found = stats.get("pages/listing") or any(key.startswith("links/") for key in stats if key != "links/forbidden")
    return Exit.FINE if reason == "finished" and found and not any(map(stats.get, WORRYING)) else Exit.ATTENTION
