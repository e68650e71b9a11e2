"""Scrapy's item hooks: articles into the corpus, refused pages under .rejected/."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.items import Article, Refusal
from crawler.layouts import gitbook, hugo, jsonl
from crawler.normalize import normalize
from crawler.recordings import save_case
from crawler.spider import ArticleSpider
from crawler.store import safe_name

logger = logging.getLogger(__name__)


class _Pipeline:
    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    @property
    def spider(self) -> ArticleSpider:
        spider = self.crawler.spider
        assert isinstance(spider, ArticleSpider)  # items of other spiders do not come here
        return spider

    def count(self, key: str) -> None:
        self.crawler.stats.inc_value(key)


class RejectedPipeline(_Pipeline):
    """Keeps a page that could not be read as a ready-made fixture case: .rejected/<source>/<id>/."""

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Refusal):
            return item
        page, error = item.page, item.error
        address = page.link.url if page.link else page.url  # a redirect may have led elsewhere
        if error.keep:
            name = safe_name(page.link.id if page.link else page.url)
            folder = Path(self.crawler.settings["OUTPUT_DIR"], ".rejected", self.spider.name, name)
            save_case(folder, page)
            (folder / "error.txt").write_text(f"{error.kind}\n{error}\n", encoding="utf-8", errors="replace")
            logger.warning("%s: %s: %s (kept: %s)", error.kind, address, error, folder)
        else:
            logger.info("%s: %s: %s", error.kind, address, error)
        raise DropItem(f"{error.kind}: {address}", log_level="DEBUG")


class NormalizePipeline(_Pipeline):
    """Metadata as the corpus has it."""

    def process_item(self, item: Article) -> Article:
        return normalize(item, self.spider.title_suffixes)


class BookPipeline(_Pipeline):
    """The indexes of a book, made anew at the end of each run with the layout "gitbook": one book for each source."""

    def process_item(self, item: Article) -> Article:
        return item

    def close_spider(self) -> None:
        if self.crawler.settings["LAYOUT"] != "gitbook":
            return
        store, name = self.spider.store, self.spider.name
        pages = {path.relative_to(store.root / name).as_posix(): path for path in store.files(name)}
        entries = [gitbook.entry(place, path.read_text(encoding="utf-8")) for place, path in pages.items()]
        indexes = {"SUMMARY.md": gitbook.summary(entries), **gitbook.readmes(entries)}
        for place, text in indexes.items():
            store.replace(store.root / name / place, text.encode())


class StorePipeline(_Pipeline):
    """One file for each article. Hands on the article's row, for Scrapy's feed exports (`-O articles.jsonl`)."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        extra = tuple(crawler.settings.getlist("EXTRA_KEYS"))
        renders: dict[str, Callable[[Article], str]] = {
            "hugo": partial(hugo.render, extra=extra),
            "gitbook": gitbook.render,
        }
        self.render = renders[crawler.settings["LAYOUT"]]

    def process_item(self, item: Article) -> dict[str, object]:
        outcome = self.spider.store.write(item.source, item.id, item.date, self.render(item))
        self.count(f"articles/{outcome}")
        self.count(f"reader/{item.reader or 'page'}")
        for field, candidate in item.chosen.items():
            self.count(f"chosen/{field}/{candidate}")
        logger.info("%s: %s (%s)", outcome, item.title, item.url)
        return jsonl.row(item)
