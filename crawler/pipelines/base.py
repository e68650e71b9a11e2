"""Base class of the item pipelines."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NoReturn, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.corpus.errors import LedgerError
from crawler.counts import Count
from crawler.crawl.ending import end_for_error
from crawler.crawl.spider import ArticleSpider


class ArticlePipeline:
    """Give a pipeline access to the crawler, its settings and the running `ArticleSpider`."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = crawler.settings

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> ArticleSpider:
        spider = self.crawler.spider
        assert isinstance(spider, ArticleSpider)  # the project has no other spiders
        return spider

    @cached_property
    def rejected(self) -> Path:
        """The folder of the refused pages of this source: `.rejected/<source>/` in the output folder."""
        return Path(self.settings["OUTPUT_DIR"], ".rejected", self.spider.name)

    def count(self, key: str) -> None:
        self.crawler.stats.inc_value(key)

    def stop_run(self, message: str, error: OSError | LedgerError) -> NoReturn:
        """End the run after an error of the disk or the ledger, and drop the item. Raises DropItem.

        The next run fetches the articles that are not stored.
        """
        self.count(Count.ARTICLES_FAILED)
        end_for_error(self.crawler, type(error)(f"{message}: {error}") if isinstance(error, OSError) else error)
        raise DropItem(message, log_level="DEBUG")
