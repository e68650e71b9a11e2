"""Describe the nodes of a page that resemble a failed selector, for the error message after a layout change."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from lxml.html import HtmlElement

MAX_SHOWN = 3  # nodes in a message
MIN_SIMILARITY = 0.5  # `difflib` ratio from which a node is shown
MAX_NODES = 20_000  # nodes that are compared
HIDDEN = ("html", "head", "meta", "link", "script", "style", "title")


def places(nodes: Sequence[HtmlElement]) -> str:
    """Return the first *nodes*, each as "parent > node", for a selector that matches too many."""
    shown = [f"{name(node.getparent())} > {name(node)}" for node in nodes[:MAX_SHOWN]]
    return "; ".join([*shown, "…"] if len(nodes) > MAX_SHOWN else shown)


def closest_matches(node: HtmlElement, css: str, find: Callable[[HtmlElement, str], Sequence[HtmlElement]]) -> str:
    """Return a hint for *css*, which matches nothing in *node*; "" if no node is similar.

    The hint names the longest leading part of *css* that matches, by *find*, and the nodes with similar names.
    """
    hints = []
    steps = re.split(r"(\s*[>+~]\s*|\s+)", css) if not set(css) & set('[(,"') else [css]
    for end in range(len(steps) - 2, 0, -2):
        part = "".join(steps[:end])
        if found := find(node, part):
            hints.append(f"{part!r} matches {len(found)}")
            node = found[0] if len(found) == 1 else node
            break
    shown = (each for each in islice(node.iter("*"), MAX_NODES) if each.tag not in HIDDEN)
    names = Counter(map(name, shown))
    similar = difflib.get_close_matches(steps[-1], names, MAX_SHOWN, MIN_SIMILARITY)
    if similar:
        hints.append("similar: " + ", ".join(f"{each} ({names[each]})" for each in similar))
    return "; ".join(hints)


def name(node: HtmlElement | None) -> str:
    """Return *node* in selector notation: "tag#id.class.class"."""
    if node is None or not isinstance(node.tag, str):
        return ""
    identifier = f"#{node.get('id')}" if node.get("id") else ""
    return f"{node.tag}{identifier}{''.join(f'.{word}' for word in node.get('class', '').split())}"
