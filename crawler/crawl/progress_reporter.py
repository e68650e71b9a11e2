"""Scrapy extension that reports the progress of a run to the job that started it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import create_looping_call

from crawler.crawl.progress import PROGRESS_FD, progress_of
from crawler.download.ending import end_run
from crawler.download.throttle import HostThrottle

INTERVAL = 0.5  # seconds


class ProgressReporter:
    """Write the progress as one line of JSON to the pipe in PROGRESS_FD, twice a second and at the end."""

    def __init__(self, crawler: Crawler) -> None:
        if PROGRESS_FD not in os.environ:
            raise NotConfigured
        self.crawler = crawler
        self.pipe = int(os.environ[PROGRESS_FD])
        os.set_blocking(self.pipe, False)  # a run does not wait for its reader
        self.loop = create_looping_call(self.report)
        crawler.signals.connect(self.started, signal=signals.engine_started)
        crawler.signals.connect(self.stopped, signal=signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def started(self) -> None:
        self.loop.start(INTERVAL)

    def stopped(self) -> None:
        self.loop.stop()
        with suppress(OSError):  # the job has ended, but so has the run
            self._write()

    def report(self) -> None:
        try:
            self._write()
        except OSError:
            end_run(self.crawler, "shutdown", "the job that started this run has ended")

    def _write(self) -> None:
        throttle = self.crawler.get_downloader_middleware(HostThrottle)
        progress = progress_of(self.crawler.stats.get_stats(), throttle.waiting_for() if throttle else "")
        with suppress(BlockingIOError):  # the pipe is full: the next line replaces this one
            os.write(self.pipe, json.dumps(asdict(progress)).encode() + b"\n")
