"""The state of a walk over the pages of one listing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from scrapy import Request
from scrapy.utils.request import fingerprint

from crawler.corpus.entries import NOTHING, Coverage, LedgerEntry
from crawler.crawl.arguments import Arguments
from crawler.items import Listing
from crawler.reading.errors import Gone, LayoutChanged, PageError

if TYPE_CHECKING:
    from crawler.corpus.ledger import Ledger


@dataclass
class ListingWalk:
    """One listing, whose pages are requested one after the other, and the issues of other days that follow it."""

    entrance: str  # the key of the listing in the ledger: see `listing_key`
    arguments: Arguments
    ahead: deque[Request]  # listing pages to request
    by_keyword: bool = False  # filter titles by the keyword, because the site's search does not
    number: int = 0  # of this walk in the ledger
    covered: Coverage = NOTHING  # the links that an earlier walk reached
    pages: int = 0  # listing pages that were read
    ids: set[str] = field(default_factory=set)  # article ids on these pages
    ended_early: bool = False  # the last page had no new article
    failed: bool = False  # a listing page could not be read
    day: str = ""  # "YYYY-MM-DD" of the issue, for a newspaper
    promised: bool = False  # the newspaper's entry page links to the issue
    later: deque[tuple[str, Request]] = field(default_factory=deque)  # day and first page of the listings that follow

    @classmethod
    def start(
        cls, arguments: Arguments, ledger: Ledger, source: str, later: deque[tuple[str, Request]],
        by_keyword: bool, promised: bool,
    ) -> Self:  # fmt: skip
        """Start a walk over the first listing of *later*, which is removed from it."""
        day, listing = later.popleft()
        if day:  # an issue is walked as a whole
            arguments = replace(arguments, since="", until="")
        entrance = listing_key(listing, arguments.keyword if by_keyword else "")
        covered = ledger.walks.coverage(source, entrance, arguments.pages, arguments.since)
        number = ledger.walks.start(source, entrance)
        ahead = deque([listing])
        return cls(
            entrance, arguments, ahead, by_keyword, number, covered, day=day, promised=promised, later=later
        )  # fmt: skip

    def take(self, listing: Listing, known: Mapping[str, LedgerEntry]) -> None:
        """Add a page's links, and queue its next pages unless the walk ends here.

        *known*: what the ledger had of the links before this page.
        """
        ids = {link.id for link in listing.links}
        self.ended_early = bool(ids) and all(id in known and known[id].walk in self.covered for id in ids)
        repeats = bool(ids) and ids <= self.ids  # past the end, some sites repeat the first or the last page
        before_since = bool(ids) and all(self.arguments.precedes(link.date) for link in listing.links)
        self.ids |= ids
        self.pages += bool(ids or listing.skipped)  # a page that only links to listings does not count
        if self.arguments.pages and self.pages >= self.arguments.pages:
            self.ahead.clear()
        elif not (repeats or before_since or self.ended_early):
            self.ahead.extend(listing.next)

    def fail(self, error: PageError) -> PageError:
        """Record that the next page could not be read. Returns the error to report."""
        if not isinstance(error, Gone) or bool(self.day) is bool(self.pages):
            self.failed = True  # every page of an issue must exist, and so must the first page of any other listing
        elif self.day and self.promised:
            return LayoutChanged(f"the entry page links to an issue that does not exist: {error}")
        return error

    @property
    def is_without_issue(self) -> bool:
        """Whether the first page of a day's issue is missing: a newspaper does not appear every day."""
        return bool(self.day) and not self.pages and not self.failed and not self.promised

    @property
    def found_nothing(self) -> bool:
        """Whether the walk ended without an article. A search may find nothing."""
        return not (self.ahead or self.ids) and (self.by_keyword or not self.arguments.keyword)

    def next_request(self, done: set[bytes]) -> Request | None:
        """Return the next listing page that is not in *done*, and add its fingerprint: links can form cycles."""
        while self.ahead:
            request = self.ahead.popleft()
            if (mark := fingerprint(request)) not in done:
                done.add(mark)
                return request
        return None

    @property
    def reach(self) -> tuple[int, str] | None:
        """How far this walk went (pages, since); None if it stopped early, at articles that an earlier walk reached."""
        return None if self.ended_early else (self.arguments.pages, self.arguments.since)


def listing_key(request: Request, keyword: str = "") -> str:
    """Return the key of a listing in the ledger: method, URL, body, and the keyword that filters its titles."""
    parts = f"{request.method} {request.url} {request.body.decode('utf-8', 'replace')}".strip()
    return f"{parts} {keyword}" if keyword else parts
