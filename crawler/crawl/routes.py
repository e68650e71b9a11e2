"""Find the source of an address, among all sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

from crawler.reading.source import Source
from crawler.text.urls import registered_domain

S = TypeVar("S", bound=type[Source])

_host = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@]+)", re.IGNORECASE).match
_CACHE = 65_536  # hosts


class Routes(Generic[S]):
    """The sources in *sources*, for look-ups by address.

    A source has an address if its `article_link` recognizes it. It is asked for hosts with the domain of one of its
    `hosts`, and with a name that its `article_urls` contain: some sites have their articles in another domain than the
    API that is requested. Of several sources with an address, the first one counts. A source without hosts has none.
    """

    def __init__(self, sources: Iterable[S]) -> None:
        self._sources = [source for source in sources if source.hosts]
        self._domains = [{registered_domain(host.partition(":")[0]) for host in each.hosts} for each in self._sources]
        self._patterns = [
            "\n".join(pattern.pattern.replace("\\", "") for pattern in getattr(each, "article_urls", ()))
            for each in self._sources
        ]
        self._candidates = lru_cache(_CACHE)(self._sources_of)

    def find(self, url: str) -> S | None:
        """Return the source that recognizes *url* as the address of an article, or None."""
        host = _host(url)
        candidates = self._candidates(host[1].lower()) if host else ()
        return next((source for source in candidates if source.article_link(url)), None)

    def _sources_of(self, host: str) -> tuple[S, ...]:
        """Return the sources that may have articles on *host*."""
        domain = registered_domain(host)
        name = domain.partition(".")[0]
        found = zip(self._sources, self._domains, self._patterns, strict=True)
        return tuple(source for source, domains, patterns in found if domain in domains or (name and name in patterns))
