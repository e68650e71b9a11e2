"""Query helpers for page readers.

The name states how many nodes a selector must match: `exactly_one`, `first` (at least one), `at_most_one`, `all_of`
(any number). Any other number raises `LayoutChanged`.
"""

from __future__ import annotations

import json
import re
from typing import Any, TypeVar

from lxml.html import HtmlElement

from crawler.reading.errors import LayoutChanged
from crawler.reading.hints import closest_matches, places
from crawler.reading.page import Page
from crawler.reading.select import select
from crawler.text.urls import absolute_url


def json_after(text: str, marker: str) -> list[Any]:
    """The JSON values behind each "MARKER = " in a page's scripts, in order; those that cannot be read are left out.

    Strings inside may hold "};", so the value is decoded, not cut out by a pattern.
    """
    values = []
    for match in re.finditer(re.escape(marker) + r"\s*=\s*(?=[\[{])", text):
        try:
            values.append(json.JSONDecoder().raw_decode(text, match.end())[0])
        except (ValueError, RecursionError):
            continue
    return values


T = TypeVar("T")


def all_of(where: Page | HtmlElement, css: str) -> list[HtmlElement]:
    """Every node that *css* finds, in the page's order."""
    return where.select(css) if isinstance(where, Page) else select(where, css)


def first(where: Page | HtmlElement, css: str) -> HtmlElement:
    """The first node of those that *css* finds. Raises `LayoutChanged` when there is none."""
    found = all_of(where, css)
    if not found:
        raise _unexpected(where, css, found, "at least one")
    return found[0]


def at_most_one(where: Page | HtmlElement, css: str) -> HtmlElement | None:
    """The one node that *css* finds, or None. Raises `LayoutChanged` when there are several."""
    found = all_of(where, css)
    if len(found) > 1:
        raise _unexpected(where, css, found, "at most one")
    return found[0] if found else None


def exactly_one(where: Page | HtmlElement, css: str) -> HtmlElement:
    """The one node that *css* finds. Raises `LayoutChanged` when there is none, or more than one."""
    found = all_of(where, css)
    if len(found) != 1:
        raise _unexpected(where, css, found, "one")
    return found[0]


def _unexpected(where: Page | HtmlElement, css: str, found: list[HtmlElement], expected: str) -> LayoutChanged:
    node = where.tree if isinstance(where, Page) else where
    seen = places(found) if found else closest_matches(node, css, all_of) or _called(where)
    colon = ": " if seen else ""
    return LayoutChanged(f"{css!r} found {len(found)} nodes where it expected {expected}{colon}{seen}", selector=css)


def _called(where: Page | HtmlElement) -> str:
    """What a page calls itself, where nothing else tells what it is: a captcha, an error page."""
    title = text_at(where, "head > title") if isinstance(where, Page) else ""
    return f"the page is called {title[:60]!r}" if title else ""


def required(value: T | None, field: str) -> T:
    """*value*, unless it is None or empty: then `LayoutChanged`, naming *field*."""
    if not value:
        raise LayoutChanged(f"{field} is missing", field=field)
    return value


def missing_field(page: Page, field: str, *selectors: str, besides: str = "") -> LayoutChanged:
    """The error for a field that stands at none of these selectors, nor *besides* in a place that is no node."""
    tried = ", ".join([*map(repr, selectors), *([besides] if besides else [])])
    seen = "; ".join(
        dict.fromkeys(filter(None, (closest_matches(page.tree, css, all_of) for css in selectors)))
    ) or _called(page)
    return LayoutChanged(
        f"{field} is missing: nothing at {tried}{': ' if seen else ''}{seen}", field=field, selector=selectors[0]
    )


def text(node: HtmlElement | None) -> str:
    """The text inside *node*, white space folded; "" for None."""
    return " ".join(str(node.text_content()).split()) if node is not None else ""


def text_at(where: Page | HtmlElement, css: str) -> str:
    """The text inside the first node that *css* finds, white space folded; "" when there is none."""
    return next((text(node) for node in all_of(where, css)), "")


def href(node: HtmlElement | None, page: Page) -> str:
    """The whole address that *node* links to; "" for None, and where it names none or one that cannot be."""
    href = node.get("href", "").strip() if node is not None else ""
    try:
        return absolute_url(href, page.url) if href else ""
    except ValueError:
        return ""
