"""A run as the ledger remembers it: what health and schedule judge by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to: "fine", or the one class that a failed run has."""

    kind: str  # fine, or one of KINDS
    why: str = ""  # for people, on one line; "" for a fine run
    alarm: bool = False  # whether a person is needed

    @property
    def is_fine(self) -> bool:
        return self.kind == "fine"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a source. Times are UTC, in seconds since 1970."""

    number: int
    source: str
    started: int
    ended: int | None  # None while it is at work, and for ever where it was killed
    reason: str  # finished; shutdown (stopped by hand), blocked, disk, ledger, time limit, killed, crashed
    # Counts by name as the run's lines have them ("links.new", "pages.article", "reader.page"), and beside them:
    # "refused.<kind>" pages refused for the first time, "listings.<kind>" listing pages refused, "at.<place>" where
    # pages were not as expected, "fields.<field>" articles that have it, "body.characters" of all articles together,
    # "charset.<name>", "robots.failed" hosts, "example.<kind>" the first reason, "newest" the newest date seen,
    # "asked" the run's arguments ({} for the default run), "job" whether a job ran it, "verdict" what it was judged to
    # be, "accepted" whether a person said that what is so since is usual.
    figures: Mapping[str, Any]

    @property
    def verdict(self) -> Verdict:
        """What the run was judged to be at its end."""
        if "verdict" in self.figures:
            return Verdict(**self.figures["verdict"])
        if self.reason == "killed":
            return Verdict("bug", "its process was killed")
        return Verdict("fine", "not judged" if self.ended else "at work")

    def count(self, *names: str) -> int:
        """The sum of these counts."""
        return sum(int(self.figures.get(name, 0)) for name in names)

    def group(self, prefix: str) -> dict[str, int]:
        """The counts of one group by the rest of their names: "refused" -> {"changed": 3}."""
        start = f"{prefix}."
        return {name[len(start) :]: int(value) for name, value in self.figures.items() if name.startswith(start)}

    @property
    def seconds(self) -> int:
        """How long it took; 0 for one that was killed or is still at work."""
        return self.ended - self.started if self.ended else 0

    @property
    def articles(self) -> int:
        """The article pages that were read."""
        return self.count("pages.article")

    @property
    def written(self) -> int:
        """The files that are new or have changed."""
        return self.count("articles.written", "articles.updated")

    @property
    def listed(self) -> int:
        """The links that listings led to, known or not."""
        return self.count("links.new", "links.known", "links.repeated", "links.filtered", "links.not_article")


# The classes of failed runs, with what a person can do about each.
KINDS = {
    "unreachable": "the site, or the way to it, is down: look whether it opens in a browser; runs go on trying",
    "blocked": "the site refuses us: run more seldom, raise DOWNLOAD_DELAY, ask the site; runs go on trying",
    "login": "the pages are behind a login now: nothing can be read without an account",
    "gone": "pages are deleted, or have moved: look for their new address",
    "changed": "the site has changed: `scrapy rejected fixture` a page that failed, and mend the reader",
    "incomplete": "pages come cut or damaged: look at what is kept in .rejected/; runs go on trying",
    "stale": "no new article for unusually long: look whether the site still publishes in this listing",
    "unfinished": "the run did not come to its end: raise the time limit, or lower -a pages=",
    "disk": "the corpus cannot be written: free some space, look at the folder's rights",
    "ledger": "the ledger cannot be used: see the log; `scrapy ledger check`",
    "bug": "our own fault: see the log, and report it with the page that is kept in .rejected/",
}
