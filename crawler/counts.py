"""The names of the counts of a run: one spelling in Scrapy's stats, log lines, the ledger and the health page.

`corpus.runs.Run` explains the groups.
"""

from __future__ import annotations

from enum import StrEnum


class _Name(StrEnum):
    def __repr__(self) -> str:
        return repr(self.value)  # Scrapy's dump of the stats shows the keys by their repr


class Group(_Name):
    """A group of counts. Most have names that a run makes: classes of refusals, fields, charsets, candidates."""

    LINKS = "links"
    PAGES = "pages"
    ARTICLES = "articles"
    RECORDS = "records"
    CAPTURES = "captures"
    ROWS = "rows"
    RETRIES = "retries"
    REFUSED = "refused"
    LISTINGS = "listings"
    UNLISTED = "unlisted"
    ROBOTS = "robots"
    CHARSET = "charset"
    FIELDS = "fields"
    BODY = "body"
    AT = "at"
    EXAMPLE = "example"
    CHOSEN = "chosen"
    READER = "reader"

    def of(self, name: str) -> str:
        """Return the count *name* of this group. A space in *name* becomes "-": log lines separate counts by spaces."""
        return f"{self}.{name}".replace(" ", "-")


class Count(_Name):
    """A count with a fixed name: "group.outcome", or a word."""

    ENTRIES = "entries"  # articles that were read from an entry of a listing, without a request: `Listing.whole`
    INTERNAL_ERRORS = "internal_errors"
    UNANSWERED = "unanswered"  # requests without a response
    LINKS_NEW = "links.new"
    LINKS_REVISIT = "links.revisit"
    LINKS_KNOWN = "links.known"
    LINKS_REMOVED = "links.removed"
    LINKS_REPEATED = "links.repeated"
    LINKS_FILTERED = "links.filtered"
    LINKS_NOT_ARTICLE = "links.not_article"
    LINKS_OVER_LIMIT = "links.over_limit"
    LINKS_NOT_FETCHED = "links.not_fetched"
    LINKS_FORBIDDEN = "links.forbidden"
    LINKS_MISSING = "links.missing"
    LINKS_UNRECORDED = "links.unrecorded"
    LINKS_UNKNOWN = "links.unknown"
    LINKS_NO_ISSUE = "links.no_issue"
    PAGES_LISTING = "pages.listing"
    PAGES_ARTICLE = "pages.article"
    PAGES_FILTERED = "pages.filtered"
    PAGES_UNCHANGED = "pages.unchanged"
    PAGES_FIRST = "pages.first"
    PAGES_RETRIED = "pages.retried"
    PAGES_UNREACHABLE = "pages.unreachable"
    ARTICLES_WRITTEN = "articles.written"
    ARTICLES_UPDATED = "articles.updated"
    ARTICLES_FAILED = "articles.failed"
    CAPTURES_LISTED = "captures.listed"  # captures of articles in the index of a public archive
    CAPTURES_MISSING = "captures.missing"  # listed, but not in the archive, or damaged there
    CAPTURES_REPEATED = "captures.repeated"  # pages of an index that were the same as the page before
    CAPTURES_RETRIED = "captures.retried"  # requests that the archive did not answer
    RECORDS_NOT_ARTICLE = "records.not_article"
    RECORDS_DAMAGED = "records.damaged"
    RECORDS_UNRESOLVED = "records.unresolved"  # revisit records without their original
    ROWS_MISSING = "rows.missing"  # of a feed export: articles without a row in it
    RETRIES_ARTICLE = "retries.article"
    RETRIES_STORED = "retries.stored"
    UNLISTED_NOT_FETCHED = "unlisted.not_fetched"
    ROBOTS_FAILED = "robots.failed"
    BODY_CHARACTERS = "body.characters"
    FIELDS_TITLE = "fields.title"


# Counts of links that a run could not request: with no others, it found nothing.
NOTHING_FOUND = frozenset({Count.LINKS_FORBIDDEN, Count.LINKS_UNRECORDED})
