"""Select the links of a run, and limit the number of its articles."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.corpus.entries import OPEN, REJECTED, REMOVED, WRITTEN, LedgerEntry
from crawler.counts import Count
from crawler.crawl.arguments import Arguments
from crawler.crawl.site_failures import host_of
from crawler.items import Link
from crawler.reading.page import Page
from crawler.text.plural import plural

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus

logger = logging.getLogger(__name__)

Headers = dict[str, str]  # request headers; {} for an unconditional request


class ArticleLimit:
    """Admit requests until *number* articles are pending or stored (0 = no limit); queue the rest.

    A page that needs no request (see `Listing.whole`) is admitted like one.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._admitted = 0  # articles that were requested, minus those that were not written
        self._queue: deque[tuple[Request | Page, bool]] = deque()

    def admit(self, request: Request | Page, is_article: bool) -> Iterator[Request | Page]:
        """Yield *request* now, or queue it."""
        if self.number and self._admitted >= self.number:
            self._queue.append((request, is_article))
        else:
            self._admitted += is_article
            yield request

    def release(self, articles: int = 0) -> Iterator[Request | Page]:
        """Yield queued requests after *articles* admitted articles were not written, or after a listing ended."""
        self._admitted -= articles
        while self._queue and self._admitted < self.number:
            yield from self.admit(*self._queue.popleft())

    @property
    def queued_articles(self) -> int:
        """The number of articles that the limit excluded."""
        return sum(is_article for _, is_article in self._queue)


class Frontier:
    """Decide which links are requested: by the arguments, the ledger, and the links already found in this run.

    *count* counts one link under its outcome. *has_page* returns whether a link can be requested: the text of other
    articles is only in a listing.
    """

    def __init__(
        self, arguments: Arguments, corpus: Corpus, count: Callable[[str], None], has_page: Callable[[Link], bool]
    ) -> None:
        self.arguments = arguments
        self.corpus = corpus
        self._count = count
        self._has_page = has_page
        self._seen: set[str] = set()  # ids of this run
        self._refused: set[str] = set()  # ids of this run whose pages an earlier run refused
        self._checks: set[str] = set()  # ids of `stored_link`
        # Whether the run requests links of earlier runs, and not only what its arguments name.
        is_sample = bool(arguments.channel and arguments.limit)
        self._includes_earlier = not (arguments.url or arguments.keyword or is_sample)
        if is_sample and (waiting := sum(1 for _ in corpus.due())):
            logger.info(
                "channel= and limit= are set: %s of earlier runs left for a run without one of them",
                plural(waiting, "link"),
            )

    def earlier_links(self, article_link: Callable[[str], Link | None]) -> Iterator[tuple[Link, Headers]]:
        """Yield the articles of earlier runs to request again, with the headers of the request.

        These are the open articles, and with `refresh` the stored ones, without those of `refused_entries`. A run with
        `url`, `keyword`, or both `channel` and `limit` requests only what these name. *article_link* is the source's.
        """
        for entry in self._earlier_entries():
            if not entry.kind:
                yield from self.again(entry, article_link)

    def refused_entries(self, article_link: Callable[[str], Link | None]) -> Iterator[LedgerEntry]:
        """Yield the articles that an earlier run refused and that are due. They are requested after all others."""
        for entry in self._earlier_entries():
            link = article_link(entry.url)
            if entry.kind and not (link and link.id in self._seen):  # this run may have refused others
                yield entry

    def stored_link(self, host: str, article_link: Callable[[str], Link | None]) -> Iterator[tuple[Link, Headers]]:
        """Yield one of the newest stored articles on *host*, if any, to find out whether the host responds.

        It counts as refused in an earlier run, because it is requested for those pages only.
        """
        for entry in self.corpus.ledger.articles.newest(self.corpus.source, 50):
            if host_of(entry.url) == host and (link := article_link(entry.url)):
                self._count(Count.LINKS_REVISIT)
                self._refused.add(link.id)
                self._checks.add(link.id)
                yield replace(link, title=entry.title, date=entry.date), _validators(entry)
                return

    def count_read_again(self, link: Link) -> None:
        """Count an article that was read again, for the verdict: it shows nothing new."""
        if link.id in self._checks:
            self._count(Count.RETRIES_STORED)
        elif link.id in self._refused:
            self._count(Count.RETRIES_ARTICLE)

    def was_refused(self, link: Link) -> bool:
        """Return whether *link*, which this run requests, was refused in an earlier run."""
        return link.id in self._refused

    def _earlier_entries(self) -> Iterator[LedgerEntry]:
        if self.arguments.origin == "rejected":
            for state in (REJECTED, OPEN):
                entries = self.corpus.ledger.articles.in_state(self.corpus.source, state)
                yield from (entry for entry in entries if entry.kind)
        elif self._includes_earlier:
            yield from self.corpus.due()
            if self.arguments.refresh:
                yield from self.corpus.recent(self.arguments.refresh)

    def named_link(self, link: Link, article_link: Callable[[str], Link | None]) -> Iterator[tuple[Link, Headers]]:
        """Yield an article that the arguments name, unless it is stored and not to be refreshed.

        A refresh requests the URL in the ledger, to which the stored ETag belongs.
        """
        known = self.corpus.find([link])
        entry = known.get(link.id)
        if entry and self.arguments.refresh:
            yield from self.again(entry, article_link)
        else:
            yield from ((selected, {}) for selected in self.select([link], known))

    def again(self, entry: LedgerEntry, article_link: Callable[[str], Link | None]) -> Iterator[tuple[Link, Headers]]:
        """Yield the link of *entry*, unless this run has requested it, or it is removed or outside the date range."""
        if entry.state == REMOVED:
            self._count(Count.LINKS_REMOVED)
            return
        link = article_link(entry.url)
        if link is None:
            self._count(Count.LINKS_UNKNOWN)
            logger.warning("unknown: %s: no longer an article URL of this source", entry.url)
            return
        if link.id in self._seen or not self.arguments.covers(entry.date) or not self._has_page(link):
            return
        self._seen.add(link.id)
        if entry.kind:
            self._refused.add(link.id)
        self._count(Count.LINKS_REVISIT)
        # The listing's date may have a time of day that the page does not have.
        yield replace(link, title=entry.title, date=entry.date), _validators(entry)

    def select(
        self, links: Iterable[Link], known: Mapping[str, LedgerEntry], by_keyword: bool = False, walk: int = 0
    ) -> list[Link]:
        """Return the links that this run requests, recorded as open. *known*: the ledger entries of *links*, by id.

        *by_keyword* filters the titles by the keyword. *walk* is the number of the walk that found the links.
        """
        selected = [link for link in links if self._wants(link, known.get(link.id), by_keyword)]
        self.corpus.add_open(selected, walk)
        return selected

    def _wants(self, link: Link, entry: LedgerEntry | None, by_keyword: bool) -> bool:
        if link.id in self._seen or (entry and self._is_requested_later(entry) and self._has_page(link)):
            self._count(Count.LINKS_REPEATED)
            return False
        self._seen.add(link.id)
        keyword = self.arguments.keyword.casefold() if by_keyword else ""
        if not self.arguments.covers(link.date) or keyword not in link.title.casefold():
            self._count(Count.LINKS_FILTERED)
            return False
        if not self.corpus.wants(link, entry):
            self._count(Count.LINKS_REMOVED if entry and entry.state == REMOVED else Count.LINKS_KNOWN)
            return False
        if entry and entry.kind:
            self._refused.add(link.id)
        self._count(Count.LINKS_REVISIT if entry else Count.LINKS_NEW)
        return True

    def _is_requested_later(self, entry: LedgerEntry) -> bool:
        """Return whether `refused_entries` will yield *entry*."""
        is_refused = bool(entry.kind) and (entry.state == OPEN or entry.is_due)
        return is_refused and self._includes_earlier and self.arguments.covers(entry.date)


def _validators(entry: LedgerEntry) -> Headers:
    """Return the headers that make the request for a stored article conditional."""
    values = {"If-None-Match": entry.etag, "If-Modified-Since": entry.modified}
    return {name: value for name, value in values.items() if value and entry.state == WRITTEN}
