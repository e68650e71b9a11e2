"""Separate the article of a page from the other parts that use the same elements: teasers, related lists, comments."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at

_ASIDE_TAGS = {"nav", "aside", "footer"}
_is_aside_name = re.compile(
    r"(?:^|\s)(?!(?:has|with|no|hide|show)[-_])(?:[a-z]+[-_]){0,3}(?:comment|related|recommend|side-?bar|breadcrumb|hot-?news"
    r"|hot-?list|rank|clock|weather|(?:now|current|server)-?(?:time|date))[\w-]*+(?=\s|$)",
    re.IGNORECASE | re.ASCII,
).search
_MORE = re.compile(r"(?:阅读|查看|显示)?(?:全文|原文|详情|更多|详细)|阅读更多|继续阅读|read more|more", re.IGNORECASE)
_OWN_HREF = re.compile(r"#|javascript:|mailto:|tel:", re.IGNORECASE)
LINK_SHARE = 0.5  # of the text of a teaser that is in links


def is_aside(node: HtmlElement) -> bool:
    """Return whether *node* is navigation, comments, recommendations or a clock, by its tag, class or id.

    An element that contains an `<h1>` is the page or its article.
    """
    is_named = _is_aside_name(node.get("class", "")) or _is_aside_name(node.get("id", ""))
    return bool(node.tag in _ASIDE_TAGS or is_named) and next(node.iter("h1"), None) is None


def in_aside(node: HtmlElement) -> bool:
    """Return whether *node* or one of its ancestors is an aside (see `is_aside`)."""
    return any(is_aside(each) for each in (node, *node.iterancestors()))


def teasers_of(page: Page) -> set[HtmlElement]:
    """Return the `<article>` elements of *page* that are not its article: teasers, comments, related articles."""
    title = text_at(page, "head > title")
    return {node for node in all_of(page, "article") if in_aside(node) or is_teaser(node, title)}


def is_teaser(article: HtmlElement, title: str) -> bool:
    """Return whether the `<article>` element is a teaser that links to another page.

    *title* is the title of the page: a heading with this text may link to the page itself.
    """
    words = text(article)
    links = [node for node in all_of(article, "a[href]") if not _OWN_HREF.match(node.get("href", "").strip())]
    if any(node.tag == "a" and node.get("href") for node in article.iterancestors()):
        return True
    if sum(len(text(link)) for link in links) > LINK_SHARE * len(words):
        return True
    if any(_MORE.fullmatch(text(link).strip(" >»…[]【】.")) for link in links[-1:]):
        return True
    heading = next(iter(all_of(article, "h1, h2, h3, h4, h5, h6")), None)
    if heading is None or not text(heading):
        return False
    around = (node for node in (heading, *heading.iterancestors()) if node.tag == "a")
    linked = {*around, *heading.iter("a")} & set(links)
    return bool(linked) and text(heading) not in title
