"""Conversion rules of inline code and fenced code blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.marks import CODE_TO_FENCE
from crawler.markdown.rules import CODE, INLINE, ONE_LINE, PREFORMATTED, ConversionState, around

if TYPE_CHECKING:
    from lxml.etree import _Element


def code(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert code, kbd and samp."""
    if not context & PREFORMATTED:
        text = join_code_lines(text)
    if context & CODE:
        return text
    longest = max(map(len, re.findall("`+", text)), default=0)
    # A space separates the delimiter from backquotes at the ends of the text.
    delimiter, space = "`" * (longest + 1), " " if longest else ""
    return around(delimiter + space, text, space + delimiter)


def pre(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert pre to a fenced code block, or to inline code inside of inline elements and code."""
    return code(node, text, context, state) if not text or context & (CODE | INLINE | ONE_LINE) else fenced(text)


def join_code_lines(text: str) -> str:
    """Strip the lines of inline code: an indented line could start a block, which would end the code."""
    return " ".join(line.strip() if number else line.rstrip() for number, line in enumerate(text.split("\n")))


def fenced(text: str) -> str:
    """Return a fenced code block, with a fence longer than any fence in *text*."""
    fence = "`" * max([3, *(len(run) + 1 for run in re.findall("`{3,}", text))])
    text = re.sub(r"\A[ \n]*\n", "", text.rstrip(" \n"))
    block = f"{fence}\n{text}\n{fence}".translate(CODE_TO_FENCE)
    return f"\n\n{block}\n\n"
