"""Choose a field's value from several candidates: the site's own nodes first, then the metadata that most sites have.

One selector per field is not enough, because the sources were first written without access to live pages. The name of
the chosen candidate is stored in `Article.chosen` and counted: a fallback that suddenly wins indicates a layout change.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import chain

from crawler.reading.errors import LayoutChanged
from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.text.clean import one_line
from crawler.text.dates import beijing, beijing_after, day_of_id, is_exact


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
        `LayoutChanged` if no candidate has a valid date.
        """
        day, future = "", []
        for name, value in chain(site.items(), self._dates(), [("address", day_of_id(identifier))]):
            date = beijing(value)
            if not date:
                continue
            if date > self._tomorrow:
                future.append(f"{name}={date}")
            elif not day or (is_exact(date) and date.startswith(day)):
                self.chosen["date"], day = name, date
                if is_exact(date):
                    break
        if future and not day:
            raise LayoutChanged(f"date is in the future: {', '.join(future)}", field="date")
        return self._required("date", day, site)

    def author(self, site: Mapping[str, object]) -> str:
        """Return the author, or ""."""
        return self._choose("author", site, _visible_line, self._authors)

    def thumbnail(self, site: Mapping[str, object]) -> str:
        """Return the URL of the cover image, or "".

        Only the site's own candidates count: `og:image` is often the default image of the site.
        """
        return self._choose("thumbnail", site, _visible_line, lambda: iter(()))

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

    @cached_property
    def _tomorrow(self) -> str:
        """The Beijing time 24 hours after the page was fetched.

        A later date is an error or the date of an event, and Hugo would hide the page until then.
        """
        return beijing_after(self.page.fetched_at, days=1) if self.page.fetched_at else "9999"

    def _titles(self) -> Iterator[tuple[str, object]]:
        yield "json-ld", self.json_ld.get("headline") or self.json_ld.get("title")
        yield "og:title", self.metas.get("og:title")
        yield "<title>", next((text(node) for node in all_of(self.page, "head > title")), "")

    def _dates(self) -> Iterator[tuple[str, object]]:
        yield "json-ld", self.json_ld.get("datePublished") or self.json_ld.get("pubDate")
        for name in ("article:published_time", "og:published_time", "publishdate", "pubdate"):
            yield name, self.metas.get(name)
        yield "<time>", next((node.get("datetime") or text(node) for node in all_of(self.page, "time")), "")

    def _authors(self) -> Iterator[tuple[str, object]]:
        author = self.json_ld.get("author")
        author = author[0] if isinstance(author, list) and author else author
        yield "json-ld", author.get("name") if isinstance(author, dict) else author
        yield "article:author", self.metas.get("article:author")

    @cached_property
    def metas(self) -> dict[str, str]:
        """The content of the `<meta>` tags by `property` or `name`, in lower case. The first value is used."""
        found: dict[str, str] = {}
        for node in all_of(self.page, "meta[content]"):
            found.setdefault((node.get("property") or node.get("name") or "").lower(), node.get("content", "").strip())
        return found

    @cached_property
    def json_ld(self) -> dict[str, object]:
        """The JSON-LD object of the article, with keys of schema.org or of Baidu; {} if it is missing or invalid."""
        for node in all_of(self.page, 'script[type="application/ld+json"]'):
            try:
                data = json.loads(node.text or "")
            except (ValueError, RecursionError):
                continue
            for entry in _entries(data):
                if entry.keys() & {"datePublished", "headline", "pubDate"}:
                    return entry
        return {}


def _entries(data: object) -> Iterator[dict[str, object]]:
    """Yield the objects in lists and in `@graph`, in order."""
    if isinstance(data, list):
        for entry in data:
            yield from _entries(entry)
    elif isinstance(data, dict):
        yield data
        yield from _entries(data.get("@graph"))


def cut(value: object) -> str:
    """Return the repr of *value* for a message, truncated to 40 characters."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


def _visible_line(value: object) -> str:
    """Return *value* as one line; "" if it is not a string or all of its characters are invisible."""
    text = one_line(value) if isinstance(value, str) else ""
    return text if any(unicodedata.category(char)[0] in "LNPS" for char in text) else ""
