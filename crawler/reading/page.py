"""A fetched page as a value: the input of readers and the content of recordings."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.reading.charset import decode
from crawler.reading.ending import html_end
from crawler.reading.html import parse_html
from crawler.reading.limits import LIGHT
from crawler.reading.scripts import values_of
from crawler.reading.select import Index
from crawler.reading.xml_stream import GZIP, begins_like_feed
from crawler.text.urls import absolute_url, requestable_url


@dataclass(frozen=True, eq=False)
class Page:
    """One response of a site with the request that led to it: all that a reader gets."""

    url: str  # of the response, after redirects
    body: bytes = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # of the response; names in lower case
    method: str = "GET"  # of the request
    request_body: bytes = b""
    fetched_at: str = ""  # UTC, ISO 8601
    record: str = ""  # of a page that is in a WARC file: name of the file and byte offset, as in `Article.warc`
    requested_url: str = ""  # of the first request, if redirects led to `url`; else ""
    link: Link | None = None  # of an article page; some readers need the date or title of the listing
    truncated: bool = False  # the connection closed before the response was complete, or without a known length
    is_capture: bool = False  # from a public archive: an article without a date has the day of `fetched_at`
    second_page: Page | None = None  # the second response, for an article that needs two
    next_pages: tuple[Page, ...] = ()  # the pages that continue the article, from the second one on

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields, without what was derived from them: a tree cannot be sent to another process."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def responses(self) -> tuple[Page, ...]:
        """All responses of the article: this page, `second_page`, `next_pages`."""
        return (self, *((self.second_page,) if self.second_page else ()), *self.next_pages)

    @cached_property
    def _utf8(self) -> str | None:
        """The body decoded as UTF-8, the most frequent charset; None if that fails or leaves the charset open.

        ASCII leaves it open (HZ and ISO 2022 use ASCII bytes only), and `decode` removes a byte order mark.
        """
        if self.body.isascii() or self.body.startswith(codecs.BOM_UTF8):
            return None
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return None

    @cached_property
    def _decoded(self) -> tuple[str, str]:
        if self._utf8 is not None:
            return self._utf8, "utf-8"
        return decode(self.body, self.headers.get("content-type", ""))

    @cached_property
    def _end(self) -> int:
        """The position after `</html>` in the decoded body; -1 if it is missing, or if the page is not HTML."""
        return html_end(self._decoded[0]) if self.is_html else -1

    @cached_property
    def text(self) -> str:
        """The decoded body (see `charset.decode`), up to and with the `</html>` of an HTML page.

        A page that is truncated after `</html>` looks complete. The rest is `trailer`: readers get the same page with
        and without it.
        """
        text = self._decoded[0]
        return text if self._end < 0 or not self.trailer.strip() else text[: self._end]

    @property
    def trailer(self) -> str:
        """The decoded body after `</html>`; "" without `</html>`.

        A source that reads it declares its end in `page_ends`.
        """
        return self._decoded[0][self._end :] if self._end >= 0 else ""

    @property
    def charset(self) -> str:
        """The charset that decodes the body, as a Python codec name."""
        return self._decoded[1]

    @cached_property
    def tree(self) -> HtmlElement:
        """The `<html>` node of the body; an empty document for an empty body.

        Raises `PageTooDeep` or `PageTooLarge`. The tree is shared by all callers: do not change it.
        """
        is_utf8 = self._utf8 is not None and len(self.text) == len(self._utf8)
        return parse_html(self.text, self.body if is_utf8 else None)

    @cached_property
    def _index(self) -> Index:
        return Index(self.tree)

    def select(self, css: str) -> list[HtmlElement]:
        """Return the nodes that match *css*, in document order. Raises SyntaxError for an invalid selector."""
        return self._index.select(css)

    @cached_property
    def json(self) -> Any:
        """The body parsed as JSON. Raises ValueError."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("JSON is nested too deeply to be parsed") from error

    def script_values(self, variable: str) -> list[Any]:
        """Return the JSON values that scripts of the page assign to *variable*, in order: see `reading.scripts`."""
        if variable not in self._script_values:
            self._script_values[variable] = values_of(self.text, variable)
        return self._script_values[variable]

    @cached_property
    def _script_values(self) -> dict[str, list[Any]]:
        return {}

    @cached_property
    def form(self) -> dict[str, str]:
        """The form fields in the body of the request."""
        return dict(parse_qsl(self.request_body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def redirect(self) -> str:
        """The absolute target URL of a redirect that was not followed, or ""."""
        location = self.headers.get("location", "") if 300 <= self.status < 400 else ""
        try:
            return absolute_url(location, self.url) if location else ""
        except ValueError:  # an invalid URL
            return location

    @cached_property
    def address(self) -> str:
        """The URL of the page on its site: `url`, or for a local file the one in its metadata; "" if it is unknown."""
        if _is_web(self.url) or not self.is_html:
            return self.url
        named = [
            node.get("href", "")
            for node in self.select("link[rel]")
            if "canonical" in node.get("rel", "").lower().split()
        ]
        for attribute in ("property", "name"):
            named += [node.get("content", "") for node in self.select(f'meta[{attribute}="og:url"]')]
        return next((url for url in map(_with_scheme, map(str.strip, named)) if _is_web(url)), "")

    @property
    def base_url(self) -> str:
        """The URL to which relative URLs in the page refer."""
        return self.base_url_at(self.address or self.url)

    def base_url_at(self, address: str) -> str:
        """Return the URL to which relative URLs in the page refer if the page is at *address*.

        It is the `<base href>` of the page, or *address*. Only the first `<base>` with an `href` counts; an invalid one
        is ignored (HTML, section 4.2.3).
        """
        if self._base is None:
            return address
        base = requestable_url(self._base if _is_web(address) else _with_scheme(self._base.strip()), address)
        return base if _is_web(base) else address

    @cached_property
    def _base(self) -> str | None:
        found = self.select("base[href]") if self.is_html else []
        return found[0].get("href") if found else None

    @property
    def begins_like_json(self) -> bool:
        """Whether the text begins like a JSON object or list, regardless of its content type."""
        return self.text.lstrip("\ufeff \t\r\n").startswith(("{", "["))

    @property
    def path(self) -> str:
        """The path of `url`, percent-encoded."""
        return urlsplit(self.url).path

    @property
    def is_html(self) -> bool:
        """Whether the content type is HTML; True if the header is missing. False for a large feed."""
        return "html" in self.headers.get("content-type", "html") and not self.is_large_feed

    @cached_property
    def is_large_feed(self) -> bool:
        """Whether the page is a sitemap or a feed that is compressed, or has more than LIGHT bytes.

        Read it with `xml_listing.read_entries`: its `text` and `tree` would take much memory.
        """
        is_large = len(self.body) > LIGHT or self.body.startswith(GZIP)
        return is_large and self.link is None and begins_like_feed(self.body)

    @property
    def is_whole(self) -> bool:
        """Whether the page has a `</html>`, outside of scripts and comments. Some servers append comments to it."""
        return self._end >= 0


def is_secret(name: str) -> bool:
    """Return whether a header of this name may contain credentials; recordings omit it."""
    return bool(re.search("cookie|authorization|token|session|api-?key|password|secret", name, re.IGNORECASE))


def _with_scheme(url: str) -> str:
    """Return *url* with a scheme if it begins with the host: a local file has no scheme that could be inherited."""
    return f"https:{url}" if url.startswith("//") else url


_is_web = re.compile("https?://[^/]", re.IGNORECASE).match
