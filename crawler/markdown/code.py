"""Code, in a line and in fences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.escape import IN_FENCE, would_be_markup
from crawler.markdown.rules import CELL, CODE, INLINE, PRE, ConversionState, around

if TYPE_CHECKING:
    from lxml.etree import _Element


def code(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """The rule of code, kbd and samp."""
    if not context & PRE:
        text = join_code_lines(text)
    text = in_cell(text, bool(context & CELL))
    if context & CODE:
        return text
    longest = max(map(len, re.findall("`+", text)), default=0)
    marks, blank = "`" * (longest + 1), " " if longest else ""  # else the text's backquotes would run into ours
    return around(marks + blank, text, blank + marks)


def pre(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """A fence; within a line, where none can stand, plain code."""
    if not text or context & (CODE | INLINE):
        return code(node, text, context, notes)
    cell = bool(context & CELL)
    return fenced(text, cell, cell)


def join_code_lines(text: str) -> str:
    """Code on one line: a block's beginning inside would end it."""
    return " ".join(line.strip() if number else line.rstrip() for number, line in enumerate(text.split("\n")))


def in_cell(text: str, cell: bool) -> str:
    """Code whose pipes, in a cell, would end the cell and set free what acts."""
    return text.replace("|", r"\|") if cell and would_be_markup(text) else text


def fenced(text: str, cell: bool, line: bool) -> str:
    """A fence longer than its content. Where all will stand on one line it is plain code for a reader."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    text = re.sub(r"\A[ \n]*\n", "", text.rstrip(" \n"))
    block = f"{fence}\n{in_cell(text, cell)}\n{fence}"
    return f"\n\n{block if line else block.translate(IN_FENCE)}\n\n"
