"""Parse and build the URLs of e-paper systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from urllib.parse import urlsplit

from crawler.newspapers.families import FOLDERS, patterns

_patterns = cache(patterns)  # compiled for the first URL: most runs are of other sources


@dataclass(frozen=True)
class EpaperUrl:
    """The URL of a page of an issue, or of an article."""

    family: str  # a key of `FAMILIES`
    base: str  # the URL up to the newspaper's folder, in lower case; the same for all pages and articles of a newspaper
    day: str  # date of the issue, YYYY-MM-DD
    id: str  # of the article; "" for a page of an issue
    number: str  # of the newspaper page ("A01"), if the URL has it, or ""
    match: re.Match[str]

    @property
    def url(self) -> str:
        """The URL without fragment, and without the query unless the query has the day."""
        return self.match["url"]

    def for_day(self, day: str) -> str:
        """Return the URL of the same page in the issue of *day* (YYYY-MM-DD)."""
        url, parts = self.url, dict(zip(("year", "month", "day"), day.split("-"), strict=True))
        # Some URLs have the day twice: `month2` is the month again. Each part has the length of the part that it
        # replaces: the spans of the match stay valid.
        for name, value in self.match.groupdict().items():
            if value and (part := parts.get(name.rstrip("0123456789"))):
                start, end = self.match.span(name)
                url = url[:start] + part + url[end:]
        return url

    def is_of(self, issue: EpaperUrl) -> bool:
        """Return whether this page or article belongs to the same issue as *issue*."""
        return (self.base, self.day) == (issue.base, issue.day)


def parse_page_url(url: str) -> EpaperUrl | None:
    """Parse the URL of a page of an issue; return None for any other URL."""
    found = _parse(url)
    return found if found and not found.id else None


def parse_article_url(url: str) -> EpaperUrl | None:
    """Parse the URL of an article; return None for any other URL."""
    found = _parse(url)
    return found if found and found.id else None


@lru_cache(maxsize=4096)  # the links of a page are parsed several times
def _parse(url: str) -> EpaperUrl | None:
    for family, forms in _patterns().items():
        for pattern in forms:
            if not (match := pattern.fullmatch(url)):
                continue
            day = "-".join(match.group("year", "month", "day"))
            try:
                date.fromisoformat(day)
            except ValueError:  # 30 February
                continue
            groups = match.groupdict()
            number = next((value for name, value in groups.items() if name.startswith("number") and value), "")
            name = (groups.get("id") or "").replace("/", "-")
            return EpaperUrl(family, match["base"].lower(), day, name, number.upper(), match)
    return None


def days_back(last: str, first: str) -> Iterator[str]:
    """Yield the days (YYYY-MM-DD) from *last* back to *first*, both included."""
    day = date.fromisoformat(last)
    while day.isoformat() >= first:
        yield day.isoformat()
        day -= timedelta(1)


def host_of(url: str) -> str:
    """Return the host name of *url*, or "" if *url* is invalid or has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def hosts_of(url: str) -> tuple[str, ...]:
    """Return the host of *url*, and "host:port" if its port is not a standard one; () if *url* is invalid."""
    host = host_of(url)
    try:
        port = urlsplit(url).port
    except ValueError:
        return ()
    return () if not host else (host,) if port in (None, 80, 443) else (host, f"{host}:{port}")


def common_path(entry: str) -> str:
    """Return the URL path that all pages of a newspaper share, derived from its *entry* (URL of the newest issue)."""
    path, _, _ = urlsplit(entry).path.rpartition("/")
    if (parts := path.split("/"))[-1].lower() in FOLDERS:
        parts.pop()
    return "/".join(parts[:-1] if parts[-1] == "pc" else parts) + "/"
