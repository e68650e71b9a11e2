"""Write the index files of a GitBook."""

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
    """Write SUMMARY.md and each README.md at the end of a run with the layout `gitbook`. Each source is one book."""

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
                page_path = path.relative_to(store.root / name).as_posix()
                entries.append(gitbook.entry(page_path, path.read_text(encoding="utf-8")))
            except (OSError, UnicodeDecodeError) as error:
                logger.error("page is missing in the index files, because it cannot be read: %s: %s", path, error)
        indexes = {"SUMMARY.md": gitbook.summary(entries), **gitbook.readmes(entries)}
        for index_path, text in indexes.items():
            store.replace(store.root / name / index_path, text.encode())
