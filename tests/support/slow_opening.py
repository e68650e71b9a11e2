"""An item pipeline that keeps a run opening until a signal has stopped its crawler."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from scrapy.crawler import Crawler


class SlowOpening:
    """Opens at once, except for the source SLOW_SOURCE, whose opening creates the file OUTPUT_DIR/opening."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> SlowOpening:
        return cls(crawler)

    async def open_spider(self) -> None:
        assert self._crawler.spider
        if self._crawler.spider.name == self._crawler.settings["SLOW_SOURCE"]:
            Path(self._crawler.settings["OUTPUT_DIR"], "opening").touch()
            while self._crawler.crawling:
                await asyncio.sleep(0.01)

    def process_item(self, item: Any) -> Any:
        return item
