"""Feed exports (`-o`, `-O`, FEEDS): a row for each article, as durable as its file. A lost row fails the run.

Scrapy exports an item after all pipelines, and only logs an error. Here a pipeline exports the row before the article
is stored: if the process is killed between the two, or the row cannot be written, the next run fetches the article
again. So a row can occur twice, but no stored article is without one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.exporters import CsvItemExporter
from scrapy.extensions.feedexport import FeedExporter, FeedSlot, apply_uri_params
from scrapy.extensions.postprocessing import PostProcessingManager
from scrapy.utils.defer import ensure_awaitable

from crawler.corpus.errors import LedgerError
from crawler.counts import Count
from crawler.crawl.ending import fail_at_end
from crawler.items import Article
from crawler.layouts import jsonl
from crawler.pipelines.base import ArticlePipeline
from crawler.pipelines.feed_files import DocumentFile, RowFile
from crawler.text.cells import inert_cell
from crawler.text.plural import plural

logger = logging.getLogger(__name__)


class InertCsvExporter(CsvItemExporter):
    """Scrapy's exporter of CSV files, with values that no spreadsheet executes: see `inert_cell`."""

    def _build_row(self, values: Iterable[Any]) -> Iterable[Any]:
        return (inert_cell(value) if isinstance(value, str) else value for value in super()._build_row(values))


class Feeds(FeedExporter):
    """Scrapy's feed exports, but `FeedPipeline` exports the rows and closes the files, before the run is judged."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._missing: dict[str, int] = {}  # URI of a feed -> its number of lost rows
        self._failures: dict[str, OSError] = {}  # URI of a feed that cannot be written -> its error

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        feeds = cls(crawler)
        crawler.signals.connect(feeds.open_spider, signal=signals.spider_opened)
        return feeds

    def export(self, row: dict[str, object], spider: Spider) -> None:
        """Append *row* to each feed that accepts it. Raises OSError, and any error of an exporter."""
        for position, slot in enumerate(self.slots):
            if slot.filter.accepts(row):
                self._export(slot, row)
                options = self.feeds[slot.uri_template]
                if options["batch_item_count"] and slot.itemcount >= options["batch_item_count"]:
                    self._schedule_slot_close(slot, spider)
                    parameters = self._get_uri_params(spider, options["uri_params"], slot)
                    uri = apply_uri_params(slot.uri_template, parameters)
                    self.slots[position] = self._start_new_batch(
                        slot.batch_id + 1, uri, options, spider, slot.uri_template
                    )

    def _export(self, slot: FeedSlot, row: dict[str, object]) -> None:
        try:
            if slot.uri in self._failures:
                raise self._failures[slot.uri]
            slot.start_exporting()
            assert slot.exporter
            slot.exporter.export_item(row)
            _file(slot).flush()
        except Exception as error:
            self._lose(slot, 1)
            _discard(slot)
            if isinstance(error, OSError):
                self._failures[slot.uri] = error
            raise
        slot.itemcount += 1

    def _lose(self, slot: FeedSlot, rows: int) -> None:
        self._missing[slot.uri] = self._missing.get(slot.uri, 0) + rows
        self.crawler.stats.inc_value(Count.ROWS_MISSING, rows)

    async def close(self, spider: Spider) -> None:
        """Complete all files. A feed that cannot be completed, or that lacks rows, fails the run."""
        await self.close_spider(spider)
        for uri, rows in self._missing.items():
            logger.error("the feed %s lacks %s of this run", uri, plural(rows, "row"))

    async def _close_slot(self, slot: FeedSlot, spider: Spider) -> None:
        storage = type(slot.storage).__name__
        try:
            if slot.itemcount:
                slot.finish_exporting()
            elif slot.store_empty and slot.batch_id == 1 and slot.uri not in self._missing:
                slot.start_exporting()
                slot.finish_exporting()
            else:
                return
            await ensure_awaitable(slot.storage.store(self._get_file(slot)))
        except Exception as error:
            is_stored = isinstance(slot.file, RowFile) and not isinstance(slot.file, DocumentFile)
            if slot.itemcount and not is_stored:
                self._lose(slot, slot.itemcount)
            if isinstance(file := _file(slot), RowFile):
                file.close()
            cause = error if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
            fail_at_end(self.crawler, OSError(f"the feed {slot.uri} cannot be completed: {cause}"))
            self.crawler.stats.inc_value(f"feedexport/failed_count/{storage}")
        else:
            logger.info("Stored %s feed (%d items) in: %s", slot.format, slot.itemcount, slot.uri)
            self.crawler.stats.inc_value(f"feedexport/success_count/{storage}")
        await self.crawler.signals.send_catch_log_async(signals.feed_slot_closed, slot=slot)


class FeedPipeline(ArticlePipeline):
    """Export the row of each article that is about to be stored."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        if not (self.settings["FEEDS"] or self.settings["FEED_URI"]):
            raise NotConfigured
        self._feeds = crawler.get_extension(Feeds)

    def process_item(self, item: Article) -> Article:
        try:
            if self._feeds is None:  # Scrapy has logged the reason
                raise OSError("a feed of -o or FEEDS is not valid")
            corpus = self.spider.corpus
            if not (corpus.is_taken_down(item) or corpus.is_superseded(item.id, item.fetched, item.origin)):
                self._feeds.export(jsonl.row(item), self.spider)
        except (OSError, LedgerError) as failure:
            self.stop_run(f"{item.url} cannot be exported", failure)
        return item

    async def close_spider(self) -> None:
        if self._feeds:
            await self._feeds.close(self.spider)


def _file(slot: FeedSlot) -> Any:
    """Return the file below a compression, which has what the compression has written so far."""
    return slot.file.file if isinstance(slot.file, PostProcessingManager) else slot.file


def _discard(slot: FeedSlot) -> None:
    """Discard a partial row. A feed without another row begins again, with its header."""
    file = _file(slot)
    if isinstance(file, RowFile):
        file.discard()
        if not slot.itemcount:
            file.close()
            slot._fileloaded = slot._exporting = False
