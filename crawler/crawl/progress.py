"""How far a run has come, said twice a second to the process that started it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.crawl.spider import ArticleSpider
from crawler.crawl.summary import PROGRESS
from crawler.download.throttle import HostThrottle

EVERY = 0.5  # seconds
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


class ProgressReporter:
    """The extension that tells it, as lines of JSON."""

    def __init__(self, crawler: Crawler) -> None:
        if PROGRESS not in os.environ:
            raise NotConfigured
        self.crawler = crawler
        self.pipe = int(os.environ[PROGRESS])
        os.set_blocking(self.pipe, False)  # a run does not wait for those who watch it
        self.loop = create_looping_call(self.tell)
        crawler.signals.connect(self.started, signal=signals.engine_started)
        crawler.signals.connect(self.stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def started(self) -> None:
        self.loop.start(EVERY)

    def stopped(self) -> None:
        self.loop.stop()
        self.tell()

    def tell(self) -> None:
        pauses = self.crawler.get_downloader_middleware(HostThrottle)
        progress = progress_of(self.crawler.stats.get_stats(), pauses.waiting_for() if pauses else "")
        try:
            os.write(self.pipe, json.dumps(asdict(progress)).encode() + b"\n")
        except BlockingIOError:  # nobody listens quickly enough
            pass
        except OSError:
            cast(ArticleSpider, self.crawler.spider).end("shutdown", "the job that began this run is gone")
