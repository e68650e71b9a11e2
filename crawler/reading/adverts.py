"""Remove adverts and invisible elements from the text of an article."""

from __future__ import annotations

import copy
import re

from lxml.html import HtmlElement

from crawler.reading.html import drop_nodes
from crawler.reading.query import all_of, text

_INVISIBLE = re.compile(r"(?:^|;)(?:display:none|font-size:0(?:px|pt|em|rem|%)?)(?:!important)?(?:;|$)")
MAX_LINES = 200  # nodes of a body that are removed with their line; the others are removed alone


def drop_lines(body: HtmlElement, css: str) -> None:
    """Remove the nodes that match *css* from *body*, with the elements that they fill and their line break.

    An element that remains empty would be an empty paragraph, and a line break would count in the summary.
    """
    nodes = all_of(body, css)
    drop_nodes(nodes[MAX_LINES:])
    for node in nodes[:MAX_LINES]:
        if body in node.iterancestors():  # not inside another one
            _drop_line(node, body)


def without_invisible(body: HtmlElement) -> HtmlElement:
    """Return a copy of *body* without the elements whose style hides them: `display:none`, or the font size 0."""
    body = copy.deepcopy(body)
    drop_nodes([node for node in all_of(body, "* [style]") if _is_invisible(node)])  # descendants only
    return body


def _is_invisible(node: HtmlElement) -> bool:
    return _INVISIBLE.search(re.sub(r"\s", "", node.get("style", "")).lower()) is not None


def _drop_line(node: HtmlElement, body: HtmlElement) -> None:
    parent = node.getparent()
    while parent is not None and parent is not body and _is_filled_by(parent, node):
        node, parent = parent, parent.getparent()
    before, after = node.getprevious(), node.getnext()
    lead = (before.tail if before is not None else parent.text if parent is not None else "") or ""
    is_line = not lead.strip() and not (node.tail or "").strip()
    if is_line and before is None and after is not None and after.tag == "br":  # the first line of a paragraph
        node.tail = after.tail
        after.tail = None
        after.drop_tree()
    elif is_line and after is None and before is not None and before.tag == "br":  # the last one
        before.tail = None
        before.drop_tree()
    node.tail = (node.tail or "") if lead.strip() else (node.tail or "").lstrip()
    node.drop_tree()


def _is_filled_by(parent: HtmlElement, node: HtmlElement) -> bool:
    """Return whether *parent* has no text and no picture besides those of *node*, its child."""
    others = (child for child in parent if child is not node)
    return not (parent.text or "").strip() and not (node.tail or "").strip() and all(map(_is_blank, others))


def _is_blank(node: HtmlElement) -> bool:
    has_content = isinstance(node.tag, str) and (node.tag == "img" or text(node) or all_of(node, "img"))
    return not has_content and not (node.tail or "").strip()
