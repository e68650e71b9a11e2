"""Find the source of an address, among all sources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

from crawler.reading.source import Source

S = TypeVar("S", bound=type[Source])

_host = re.compile(r"https?://(?:[^/?#@]*@)?([^/?#:@]+)", re.IGNORECASE).match
_SHORT = 3  # letters: "com" and "org" in com.cn and org.cn are not names of sites


class Routes(Generic[S]):
    """The sources in *sources* by the domains of their hosts.

    A source has an address if its `article_link` recognizes it; its domain must be that of one of the source's `hosts`.
    Of several sources with an address, the first one counts. A source without hosts has no addresses.
    """

    def __init__(self, sources: Iterable[S]) -> None:
        self._sources: dict[str, list[S]] = defaultdict(list)
        for source in sources:
            for domain in {_domain(host.partition(":")[0]) for host in source.hosts}:
                self._sources[domain].append(source)

    def find(self, url: str) -> S | None:
        """Return the source that recognizes *url* as the address of an article, or None."""
        host = _host(url)
        candidates = self._sources.get(_domain(host[1].lower()), ()) if host else ()
        return next((source for source in candidates if source.article_link(url)), None)


def _domain(host: str) -> str:
    """Return the last labels of *host*: at least those of the domain that one site registers, "a.cn" or "a.com.cn".

    A longer common part, as of `com.cn` in `news.com.cn`, would only make the look-up slower.
    """
    labels = host.rstrip(".").split(".")
    is_in_second_level = len(labels) > 2 and len(labels[-2]) <= _SHORT and len(labels[-1]) == 2
    return ".".join(labels[-3:] if is_in_second_level else labels[-2:])
