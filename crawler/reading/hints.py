"""What stands in a page near the place where a selector looked: the first thing to know when a site has changed."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice

from lxml.html import HtmlElement

SHOWN = 3  # nodes named at most
ALIKE = 0.5  # from which likeness on a node is named
MOST = 20_000  # nodes looked at
HIDDEN = ("html", "head", "meta", "link", "script", "style", "title")


def places(nodes: Sequence[HtmlElement]) -> str:
    """Where *nodes* stand, for a selector that found too many."""
    shown = [f"{name(node.getparent())} > {name(node)}" for node in nodes[:SHOWN]]
    return "; ".join([*shown, "…"] if len(nodes) > SHOWN else shown)


def closest_matches(node: HtmlElement, css: str, find: Callable[[HtmlElement, str], Sequence[HtmlElement]]) -> str:
    """How far *css*, which finds nothing below *node*, leads, and what is named alike; "" where nothing is."""
    said = []
    steps = re.split(r"(\s*[>+~]\s*|\s+)", css) if not set(css) & set('[(,"') else [css]
    for end in range(len(steps) - 2, 0, -2):
        part = "".join(steps[:end])
        if found := find(node, part):
            said.append(f"{part!r} finds {len(found)}")
            node = found[0] if len(found) == 1 else node
            break
    shown = (each for each in islice(node.iter("*"), MOST) if each.tag not in HIDDEN)
    names = Counter(map(name, shown))
    alike = difflib.get_close_matches(steps[-1], names, SHOWN, ALIKE)
    if alike:
        said.append("near: " + ", ".join(f"{each} ({names[each]})" for each in alike))
    return "; ".join(said)


def name(node: HtmlElement | None) -> str:
    """A node as a selector names it: tag, id, classes."""
    if node is None or not isinstance(node.tag, str):
        return ""
    identifier = f"#{node.get('id')}" if node.get("id") else ""
    return f"{node.tag}{identifier}{''.join(f'.{word}' for word in node.get('class', '').split())}"
