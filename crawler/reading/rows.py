"""Where the pages of a listing have their entries: the values of `SiteSpider.rows`.

`find` returns the entries of a page; the other methods read one of them. An entry that leads to something else than an
article has links, too: the source decides with `article_link`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from lxml.html import HtmlElement

from crawler.reading.errors import LayoutChanged
from crawler.reading.json_values import has_value, json_of, value_at
from crawler.reading.page import Page
from crawler.reading.query import all_of, href, missing_field, text, text_at
from crawler.reading.xml_listing import read_entries
from crawler.text.urls import requestable_url

_KEY = re.compile(r"\{([^{}]+)\}")


def url_at(data: Any, link: str) -> str:
    """Return the URL at a JMESPath expression, or a URL with expressions in braces; "" if a part of it is missing."""
    if "{" not in link:
        return str(value_at(data, link) or "")
    values = {key: value_at(data, key) for key in _KEY.findall(link)}
    return "" if None in values.values() else _KEY.sub(lambda match: str(values[match[1]]), link)


@dataclass(frozen=True, slots=True)
class Rows:
    """The entries of an HTML listing. The values are CSS selectors, except `number`."""

    entries: str  # each entry
    box: str = ""  # the element with the entries: a page that has it may be empty, also the first one of a listing
    link: str = "a[href]"  # in an entry: its links; the first one to an article counts
    title: str = ""  # in an entry; "" = the text of the link
    date: str = ""  # in an entry
    next: str = ""  # on the page: the links to the next pages of the listing
    number: str = ""  # place of the number of a page in its request, such as "page" or "/page/{}": `reading.numbered`

    def find(self, page: Page, is_first: bool) -> list[HtmlElement]:
        """Return the entries. Raises `LayoutChanged` if the first page of a listing has neither entries nor `box`."""
        found = all_of(page, self.entries)
        if not found and is_first and not (self.box and all_of(page, self.box)):
            raise missing_field(page, "list", self.entries)
        return found

    def links(self, page: Page, row: HtmlElement) -> Iterator[tuple[str, str]]:
        """Yield the absolute URL and the title of each link of an entry."""
        for node in all_of(row, self.link):
            yield href(node, page), (text_at(row, self.title) if self.title else "") or text(node)

    def date_of(self, row: HtmlElement) -> str:
        return text_at(row, self.date) if self.date else ""

    def next_urls(self, page: Page) -> list[str]:
        return [href(node, page) for node in all_of(page, self.next)] if self.next else []


@dataclass(frozen=True, slots=True)
class JsonRows:
    """The entries of a JSON listing, or of `SiteSpider.state` in an HTML page.

    The values are JMESPath expressions, except `link`, `cursor` and `number`.
    """

    entries: str  # the list of entries, which are objects
    link: str  # the URL in an entry, or a URL with expressions in braces: "https://site.example/a/{id}"
    title: str = "title"  # in an entry
    date: str = ""  # in an entry
    thumbnail: str = ""  # in an entry: the URL of its picture, if the page of the article does not have it
    skip: str = ""  # in an entry: true if it is not an article by its type
    next: str = ""  # in a JSON response: the URL of the next page of the listing, or the value of `cursor` for it
    cursor: str = ""  # parameter of the request that continues the listing: its place, not the number of a page
    number: str = ""  # as in `Rows`
    whole: bool = False  # whether an entry is the whole article: `read_article` gets it as a page

    def find(self, page: Page, is_first: bool) -> list[dict[str, Any]]:
        """Return the entries of a JSON response. Raises `PageError` as `find_in` does."""
        return self.find_in(json_of(page), page)

    def find_in(self, data: Any, page: Page) -> list[dict[str, Any]]:
        """Return the entries in *data*, the JSON of *page*. Raises `LayoutChanged` without such a list.

        The list may be empty or null.
        """
        found = value_at(data, self.entries)
        if not isinstance(found, list) and (found is not None or not has_value(data, self.entries)):
            raise LayoutChanged(f"{self.entries} is missing in the JSON: {page.text[:100]}", field=self.entries)
        return [row if isinstance(row, dict) else {} for row in found or ()]

    def links(self, page: Page, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield the absolute URL and the title of an entry; nothing if the title or a part of the URL is missing.

        An invalid URL is "".
        """
        url, title = url_at(row, self.link), value_at(row, self.title)
        if url and isinstance(title, str):
            yield requestable_url(url, page.url), unescape(title)

    def date_of(self, row: dict[str, Any]) -> object:
        return value_at(row, self.date) if self.date else ""

    def thumbnail_of(self, row: dict[str, Any]) -> str:
        return str(value_at(row, self.thumbnail) or "") if self.thumbnail else ""

    def next_urls(self, page: Page) -> list[str]:
        url = value_at(page.json, self.next) if self.next and not page.text.lstrip().startswith("<") else None
        return [requestable_url(str(url), page.url)] if url else []


class FeedEntries(list[tuple[str, ...]]):
    """URL, title and date of each entry of a feed; `sitemaps`: the URLs of the sitemaps that a sitemap lists."""

    sitemaps: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FeedRows:
    """The entries of an RSS feed, or of a sitemap, whose `sitemap` elements are its next pages."""

    number: str = ""  # as in `Rows`

    def find(self, page: Page, is_first: bool) -> FeedEntries:
        """Return the entries, of a document that is read once: it may be large. Raises `LayoutChanged` without any."""
        found = read_entries(page, {"item": ("link", "title", "pubDate"), "url": ("loc",), "sitemap": ("loc",)})
        if is_first and not any(found.values()):
            raise LayoutChanged("the feed has no entries")
        entries = FeedEntries([*found["item"], *((url, "", "") for (url,) in found["url"])])
        entries.sitemaps = [url for (url,) in found["sitemap"]]
        return entries

    def links(self, page: Page, row: Sequence[str]) -> Iterator[tuple[str, str]]:
        yield row[0], row[1]

    def date_of(self, row: Sequence[str]) -> str:
        return row[2]


AnyRows = Rows | JsonRows | FeedRows
