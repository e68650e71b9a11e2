"""Scrapy extension that reports the progress of a run to the job that started it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Self, cast

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.crawl.progress import PROGRESS_FD, progress_of
from crawler.crawl.spider import ArticleSpider
from crawler.download.throttle import HostThrottle

INTERVAL = 0.5  # seconds


class ProgressReporter:
    """The extension that tells it, as lines of JSON."""

    def __init__(self, crawler: Crawler) -> None:
        if PROGRESS_FD not in os.environ:
            raise NotConfigured
        self.crawler = crawler
        self.pipe = int(os.environ[PROGRESS_FD])
        os.set_blocking(self.pipe, False)  # a run does not wait for those who watch it
        self.loop = create_looping_call(self.tell)
        crawler.signals.connect(self.started, signal=signals.engine_started)
        crawler.signals.connect(self.stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def started(self) -> None:
        self.loop.start(INTERVAL)

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
