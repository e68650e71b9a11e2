"""Find selectors for title, date, author and body of an article page."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at
from crawler.scaffold.listings import MIN_TITLE
from crawler.scaffold.selectors import NO_PROSE, names_of, selectors, times, width

MIN_LINE, MIN_ARTICLE = 20, 50  # characters of a line of prose, and of all prose in an article
BODY_SHARE = 0.75  # smallest share of the page's prose that a body contains
BOX_TAGS = {"div", "article", "section", "main", "form", "center", "table", "tbody", "tr", "td"}
AUTHORS = "[rel=author], [itemprop=author], [class*=author], [class*=writer], [class*=zuozhe]"


def title_node(page: Page, listed: str) -> HtmlElement | None:
    """Return the node of the title, or None.

    Its text starts `<title>`, or equals *listed* (the title in the listing). Otherwise it is the only h1.
    """
    head = text_at(page, "head > title")
    for node in all_of(page, "h1, h2, h3, [class*=title]"):
        if width(text(node)) >= MIN_TITLE / 2 and (head.startswith(text(node)) or text(node) == listed):
            return node
    headings = [node for node in all_of(page, "h1") if width(text(node)) >= MIN_TITLE]
    return headings[0] if len(headings) == 1 else None


def title_suffixes(page: Page, title: HtmlElement | None) -> list[str]:
    """Return the part of `<title>` after the title ("_财经_某网"), and the last section of it ("_某网").

    [] if `<title>` does not start with the title, or the part cannot be written in a Python string.
    """
    head, own = text_at(page, "head > title"), text(title)
    suffix = head.removeprefix(own) if own and head.startswith(own) else ""
    if not suffix.isprintable() or not re.fullmatch(r'[^"\\]{1,40}', suffix):
        return []
    before = suffix[: max(0, *map(suffix.rfind, "_|–—-"))].rstrip()
    return list(dict.fromkeys((suffix, suffix[len(before) :])))


def article_selectors(page: Page, title: HtmlElement | None) -> dict[str, str]:
    """Return the selectors TITLE, TIME, AUTHOR and BODY of an article page; "" if not found."""
    body_css = _body(page)
    in_body = {node for body in (all_of(page, body_css) if body_css else ()) for node in body.iter()}
    after_title = set(title.xpath("following::*")) if title is not None else set()
    # The line with date and author is outside the body, and usually after the title.
    dates = sorted(
        times(page.tree, set(), page.fetched_at), key=lambda node: (node in in_body, node not in after_title)
    )
    authors = [node for node in all_of(page, AUTHORS) if node not in in_body and 0 < len(text(node)) <= 20]
    return {
        "TITLE": _selector_of_first(page, [title] if title is not None else []),
        "TIME": _selector_of_first(page, dates),
        "AUTHOR": _selector_of_first(page, authors),
        "BODY": body_css,
    }


def _selector_of_first(page: Page, nodes: list[HtmlElement]) -> str:
    """Return a selector whose first match in *page* is the first of *nodes*; "" if not found."""
    candidates = selectors(nodes[0]) if nodes else ()
    return next((css for css in candidates if all_of(page, css)[:1] == nodes[:1]), "")


def _body(page: Page) -> str:
    """Return a selector that matches only the smallest box around the prose of *page*; "" if not found."""
    prose: dict[HtmlElement, int] = {}  # node -> characters of prose in it
    for node in reversed([*page.tree.iter("*")]):  # children come before their parents
        is_paragraph = node.tag == "p"  # its text is one line, including bold parts and links
        lines = [len("".join(line.split())) for line in ([text(node)] if is_paragraph else node.xpath("text()"))]
        prose[node] = sum(length for length in lines if length >= MIN_LINE)
        prose[node] += sum(prose[child] for child in node.iterchildren("*") if not (is_paragraph or _is_aside(child)))
    box = page.tree.find("body")
    if box is None or prose[box] < MIN_ARTICLE:
        return ""
    while inner := [
        node for node in box if node.tag in BOX_TAGS and not _is_aside(node) and prose[node] >= BODY_SHARE * prose[box]
    ]:
        box = inner[0]
    boxes = [node for node in (box, *box.iterancestors()) if node.tag in BOX_TAGS]
    # Prefer the own names of the box, or of an ancestor with little more prose, to a path from another node.
    tight = [node for node in boxes if prose[node] * BODY_SHARE <= prose[box]]
    candidates = [css for node in tight for css in names_of(node)] + [css for node in boxes for css in selectors(node)]
    return next((css for css in candidates if len(all_of(page, css)) == 1), "")


def _is_aside(node: HtmlElement) -> bool:
    """Return whether *node* is navigation, comments or recommendations."""
    return node.tag in NO_PROSE or bool(re.search("comment|related|recommend", node.get("class", "")))
