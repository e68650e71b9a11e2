"""Query helpers for page readers.

The name states how many nodes a selector must match: `exactly_one`, `first` (at least one), `at_most_one`, `all_of`
(any number). Any other number raises `LayoutChanged`.
"""

from __future__ import annotations

from typing import TypeVar

from lxml.html import HtmlElement

from crawler.reading.errors import LayoutChanged
from crawler.reading.hints import closest_matches, places
from crawler.reading.page import Page
from crawler.reading.select import select
from crawler.text.urls import requestable_url

T = TypeVar("T")


def all_of(where: Page | HtmlElement, css: str) -> list[HtmlElement]:
    """Return all nodes that match *css*, in document order."""
    return where.select(css) if isinstance(where, Page) else select(where, css)


def first(where: Page | HtmlElement, css: str) -> HtmlElement:
    """Return the first node that matches *css*. Raises `LayoutChanged` if it matches zero nodes."""
    found = all_of(where, css)
    if not found:
        raise _unexpected(where, css, found, "at least one")
    return found[0]


def first_or_none(where: Page | HtmlElement, css: str) -> HtmlElement | None:
    """Return the first node that matches *css*, or None."""
    return next(iter(all_of(where, css)), None)


def at_most_one(where: Page | HtmlElement, css: str) -> HtmlElement | None:
    """Return the only node that matches *css*, or None. Raises `LayoutChanged` if it matches several."""
    found = all_of(where, css)
    if len(found) > 1:
        raise _unexpected(where, css, found, "at most one")
    return found[0] if found else None


def exactly_one(where: Page | HtmlElement, css: str) -> HtmlElement:
    """Return the only node that matches *css*. Raises `LayoutChanged` if it matches zero or several nodes."""
    found = all_of(where, css)
    if len(found) != 1:
        raise _unexpected(where, css, found, "one")
    return found[0]


def _unexpected(where: Page | HtmlElement, css: str, found: list[HtmlElement], expected: str) -> LayoutChanged:
    node = where.tree if isinstance(where, Page) else where
    hint = places(found) if found else closest_matches(node, css, all_of) or _title_hint(where)
    colon = ": " if hint else ""
    return LayoutChanged(f"{css!r} found {len(found)} nodes where it expected {expected}{colon}{hint}", selector=css)


def _title_hint(where: Page | HtmlElement) -> str:
    """Return the `<title>` of a page for a message: it often identifies a captcha or an error page."""
    title = text_at(where, "head > title") if isinstance(where, Page) else ""
    return f"the page title is {title[:60]!r}" if title else ""


def required(value: T | None, field: str) -> T:
    """Return *value*. Raises `LayoutChanged` with the name of *field* if *value* is empty."""
    if not value:
        raise LayoutChanged(f"{field} is missing", field=field)
    return value


def missing_field(page: Page, field: str, *selectors: str, besides: str = "") -> LayoutChanged:
    """Return the error for a mandatory *field* that was not found with any of *selectors* (at least one).

    *besides* names another source that was tried, such as a script variable.
    """
    tried = ", ".join([*map(repr, selectors), *([besides] if besides else [])])
    hint = "; ".join(
        dict.fromkeys(filter(None, (closest_matches(page.tree, css, all_of) for css in selectors)))
    ) or _title_hint(page)
    return LayoutChanged(
        f"{field} is missing: not found at {tried}{': ' if hint else ''}{hint}", field=field, selector=selectors[0]
    )


def text(node: HtmlElement | None) -> str:
    """Return the text of *node*, with white space collapsed; "" for None."""
    if node is None:
        return ""
    content = str(node.text_content()) if len(node) else node.text or ""  # `text_content` takes ten times as long
    return " ".join(content.split())


def text_at(where: Page | HtmlElement, css: str) -> str:
    """Return the text of the first node that matches *css*, with white space collapsed; "" if it matches zero nodes."""
    return next((text(node) for node in all_of(where, css)), "")


def href(node: HtmlElement | None, page: Page) -> str:
    """Return the absolute URL of the `href` of *node*; "" for None, or if it is missing, empty or invalid."""
    href = node.get("href", "").strip() if node is not None else ""
    return requestable_url(href, page.base_url) if href else ""
