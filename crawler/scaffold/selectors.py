"""Selectors made from nodes, and what is needed to choose among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from lxml.html import HtmlElement

from crawler.text.dates import beijing

MARGINS = {"nav", "header", "footer", "aside"}
NO_PROSE = MARGINS | {"a", "script", "style", "noscript", "template", "button", "select", "textarea", "svg", "iframe"}
TELLING = {"h1", "article", "main", "time"}  # tags as good as names
HELPERS = {"clearfix", "clear", "fl", "fr", "left", "right", "on", "active", "current", "first", "last", "odd", "even"}


def selectors(node: HtmlElement) -> Iterator[str]:
    """Selectors that find *node*: by its own names, then by those of the nearest node around it that has some."""
    yield from names_of(node)
    path = tag(node)
    for around in node.iterancestors():
        if names := list(names_of(around)):
            yield from (f"{name} > {path}" for name in names if len(path) < 40)
            return
        path = f"{tag(around)} > {path}"


def names_of(node: HtmlElement) -> Iterator[str]:
    """The tag if it tells enough, #id, tag.class; none with a number, which is one article's, and no helper's."""
    if node.tag in TELLING:
        yield tag(node)
    names = [("#", node.get("id", "")), *((f"{tag(node)}.", name) for name in node.get("class", "").split())]
    for start, name in names:
        if re.fullmatch("(?!.*[0-9]{3})[A-Za-z_][A-Za-z0-9_-]{,30}", name) and name not in HELPERS:
            yield start + name


def tag(node: HtmlElement) -> str:
    """The tag as CSS says it: any, for one like o:p."""
    return str(node.tag) if str(node.tag).isalnum() else "*"


def best(guesses: Iterable[str], score: Callable[[str], int]) -> str:
    """The guess with the highest score, the first of several; "" when none has one above 0."""
    scores = {guess: score(guess) for guess in dict.fromkeys(guesses)}
    best = max(scores, key=lambda guess: scores[guess], default="")
    return best if scores.get(best, 0) > 0 else ""


def times(node: HtmlElement, without: set[HtmlElement]) -> list[HtmlElement]:
    """The nodes in *node* that have a time in their own short text."""
    owns = ((inner, " ".join(inner.xpath("text()"))) for inner in node.iter("*") if inner.tag not in NO_PROSE)
    return [inner for inner, own in owns if inner not in without and len(own.strip()) <= 60 and beijing(own)]


def width(words: str) -> int:
    """A Chinese character is as wide as two Latin letters."""
    return len(words.encode("gbk", "replace"))
