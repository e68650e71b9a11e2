"""Tables."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from crawler.markdown.inline import number
from crawler.markdown.rules import CELL, MOST, ConversionState, Unsupported

if TYPE_CHECKING:
    from lxml.etree import _Element


NESTED = 30  # A row is as wide as all cells in it, those of tables in it too: so deep nests of tables get huge.


def caption(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return f"{text.strip()}\n\n"


def cell(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """The rule of td and th."""
    width = max(1, min(1000, number(node, "colspan")))
    notes.columns += width
    if notes.columns > MOST // 10:  # of which each takes a few characters, once more where it is in a first row
        raise Unsupported("too many columns")
    notes.data += node.tag == "td"
    return " " + text.strip().replace("\n", " ") + " |" * width


def open_row(node: _Element, context: int, notes: ConversionState) -> None:
    if len(notes.rows) == NESTED:
        raise Unsupported("tables in tables in tables")
    notes.rows.append((notes.columns, notes.data))


def row(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """A table's first row has a line under it, as its head; where it holds data, an empty head goes before it."""
    columns, data = notes.rows.pop()
    if _first(node):
        width = notes.columns - columns
        line = f"| {' | '.join(['---'] * width)} |\n"
        if notes.data == data or _alone_in_head(node, notes):
            return f"|{text}\n{line}"
        if _begins_table(node, context, notes):
            return f"| {' | '.join([''] * width)} |\n{line}|{text}\n"
    return f"|{text}\n"


def _first(node: _Element) -> bool:
    return next(node.itersiblings("*", preceding=True), None) is None


def _parent(node: _Element, notes: ConversionState) -> _Element | None:
    """The element around `node`; None where that is the body itself, which is no element for markdownify."""
    parent = node.getparent()
    return None if parent is notes.body else parent


def _alone_in_head(node: _Element, notes: ConversionState) -> bool:
    parent = _parent(node, notes)
    return parent is not None and parent.tag == "thead" and len(list(islice(parent.iterdescendants("tr"), 2))) == 1


def _begins_table(node: _Element, context: int, notes: ConversionState) -> bool:
    """Whether no head came before this first row."""
    parent = _parent(node, notes)
    if parent is None or parent.tag != "tbody" or _first(parent):
        return True
    table = parent.getparent()
    assert table is not None
    if table not in notes.headed:
        if context & CELL:  # looking through each of many tables in each other would take quadratic time
            raise Unsupported("a table without a head inside another")
        notes.headed[table] = next(table.iterdescendants("thead"), None) is not None
    return not notes.headed[table]
