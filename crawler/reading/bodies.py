"""Where the pages of an article have its text: the values of `SiteSpider.bodies`."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from re import Pattern
from typing import Any

from lxml.html import HtmlElement

from crawler.reading.errors import LayoutChanged
from crawler.reading.hints import places
from crawler.reading.html import drop_nodes, parse_fragment
from crawler.reading.json_values import value_at
from crawler.reading.page import Page
from crawler.reading.prosemirror import html_of
from crawler.reading.query import all_of, text


@dataclass(frozen=True, slots=True)
class Body:
    """The element with the text of an article, for one generation of the site's pages."""

    css: str
    drop: str = ""  # CSS of the elements in it that do not belong to the text
    closing: Pattern[str] | None = None  # matches the start of paragraphs at the end that do not belong to the text

    def find(self, page: Page, data: Any) -> HtmlElement | None:
        """Return a copy of the element without what does not belong to the text; None if the page does not have it.

        A match inside another one is part of the text. Raises `LayoutChanged` for several others.
        """
        found = _outermost(all_of(page, self.css))
        if len(found) > 1:
            raise LayoutChanged(
                f"{self.css!r} found {len(found)} bodies: {places(found)}", field="body", selector=self.css
            )
        return _cleaned(copy.deepcopy(found[0]), self.drop, self.closing) if found else None


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A text in the JSON of a page, or in the script that `state` names: HTML, or the document of an editor.

    For the latter, see `reading.prosemirror`.
    """

    key: str  # JMESPath expression
    drop: str = ""  # as in `Body`
    closing: Pattern[str] | None = None  # as in `Body`

    def find(self, page: Page, data: Any) -> HtmlElement | None:
        """Return the text as HTML without what does not belong to it; None if *data* does not have it."""
        found = value_at(data, self.key)
        if not isinstance(found, str | dict):
            return None
        body = html_of(found) if isinstance(found, dict) else parse_fragment(found)
        return _cleaned(body, self.drop, self.closing)


AnyBody = Body | JsonBody


def _outermost(nodes: list[HtmlElement]) -> list[HtmlElement]:
    found = set(nodes)
    return [node for node in nodes if found.isdisjoint(node.iterancestors())] if len(nodes) > 1 else nodes


def _cleaned(body: HtmlElement, drop: str, closing: Pattern[str] | None) -> HtmlElement:
    if drop:
        drop_nodes(all_of(body, drop))
    if closing:
        drop_nodes(_closing_paragraphs(body, closing))
    return body


def _closing_paragraphs(body: HtmlElement, closing: Pattern[str]) -> list[HtmlElement]:
    """Return the paragraphs at the end of *body* that *closing* matches. Empty ones between them stay."""
    found = []
    for paragraph in reversed(all_of(body, "p")):
        if closing.match(line := text(paragraph)):
            found.append(paragraph)
        elif line:
            break
    return found
