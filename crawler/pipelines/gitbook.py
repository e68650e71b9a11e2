"""Write the index files of a GitBook."""

from __future__ import annotations

from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.corpus.book import prepare_book, write_book
from crawler.corpus.errors import LedgerError
from crawler.crawl.ending import end_for_error, fail_at_end
from crawler.download.ending import is_ending
from crawler.pipelines.base import ArticlePipeline


class GitBookPipeline(ArticlePipeline):
    """Write SUMMARY.md and each README.md at the end of a run with the layout `gitbook`. Each source is one book.

    They are built from the ledger, and only if a page changed since they were written, or if one of them is missing.
    The files that HonKit needs to build the book are written beside them.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._is_done = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["LAYOUT"] != "gitbook":
            raise NotConfigured
        pipeline = super().from_crawler(crawler)
        # An error can still end the run here, with its own reason; in `close_spider` the reason is fixed.
        crawler.signals.connect(pipeline.spider_idle, signal=signals.spider_idle)
        return pipeline

    def process_item(self, item: Any) -> Any:
        return item

    def spider_idle(self) -> None:
        if self.spider.is_complete and not is_ending(self.crawler):
            self._write(end_run=True)

    def close_spider(self) -> None:
        """Write the files of a run that was stopped."""
        self._write(end_run=False)

    def _write(self, end_run: bool) -> None:
        if self._is_done or not hasattr(self.spider, "corpus"):  # the run ended before it had the lock of the source
            return
        self._is_done = True
        corpus = self.spider.corpus
        try:
            with corpus.storing():
                if corpus.changes.needs_indexes:
                    write_book(corpus.changes)
                prepare_book(corpus.changes)
        except (OSError, LedgerError) as error:
            if isinstance(error, OSError):
                error = OSError(f"the index files of the book cannot be written: {error}")
            (end_for_error if end_run else fail_at_end)(self.crawler, error)
