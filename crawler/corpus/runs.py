"""A run of a source, with its figures and its verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from crawler.counts import NOTHING_FOUND, Count, Group
from crawler.reading.errors import ERRORS, PageError


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a run: "fine", the class of its failure, or the state of a source without a result."""

    kind: str  # "fine", a key of KINDS, "running" or "never run"
    why: str = ""  # the reason in words, one line; "" for a fine run
    alarm: bool = False  # whether the failure needs a person

    @property
    def is_fine(self) -> bool:
        return self.kind == "fine"

    @property
    def is_failure(self) -> bool:
        return self.kind not in ("fine", "running", "never run")


RUNNING, NEVER_RUN = Verdict("running"), Verdict("never run")

# Class of a run by its end, `Run.reason`. Each needs a person.
_FAILED_ENDS = {"blocked": "blocked", "disk": "disk", "ledger": "ledger", "killed": "bug", "crashed": "bug"}
# Reason of an unfinished run by its end.
_UNFINISHED_ENDS = {
    "time limit": "stopped by the time limit",
    "shutdown": "stopped by a signal",
    "locked": "another run was active",
}
_RECORDS = (Count.RECORDS_NOT_ARTICLE, Count.RECORDS_DAMAGED, Count.RECORDS_UNRESOLVED)
_NOT_NUMBERS = ("asked", "job", "why", "newest", "verdict", "accepted")  # figures; those of "example." are text, too


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a source, or the runs of a day that `Runs.sum_up` summed up. Times are UTC, in seconds since 1970."""

    number: int  # of the last run
    source: str
    started: int  # of the first run
    ended: int | None  # of the last run; None during the run, and after a kill until the next run of the source starts
    reason: str  # finished; shutdown (stopped by hand), blocked, disk, ledger, time limit, killed, crashed, or Scrapy's
    # Counts by the names in the run's log lines (`Count`, "reader.page"), and these:
    #   "refused.<kind>": pages refused for the first time; "listings.<kind>": refused listing pages;
    #   "retries.<outcome>": pages that an earlier run refused, by their outcome: "article" or the class of the refusal;
    #   "retries.stored": stored articles read again, to find out whether their host is the cause of such refusals;
    #   "at.<field or selector>": pages without the expected content there; "fields.<field>": articles with the field;
    #   "body.characters": of all articles together; "charset.<name>": pages; "robots.failed": hosts;
    #   "example.<kind>": the first reason; "newest": the newest date of an article;
    #   "asked": the run's arguments ({} for the default run); "job": whether `press-corpus job` started it;
    #   "verdict": the fields of its Verdict; "accepted": whether a person accepted the state of the source as usual.
    # The pages of "retries" are not counted in the groups at, fields, body, charset, reader, chosen and example.
    # Runs that are summed up have the sums, and "runs": their number; "duration": the sum of their seconds.
    figures: Mapping[str, Any]

    @property
    def is_ended(self) -> bool:
        return self.ended is not None or bool(self.reason)

    @property
    def verdict(self) -> Verdict:
        """The recorded verdict; otherwise, and for a run that cannot be fine by its end, one for its state.

        A run is only fine if it was judged fine.
        """
        if not self.is_ended:
            return RUNNING
        recorded = _recorded(self.figures.get("verdict"))
        if recorded and (self.reason == "finished" or not recorded.is_fine):
            return recorded
        return replace(self.end_verdict or Verdict("unfinished", "it ended without a verdict"), alarm=False)

    @property
    def end_verdict(self) -> Verdict | None:
        """The verdict by the end of the run; None if it finished, so its figures decide."""
        if self.reason == "finished":
            return None
        if kind := _FAILED_ENDS.get(self.reason):
            default = "its process was killed" if self.reason == "killed" else self.reason
            return Verdict(kind, " ".join(str(self.figures.get("why") or default).split()), alarm=True)
        unknown = f"it ended with the reason {self.reason!r}" if self.reason else "it ended without a reason"
        return Verdict("unfinished", _UNFINISHED_ENDS.get(self.reason, unknown))

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The run's arguments as typed; {} for the default run."""
        asked = self.figures.get("asked")
        return asked if isinstance(asked, Mapping) else {}

    @property
    def is_of_archive(self) -> bool:
        """Whether the run read an archive, and not the site."""
        return self.arguments.get("from") in ("archive", "commoncrawl", "wayback")

    def count(self, *names: str) -> int:
        """Return the sum of these counts. Figures that are not numbers count 0, see `malformed`."""
        figures, total = self.figures, 0
        for name in names:
            if name in figures:
                total += _number(figures[name]) or 0
        return total

    def group(self, prefix: str) -> dict[str, int]:
        """Return the counts of one group by the rest of their names: "refused" -> {"changed": 3}."""
        start = f"{prefix}."
        named = [name for name in self.figures if name.startswith(start)]
        numbers = ((name[len(start) :], _number(self.figures[name])) for name in named)
        return {name: number for name, number in numbers if number is not None}

    def malformed(self) -> Iterator[str]:
        """Yield the names of the counts that are not numbers."""
        for name, value in self.figures.items():
            if name not in _NOT_NUMBERS and not name.startswith("example.") and _number(value) is None:
                yield name

    @property
    def runs(self) -> int:
        """The number of runs: 1 unless they are summed up."""
        return max(1, self.count("runs"))

    @property
    def seconds(self) -> int:
        """The duration in seconds, of runs that are summed up their mean; 0 during the run and for a killed run."""
        if "runs" in self.figures:
            return self.count("duration") // self.runs
        return self.ended - self.started if self.ended else 0

    @property
    def articles(self) -> int:
        """The number of article pages that were read."""
        return self.count(Count.PAGES_ARTICLE)

    @property
    def written(self) -> int:
        """The number of new and changed files."""
        return self.count(Count.ARTICLES_WRITTEN, Count.ARTICLES_UPDATED)

    @property
    def read_nothing(self) -> bool:
        """Whether the run could read no page: forbidden by robots.txt, not in its recording, or of other sources."""
        links = {Group.LINKS.of(name) for name, number in self.group("links").items() if number}
        has_obstacle = bool(links & NOTHING_FOUND or self.count(*_RECORDS))
        return has_obstacle and links <= NOTHING_FOUND and not self.group("pages")

    @property
    def listed(self) -> int:
        """The number of links on the listing pages, new and known."""
        return self.count(
            Count.LINKS_NEW, Count.LINKS_KNOWN, Count.LINKS_REMOVED, Count.LINKS_REPEATED, Count.LINKS_FILTERED,
            Count.LINKS_NOT_ARTICLE,
        )  # fmt: skip


def _recorded(verdict: object) -> Verdict | None:
    """Return the verdict with these fields; None if they are not those of a verdict."""
    if not isinstance(verdict, Mapping):
        return None
    kind, why, alarm = verdict.get("kind"), verdict.get("why", ""), verdict.get("alarm", False)
    is_valid = isinstance(kind, str) and bool(kind) and isinstance(why, str) and isinstance(alarm, bool)
    return Verdict(str(kind), why, alarm) if is_valid and not (kind == "fine" and alarm) else None


def _number(value: object) -> int | None:
    if type(value) is int:  # nearly always; a verdict reads thousands of figures
        return value
    return int(value) if isinstance(value, int | float) and isfinite(value) else None


# The classes of failed runs, with the advice for each: those of refused pages, and those of runs.
KINDS = {kind: error.advice for kind, error in ERRORS.items() if kind not in ("skipped", "bug")} | {
    "stale": "no new article for an unusually long time: check whether the site still publishes in this listing",
    "empty": "the run read nothing: see its log; check robots.txt, or whether the recording is of this source",
    "unfinished": "the run did not finish: raise the time limit, or lower -a pages=",
    "disk": "the corpus cannot be written: free disk space, check the folder's permissions",
    "ledger": "the ledger cannot be used: see the log; `press-corpus ledger check`",
    "bug": PageError.advice,
}
