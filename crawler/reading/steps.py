"""Evaluate the parts of a CSS selector one after the other, in linear time.

One XPath for "div p" visits the nodes below each `div`, nested ones too, and compares each node that it finds with all
nodes found before. For a page of many nested nodes that takes minutes. Here each compound selector ("div", "p.a") is an
XPath of its own. Before the step to descendants, nodes inside other nodes of the result are removed: their descendants
are those of the outer nodes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import chain
from typing import NamedTuple, cast

from cssselect import parse
from cssselect.parser import Class, CombinedSelector, Function, Selector
from cssselect.xpath import XPathExpr
from lxml.etree import XPath
from lxml.html import HtmlElement
from parsel.csstranslator import HTMLTranslator

# The XPath axis of each combinator; "" is that of the first step.
_AXES = {
    "": "descendant-or-self::", " ": "descendant::", ">": "child::", "+": "following-sibling::*[1]/self::",
    "~": "following-sibling::",
}  # fmt: skip


class Step(NamedTuple):
    """One compound selector, and how it is reached from the one before."""

    combinator: str  # a key of `_AXES`
    xpath: XPath


class _Translator(HTMLTranslator):
    """Translate classes to a test of the attribute: few nodes have one. Translate positions without counting siblings.

    An XPath from attributes to their nodes would be faster, but libxml2 compares each of these nodes with all others.
    """

    def xpath_class(self, class_selector: Class) -> XPathExpr:
        name = self.xpath_literal(f" {class_selector.class_name} ")
        xpath = self.xpath(class_selector.selector)
        return xpath.add_condition(f"@class[contains(concat(' ', normalize-space(.), ' '), {name})]")

    def xpath_first_child_pseudo(self, xpath: XPathExpr) -> XPathExpr:
        return xpath.add_condition("not(preceding-sibling::*[1])")

    def xpath_last_child_pseudo(self, xpath: XPathExpr) -> XPathExpr:
        return xpath.add_condition("not(following-sibling::*[1])")

    def xpath_nth_child_function(
        self, xpath: XPathExpr, function: Function, last: bool = False, add_name_test: bool = True
    ) -> XPathExpr:
        number = "".join(str(token.value) for token in function.arguments)
        if not (number.isdecimal() and add_name_test) or int(number) < 1:
            return super().xpath_nth_child_function(xpath, function, last, add_name_test)
        axis = "following-sibling" if last else "preceding-sibling"
        if int(number) > 1:
            xpath.add_condition(f"{axis}::*[{int(number) - 1}]")
        return xpath.add_condition(f"not({axis}::*[{int(number)}])")


_TRANSLATOR = _Translator()


@cache
def steps_of(css: str) -> tuple[tuple[Step, ...], ...]:
    """Return the steps of each selector in the comma-separated list *css*. Raises SyntaxError."""
    return tuple(map(_steps, parse(css)))


@cache
def steps_below(css: str, combinator: str) -> tuple[Step, ...]:
    """Return the steps of the single selector *css* for nodes that *combinator* connects to the nodes before."""
    (selector,) = parse(css)
    return _steps(selector, combinator)


def _steps(selector: Selector, first: str = "") -> tuple[Step, ...]:
    if selector.pseudo_element:
        return (Step("", XPath(_TRANSLATOR.selector_to_xpath(selector, translate_pseudo_elements=True))),)
    tree, parts = selector.parsed_tree, []
    while isinstance(tree, CombinedSelector):
        parts.append((tree.combinator, tree.subselector))
        tree = tree.selector
    parts.append((first, tree))
    return tuple(
        Step(combinator, XPath(f"{_AXES[combinator]}{_TRANSLATOR.xpath(part)}")) for combinator, part in reversed(parts)
    )


def follow(steps: Iterable[Step], nodes: list[HtmlElement]) -> list[HtmlElement]:
    """Return the nodes that *steps* reach from *nodes*, which are in document order; so is the result."""
    for combinator, xpath in steps:
        if not nodes:
            break
        if len(nodes) == 1:
            nodes = cast("list[HtmlElement]", xpath(nodes[0]))
            continue
        if combinator == " ":
            nodes = outermost(nodes)
        elif combinator == "~":
            nodes = list({node.getparent(): node for node in reversed(nodes)}.values())[::-1]  # the first siblings
        found = [cast("list[HtmlElement]", xpath(node)) for node in nodes]
        nodes = list(chain.from_iterable(found))
        if combinator != " ":  # the nodes may be inside each other
            nodes = in_order(nodes[0].getroottree().getroot() if nodes else None, [nodes])
    return nodes


def outermost(nodes: list[HtmlElement]) -> list[HtmlElement]:
    """Return the *nodes* without those inside others."""
    is_inside = dict.fromkeys(nodes, True)  # for nodes and their ancestors: whether the nodes below them are inside
    outermost = []
    for node in nodes:
        path = []
        parent = node.getparent()
        while parent is not None and parent not in is_inside:
            path.append(parent)
            parent = parent.getparent()
        result = is_inside[parent] if parent is not None else False
        is_inside.update(dict.fromkeys(path, result))
        if not result:
            outermost.append(node)
    return outermost


def in_order(tree: HtmlElement | None, found: list[list[HtmlElement]]) -> list[HtmlElement]:
    """Merge the lists in *found* in document order, without duplicates. *tree* contains all nodes.

    The union operator of XPath is slower: it compares each node of one list with each node of the other.
    """
    union = set(chain.from_iterable(found))
    if len(union) < 2 or tree is None:
        return list(union)
    tags = {cast(str, node.tag) for node in union}
    return [node for node in tree.iter(*tags) if node in union]
