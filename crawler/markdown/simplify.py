"""Rewrite a body in a form that Markdown can express: the differences between HTML and Markdown are resolved here.

The converters (`crawler.markdown.walker` and `crawler.markdown.markdownify_fallback`) get the simplified body. Its
tables are regular, its lists contain only items, its code is text, and marks do not contain blocks. Most bodies already
have this form.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from lxml import etree

from crawler.markdown.code_lines import is_displayed_as_block, replace_code
from crawler.markdown.elements import REPLACED
from crawler.markdown.grid import make_tables_regular
from crawler.markdown.inline import url_of
from crawler.markdown.inline_marks import SIDE_BY_SIDE, contains_blocks, merge_marks, split_marks, touches_mark
from crawler.markdown.media import replace_media
from crawler.markdown.nested_lists import LISTS, is_regular, make_lists_regular, replace_definition_lists
from crawler.markdown.scripts import replace_scripts
from crawler.markdown.tags import CODE_TAGS, HEADINGS, MARKED_UP, is_block
from crawler.text.clean import UNCLEAN, clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# Selecting the attributes first takes a fraction of the time of a test of each element.
_STYLED_AS_BLOCK = etree.XPath("descendant::*/@style[contains(., 'display') or contains(., 'DISPLAY')]/..")
_STRUCK = ("del", "s")
_CODE = {"pre", *CODE_TAGS}
_INLINE_CONTAINERS = ("a", *MARKED_UP, *HEADINGS)
_unclean = re.compile(f"[{UNCLEAN}]").search
_CHECKED = tuple({*REPLACED, *_CODE, *LISTS, "li", *_INLINE_CONTAINERS})
_TABLE_PARTS = {"table", "thead", "tbody", "tfoot", "tr", "dl"}


def simplified(body: _Element) -> _Element:
    """Return *body* if it needs no change, else a changed copy. Only its children are converted, not *body* itself."""
    if _is_simple(body):
        return body
    body = copy.deepcopy(body)
    body.tail = None
    if body.tag in _TABLE_PARTS:
        root = body.makeelement("div")
        root.append(body)
        body = root
    body.tag = "div"
    etree.strip_elements(body, etree.Comment, etree.PI, "script", "style", with_tail=False)
    nodes = list(body.iter())  # while it exists, lxml does not create the objects of the nodes again in each step
    if _unclean("".join(body.itertext())):
        for node in nodes:  # lxml reads control characters, but raises ValueError when such a text is moved
            node.text, node.tail = node.text and clean(node.text), node.tail and clean(node.tail)
    for node in body.iter("a"):
        if not url_of(node, "href"):
            node.tag = "span"
    for node in list(body.iter(*_STRUCK))[::-1]:  # two "~~" at the start of a line would be a fence
        if next(node.iterancestors(*_STRUCK), None) is not None:
            node.tag = "span"
    for node in body.iter("q"):
        node.tag, node.text = "span", f'"{node.text or ""}'
        if len(node):
            node[-1].tail = f'{node[-1].tail or ""}"'
        else:
            node.text += '"'
    for step in _STEPS:
        step(body)
    return body


def _is_simple(body: _Element) -> bool:
    for node in body.iter(*_CHECKED):
        tag = node.tag
        if tag in SIDE_BY_SIDE and touches_mark(node):
            return False
        if tag in LISTS or tag == "li":
            if not is_regular(node) and node is not body:
                return False
        elif tag in _INLINE_CONTAINERS:
            if (len(node) or (tag == "a" and node.text)) and not _is_simple_inline(node):
                return False
        elif len(node) or tag not in _CODE:
            return False
    return not any(map(_is_inline_block, _STYLED_AS_BLOCK(body)))


def _is_simple_inline(node: _Element) -> bool:
    return not (
        (node.tag == "a" and not url_of(node, "href"))
        or (node.tag in _STRUCK and next(node.iterdescendants(*_STRUCK), None) is not None)
        or contains_blocks(node)
    )


def _is_inline_block(node: _Element) -> bool:
    return (
        not is_block(node.tag) and node.tag not in ("br", "script", "style")
        and is_displayed_as_block(node.get("style", "")) is not None
    )  # fmt: skip


def _separate_styled_blocks(body: _Element) -> None:
    """Put inline elements with `display: block` in a block."""
    for node in _STYLED_AS_BLOCK(body):
        if _is_inline_block(node) and node is not body:
            block = node.makeelement("div")
            block.tail, node.tail = node.tail, None
            node.addprevious(block)
            block.append(node)


_STEPS: tuple[Callable[[_Element], None], ...] = (
    replace_media, replace_scripts, _separate_styled_blocks, make_lists_regular, replace_definition_lists,
    replace_code, make_tables_regular, split_marks, merge_marks,
)  # fmt: skip
