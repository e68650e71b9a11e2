"""Where a mandatory field may stand: the site's own places first, then what pages of any site carry.

Live pages could not be seen when the notes on the sites were written, so one way to a field is not enough. Which
candidate answered is kept (`Article.chosen`) and counted: a fallback that suddenly answers is a site that has changed.
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
    """Picks the fields of one article page.

    Each method takes the site's own candidates as {name: value}, in order of trust; values may be None or empty. What
    lies behind them is the same for every site: JSON-LD, then OpenGraph and `article:*` metas, then plain HTML.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chosen: dict[str, str] = {}

    def title(self, site: Mapping[str, object]) -> str:
        """The title, white space folded. Raises `LayoutChanged` when no candidate has one."""
        return self._needed("title", self._pick("title", site, _folded, self._titles), site)

    def date(self, site: Mapping[str, object], identifier: str = "") -> str:
        """The time of publication as `beijing` gives it; at last the day in *identifier*.

        A candidate that is no time, or a time in the future, is passed by; where one has the day alone, another that
        has the second of that day answers for it. Raises `LayoutChanged` when none is a time.
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
        return self._needed("date", day, site)

    def author(self, site: Mapping[str, object]) -> str:
        """The author, or ""."""
        return self._pick("author", site, _folded, self._authors)

    def thumbnail(self, site: Mapping[str, object]) -> str:
        """The page's own cover, or "": the site's candidates only, for a site's default picture is no cover."""
        return self._pick("thumbnail", site, _folded, lambda: iter(()))

    def _needed(self, field: str, value: str, site: Mapping[str, object]) -> str:
        if not value:
            places = ", ".join(f"{name}={cut(content)}" for name, content in site.items())
            raise LayoutChanged(
                f"{field} is missing: none in {places or 'no place of the site'}, nor elsewhere", field=field
            )
        return value

    def _pick(
        self,
        field: str,
        site: Mapping[str, object],
        clean: Callable[[object], str],
        rest: Callable[[], Iterator[tuple[str, object]]],
    ) -> str:
        for candidates in (site.items(), rest()):
            for name, value in candidates:
                if cleaned := clean(value):
                    self.chosen[field] = name
                    return cleaned
        return ""

    @cached_property
    def _tomorrow(self) -> str:
        """24 hours from now: nobody publishes later. Such a time is an error or an event's, and Hugo would hide the
        page until then."""
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
        """The head's metas by `property` or `name`, in lower case; of several the first."""
        found: dict[str, str] = {}
        for node in all_of(self.page, "meta[content]"):
            found.setdefault((node.get("property") or node.get("name") or "").lower(), node.get("content", "").strip())
        return found

    @cached_property
    def json_ld(self) -> dict[str, object]:
        """The page's article as JSON-LD describes it (schema.org, or Baidu's own words); {} when none can be read."""
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
    if isinstance(data, list):
        for entry in data:
            yield from _entries(entry)
    elif isinstance(data, dict):
        yield data
        yield from _entries(data.get("@graph"))


def cut(value: object) -> str:
    """*value* for a message."""
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}…"


def _folded(value: object) -> str:
    """*value* on one line; "" where no character of it can be seen."""
    text = one_line(value) if isinstance(value, str) else ""
    return text if any(unicodedata.category(char)[0] in "LNPS" for char in text) else ""
