"""Choose a field's value from several candidates: the site's own nodes first, then the metadata that most sites have.

One selector per field is not enough, because the sources were first written without access to live pages. The name of
the chosen candidate is stored in `Article.chosen` and counted: a fallback that suddenly wins indicates a layout change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from itertools import chain

from crawler.reading.errors import LayoutChanged
from crawler.reading.json_ld import json_ld_of
from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.reading.shown_times import published_times, shows_time_of
from crawler.text.clean import one_line
from crawler.text.dates import beijing, beijing_after, day_of_id, is_exact, read_date
from crawler.text.urls import absolute_url

# The names of `<meta>` elements with the time of publication.
_DATE_METAS = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "publish_date", "publish-date",
    "publish_time", "publish-time", "publishtime", "pub_date", "pubdate", "og:pubdate", "pubtime", "_pubtime",
    "apub:time", "bytedance:published_time", "weibo:article:create_at", "weibo: article:create_at",
    "og:article:published_time", "og:release_date", "parsely-pub-date", "sailthru.date", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date", "date",
)  # fmt: skip


class Candidates:
    """Choose the fields of one article page.

    Each method takes the site's own candidates as {name: value}, the most reliable first. A value may be empty or None.
    The candidates after them are the same for every site: JSON-LD, OpenGraph and `article:*` metas, plain HTML.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chosen: dict[str, str] = {}  # field -> name of the candidate

    def title(self, site: Mapping[str, object]) -> str:
        """Return the title, with white space collapsed. Raises `LayoutChanged` if every candidate is empty."""
        return self._required("title", self._choose("title", site, _visible_line, self._titles), site)

    def date(self, site: Mapping[str, object], identifier: str = "") -> str:
        """Return the publication date in Beijing time, "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" (see `text.dates`).

        The last candidate is the day in *identifier*. A candidate that is not a date, or more than 24 hours ahead, is
        skipped. If a candidate has only the day, a later candidate with a time on the same day replaces it. Raises
        `LayoutChanged` if no candidate has a valid date. Then a page from a public archive has the day on which it was
        captured: the article is at least as old. `chosen["date"]` is "capture".

        Dates without a year and relative dates refer to the time of the request; `chosen` then marks the candidate
        ("byline relative"). If the result has only the day, but the page has a time of day that was not read,
        `chosen["unread_time"]` is the name of its candidate, or "page" for another element.
        """
        day, unread, future = "", "", []
        for name, value in chain(site.items(), self._dates(), [("address", day_of_id(identifier))]):
            date, is_relative, has_unread_time = read_date(value, self._now)
            unread = unread or (name if has_unread_time else "")
            if not date:
                continue
            if date > self._tomorrow:
                future.append(f"{name}={date}")
            elif not day or (is_exact(date) and date.startswith(day)):
                self.chosen["date"], day = f"{name} relative" if is_relative else name, date
                if is_exact(date):
                    break
        if future and not day:
            raise LayoutChanged(f"date is in the future: {', '.join(future)}", field="date")
        if day and not is_exact(day) and (unread or (self.page.is_html and shows_time_of(self.page, day))):
            self.chosen["unread_time"] = unread or "page"
        if not day and self.page.is_capture:
            self.chosen["date"], day = "capture", beijing(self.page.fetched_at)[:10]
        return self._required("date", day, site)

    def author(self, site: Mapping[str, object]) -> str:
        """Return the author, or ""."""
        return self._choose("author", site, _visible_line, self._authors)

    def thumbnail(self, site: Mapping[str, object]) -> str:
        """Return the absolute URL of the cover image, or "".

        Only the site's own candidates count: `og:image` is often the default image of the site.
        """
        url = self._choose("thumbnail", site, _visible_line, lambda: iter(()))
        with suppress(ValueError):  # an invalid URL: the normalization removes it
            return url if not url or url.startswith("//") else absolute_url(url, self.page.base_url)
        return url

    def _required(self, field: str, value: str, site: Mapping[str, object]) -> str:
        if not value:
            tried = ", ".join(f"{name}={cut(content)}" for name, content in site.items())
            also = f"in {tried}, nor " if tried else ""
            raise LayoutChanged(f"{field} is missing: not found {also}in the metadata of the page", field=field)
        return value

    def _choose(
        self,
        field: str,
        site: Mapping[str, object],
        clean: Callable[[object], str],
        general: Callable[[], Iterator[tuple[str, object]]],
    ) -> str:
        """Return the first candidate that is not empty after *clean*, and note its name; "" if all are empty."""
        for candidates in (site.items(), general()):
            for name, value in candidates:
                if cleaned := clean(value):
                    self.chosen[field] = name
                    return cleaned
        return ""

    @property
    def _now(self) -> str:
        """The time to which relative dates refer; "" for a local file, which is read later than it was fetched."""
        return self.page.fetched_at if self.page.url.startswith("http") else ""

    @cached_property
    def _tomorrow(self) -> str:
        """The Beijing time 24 hours after the page was fetched.

        A later date is an error or the date of an event, and Hugo would hide the page until then.
        """
        return beijing_after(self.page.fetched_at, days=1) if self.page.fetched_at else "9999"

    def _titles(self) -> Iterator[tuple[str, object]]:
        yield "json-ld", self.json_ld.get("headline") or self.json_ld.get("title")
        yield "og:title", self.metas.get("og:title")
        if self.page.is_html:
            yield "<title>", next((text(node) for node in all_of(self.page, "head > title")), "")

    def _dates(self) -> Iterator[tuple[str, object]]:
        yield "json-ld", self.json_ld.get("datePublished") or self.json_ld.get("pubDate")
        for name in _DATE_METAS:
            yield name, self.metas.get(name)
        for value in published_times(self.page) if self.page.is_html else ():
            yield "<time>", value
        yield "json-ld dateCreated", self.json_ld.get("dateCreated")

    def _authors(self) -> Iterator[tuple[str, object]]:
        yield "json-ld", self.json_ld.get("author")
        author = self.metas.get("article:author", "")
        yield "article:author", "" if _is_url(author) else author  # the profile of the author, or of the site

    @cached_property
    def metas(self) -> dict[str, str]:
        """The content of the `<meta>` tags by `property`, `name` or `itemprop` (lower case).

        The first value that is not empty counts.
        """
        found: dict[str, str] = {}
        for node in all_of(self.page, "meta[content]") if self.page.is_html else ():
            name = (node.get("property") or node.get("name") or node.get("itemprop") or "").strip().lower()
            found[name] = found.get(name) or node.get("content", "").strip()
        return found

    @cached_property
    def json_ld(self) -> dict[str, object]:
        """The fields of the article in JSON-LD; see `json_ld_of`."""
        return json_ld_of(self.page) if self.page.is_html else {}


_is_url = re.compile(r"(?:https?:)?//", re.IGNORECASE).match


def cut(value: object) -> str:
    """Return the repr of *value* for a message, truncated to 40 characters."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


def _visible_line(value: object) -> str:
    """Return *value* as one line; "" if it is not a string or all of its characters are invisible."""
    text = one_line(value) if isinstance(value, str) else ""
    return text if any(unicodedata.category(char)[0] in "LNPS" for char in text) else ""
