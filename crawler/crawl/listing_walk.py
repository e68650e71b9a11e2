"""How far a run goes: along a listing's pages, and up to a number of articles. Pure, but for Scrapy's requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from scrapy import Request
from scrapy.utils.request import fingerprint

from crawler.corpus.articles import LedgerEntry
from crawler.crawl.arguments import Arguments
from crawler.items import Listing


@dataclass
class ListingWalk:
    """One entrance and the listing pages behind it, which are asked for one after the other."""

    entrance: str  # what it is known by in the ledger
    asked: Arguments
    ahead: deque[Request]  # listing pages to come
    filtered: bool = False  # titles by the keyword, which was not put to the site's own search
    covered: int = 0  # when (UTC, seconds since 1970) an earlier walk had found all that was there; 0 = never
    pages: int = 0  # listing pages read
    met: set[str] = field(default_factory=set)  # ids on them
    ended_early: bool = False  # at a page on which everything was known
    failed: bool = False  # a listing page could not be read
    day: str = ""  # whose issue it is, where each day has its own
    promised: bool = False  # an entry says that the issue is there
    later: deque[tuple[str, Request]] = field(default_factory=deque)  # the days to be walked behind it

    def take(self, listing: Listing, known: Mapping[str, LedgerEntry]) -> None:
        """Note what a page led to, *known* being what the ledger knew of it, and whether the walk goes on behind it."""
        ids = {link.id for link in listing.links}
        # Links that another entrance found since do not count: below them may lie what nobody has seen.
        self.ended_early = bool(ids) and all(id in known and known[id].first_seen_at <= self.covered for id in ids)
        repeats = bool(ids) and ids <= self.met  # sites that know no such page show the first or the last one again
        before_since = bool(ids) and all(self.asked.precedes(link.date) for link in listing.links)
        self.met |= ids
        self.pages += bool(ids or listing.skipped)  # an index of listings is none itself
        if self.asked.pages and self.pages >= self.asked.pages:
            self.ahead.clear()
        elif not (repeats or before_since or self.ended_early):
            self.ahead.extend(listing.next)

    @property
    def found_nothing(self) -> bool:
        """Whether the walk is over and led to no article, though nobody searched for something that may not be."""
        return not (self.ahead or self.met) and (self.filtered or not self.asked.keyword)

    def next(self, done: set[bytes]) -> Request | None:
        """The next listing page whose fingerprint is not in *done*, where it is noted: sites lead in circles."""
        while self.ahead:
            request = self.ahead.popleft()
            if (mark := fingerprint(request)) not in done:
                done.add(mark)
                return request
        return None
