"""Derive CSS selectors from nodes, and choose the best of several selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from lxml.html import HtmlElement

from crawler.text.dates import beijing

MARGINS = {"nav", "header", "footer", "aside"}
NO_PROSE = MARGINS | {"a", "script", "style", "noscript", "template", "button", "select", "textarea", "svg", "iframe"}
DISTINCTIVE_TAGS = {"h1", "article", "main", "time"}  # usable as a selector without a class or an id
HELPER_CLASSES = frozenset((
    "clearfix", "clear", "cf", "fl", "fr", "left", "right", "on", "active", "current", "cur", "first", "last",
    "odd", "even", "hover", "selected", "show", "hide",
))  # fmt: skip
MAX_PATH = 60  # characters of a child path
# Names that a build tool generates: "css-1q2w3e", "sc-bdVaJa", "_3kFx9", "title__a1B2c" (stable before "__").
_GENERATED = re.compile(
    r"\A(?:(?:css|sc|jsx|jss|svelte|data-v)-\w{1,30}|_[A-Za-z_]{0,30}[0-9]\w{0,30}"
    r"|(?=.{5,12}\Z)[A-Za-z]{1,12}[0-9]{1,12}[A-Za-z][0-9A-Za-z]{0,12})"
)
_MODULE = re.compile(
    r"\A([A-Za-z][A-Za-z0-9-]{0,30}(?:_{1,2}[A-Za-z][A-Za-z-]{0,30}){0,3}_{1,3})"
    r"(?=[A-Za-z-]{0,8}[0-9]|\w{0,8}[a-z][A-Z])[A-Za-z0-9-]{4,8}\Z"
)


def selectors(node: HtmlElement) -> Iterator[str]:
    """Yield selectors that match *node*, the most stable first.

    They are its own names, its style, then a child path from the nearest named ancestor, first by tags alone, then
    with the positions of the tags, then, for old pages without names, child paths of two to eight tags with positions.
    """
    yield from names_of(node)
    if re.fullmatch(r"[\w:;#%., ()-]{5,40}", style := node.get("style", "")):
        yield f"{tag(node)}[style='{style}']"
    path = exact = ""
    generated, unnamed = [], []
    for level, each in enumerate((node, *node.iterancestors())):
        if level:
            for name in names_of(each):
                paths = [f"{name} > {one}" for one in dict.fromkeys((path, exact)) if len(one) < MAX_PATH]
                if is_generated(name):
                    generated += paths
                else:
                    yield from paths
            if any(not is_generated(name) for name in names_of(each)):
                break
        path = f"{tag(each)} > {path}" if path else tag(each)
        exact = f"{_positioned(each)} > {exact}" if exact else _positioned(each)
        if 1 <= level <= 8:
            unnamed.append(exact)
    yield from generated
    yield from unnamed


def names_of(node: HtmlElement) -> Iterator[str]:
    """Yield the names of *node* as selectors: a distinctive tag, [itemprop], [rel=author], #id, tag.class.

    Names with a number of three digits are omitted (they often belong to one article), and so are layout helpers. Names
    that a build tool generates are the last ones, if possible by their stable part.
    """
    if node.tag in DISTINCTIVE_TAGS:
        yield tag(node)
    for attribute in ("itemprop", "rel"):
        value = node.get(attribute, "")
        if re.fullmatch("[A-Za-z]{3,20}", value) and value not in ("nofollow", "noopener", "noreferrer"):
            yield f"{tag(node)}[{attribute}={value}]"
    names = [("#", node.get("id", "")), *((f"{tag(node)}.", name) for name in node.get("class", "").split())]
    generated = []
    for start, name in names:
        if start != "#" and (module := _MODULE.fullmatch(name)):
            yield f"{tag(node)}[class*='{module[1]}']"
        elif re.fullmatch(r"\A(?!.*[0-9]{3})[A-Za-z_][A-Za-z0-9_-]{,30}", name) and name not in HELPER_CLASSES:
            if _GENERATED.fullmatch(name):
                generated.append(start + name)
            else:
                yield start + name
    yield from generated


def is_generated(name: str) -> bool:
    """Return whether the selector *name* contains a name that a build tool generates and may change."""
    return bool(_GENERATED.fullmatch(re.sub(r"^\w*[.#]", "", name)))


def tag(node: HtmlElement) -> str:
    """Return the tag of *node* as a selector; "*" for a tag such as o:p, which CSS cannot express."""
    return str(node.tag) if re.fullmatch("[A-Za-z][A-Za-z0-9-]*", str(node.tag)) else "*"


def _positioned(node: HtmlElement) -> str:
    """Return the tag of *node*, with its position if it is not the first of its tag."""
    position = 1 + len(list(node.itersiblings(tag(node), preceding=True)))
    return f"{tag(node)}:nth-of-type({position})" if position > 1 and tag(node) != "*" else tag(node)


def best(candidates: Iterable[str], score: Callable[[str], float]) -> str:
    """Return the first candidate with the highest score; "" if every score is 0 or less."""
    scores = {candidate: score(candidate) for candidate in dict.fromkeys(candidates)}
    best = max(scores, key=lambda candidate: scores[candidate], default="")
    return best if scores.get(best, 0) > 0 else ""


def times(node: HtmlElement, excluded: set[HtmlElement], now: str) -> list[HtmlElement]:
    """Return the nodes in *node*, except *excluded*, with a date in their own text of at most 120 characters.

    Relative dates refer to *now*, the time of the request.
    """
    own_texts = ((inner, " ".join(inner.xpath("text()"))) for inner in node.iter("*") if inner.tag not in NO_PROSE)
    return [
        inner for inner, own in own_texts if inner not in excluded and len(own.strip()) <= 120 and beijing(own, now)
    ]
