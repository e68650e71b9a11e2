"""Conversion rules of tables."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from crawler.markdown.inline import number
from crawler.markdown.rules import CELL, MAX_ADDED, ConversionState, Unsupported

if TYPE_CHECKING:
    from lxml.etree import _Element


# A row has as many columns as all cells in it, also those of nested tables: deeply nested tables become huge.
MAX_NESTED_ROWS = 30


def caption(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return f"{text.strip()}\n\n"


def cell(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert td and th. Raises `Unsupported` if the table has too many columns."""
    width = max(1, min(1000, number(node, "colspan")))
    state.columns += width
    if state.columns > MAX_ADDED // 10:  # a column takes a few characters, and more for the header line
        raise Unsupported("too many columns")
    state.data_cells += node.tag == "td"
    return " " + text.strip().replace("\n", " ") + " |" * width


def open_row(node: _Element, context: int, state: ConversionState) -> None:
    if len(state.row_starts) == MAX_NESTED_ROWS:
        raise Unsupported("too many nested tables")
    state.row_starts.append((state.columns, state.data_cells))


def row(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert tr.

    A first row of `th` cells, or the only row of thead, becomes the header. An empty header goes before any other
    first row, unless the table has a header already.
    """
    columns, data_cells = state.row_starts.pop()
    if _is_first(node):
        width = state.columns - columns
        line = f"| {' | '.join(['---'] * width)} |\n"
        if state.data_cells == data_cells or _is_only_row_of_thead(node, state):
            return f"|{text}\n{line}"
        if _begins_table(node, context, state):
            return f"| {' | '.join([''] * width)} |\n{line}|{text}\n"
    return f"|{text}\n"


def _is_first(node: _Element) -> bool:
    """Return whether *node* has no element before it in its parent."""
    return next(node.itersiblings("*", preceding=True), None) is None


def _parent(node: _Element, state: ConversionState) -> _Element | None:
    """Return the parent of *node*; None if that is the body, which markdownify does not see as an element."""
    parent = node.getparent()
    return None if parent is state.body else parent


def _is_only_row_of_thead(node: _Element, state: ConversionState) -> bool:
    parent = _parent(node, state)
    return parent is not None and parent.tag == "thead" and len(list(islice(parent.iterdescendants("tr"), 2))) == 1


def _begins_table(node: _Element, context: int, state: ConversionState) -> bool:
    """Return whether the table has no header before *node*, the first row of its parent. Raises `Unsupported`."""
    parent = _parent(node, state)
    if parent is None or parent.tag != "tbody" or _is_first(parent):
        return True
    table = parent.getparent()
    assert table is not None
    if table not in state.has_thead:
        if context & CELL:  # the search in each of many nested tables would take quadratic time
            raise Unsupported("a nested table without a header")
        state.has_thead[table] = next(table.iterdescendants("thead"), None) is not None
    return not state.has_thead[table]
