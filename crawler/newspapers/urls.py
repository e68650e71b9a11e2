"""Parse and build the URLs of e-paper systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

_DASHED_DAY = r"(?P<year>\d{4})-(?P<month>\d\d)/(?P<day>\d\d)/"  # 2025-02/11/
_SPLIT_DAY = r"(?P<year>\d{4})(?P<month>\d\d)/(?P<day>\d\d)/"  # 202502/11/
_COMPACT_DAY = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)/"  # 20250211/

# Family -> URL path after the newspaper's own folder: (page of an issue, article).
FAMILIES = {
    "A": (rf"html/{_DASHED_DAY}node_\w+\.html?", rf"html/{_DASHED_DAY}content_(?P<id>\d+)(?:_\d+)?\.html?"),
    "nbs": (
        rf"html/{_DASHED_DAY}nbs\.\w+\.html?",
        rf"html/{_DASHED_DAY}nw\.[A-Za-z0-9]+_\d{{8}}_(?P<id>\d+-\d+)\.html?",
    ),
    "B": (
        rf"layout/{_SPLIT_DAY}(?:node_|col)\w+\.html?",
        rf"(?:content|con)/{_SPLIT_DAY}content_(?P<id>\d+)(?:_\d+)?\.html?",
    ),
    "C": (
        rf"{_COMPACT_DAY}html/(?:index|page_\d+)\.html?",
        rf"{_COMPACT_DAY}html/(?:content_)?(?P<id>page_\d+_content_\w+|(?<=content_)\w+)\.html?",
    ),
    "E": (rf"{_COMPACT_DAY}v\w+\.shtml", rf"{_COMPACT_DAY}(?P<id>\d+)\.shtml"),
}


def _patterns(of_articles: bool) -> dict[str, re.Pattern[str]]:
    return {
        family: re.compile(rf"\A(?P<url>(?P<base>https?://[^/?#]+/(?:[^?#]*/)?){forms[of_articles]})(?:[?#].*)?", re.I)
        for family, forms in FAMILIES.items()
    }


_PAGE_PATTERNS, _ARTICLE_PATTERNS = _patterns(False), _patterns(True)


@dataclass(frozen=True)
class EpaperUrl:
    """The URL of a page of an issue, or of an article."""

    family: str  # a key of `FAMILIES`
    base: str  # the URL up to the newspaper's folder; the same for all pages and articles of a newspaper
    day: str  # date of the issue, YYYY-MM-DD
    id: str  # of the article; "" for a page of an issue
    match: re.Match[str]

    @property
    def url(self) -> str:
        """The URL without query and fragment."""
        return self.match["url"]

    def for_day(self, day: str) -> str:
        """Return the URL of the same page in the issue of *day* (YYYY-MM-DD)."""
        url = self.url
        # Each part has the length of the part that it replaces: the spans of the match stay valid.
        for name, part in zip(("year", "month", "day"), day.split("-"), strict=True):
            start, end = self.match.span(name)
            url = url[:start] + part + url[end:]
        return url


def parse_page_url(url: str) -> EpaperUrl | None:
    """Parse the URL of a page of an issue; return None for any other URL."""
    return _parse(url, _PAGE_PATTERNS)


def parse_article_url(url: str) -> EpaperUrl | None:
    """Parse the URL of an article; return None for any other URL."""
    return _parse(url, _ARTICLE_PATTERNS)


def _parse(url: str, patterns: dict[str, re.Pattern[str]]) -> EpaperUrl | None:
    for family, pattern in patterns.items():
        if match := pattern.fullmatch(url):
            day = "-".join(match.group("year", "month", "day"))
            try:
                date.fromisoformat(day)
            except ValueError:  # 30 February
                continue
            return EpaperUrl(family, match["base"], day, match.groupdict().get("id") or "", match)
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


def common_path(entry: str) -> str:
    """Return the URL path that all pages of a newspaper share, derived from its *entry* (URL of the newest issue)."""
    folder, slash, _ = urlsplit(entry).path.rpartition("/")
    path = (folder + slash).removesuffix("layout/")
    return path.removesuffix("pc/") if path.endswith("pc/") else path.removesuffix("html/")
