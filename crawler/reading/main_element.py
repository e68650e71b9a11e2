"""Find the element with the article on a page of an unknown site."""

from __future__ import annotations

import copy

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text
from crawler.reading.teasers import is_aside, teasers_of

MIN_LINE = 15  # characters of a line of prose; shorter lines are menus, labels and headings
MIN_SHARE = 0.5  # of the prose of the page that the element of the article contains
_UNWANTED_CODE = {"script", "style", "noscript", "iframe"}
_UNWANTED = {"nav", "header", "footer", "aside", "form"}
_HIDDEN = {"script", "style", "noscript", "template", "nav", "footer", "aside", "select", "option", "a"}


def main_element(page: Page) -> HtmlElement:
    """Return a copy of the element with the article of *page*, without navigation, teasers and comments.

    It is the `<article>` with the most prose if it contains most of the page's prose, else `<main>`, else `<body>`.
    """
    body = next(iter(all_of(page, "body")), page.tree)
    teasers, prose = teasers_of(page), _prose(body)
    articles = [node for node in all_of(page, "article") if node not in teasers and node in prose]
    articles.sort(key=lambda node: -prose[node])
    candidates = [*articles[:1], *(node for node in all_of(page, "main") if node in prose)]
    found = next((node for node in candidates if text(node) and prose[node] >= MIN_SHARE * prose[body]), body)
    total, lengths = len(text(found)), _lengths(found)
    unwanted = [
        node.tag in _UNWANTED_CODE
        or ((node.tag in _UNWANTED or node in teasers or is_aside(node)) and lengths[node] <= total / 2)
        for node in found.iter("*")
    ]
    result = copy.deepcopy(found)
    result.tail = None
    for node, is_unwanted in zip([*result.iter("*")], unwanted, strict=True):
        if is_unwanted and node is not result:
            node.drop_tree()
    return result


def _lengths(found: HtmlElement) -> dict[HtmlElement, int]:
    """Return the number of characters in each element of *found*."""
    lengths: dict[HtmlElement, int] = {}
    for node in reversed([*found.iter("*")]):  # children come before their parents
        tails = sum(len(child.tail or "") for child in node)
        lengths[node] = len(node.text or "") + tails + sum(lengths[child] for child in node.iterchildren("*"))
    return lengths


def _prose(body: HtmlElement) -> dict[HtmlElement, int]:
    """Return the number of characters of prose in each element of *body*: in lines that are not links or asides."""
    prose: dict[HtmlElement, int] = {}
    for node in reversed([*body.iter("*")]):  # children come before their parents
        lines = [node.text or "", *(child.tail or "" for child in node)]
        length = sum(len(line) for line in (" ".join(line.split()) for line in lines) if len(line) >= MIN_LINE)
        hidden = str(node.tag) in _HIDDEN or is_aside(node)
        prose[node] = 0 if hidden else length + sum(prose[child] for child in node.iterchildren("*"))
    return prose
