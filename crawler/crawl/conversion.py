"""Where the pages of archives are read: in this process, or in worker processes."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from crawler.crawl.workers import Workers, WorkersLostError, available_cores
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article

if TYPE_CHECKING:
    from crawler.crawl.spider import ArticleSpider

logger = logging.getLogger(__name__)

# Read a page: an `Article`, the request for a further response, or the `PageError` of the page. Raises `RecordingError`
# for a page that ends worker processes, and `WorkerError` for an error of the worker.
Read = Callable[[Page], Awaitable[Any]]

# Pages after which workers are started, unless the user asks for them: a worker needs the time of some hundred pages to
# start. More workers than MOST would wait for the storing process.
LARGE, MOST = 150, 8
_AHEAD = 8  # pages for each worker that are read before their turn


class Converter:
    """Reads pages with *processes* workers (setting PROCESSES): 1 for none, 0 for the default."""

    def __init__(self, processes: int) -> None:
        self._number = processes or min(available_cores(), MOST)
        self._left = LARGE if processes == 0 else 0  # pages to read before the workers are started
        self._workers: Workers | None = None
        self._sources: list[tuple[ArticleSpider, bytes]] = []

    @property
    def ahead(self) -> int:
        """The number of pages to read before their turn: 0 without workers."""
        return self._workers.number * _AHEAD if self._workers else 0

    def reader(self, spider: ArticleSpider) -> Read:
        """Return the function that reads the pages of the source *spider*."""
        key = len(self._sources)
        self._sources.append((spider, b""))
        if self._number > 1:
            try:
                self._sources[key] = spider, _pickled(spider)
            except Exception as error:  # of any object in the settings or arguments of a user's source
                logger.warning("%s is read in one process: %s: %s", spider.name, type(error).__name__, error)
                self._number = 1
                self.close()
        if self._workers:
            self._workers.add(self._sources[key][1])
        elif self._number > 1 and not self._left:
            self._start()

        async def read(page: Page) -> Any:
            if self._workers is None:
                return self._read_here(spider, page)
            try:
                return await self._workers.read(key, page)
            except WorkersLostError:
                if self._number > 1:
                    logger.warning("no worker process can be started: the pages are read in one process")
                self._number = 1
                self.close()
                return self._read_here(spider, page)

        return read

    def close(self) -> None:
        """End the workers."""
        if self._workers:
            self._workers.close()
            self._workers = None

    def _start(self) -> None:
        self._workers = Workers(self._number)
        for _, pickled in self._sources:
            self._workers.add(pickled)

    def _read_here(self, spider: ArticleSpider, page: Page) -> Any:
        if self._number > 1:
            self._left -= 1
            if self._left == 0:
                self._start()
        try:
            return read_article(spider, page, spider.read_options)
        except PageError as error:
            return error


def _pickled(spider: ArticleSpider) -> bytes:
    """Return *spider* for `SourceFile`. Raises the errors of pickle, which can be any."""
    crawler = spider.crawler
    settings = crawler.settings.copy()
    settings.frozen = False  # a new crawler changes them
    return pickle.dumps((crawler.spidercls, spider.typed_arguments, settings, spider.name))
