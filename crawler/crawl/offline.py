"""Read articles from local files and archives, without listings and requests."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from scrapy import Request

from crawler.corpus.corpus import Corpus
from crawler.counts import Count, Group
from crawler.crawl.arguments import Arguments
from crawler.crawl.refusals import Refusal
from crawler.items import Article
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import ReadOptions, add_response, read_article
from crawler.reading.source import Source
from crawler.recordings.protocol import RecordingError, Recordings
from crawler.text.dates import beijing

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class OfflineReader:
    """Reads every recorded page that is an article of *source*."""

    source: Source
    corpus: Corpus
    arguments: Arguments
    options: ReadOptions
    count: Callable[[str], None]

    def items(self, recordings: Recordings, is_local: bool) -> Iterator[Article | Refusal]:
        """Yield the articles and refused pages of *recordings*, in their order. Raises `LedgerError`.

        A refused page of an archive is kept and counted, but not recorded in the ledger: the page on the site may have
        changed since, and a later record may be complete. A stored article is skipped, except in local files
        (*is_local*), which may have changed.
        """
        done: dict[str, str] = {}  # article id -> URL
        further: set[str] = set()  # URLs of pages that continue an article
        articles = 0
        for page in recordings:
            if isinstance(page, RecordingError):
                self._unreadable(page)
                continue
            canonical = self.source.article_link(page.link.url if page.link else page.requested_url or page.url)
            link = canonical and (page.link or canonical)
            is_redirected = page.redirect and self.source.article_link(page.redirect)
            # A response without a body answers HEAD, or is 304 Not Modified.
            if link is None or is_redirected or not (page.body or page.redirect) or page.url in further:
                self.count(Count.RECORDS_NOT_ARTICLE)
            elif link.id in done:
                self.count(Count.LINKS_REPEATED)
                if done[link.id] != link.url:
                    self._damaged(f"{link.url}: {done[link.id]} has the same name")
            elif self.corpus.is_removed(link):
                done[link.id] = link.url
                self.count(Count.LINKS_REMOVED)
            elif (is_stored := self.corpus.is_stored(link)) and not is_local:
                done[link.id] = link.url
                self.count(Count.LINKS_KNOWN)
            elif item := self._read(recordings, replace(page, link=link), is_local, further):
                if isinstance(item, Article):
                    self.count(Count.LINKS_REVISIT if is_stored else Count.LINKS_NEW)
                    done[link.id] = link.url
                    articles += 1
                yield item
                if articles and articles == self.arguments.limit:
                    return

    def _read(self, recordings: Recordings, page: Page, is_local: bool, further: set[str]) -> Article | Refusal | None:
        try:
            while isinstance(article := read_article(self.source, page, self.options), Request):
                response = recordings.find(article.method, article.url, article.body)
                if response is None:
                    self.count(Count.LINKS_MISSING)
                    logger.error("missing: %s: a further response of %s is not recorded", article.url, page.url)
                    return None
                further.add(response.url)
                page = add_response(self.source, page, response)
        except RecordingError as error:
            self._unreadable(error)
            return None
        except PageError as error:
            self.count(Group.PAGES.of(error.kind))
            error.keep = error.keep and not is_local  # a local file needs no copy
            return Refusal(page, error)
        if not self.arguments.covers(article.date):
            self.count(Count.PAGES_FILTERED)
            return None
        self.count(Count.PAGES_ARTICLE)
        return replace(article, fetched=beijing(page.fetched_at), origin="" if is_local else "archive")

    def _unreadable(self, error: RecordingError) -> None:
        self.count(error.count)
        logger.warning("%s: %s", error.count.partition(".")[2], error)

    def _damaged(self, reason: str) -> None:
        self.count(Count.RECORDS_DAMAGED)
        logger.warning("damaged: %s", reason)
