"""The values of `Article` fields at the places that a `SiteSpider` declares in `fields` and `json_fields`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import unescape
from typing import Any

from crawler.reading.json_values import value_at
from crawler.reading.page import Page
from crawler.reading.pictures import picture_address
from crawler.reading.query import all_of, href, text

CANDIDATES = ("title", "date", "author", "thumbnail")  # fields with several candidates: see `reading.candidates`


def json_values(data: Any, keys: Mapping[str, str]) -> dict[str, Any]:
    """Return the value at the JMESPath expression of each field. Fields without a value are missing.

    A string may contain entities of HTML, like the titles of `JsonRows`.
    """
    found = {name: value_at(data, key) for name, key in keys.items()}
    return {name: _json_value(name, value) for name, value in found.items() if value is not None}


def html_values(page: Page, selectors: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of the first element that matches the CSS selector of each field; of all for `keywords`.

    That is the text of an element, the content of a `meta`, the link of an author, the address of a picture.
    """
    return {name: _html_value(page, name, css) for name, css in selectors.items()}


def _json_value(name: str, value: Any) -> Any:
    if name == "keywords":
        return tuple(map(str, value))
    value = unescape(value) if isinstance(value, str) else value
    return value if name == "counts" or name in CANDIDATES else str(value)


def _html_value(page: Page, name: str, css: str) -> Any:
    nodes = all_of(page, css)
    if name == "keywords":
        return tuple(word for node in nodes for word in _words(text(node), node.get("content", "")))
    if name == "author_url":
        return href(nodes[0], page) if nodes else ""
    read = picture_address if name == "thumbnail" else text
    return next((read(node) or node.get("content", "") for node in nodes), "")


def _words(shown: str, content: str) -> Iterable[str]:
    return (shown,) if shown else content.split(",")
