"""Read the index of a public archive, and record the captures of articles in the ledger."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from crawler.captures.capture import Capture, CaptureMissing, IndexMissing, Query
from crawler.corpus.captures import IndexPosition
from crawler.counts import Count
from crawler.crawl.archive_requests import INDEX_TRIES, ArchiveRequests, Steps, Unanswered
from crawler.items import Link
from crawler.reading.page import Page

logger = logging.getLogger(__name__)


class ArchiveIndex:
    """The index of an archive for the articles of a source."""

    def __init__(self, requests: ArchiveRequests) -> None:
        self.requests = requests
        self.spider = requests.spider
        self.archive = requests.archive
        self.corpus = requests.spider.corpus
        self._count = requests.spider.count
        self._has_unreadable = False

    def read(self) -> Steps[None]:
        """Record all captures of articles that the index lists."""
        try:
            first = self.archive.first_request()
            read = self.archive.queries
            queries = (yield from self.requests.ask(first, read, INDEX_TRIES)) if first else read(None)
        except ValueError as error:
            logger.error("%s", error)
            return
        except (CaptureMissing, Unanswered) as error:
            self._end_index(error)
            return
        for query in queries:
            try:
                yield from self._read_index(query)
            except IndexMissing as error:
                self._count(Count.LINKS_NOT_FETCHED)
                logger.error("no such index: %s", error)
            except (CaptureMissing, Unanswered) as error:
                self._end_index(error)

    def _end_index(self, error: Exception) -> None:
        """End the run if an index cannot be read; a replay continues with the next one."""
        if self.requests.throttle:
            self.requests.end(f"the index of {self.archive.name} cannot be read: {error}")

    def _read_index(self, query: Query) -> Steps[None]:
        """Record the captures of *query*, from the page on that the last run did not read."""
        key = self.spider.name, self.archive.name
        reached = self.corpus.ledger.captures.position(*key, query.url)
        if reached.is_finished:
            if not query.grows:
                return
            reached = IndexPosition()
        while not reached.is_finished:
            before = reached

            def read(page: Page, position: str = reached.position) -> tuple[Any, str]:
                return self.archive.read_index(query, position, page), sha256(page.body).hexdigest()

            request = self.archive.index_request(query, before.position)
            found, digest = yield from self.requests.ask(request, read, INDEX_TRIES)
            is_same_place = found.position == before.position and not found.is_last
            is_repeated = bool(found.captures) and (digest == before.digest or is_same_place)
            if is_repeated:
                self._count(Count.CAPTURES_REPEATED)
                logger.warning("the index repeats a page, and is not read further: %s", request.url)
            for row in found.damaged:
                self._count(Count.RECORDS_DAMAGED)
                logger.warning("damaged row of an index: %s: %s", request.url, row)
            rows = list(self._rows(found.captures))
            reached = IndexPosition(found.position, digest, found.is_last or is_repeated)
            self.corpus.add_captures(self.archive.name, rows, query.url, reached)
            logger.info("index: %d captures of articles: %s", len(rows), request.url)

    def _rows(self, captures: Sequence[Capture]) -> Iterator[dict[str, str]]:
        for capture in captures:
            link = self.requests.link(capture.url)
            if link and self._is_readable(link):
                self._count(Count.CAPTURES_LISTED)
                yield {
                    "id": link.id, "url": capture.url, "timestamp": capture.timestamp, "record": capture.record
                }  # fmt: skip
            else:
                self._count(Count.RECORDS_NOT_ARTICLE)

    def _is_readable(self, link: Link) -> bool:
        """Return whether the page of an article has its text. Other sources read a second address, such as an API."""
        request = self.spider.open_article(link)
        if request and request.method == "GET" and self.requests.link(request.url):
            return True
        if not self._has_unreadable:
            self._has_unreadable = True
            address = request.url if request else "a listing"
            logger.error(
                "%s reads its articles from %s, not from the page %s: archives do not have that",
                self.spider.name, address, link.url,
            )  # fmt: skip
        return False
