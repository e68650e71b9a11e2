"""Decide whether a blocked or unreachable page is a failure of its host, or of the page itself."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.items import Link

if TYPE_CHECKING:
    from crawler.corpus.corpus import Corpus

# Blocked and unreachable pages of a host, one after the other, from which on the host may be the cause.
MAX_IN_A_ROW = 5


class SiteFailures:
    """The blocked and unreachable pages of a run, by host, until it is decided what their cause is.

    A page that stays open is requested in every run. Only if the page is the cause, the refusal counts as an attempt,
    so the delay before the next one grows. The page is the cause

    - if another page of its host is read later in the run, before or after the page is requested again, or
    - at the end of a finished run, if a page of the host was read before, and since then only a few pages that earlier
      runs refused, too, were requested.
    """

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._working: set[str] = set()  # hosts from which a page was read
        self._first_tries: dict[str, set[str]] = defaultdict(set)  # host -> ids of pages to be requested again
        self._causes: set[str] = set()  # ids of pages that were blocked before another page of their host was read
        self._undecided: dict[str, list[tuple[Link, bool]]] = defaultdict(list)  # host -> pages, is_retry

    def read(self, url: str) -> None:
        """Record that the page at *url* was read: the host works."""
        self._working.add(host_of(url))
        self._causes |= self._first_tries.pop(host_of(url), set())
        for link, _ in self._undecided.pop(host_of(url), ()):
            self._corpus.count_attempt(link)

    def blocked(self, link: Link) -> None:
        """Record that the page of *link* was blocked, and that the run will request it again."""
        self._first_tries[host_of(link.url)].add(link.id)

    def refused(self, link: Link, is_retry: bool) -> None:
        """Record that the page of *link* was blocked or unreachable. *is_retry*: an earlier run refused it, too."""
        self._first_tries[host_of(link.url)].discard(link.id)
        if link.id in self._causes:
            self._corpus.count_attempt(link)
        else:
            self._undecided[host_of(link.url)].append((link, is_retry))

    def is_working(self, url: str) -> bool:
        """Return whether a page of the host of *url* was read, and none was refused since."""
        return host_of(url) in self._working and not self._undecided.get(host_of(url))

    def is_doubtful(self, url: str) -> bool:
        """Return whether the host of *url* may be the cause of the last refusals."""
        return len(self._undecided.get(host_of(url), ())) >= MAX_IN_A_ROW

    def finish(self) -> None:
        """Decide at the end of a finished run. The other pages stay open."""
        for host, pages in self._undecided.items():
            if host in self._working and len(pages) < MAX_IN_A_ROW and all(is_retry for _, is_retry in pages):
                for link, _ in pages:
                    self._corpus.count_attempt(link)
        self._undecided.clear()


def host_of(url: str) -> str:
    """Return the host name of *url*, "" without one."""
    return urlsplit(url).hostname or ""
