"""Item pipeline that writes the indexes of a GitBook."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.corpus.store import Store
from crawler.layouts import gitbook
from crawler.pipelines.base import ArticlePipeline

logger = logging.getLogger(__name__)


class GitBookPipeline(ArticlePipeline):
    """The indexes of a book, made anew at the end of each run with the layout "gitbook": one book for each source."""

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if crawler.settings["LAYOUT"] != "gitbook":
            raise NotConfigured
        return super().from_crawler(crawler)

    def process_item(self, item: Any) -> Any:
        return item

    def close_spider(self) -> None:
        store, name = Store(Path(self.settings["OUTPUT_DIR"])), self.spider.name
        entries = []
        for path in store.in_folder(name):
            try:
                place = path.relative_to(store.root / name).as_posix()
                entries.append(gitbook.entry(place, path.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError) as error:
                logger.error("not in the book: %s: %s", path, error)
        indexes = {"SUMMARY.md": gitbook.summary(entries), **gitbook.readmes(entries)}
        for place, text in indexes.items():
            store.replace(store.root / name / place, text.encode())
