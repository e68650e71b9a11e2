"""A fetched page as a value: what readers read, what recordings keep."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml.html import HtmlElement

from crawler.items import Link
from crawler.reading.charset import decode
from crawler.reading.html import parse_html
from crawler.reading.select import Index
from crawler.text.urls import absolute_url


@dataclass(frozen=True, eq=False)
class Page:
    """One answer of a site, with the request that it answers. Readers get nothing else."""

    url: str  # the address that answered, after redirects
    body: bytes = field(repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # names in lower case; logs show none
    method: str = "GET"
    request_body: bytes = b""  # the request's body
    fetched_at: str = ""  # when it was fetched, UTC, ISO 8601
    requested_url: str = ""  # the address that was asked for, where redirects led to another
    link: Link | None = None  # what led to an article page: some readers need the listing's date or title
    truncated: bool = False  # whether the connection ended before the answer did
    second_page: Page | None = None  # the second answer of an article that takes two

    @cached_property
    def _utf8(self) -> str | None:
        """The body where it is UTF-8 to the last byte, as most are; None for ASCII alone, which may stand for more."""
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

    @property
    def text(self) -> str:
        """The body decoded; see `decode`."""
        return self._decoded[0]

    @property
    def charset(self) -> str:
        """The charset in which the body is read."""
        return self._decoded[1]

    @cached_property
    def tree(self) -> HtmlElement:
        """The body's `<html>` node; an empty document for an empty body."""
        return parse_html(self.text, self.body if self._utf8 is not None else None)

    @cached_property
    def _index(self) -> Index:
        return Index(self.tree)

    def select(self, css: str) -> list[HtmlElement]:
        """The nodes that *css* finds, in order."""
        return self._index.select(css)

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        try:
            return json.loads(self.text)
        except RecursionError as error:
            raise ValueError("JSON nested deeper than can be read") from error

    @cached_property
    def form(self) -> dict[str, str]:
        """The fields of the request's form."""
        return dict(parse_qsl(self.request_body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def redirect(self) -> str:
        """The address a redirect that was not followed points to, or ""."""
        location = self.headers.get("location", "") if 300 <= self.status < 400 else ""
        try:
            return absolute_url(location, self.url) if location else ""
        except ValueError:  # it is no address
            return location

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def is_html(self) -> bool:
        return "html" in self.headers.get("content-type", "html")

    @property
    def is_whole(self) -> bool:
        """Whether the page ends where an HTML page ends: `</html>` near its end."""
        # (The first look is quicker.) Some servers add remarks behind it.
        return "</html" in self.text[-200:] or _END.search(self.text, len(self.text) - 20_000) is not None


def is_secret(name: str) -> bool:
    """Whether a header of this name may hold what nobody else is to read: it is not kept."""
    return bool(re.search("cookie|authorization|token|session|api-?key|password|secret", name, re.IGNORECASE))


_END = re.compile("</html", re.IGNORECASE | re.ASCII)
