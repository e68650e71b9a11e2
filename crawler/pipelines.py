"""Scrapy's item hooks: articles into the corpus, refused pages under .rejected/."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NoReturn, Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, NotConfigured

from crawler.database import LedgerError
from crawler.items import Article, Refusal
from crawler.layouts import gitbook, hugo, jsonl
from crawler.normalize import normalize
from crawler.recordings import remove_case, save_case
from crawler.spider import ArticleSpider
from crawler.store import Store, safe_name
from crawler.summary import covered

logger = logging.getLogger(__name__)


class _Pipeline:
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
        self.spider.stop_for(type(error)(f"{what}: {error}") if isinstance(error, OSError) else error)
        raise DropItem(what, log_level="DEBUG")


class RejectedPipeline(_Pipeline):
    """Keeps a page that could not be read as a ready-made fixture case: .rejected/<source>/<id>/."""

    def process_item(self, item: Any) -> Any:
        if not isinstance(item, Refusal):
            return item
        page, error = item.page, item.error
        address = page.link.url if page.link else page.url  # a redirect may have led elsewhere
        if error.keep:
            folder = self.rejected / (safe_name(page.link.id) if page.link else listing_name(page.url, page.sent))
            try:
                save_case(folder, page, f"{error.kind}\n{error}\n")
            except OSError as failure:
                self.give_up(f"{address} cannot be kept", failure)
            logger.warning("%s: %s: %s (kept: %s)", error.kind, address, error, folder)
        else:
            logger.info("%s: %s: %s", error.kind, address, error)
        raise DropItem(f"{error.kind}: {address}", log_level="DEBUG")


def listing_name(url: str, sent: bytes) -> str:
    """A folder's name for a listing page: many share an address and differ in what was sent."""
    readable = safe_name(url.partition("://")[2])
    return f"{readable}-{hashlib.sha256(sent).hexdigest()[:8]}" if sent else readable


class NormalizePipeline(_Pipeline):
    """Metadata as the corpus has it."""

    def process_item(self, item: Article) -> Article:
        return normalize(item, self.spider.title_suffixes)


class StorePipeline(_Pipeline):
    """One file for each article. Hands on the article's row where Scrapy exports feeds (`-o articles.jsonl`)."""

    @cached_property
    def render(self) -> Callable[[Article], str]:
        if self.settings["LAYOUT"] == "gitbook":
            return gitbook.render
        return partial(hugo.render, extra=(*self.spider.extra_keys, *self.settings.getlist("EXTRA_KEYS")))

    def process_item(self, item: Article) -> Any:
        try:
            outcome = self.spider.corpus.keep(item, self.render(item))
            remove_case(self.rejected / safe_name(item.id))
        except (OSError, LedgerError) as failure:
            self.give_up(f"{item.url} cannot be stored", failure)
        self.count(f"articles/{outcome}")
        self.count(f"reader/{item.reader or 'page'}")
        for field, candidate in item.chosen.items():
            self.count(f"chosen/{field}/{candidate}")
        for field in covered(item):
            self.count(f"fields/{field}")
        self.crawler.stats.inc_value("body/characters", len(item.markdown))
        logger.info("%s: %s (%s)", outcome, item.title, item.url)
        return jsonl.row(item) if self.settings["FEEDS"] else item


class BookPipeline(_Pipeline):
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
