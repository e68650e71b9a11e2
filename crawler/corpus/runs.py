"""The ledger's table of runs, which health and schedules evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crawler.corpus.database import Database, timestamp
from crawler.corpus.tables import RUNS, SOURCES


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a run: "fine", or the class of its failure."""

    kind: str  # "fine" or a key of KINDS
    why: str = ""  # the reason in words, one line; "" for a fine run
    alarm: bool = False  # whether the failure needs a person

    @property
    def is_fine(self) -> bool:
        return self.kind == "fine"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a source. Times are UTC, in seconds since 1970."""

    number: int
    source: str
    started: int
    ended: int | None  # None during the run, and after a kill until the next run of the source starts
    reason: str  # finished; shutdown (stopped by hand), blocked, disk, ledger, time limit, killed, crashed
    # Counts by the names in the run's log lines ("links.new", "pages.article", "reader.page"), and these:
    #   "refused.<kind>": pages refused for the first time; "listings.<kind>": refused listing pages;
    #   "at.<field or selector>": pages without the expected content there; "fields.<field>": articles with the field;
    #   "body.characters": of all articles together; "charset.<name>": pages; "robots.failed": hosts;
    #   "example.<kind>": the first reason; "newest": the newest date of an article;
    #   "asked": the run's arguments ({} for the default run); "job": whether `scrapy job` started it;
    #   "verdict": the fields of its Verdict; "accepted": whether a person accepted the state of the source as usual.
    figures: Mapping[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The verdict at the end of the run; without one, a verdict for its state."""
        if "verdict" in self.figures:
            return Verdict(**self.figures["verdict"])
        if self.reason == "killed":
            return Verdict("bug", "its process was killed")
        return Verdict("fine", "not judged" if self.ended else "running")

    def count(self, *names: str) -> int:
        """Return the sum of these counts."""
        return sum(int(self.figures.get(name, 0)) for name in names)

    def group(self, prefix: str) -> dict[str, int]:
        """Return the counts of one group by the rest of their names: "refused" -> {"changed": 3}."""
        start = f"{prefix}."
        return {name[len(start) :]: int(value) for name, value in self.figures.items() if name.startswith(start)}

    @property
    def seconds(self) -> int:
        """The duration in seconds; 0 during the run and for a killed run."""
        return self.ended - self.started if self.ended else 0

    @property
    def articles(self) -> int:
        """The number of article pages that were read."""
        return self.count("pages.article")

    @property
    def written(self) -> int:
        """The number of new and changed files."""
        return self.count("articles.written", "articles.updated")

    @property
    def listed(self) -> int:
        """The number of links on the listing pages, new and known."""
        return self.count("links.new", "links.known", "links.repeated", "links.filtered", "links.not_article")


class Runs:
    """The table of runs. All methods raise `LedgerError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, source: str) -> int:
        """Record the start of a run and return its number.

        The caller holds the source's lock. Runs without an end are therefore dead and get the reason "killed".
        """
        dead = sa.update(RUNS).where(RUNS.c.source == source, RUNS.c.ended.is_(None))
        self._database.change(dead.values(ended=RUNS.c.started, reason="killed"))
        self._database.change(self._database.insert(SOURCES).values(source=source).on_conflict_do_nothing())
        insert = sa.insert(RUNS).values(source=source, started=timestamp()).returning(RUNS.c.number)
        return int(self._database.change(insert)[0][0])

    def finish(self, number: int, reason: str, figures: Mapping[str, object]) -> None:
        """Record the end of a run with its reason and figures, see `Run`."""
        values = {"ended": timestamp(), "reason": reason, "figures": dict(figures)}
        self._database.change(sa.update(RUNS).where(RUNS.c.number == number).values(**values))

    def update(self, number: int, figures: Mapping[str, object]) -> None:
        """Replace the figures of a run."""
        self._database.change(sa.update(RUNS).where(RUNS.c.number == number).values(figures=dict(figures)))

    def last(self, source: str, number: int = 400) -> list[Run]:
        """Return the last *number* runs of *source*, the newest at the end."""
        query = sa.select(RUNS).where(RUNS.c.source == source).order_by(RUNS.c.number.desc()).limit(number)
        return [
            Run(row.number, row.source, row.started, row.ended, row.reason, row.figures or {})
            for row in reversed(self._database.rows(query))
        ]


# The classes of failed runs, with the advice for each.
KINDS = {
    "unreachable": "the site, or the network path to it, is down: open the site in a browser; later runs retry",
    "blocked": "the site refuses requests: run less often, raise DOWNLOAD_DELAY, contact the site; later runs retry",
    "login": "the pages require a login: they cannot be read without an account",
    "gone": "pages are deleted or have moved: look for their new URL",
    "changed": "the site has changed: `scrapy rejected fixture` a page that failed, and fix the reader",
    "incomplete": "pages arrive truncated or damaged: look at the pages in .rejected/; later runs retry",
    "stale": "no new article for an unusually long time: check whether the site still publishes in this listing",
    "unfinished": "the run did not finish: raise the time limit, or lower -a pages=",
    "disk": "the corpus cannot be written: free disk space, check the folder's permissions",
    "ledger": "the ledger cannot be used: see the log; `scrapy ledger check`",
    "bug": "an error in press-corpus: see the log, and report it with the page in .rejected/",
}
