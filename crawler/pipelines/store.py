"""Store articles in the corpus."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cached_property, partial

from scrapy.exceptions import DropItem

from crawler.corpus.errors import LedgerError
from crawler.corpus.store import safe_name
from crawler.counts import Count, Group
from crawler.crawl.summary import filled_fields
from crawler.items import Article, Link
from crawler.layouts import gitbook, hugo
from crawler.pipelines.base import ArticlePipeline
from crawler.recordings.cases import remove_case

logger = logging.getLogger(__name__)


class StorePipeline(ArticlePipeline):
    """Write one file for each article and count the outcome and the article's fields."""

    @cached_property
    def render(self) -> Callable[[Article], str]:
        """The `render` function of the layout in the setting `LAYOUT`."""
        if self.settings["LAYOUT"] == "gitbook":
            return gitbook.render
        extra = (*self.spider.extra_keys, *hugo.extra_keys(self.settings["EXTRA_KEYS"]))
        if "same_as" in extra:
            return lambda article: hugo.render(article, extra, self.spider.corpus.same_as(article))
        return partial(hugo.render, extra=extra)

    def process_item(self, item: Article) -> Article:
        try:
            outcome = self.spider.corpus.store(item, self.render(item))
            case = self.rejected / safe_name(item.id)
            if os.path.lexists(case):  # an earlier run has refused the page
                with self.spider.corpus.storing():
                    remove_case(case)
        except (OSError, LedgerError) as failure:
            self.stop_run(f"{item.url} cannot be stored", failure)
        self.count(Group.ARTICLES.of(outcome))
        if outcome == "removed":  # not to be exported either
            logger.info("removed: %s: the article, or one with the same text, was taken down", item.url)
            raise DropItem(f"removed: {item.url}", log_level="DEBUG")
        if not self.spider.frontier.was_refused(Link(item.id, item.url)):
            self._count_contents(item)
        logger.info("%s: %s (%s)", outcome, item.title, item.url)
        return item

    def _count_contents(self, item: Article) -> None:
        """Count what the verdict compares. An article that an earlier run refused does not count."""
        self.count(Group.READER.of(item.reader or "page"))
        for field, candidate in item.chosen.items():
            self.count(Group.CHOSEN.of(f"{field}.{candidate}"))
        for field in filled_fields(item):
            self.count(Group.FIELDS.of(field))
        self.crawler.stats.inc_value(Count.BODY_CHARACTERS, len(item.markdown))
