"""Derive CSS selectors from nodes, and choose the best of several selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from lxml.html import HtmlElement

from crawler.text.dates import beijing

MARGINS = {"nav", "header", "footer", "aside"}
NO_PROSE = MARGINS | {"a", "script", "style", "noscript", "template", "button", "select", "textarea", "svg", "iframe"}
DISTINCTIVE_TAGS = {"h1", "article", "main", "time"}  # usable as a selector without a class or an id
HELPER_CLASSES = {
    "clearfix",
    "clear",
    "fl",
    "fr",
    "left",
    "right",
    "on",
    "active",
    "current",
    "first",
    "last",
    "odd",
    "even",
}


def selectors(node: HtmlElement) -> Iterator[str]:
    """Yield selectors that match *node*: by its own names, then as a child path from the nearest named ancestor."""
    yield from names_of(node)
    path = tag(node)
    for ancestor in node.iterancestors():
        if names := list(names_of(ancestor)):
            yield from (f"{name} > {path}" for name in names if len(path) < 40)
            return
        path = f"{tag(ancestor)} > {path}"


def names_of(node: HtmlElement) -> Iterator[str]:
    """Yield the names of *node* as selectors: a distinctive tag, #id, tag.class.

    Names with a number of three digits are omitted (they often belong to one article), and so are layout helpers.
    """
    if node.tag in DISTINCTIVE_TAGS:
        yield tag(node)
    names = [("#", node.get("id", "")), *((f"{tag(node)}.", name) for name in node.get("class", "").split())]
    for start, name in names:
        if re.fullmatch(r"\A(?!.*[0-9]{3})[A-Za-z_][A-Za-z0-9_-]{,30}", name) and name not in HELPER_CLASSES:
            yield start + name


def tag(node: HtmlElement) -> str:
    """Return the tag of *node* as a selector; "*" for a tag such as o:p, which CSS cannot express."""
    return str(node.tag) if str(node.tag).isalnum() else "*"


def best(candidates: Iterable[str], score: Callable[[str], int]) -> str:
    """Return the first candidate with the highest score; "" if every score is 0 or less."""
    scores = {candidate: score(candidate) for candidate in dict.fromkeys(candidates)}
    best = max(scores, key=lambda candidate: scores[candidate], default="")
    return best if scores.get(best, 0) > 0 else ""


def times(node: HtmlElement, excluded: set[HtmlElement], now: str) -> list[HtmlElement]:
    """Return the nodes in *node*, except *excluded*, with a date in their own text of at most 60 characters.

    Relative dates refer to *now*, the time of the request.
    """
    own_texts = ((inner, " ".join(inner.xpath("text()"))) for inner in node.iter("*") if inner.tag not in NO_PROSE)
    return [inner for inner, own in own_texts if inner not in excluded and len(own.strip()) <= 60 and beijing(own, now)]


def width(words: str) -> int:
    """Return the width of *words* in columns: 2 for a Chinese character, 1 for a Latin letter."""
    return len(words.encode("gbk", "replace"))
