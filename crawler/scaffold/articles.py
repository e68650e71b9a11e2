"""Where an article's page has title, time, author and body."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at
from crawler.scaffold.listings import NARROWEST
from crawler.scaffold.selectors import NO_PROSE, names_of, selectors, times, width

LINE, TEXT = 20, 50  # characters: the least of a paragraph's line, and of an article
SHARE = 0.75  # of the text around it that a body has
BOXES = {"div", "article", "section", "main", "form", "center", "table", "tbody", "tr", "td"}
AUTHORS = "[rel=author], [itemprop=author], [class*=author], [class*=writer], [class*=zuozhe]"


def title_node(page: Page, listed: str) -> HtmlElement | None:
    """The node with the text that `<title>` begins with, or with the listing's; else the page's only h1."""
    head = text_at(page, "head > title")
    for node in all_of(page, "h1, h2, h3, [class*=title]"):
        if width(text(node)) >= NARROWEST / 2 and (head.startswith(text(node)) or text(node) == listed):
            return node
    headings = [node for node in all_of(page, "h1") if width(text(node)) >= NARROWEST]
    return headings[0] if len(headings) == 1 else None


def title_suffixes(page: Page, title: HtmlElement | None) -> list[str]:
    """What stands in `<title>` behind the title ("_财经_某网"), and the last part of that ("_某网")."""
    head, shown = text_at(page, "head > title"), text(title)
    whole = head.removeprefix(shown) if shown and head.startswith(shown) else ""
    if not whole.isprintable() or not re.fullmatch(r'[^"\\]{1,40}', whole):
        return []
    return list(dict.fromkeys((whole, re.findall(r"^.*?(\s*[_|–—-]?[^_|–—-]*)$", whole)[0])))


def article_places(page: Page, title: HtmlElement | None) -> dict[str, str]:
    body_css = _body(page)
    inside = {node for body in (all_of(page, body_css) if body_css else ()) for node in body.iter()}
    behind = set(title.xpath("following::*")) if title is not None else set()
    # The line with time and author stands outside the body, and mostly behind the title.
    found = sorted(times(page.tree, set()), key=lambda node: (node in inside, node not in behind))
    authors = [node for node in all_of(page, AUTHORS) if node not in inside and 0 < len(text(node)) <= 20]
    return {
        "TITLE": _first_found(page, [title] if title is not None else []),
        "TIME": _first_found(page, found),
        "AUTHOR": _first_found(page, authors),
        "BODY": body_css,
    }


def _first_found(page: Page, nodes: list[HtmlElement]) -> str:
    """A selector whose first node is the first of *nodes*."""
    guesses = selectors(nodes[0]) if nodes else ()
    return next((css for css in guesses if all_of(page, css)[:1] == nodes[:1]), "")


def _body(page: Page) -> str:
    """The selector of the smallest box around the page's paragraphs that can be named alone; "" when there is none."""
    prose: dict[HtmlElement, int] = {}
    for node in reversed([*page.tree.iter("*")]):  # children come before their parents
        whole = node.tag == "p"  # what is bold in a paragraph is no line of its own
        lines = [len("".join(line.split())) for line in ([text(node)] if whole else node.xpath("text()"))]
        prose[node] = sum(length for length in lines if length >= LINE)
        prose[node] += sum(prose[child] for child in node.iterchildren("*") if not (whole or _is_aside(child)))
    box = page.tree.find("body")
    if box is None or prose[box] < TEXT:
        return ""
    while inner := [
        node for node in box if node.tag in BOXES and not _is_aside(node) and prose[node] >= SHARE * prose[box]
    ]:
        box = inner[0]
    around = [node for node in (box, *box.iterancestors()) if node.tag in BOXES]
    close = [node for node in around if prose[node] * SHARE <= prose[box]]  # its own name is better than its place
    guesses = [css for node in close for css in names_of(node)] + [css for node in around for css in selectors(node)]
    return next((css for css in guesses if len(all_of(page, css)) == 1), "")


def _is_aside(node: HtmlElement) -> bool:
    return node.tag in NO_PROSE or bool(re.search("comment|related|recommend", node.get("class", "")))
