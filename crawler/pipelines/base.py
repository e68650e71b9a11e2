"""Scrapy's item hooks: articles into the corpus, refused pages under .rejected/."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import NoReturn, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.corpus.database import LedgerError
from crawler.crawl.ending import end_for_error
from crawler.crawl.spider import ArticleSpider

logger = logging.getLogger(__name__)


class ArticlePipeline:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.settings = crawler.settings

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> ArticleSpider:
        spider = self.crawler.spider
        assert isinstance(spider, ArticleSpider)  # items of other spiders do not come here
        return spider

    @cached_property
    def rejected(self) -> Path:
        """Where the pages of this source lie that could not be read."""
        return Path(self.settings["OUTPUT_DIR"], ".rejected", self.spider.name)

    def count(self, key: str) -> None:
        self.crawler.stats.inc_value(key)

    def give_up(self, what: str, error: OSError | LedgerError) -> NoReturn:
        """The disk or the ledger fails: the run ends; what is not stored is fetched by the next."""
        self.count("articles/failed")
        end_for_error(self.crawler, type(error)(f"{what}: {error}") if isinstance(error, OSError) else error)
        raise DropItem(what, log_level="DEBUG")
