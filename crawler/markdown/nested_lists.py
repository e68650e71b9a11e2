"""Lists as editors write them, and definition lists: make each child of a list an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.markdown.tags import is_block

if TYPE_CHECKING:
    from lxml.etree import _Element

LISTS = ("ul", "ol")
_ADDED = "added-list"  # class of a list that is added around items outside of a list


def is_regular(node: _Element) -> bool:
    """Return whether a ul or ol contains only items, or whether an li is in a list."""
    if node.tag == "li":
        parent = node.getparent()
        return parent is not None and parent.tag in LISTS
    return not _has_ink(node.text) and all(
        not _has_ink(child.tail) and (child.tag == "li" or not isinstance(child.tag, str)) for child in node
    )


def make_lists_regular(body: _Element) -> None:
    """Move what is directly in a list to the item before it, or in front of the list if it has no such item.

    Items outside of a list get a list. An element between a list and its items vanishes.
    """
    for node in list(body.iter(*LISTS)):
        if not is_regular(node):
            _make_regular(node)
    for node in list(body.iter("li")):
        if is_regular(node):
            continue
        before = node.getprevious()
        if before is None or before.get("class") != _ADDED or _has_ink(before.tail):
            before = node.makeelement("ul", {"class": _ADDED})
            node.addprevious(before)
        before.tail, node.tail = node.tail, None
        before.append(node)


def _make_regular(node: _Element) -> None:
    items: list[_Element] = []
    line: _Element | None = None  # the block of the text and the inline elements that were read last
    waiting = _parts(node)
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if line is not None:
                _append_text(line, part)
                continue
            if not _has_ink(part):
                continue
            block = line = node.makeelement("div")
            block.text = part
        elif part.tag == "li":
            items.append(part)
            line = None
            continue
        elif part.tag not in LISTS and any(child.tag == "li" for child in part):
            waiting += _parts(part)
            line = None
            continue
        elif is_block(part.tag):
            block, line = part, None
        elif line is not None:
            line.append(part)
            continue
        else:
            block = line = node.makeelement("div")
            block.append(part)
        if items:
            items[-1].append(block)
        else:
            node.addprevious(block)
    node[:] = []
    node.extend(items)


def _parts(node: _Element) -> list[_Element | str]:
    """Return the children of *node* and the texts between them, the last one first. The texts are removed."""
    parts: list[_Element | str | None] = [node.text]
    node.text = None
    for child in node:
        parts += (child, child.tail)
        child.tail = None
    return [part for part in reversed(parts) if part is not None]


def _append_text(node: _Element, text: str) -> None:
    if len(node):
        node[-1].tail = (node[-1].tail or "") + text
    else:
        node.text = (node.text or "") + text


def _has_ink(text: str | None) -> bool:
    return bool(text and text.strip())


def replace_definition_lists(body: _Element) -> None:
    """Make a term a bold paragraph, and a definition a paragraph."""
    for node in body.iter("dl", "dd"):
        node.tag = "div"
    for node in list(body.iter("dt")):
        node.tag = "div"
        bold = node.makeelement("strong")
        bold.text, node.text = node.text, None
        bold.extend(list(node))
        node.append(bold)
        for inner in list(bold.iterdescendants("strong", "b")):
            inner.tag = "span"
