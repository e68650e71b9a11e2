"""CSS selectors, asked of pages quickly.

Readers ask a page for dozens of classes and ids, and XPath looks at every node for each. So a page has an index of
them, and a selector that begins with one is asked below the nodes that have it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import chain
from typing import NamedTuple, cast

from cssselect import parse
from cssselect.parser import Class, Hash, Tree
from cssselect.xpath import XPathExpr
from lxml.etree import XPath
from lxml.html import HtmlElement
from parsel.csstranslator import HTMLTranslator


class _ByAttribute(HTMLTranslator):
    """Finds classes and ids by way of the attributes, which few nodes have: a quarter of the time that it takes to ask
    every node for them."""

    def xpath_class(self, class_selector: Class) -> XPathExpr:
        name = self.xpath_literal(f" {class_selector.class_name} ")
        return self._with(class_selector.selector, f"@class[contains(concat(' ', normalize-space(.), ' '), {name})]")

    def xpath_hash(self, id_selector: Hash) -> XPathExpr:
        return self._with(id_selector.selector, f"@id[. = {self.xpath_literal(id_selector.id)}]")

    def _with(self, selector: Tree, attribute: str) -> XPathExpr:
        xpath = self.xpath(selector)
        condition = f"[{xpath.condition}]" if xpath.condition else ""
        xpath.element, xpath.condition = f"{xpath.element}{condition}/{attribute}/parent::*", ""
        return xpath


_TRANSLATOR, _QUICK_TRANSLATOR = HTMLTranslator(), _ByAttribute()
# "time", "meta[content]", "link[rel=canonical]"
_tagged = re.compile(
    r'([a-z][a-z0-9]*)(?:\[([a-z][a-z-]*)(?:=(?:([a-zA-Z][\w-]*)|"([^"\\\r\n\f]+)"))?\])?', re.ASCII
).fullmatch
_only_tags = re.compile(r"[a-z][a-z0-9]*(?:\s*,\s*[a-z][a-z0-9]*)+", re.ASCII).fullmatch  # "style, script"
_named = re.compile(r"([a-z][a-z0-9]*|)([.#][a-zA-Z][\w-]*)(?:(\s*>\s*|\s+)([^\s>+~].*))?", re.ASCII).fullmatch
_words = re.compile(r"[^ \t\r\n]+").findall  # of a class attribute: no other blank parts them
_WITH_CLASS, _WITH_ID = XPath("descendant-or-self::*/@class/parent::*"), XPath("descendant-or-self::*/@id/parent::*")
_INDEXED = ("link", "meta", "script", "time", "title")  # tags that every source asks for


class _Part(NamedTuple):
    """One of the selectors between commas, such as "div.news > a"."""

    tag: str  # "" for any
    name: str  # a class with a dot before it, or an id with a hash
    rest: XPath | None  # what is asked below


class Index:
    """The nodes in a tree by class, by id and by some tags, in order; each kind is made when it is first asked for, and
    stays as it is: readers change copies alone."""

    def __init__(self, tree: HtmlElement) -> None:
        self._tree = tree

    def select(self, css: str) -> list[HtmlElement]:
        """As the function `select`."""
        if (tagged := _tagged(css)) and tagged[1] in _INDEXED:
            return _having(self._tags[tagged[1]], *tagged.groups()[1:])
        parts = _parts(css)
        if parts is None:
            return _ask(self._tree, css)
        found: list[list[HtmlElement]] = []
        for tag, name, rest in parts:
            nodes = (self._classes if name[0] == "." else self._ids).get(name)
            if nodes and tag:
                nodes = [node for node in nodes if node.tag == tag]
            if not nodes:
                continue
            if rest and len(nodes) > 1:
                return _ask(self._tree, css)
            found.append(cast("list[HtmlElement]", rest(nodes[0])) if rest else [*nodes])
        if len(found) > 1 and (wanted := {*chain.from_iterable(found)}) <= self._places.keys():
            return sorted(wanted, key=self._places.__getitem__)
        return _in_order(self._tree, found)

    @cached_property
    def _places(self) -> dict[HtmlElement, int]:
        """The nodes that have a class, with their places in the tree's order."""
        return {node: place for place, node in enumerate(cast("list[HtmlElement]", _WITH_CLASS(self._tree)))}

    @cached_property
    def _classes(self) -> dict[str, list[HtmlElement]]:
        alike: dict[str, list[HtmlElement]] = defaultdict(list)  # by the whole attribute: few differ
        for node in self._places:
            alike[node.get("class", "")].append(node)
        classes: dict[str, list[HtmlElement]] = {}
        mixed = set()
        for value, found in alike.items():
            for name in {f".{each}" for each in _words(value)}:
                if name in classes:
                    mixed.add(name)
                    classes[name] += found
                else:
                    classes[name] = found.copy()
        for name in mixed:
            classes[name].sort(key=self._places.__getitem__)
        return classes

    @cached_property
    def _ids(self) -> dict[str, list[HtmlElement]]:
        ids: dict[str, list[HtmlElement]] = defaultdict(list)
        for node in _WITH_ID(self._tree):
            ids[f"#{node.get('id')}"].append(node)
        return ids

    @cached_property
    def _tags(self) -> dict[str, list[HtmlElement]]:
        tags: dict[str, list[HtmlElement]] = {tag: [] for tag in _INDEXED}
        for node in self._tree.iter(*_INDEXED):
            tags[node.tag].append(node)  # type: ignore[index]  # always a name
        return tags


def select(node: HtmlElement, css: str) -> list[HtmlElement]:
    """The nodes in *node* that *css* finds, in order."""
    parts = _parts(css)
    if parts and len(parts) > 1:
        return Index(node).select(css)
    return _ask(node, css)


def _ask(node: HtmlElement, css: str) -> list[HtmlElement]:
    if tagged := _tagged(css):
        return _having(node.iter(tagged[1]), *tagged.groups()[1:])
    if _only_tags(css):
        return [*node.iter(*map(str.strip, css.split(",")))]
    return _in_order(node, [cast("list[HtmlElement]", xpath(node)) for xpath in _xpaths(css)])


def _having(
    nodes: Iterable[HtmlElement], attribute: str | None, bare: str | None, quoted: str | None
) -> list[HtmlElement]:
    """Those of *nodes* that have the attribute, and with the value that is asked for, where one is."""
    if not attribute:
        return [*nodes]
    value = bare or quoted
    return [node for node in nodes if (found := node.get(attribute)) is not None and value in (None, found)]


def _in_order(tree: HtmlElement, found: list[list[HtmlElement]]) -> list[HtmlElement]:
    """What was found in several steps, each node once. (XPath's own union compares all nodes of one with all of the
    other.)"""
    found = [*filter(None, found)]
    if len(found) < 2:
        return found[0] if found else []
    wanted = set(chain.from_iterable(found))
    tags = {cast(str, each.tag) for each in wanted}
    return [each for each in tree.iter(*tags) if each in wanted]


@cache
def _xpaths(css: str) -> tuple[XPath, ...]:
    """One for each of the selectors between commas."""
    if set(css) & {"+", "~"}:  # which may lead out of the node
        return (XPath(_TRANSLATOR.css_to_xpath(css)),)
    translator = _TRANSLATOR if ":" in css else _QUICK_TRANSLATOR  # some of what it puts together the quick one has not
    return tuple(XPath(translator.selector_to_xpath(part, translate_pseudo_elements=True)) for part in parse(css))


@cache
def _parts(css: str) -> tuple[_Part, ...] | None:
    """*css* in parts; None where one of them begins with no class or id alone."""
    if "," in css and re.search(r"[(\[]", css):  # a comma in there parts nothing
        return None
    parts = []
    for part in css.split(","):
        found = _named(part.strip())
        if not found:
            return None
        tag, name, below, rest = found.groups()
        axis = "child::" if below and ">" in below else "descendant::"
        parts.append(_Part(tag, name, XPath(_TRANSLATOR.css_to_xpath(rest, axis)) if rest else None))
    return tuple(parts)
