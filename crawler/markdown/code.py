"""Conversion rules of inline code and fenced code blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.escape import CODE_TO_FENCE, would_be_markup
from crawler.markdown.rules import CELL, CODE, INLINE, PREFORMATTED, ConversionState, around

if TYPE_CHECKING:
    from lxml.etree import _Element


def code(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert code, kbd and samp."""
    if not context & PREFORMATTED:
        text = join_code_lines(text)
    text = in_cell(text, bool(context & CELL))
    if context & CODE:
        return text
    longest = max(map(len, re.findall("`+", text)), default=0)
    # A space separates the delimiter from backquotes at the ends of the text.
    delimiter, space = "`" * (longest + 1), " " if longest else ""
    return around(delimiter + space, text, space + delimiter)


def pre(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert pre to a fenced code block, or to inline code inside of inline elements and code."""
    if not text or context & (CODE | INLINE):
        return code(node, text, context, state)
    cell = bool(context & CELL)
    return fenced(text, cell, cell)


def join_code_lines(text: str) -> str:
    """Strip the lines of inline code: an indented line could start a block, which would end the code."""
    return " ".join(line.strip() if number else line.rstrip() for number, line in enumerate(text.split("\n")))


def in_cell(text: str, cell: bool) -> str:
    """Escape pipes of *code* in a table cell if it contains markup: a pipe ends the cell and the code."""
    return text.replace("|", r"\|") if cell and would_be_markup(text) else text


def fenced(text: str, cell: bool, one_line: bool) -> str:
    """Return a fenced code block, with a fence longer than any fence in *text*.

    *one_line*: the block will be put on one line. Markdown parsers see inline code there, so its marks stay those of
    inline code.
    """
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    text = re.sub(r"\A[ \n]*\n", "", text.rstrip(" \n"))
    block = f"{fence}\n{in_cell(text, cell)}\n{fence}"
    return f"\n\n{block if one_line else block.translate(CODE_TO_FENCE)}\n\n"
