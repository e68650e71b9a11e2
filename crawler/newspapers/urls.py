"""Parse and build the URLs of e-paper systems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# Addresses ----------------------------------------------------------------------------------------------------------

_DASHED = r"(?P<year>\d{4})-(?P<month>\d\d)/(?P<day>\d\d)/"  # 2025-02/11/
_HALVED = r"(?P<year>\d{4})(?P<month>\d\d)/(?P<day>\d\d)/"  # 202502/11/
_WHOLE = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)/"  # 20250211/

# Family -> the path behind the paper's own folder: of a page of an issue, and of an article.
FAMILIES = {
    "A": (rf"html/{_DASHED}node_\w+\.html?", rf"html/{_DASHED}content_(?P<id>\d+)(?:_\d+)?\.html?"),
    "nbs": (rf"html/{_DASHED}nbs\.\w+\.html?", rf"html/{_DASHED}nw\.[A-Za-z0-9]+_\d{{8}}_(?P<id>\d+-\d+)\.html?"),
    "B": (
        rf"layout/{_HALVED}(?:node_|col)\w+\.html?",
        rf"(?:content|con)/{_HALVED}content_(?P<id>\d+)(?:_\d+)?\.html?",
    ),
    "C": (
        rf"{_WHOLE}html/(?:index|page_\d+)\.html?",
        rf"{_WHOLE}html/(?:content_)?(?P<id>page_\d+_content_\w+|(?<=content_)\w+)\.html?",
    ),
    "E": (rf"{_WHOLE}v\w+\.shtml", rf"{_WHOLE}(?P<id>\d+)\.shtml"),
}


def _patterns(of_articles: bool) -> dict[str, re.Pattern[str]]:
    return {
        family: re.compile(rf"(?P<url>(?P<paper>https?://[^/?#]+/(?:[^?#]*/)?){forms[of_articles]})(?:[?#].*)?", re.I)
        for family, forms in FAMILIES.items()
    }


_PAGES, _ARTICLES = _patterns(False), _patterns(True)


@dataclass(frozen=True)
class Address:
    """The address of a page of an issue, or of an article."""

    family: str
    paper: str  # what lies before: the same for all pages of a paper
    day: str  # YYYY-MM-DD
    id: str  # of an article
    found: re.Match[str]

    @property
    def url(self) -> str:
        return self.found["url"]

    def on(self, day: str) -> str:
        """The same page of another day's issue."""
        url = self.url
        for name, part in zip(("year", "month", "day"), day.split("-"), strict=True):  # as long as what it replaces
            start, end = self.found.span(name)
            url = url[:start] + part + url[end:]
        return url


def _address(url: str, patterns: dict[str, re.Pattern[str]]) -> Address | None:
    for family, pattern in patterns.items():
        if found := pattern.fullmatch(url):
            day = "-".join(found.group("year", "month", "day"))
            try:
                date.fromisoformat(day)
            except ValueError:  # 30 February
                continue
            return Address(family, found["paper"], day, found.groupdict().get("id") or "", found)
    return None


def page_address(url: str) -> Address | None:
    """The address of a page of an issue; None for any other."""
    return _address(url, _PAGES)


def article_address(url: str) -> Address | None:
    """The address of an article; None for any other."""
    return _address(url, _ARTICLES)


def days_back(last: str, first: str) -> Iterator[str]:
    """The days from *last* back to *first*."""
    day = date.fromisoformat(last)
    while day.isoformat() >= first:
        yield day.isoformat()
        day -= timedelta(1)
