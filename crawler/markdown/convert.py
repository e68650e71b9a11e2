"""Convert the body of an article to Markdown (`FORMAT.md`, section 1, "Body").

The syntax is that of markdownify. The conversion has four steps:

1. `crawler.markdown.simplify` rewrites what Markdown cannot express, such as cells that span rows.
2. `crawler.markdown.walker` converts the nodes. If a body contains elements that only markdownify converts,
   `crawler.markdown.markdownify_fallback` calls markdownify.
3. The white-space rules are applied line by line.
4. `crawler.markdown.escape.resolve_marks` escapes the characters that would be markup.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from crawler.markdown.escape import resolve_marks
from crawler.markdown.marks import FENCE_BACKQUOTE, FENCE_TO_CODE
from crawler.markdown.rules import Headings, Unsupported
from crawler.markdown.simplify import simplified
from crawler.markdown.walker import walk

if TYPE_CHECKING:
    from lxml.etree import _Element
    from lxml.html import HtmlElement

_SPECIAL_BLANKS = set("\u3000\u00a0\u200b\ufeff")  # an indent with one of them is removed
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff"
_MARKERS = re.compile(r"\A(?:[ \t]*(?:[>*+-]|[0-9]{1,9}\.|#{1,6})(?= ))*+")  # quote, list and heading markers
_FENCE = re.compile(rf"\A(?:[ >*+-]|[0-9]++\. )*+({FENCE_BACKQUOTE}{{3,}})")
_INDENT_STARTS = set(_BLANKS + ">*+-#0123456789")  # first characters of lines that may have an indent
_ENDS = set(_BLANKS)
# A space at the end of a line, two empty lines, or an empty quote line before another one or before an indent.
_UNEVEN = re.compile(r"\n(?:\n\n|(?<= \n)|(?<=>\n)[> ])")


class Markdown(NamedTuple):
    """Converted text, and the method that converted it. "plain text" means that the formatting is lost."""

    text: str
    by: Literal["walk", "markdownify", "plain text"]


def convert(body: HtmlElement, headings: Headings = "setext") -> Markdown:
    """Return the children of *body* as Markdown, without empty lines at its ends.

    *headings* is the style of h1 and h2: "setext" for front-matter files, "atx" for GitBook pages, in which
    braces of template tags are escaped, too. The result is plain text if the walker does not support an element of the
    body, and the body is too deep or too large for markdownify.
    """
    nodes = list(body.iter())  # while it exists, lxml does not create the objects of the nodes again
    marked, by = _marked(simplified(body), headings)
    del nodes
    if not _needs_no_change(marked):
        marked = resolve_marks(_normalize_lines(marked), in_template=headings == "atx")
    return Markdown(marked.strip(), by)


def _marked(body: _Element, headings: Headings) -> Markdown:
    try:
        return Markdown(walk(body, headings), "walk")
    except Unsupported:
        from crawler.markdown.markdownify_fallback import (  # slow to import and rarely needed
            ConverterLimit,
            convert_with_markdownify,
            plain_paragraphs,
        )

    try:
        return Markdown(convert_with_markdownify(body, headings), "markdownify")
    except (RecursionError, ConverterLimit):
        return Markdown(plain_paragraphs(body), "plain text")


def _needs_no_change(marked: str) -> bool:
    """Return whether *marked* has no marks and already follows the white-space rules, as most bodies do."""
    lines = marked + "\n"
    # Marks, and white space except the space, are not printable characters.
    return lines.replace("\n", "").isprintable() and not _UNEVEN.search(lines)


def _normalize_lines(marked: str) -> str:
    """Apply the white-space rules to each line. Lines in fenced code do not change."""
    has_fences = FENCE_BACKQUOTE in marked
    starts = _INDENT_STARTS if any(map(marked.__contains__, _SPECIAL_BLANKS)) else {">", " "}
    lines: list[str] = []
    after_break = False  # whether the previous line ends with a hard line break
    fence = ""  # the fence of the open code block
    for raw in marked.split("\n"):
        if not (after_break or has_fences):  # then most lines need no change
            if not raw:
                if not lines or lines[-1]:
                    lines.append(raw)
                continue
            if raw[-1] not in _ENDS:
                text = raw.lstrip(_BLANKS) if raw[0] in _SPECIAL_BLANKS else raw  # the indent of Chinese paragraphs
                if text[0] not in starts:
                    lines.append(text)
                    continue
        if fence:
            fence = "" if raw.strip("> ").startswith(fence) else fence
            lines.append(raw)
            continue
        line = _normalize_line(raw)
        bare = line.strip("> ")
        if not bare and lines and lines[-1] == line:
            continue
        if after_break and bare:
            lines[-1] += "  "
        if has_fences and (opening := _FENCE.fullmatch(line)):
            fence = opening[1]
        after_break = not fence and bool(bare) and raw.endswith("  ")
        # A fence after other text on its line opens no code block: its marks become those of inline code.
        lines.append(line.translate(FENCE_TO_CODE) if has_fences and not fence else line)
    return "\n".join(lines)


def _normalize_line(line: str) -> str:
    """Return *line* without white space at its end and without an indent that contains a special blank."""
    line = line.rstrip(_BLANKS)
    markers = _MARKERS.match(line)
    start = markers.end() if markers else 0
    text = line[start:].lstrip(_BLANKS)
    indent = line[start : len(line) - len(text)]
    if set(indent) & _SPECIAL_BLANKS:
        spaces = len(indent) - len(indent.lstrip(" "))
        own = 1 if start else 0  # a space after a marker
        # Two more spaces before the special blank are the indent of a list item, not of the page.
        kept = " " * (spaces if spaces > own + 1 else own)
        line = line[:start] + kept + text
    return line
