"""The listings of a run, walked one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from scrapy import Request

from crawler.crawl.arguments import Arguments
from crawler.crawl.entrances import ListingEntrance
from crawler.crawl.frontier import ArticleLimit
from crawler.crawl.listing_walk import ListingWalk
from crawler.items import Listing
from crawler.reading.page import Page
from crawler.reading.source import Source

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus


class Listings:
    """Request the pages of each listing, and record in the ledger how far each walk went."""

    def __init__(
        self,
        source: Source,
        arguments: Arguments,
        corpus: Corpus,
        limit: ArticleLimit,
        page_request: Callable[[Request, ListingWalk], Request],
    ) -> None:
        self.source = source
        self.arguments = arguments
        self.corpus = corpus
        self.limit = limit
        self.page_request = page_request  # adds the spider's callbacks to the request for a listing page
        self._requested: set[bytes] = set()  # fingerprints of the listing pages of this run

    def start(self, entrance: ListingEntrance) -> Iterator[Request | Page]:
        """Request the first page of a listing, or of the newest issue between `since` and `until`."""
        days = self.source.open_days(entrance.request, self.arguments.since, self.arguments.until)
        later = {"": entrance.request} if days is None else days
        yield from self._start_walk(deque(later.items()), entrance.by_keyword)

    def issues(self, listing: Listing) -> Mapping[str, Request] | None:
        """Return the issues to walk, by day, if *listing* is the entry of a newspaper; None for any other listing."""
        since, until = self.arguments.since, self.arguments.until
        opened = (self.source.open_days(request, since, until) for request in listing.next)
        return next((days for days in opened if days is not None), None)

    def start_issues(self, walk: ListingWalk, issues: Mapping[str, Request]) -> Iterator[Request | Page]:
        """Request the first page of the newest of *issues*. *walk* read the entry that links to them."""
        promised = not (self.arguments.since or self.arguments.until)
        yield from self._start_walk(deque(issues.items()), walk.by_keyword, promised)

    def next_page(self, walk: ListingWalk) -> Iterator[Request | Page]:
        """Request the next page of *walk*, or record its end and start the next walk."""
        if request := walk.next_request(self._requested):
            yield from self.limit.admit(self.page_request(request, walk), is_article=False)
            return
        if not walk.failed and self._is_complete(walk):
            self.corpus.ledger.walks.finish(self.corpus.source, walk.entrance, walk.reach)
        yield from self._start_walk(walk.later, walk.by_keyword)

    def _is_complete(self, walk: ListingWalk) -> bool:
        """Return whether the walk read all that its listing will ever have had.

        An issue may grow until the next one appears. The clock, which can be wrong, does not decide it.
        """
        return not walk.day or self.corpus.has_later_article(walk.day)

    def _start_walk(
        self, later: deque[tuple[str, Request]], by_keyword: bool, promised: bool = False
    ) -> Iterator[Request | Page]:
        """Request the first page of the next listing of *later*: day and request of each."""
        if not later:
            yield from self.limit.release()
            return
        ledger, source = self.corpus.ledger, self.corpus.source
        yield from self.next_page(ListingWalk.start(self.arguments, ledger, source, later, by_keyword, promised))
