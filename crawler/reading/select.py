"""Evaluate CSS selectors, with an index for whole pages.

Readers evaluate dozens of selectors per page. Most start with a class or an id. XPath has no index: for each selector
it visits every node of the page and compares its class attribute. `Index` visits all nodes once and stores them
by class, by id and by some tags. A selector such as "div.news > a" is then a dictionary lookup of ".news", a test of
the tag, and one XPath for "> a" below the node that was found. Any other selector is evaluated as XPath.

All functions return the same nodes in the same order (document order, no duplicates) as one XPath for the selector,
and raise SyntaxError for an invalid one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import chain
from typing import NamedTuple, cast

from lxml.etree import XPath
from lxml.html import HtmlElement

from crawler.reading.steps import Step, follow, in_order, steps_below, steps_of

# A tag, alone or with one attribute: "time", "meta[content]", "link[rel=canonical]"
_match_tag = re.compile(
    r'\A([a-z][a-z0-9]*)(?:\[([a-z][a-z-]*)(?:=(?:([a-zA-Z][\w-]*)|"([^"\\\r\n\f]+)"))?\])?', re.ASCII
).fullmatch
_match_tags = re.compile(r"\A[a-z][a-z0-9]*(?:\s*+,\s*+[a-z][a-z0-9]*+)++", re.ASCII).fullmatch  # "style, script"
# A class or an id, with a tag before it or a selector after it: "div.news > a", "#main p"
_match_name = re.compile(r"\A([a-z][a-z0-9]*|)([.#][a-zA-Z][\w-]*)(?:(\s*>\s*|\s+)([^\s>+~].*))?", re.ASCII).fullmatch
_class_names = re.compile(r"[^ \t\r\n]+").findall  # in HTML no other white space separates them
_WITH_CLASS, _WITH_ID = XPath("descendant-or-self::*[@class]"), XPath("descendant-or-self::*[@id]")
_INDEXED_TAGS = ("base", "link", "meta", "script", "time", "title")  # used by the readers of every source


class _Part(NamedTuple):
    """One selector of a comma-separated list, such as "div.news > a"."""

    tag: str  # "" for any tag
    name: str  # ".class" or "#id"
    rest: tuple[Step, ...]  # the selector after the name, evaluated from the nodes with that name


class Index:
    """The nodes of *tree* by class, by id and by some tags, in document order.

    Each of the three tables is built when it is first used, and is not updated: the tree must not change. (Readers
    change copies of nodes only.)
    """

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree

    def select(self, css: str) -> list[HtmlElement]:
        """Return the nodes of the tree that match *css*, in document order."""
        if (match := _match_tag(css)) and match[1] in _INDEXED_TAGS:
            return _with_attribute(self._tags[match[1]], *match.groups()[1:])
        parts = _parts(css)
        if parts is None:
            return _evaluate(self._tree, css)
        found: list[list[HtmlElement]] = []
        for tag, name, rest in parts:
            nodes = (self._classes if name[0] == "." else self._ids).get(name)
            if nodes and tag:
                nodes = [node for node in nodes if node.tag == tag]
            if not nodes:
                continue
            found.append(follow(rest, nodes) if rest else [*nodes])
        if len(found) > 1 and (union := {*chain.from_iterable(found)}) <= self._positions.keys():
            return sorted(union, key=self._positions.__getitem__)
        return _in_order(self._tree, found)

    @cached_property
    def _positions(self) -> dict[HtmlElement, int]:
        """The nodes with a class attribute, and their positions in document order."""
        return {node: position for position, node in enumerate(cast("list[HtmlElement]", _WITH_CLASS(self._tree)))}

    @cached_property
    def _classes(self) -> dict[str, list[HtmlElement]]:
        """The nodes by ".class"."""
        # Group by the whole attribute value first: a page has few distinct values, and each is split only once.
        by_value: dict[str, list[HtmlElement]] = defaultdict(list)
        for node in self._positions:
            by_value[node.get("class", "")].append(node)
        classes: dict[str, list[HtmlElement]] = {}
        unordered = set()
        for value, nodes in by_value.items():
            for name in {f".{each}" for each in _class_names(value)}:
                if name in classes:
                    unordered.add(name)
                    classes[name] += nodes
                else:
                    classes[name] = nodes.copy()
        for name in unordered:
            classes[name].sort(key=self._positions.__getitem__)
        return classes

    @cached_property
    def _ids(self) -> dict[str, list[HtmlElement]]:
        """The nodes by "#id"."""
        ids: dict[str, list[HtmlElement]] = defaultdict(list)
        for node in _WITH_ID(self._tree):
            ids[f"#{node.get('id')}"].append(node)
        return ids

    @cached_property
    def _tags(self) -> dict[str, list[HtmlElement]]:
        """The nodes by tag, for `_INDEXED_TAGS`."""
        tags: dict[str, list[HtmlElement]] = {tag: [] for tag in _INDEXED_TAGS}
        for node in self._tree.iter(*_INDEXED_TAGS):
            tags[node.tag].append(node)  # type: ignore[index]  # a string for elements
        return tags


def select(node: HtmlElement, css: str) -> list[HtmlElement]:
    """Return the nodes in *node* that match *css*, in document order. Raises SyntaxError for an invalid selector."""
    parts = _parts(css)
    if parts and len(parts) > 1:
        return Index(node).select(css)
    return _evaluate(node, css)


def _evaluate(node: HtmlElement, css: str) -> list[HtmlElement]:
    """Return the nodes in *node* that match *css*, without an index: by tag if possible, else by XPath."""
    if match := _match_tag(css):
        return _with_attribute(node.iter(match[1]), *match.groups()[1:])
    if _match_tags(css):
        return [*node.iter(*map(str.strip, css.split(",")))]
    return _in_order(node, [follow(steps, [node]) for steps in steps_of(css)])


def _with_attribute(
    nodes: Iterable[HtmlElement], attribute: str | None, bare: str | None, quoted: str | None
) -> list[HtmlElement]:
    """Return the *nodes* that have *attribute*, with the value *bare* or *quoted* if one of them is given."""
    if not attribute:
        return [*nodes]
    value = bare or quoted
    return [node for node in nodes if (actual := node.get(attribute)) is not None and value in (None, actual)]


def _in_order(tree: HtmlElement, found: list[list[HtmlElement]]) -> list[HtmlElement]:
    found = [*filter(None, found)]
    if len(found) < 2:
        return found[0] if found else []
    return in_order(tree.getroottree().getroot(), found)  # siblings of *tree* are outside of it


@cache
def _parts(css: str) -> tuple[_Part, ...] | None:
    """Return the parts of the comma-separated list *css*; None if one of them does not start with a class or an id."""
    if "," in css and re.search(r"[(\[]", css):  # a comma in brackets is not a separator
        return None
    parts = []
    for part in css.split(","):
        match = _match_name(part.strip())
        if not match:
            return None
        tag, name, combinator, rest = match.groups()
        parts.append(_Part(tag, name, steps_below(rest, combinator.strip() or " ") if rest else ()))
    return tuple(parts)
