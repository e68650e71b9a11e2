"""The sources of a worker process: each is built from its class, arguments and settings, as in the storing process."""

from __future__ import annotations

import logging
import pickle
from typing import Any

from scrapy.crawler import Crawler

from crawler.crawl.spider import ArticleSpider
from crawler.crawl.worker import SourceFile, Task
from crawler.items import Article
from crawler.reading.errors import PageError
from crawler.reading.read import read_article


class Reader:
    """Reads pages with the sources that were added."""

    def __init__(self) -> None:
        self._files: dict[int, SourceFile] = {}
        self._spiders: dict[int, ArticleSpider] = {}

    def add(self, file: SourceFile) -> None:
        """Add a source. It is built with its first page: then an error of its module is an error of this page."""
        self._files[file.key] = file

    def read(self, task: Task) -> Any:
        """Return the article of a page, the request for a further response, or the `PageError` that it raises."""
        if task.key not in self._spiders:
            self._spiders[task.key] = _spider(self._files[task.key])
        spider = self._spiders[task.key]
        try:
            result = read_article(spider, pickle.loads(task.page), spider.read_options)  # noqa: S301
        except PageError as error:
            return error
        assert not isinstance(result, Article) or result.body is None  # a tree cannot be sent to another process
        return result


def _spider(file: SourceFile) -> ArticleSpider:
    spider_class, arguments, settings, name = pickle.loads(file.pickled)  # noqa: S301
    logging.getLogger().setLevel(settings["LOG_LEVEL"])
    spider: ArticleSpider = spider_class.from_crawler(Crawler(spider_class, settings), **arguments)
    # Decided by the storing process: its run may have created the folder that decides it (`ArticleSpider.name_in`).
    type(spider).name = spider.name = name
    return spider
