"""Find the times of publication that a page displays: `<time>` elements, and other short texts with a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.reading.teasers import in_aside, teasers_of
from crawler.text.dates import is_exact, read_date

MAX_LENGTH = 60  # characters of a line with a time
MAX_NODES = 50  # with a time that are examined
_LINE_TAGS = ("span", "div", "p", "em", "i", "td", "small", "font", "b", "h6", "time", "cite", "section", "dd")


def published_times(page: Page) -> Iterator[str]:
    """Yield the values of the `<time>` elements that may be the time of publication, the most reliable first.

    Those of comments, related articles, teasers and clocks are left out.
    """
    teasers = teasers_of(page) if all_of(page, "time") else set()
    nodes = [node for node in all_of(page, "time")[:MAX_NODES] if not _is_of_other(node, teasers)]
    nodes.sort(key=lambda node: (not _is_published(node), not _is_inside(node, "article", "main")))
    for node in nodes[:1]:
        yield node.get("datetime", "")
        yield text(node)


def shows_time_of(page: Page, day: str) -> bool:
    """Return whether a line of *page*, outside comments and lists, displays a time on *day* (YYYY-MM-DD; "" = any)."""
    lines = ((node, " ".join((node.text or "").split())) for node in page.tree.iter(*_LINE_TAGS))
    found = (
        node
        for node, line in lines
        if len(day) < len(line) <= MAX_LENGTH
        and any(mark in line for mark in ":：时点")
        and is_exact(date := read_date(line).date)
        and date.startswith(day)
    )
    return any(not in_aside(node) and not _is_inside(node, "li") for node in islice(found, MAX_NODES))


def _is_inside(node: HtmlElement, *tags: str) -> bool:
    return next(node.iterancestors(*tags), None) is not None


def _is_published(node: HtmlElement) -> bool:
    return node.get("itemprop") == "datePublished" or "pubdate" in node.attrib


def _is_of_other(node: HtmlElement, teasers: set[HtmlElement]) -> bool:
    """Return whether the `<time>` *node* dates something other than the article of its page."""
    articles = list(node.iterancestors("article"))
    if node.get("itemprop") == "dateModified" or in_aside(node) or teasers.intersection(articles):
        return True
    header = next(node.iterancestors("header"), None)  # of the site, with its clock, or of the article
    return header is not None and not _is_inside(node, "article", "main") and not all_of(header, "h1, h2")
