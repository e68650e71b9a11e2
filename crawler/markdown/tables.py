"""Conversion rules of tables that `crawler.markdown.grid` has made regular: the first row is the header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.markdown.rules import ConversionState

if TYPE_CHECKING:
    from lxml.etree import _Element


def cell(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert td and th."""
    return " " + text.strip().replace("\n", " ") + " |"


def row(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert tr. The first row is the header."""
    line = f"| {' | '.join(['---'] * len(node))} |\n" if node.getprevious() is None else ""
    return f"|{text}\n{line}"
