"""What a run reads from the ledger: the rows of articles with their states, and which part of a listing is covered."""

from __future__ import annotations

import time
from dataclasses import dataclass

from crawler.reading.errors import ERRORS

# States. A link is added as OPEN before it is fetched. It becomes WRITTEN after its complete file is on disk.
OPEN, WRITTEN, REJECTED, GONE, SKIPPED = "open", "written", "rejected", "gone", "skipped"
REMOVED = "removed"  # by a takedown (`Removals`); no method of `Articles` changes such a row
# Refusals that the site causes: such a page stays open, unless the page itself is the cause (`count_attempt`).
SITE_FAILURES = tuple(kind for kind, error in ERRORS.items() if error.by_site)
HOUR, DAY = 3600, 86400  # seconds
RETRY_DELAYS = (0, HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY)  # after the nth refusal; no retry after the last one


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The row of an article. The columns are described in `crawler.corpus.tables`."""

    source: str
    id: str
    url: str
    title: str
    date: str
    state: str
    kind: str
    reason: str
    attempts: int
    retry_at: int | None
    walk: int
    path: str
    file_hash: str
    etag: str
    modified: str

    @property
    def is_due(self) -> bool:
        """Whether the page was rejected and its next retry is due."""
        return self.state == REJECTED and self.retry_at is not None and self.retry_at <= time.time()


@dataclass(frozen=True, slots=True)
class Coverage:
    """The links that need no second walk of a listing: those that its last finished walk found or could have found.

    *finished* is the number of that walk, *first_of_run* the smallest number of a walk in the same run.
    """

    finished: int = 0
    first_of_run: int = 0

    def __contains__(self, walk: int) -> bool:
        """Return whether links with this number in `LedgerEntry.walk` are covered.

        These are the links of earlier runs, and those that the walk itself found. Another walk of the same run may have
        found a link after this one had read the listing: below that link there may be unknown articles.
        """
        return walk < self.first_of_run or walk == self.finished > 0


NOTHING = Coverage()
