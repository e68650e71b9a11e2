"""The body's node -> Markdown in the corpus's flavour.

The flavour is markdownify's (section 1 of the corpus format, "Body"). A walk over the nodes gives it quickly, and
markdownify itself where a body holds elements that the walk does not know: see `crawler.flavour`. Then come the
white-space rules, line by line; then the escapes. Those work on marks, which stand for the characters that can act: see
`crawler.markdown.escape`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from crawler.markdown.escape import FENCE, OUT_OF_FENCE, resolve_marks
from crawler.markdown.rules import Headings, Unsupported
from crawler.markdown.walker import walk

if TYPE_CHECKING:
    from lxml.html import HtmlElement

from crawler.markdown.summary import text_of

__all__ = ["Headings", "Markdown", "convert", "text_of", "to_markdown"]

_STRANGE = set("\u3000\u00a0\u200b\ufeff")  # an indent that holds one of them goes
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\ufeff"
_LINE_MARKS = re.compile(r"(?:[ \t]*(?:[>*+-]|[0-9]{1,9}\.|#{1,6})(?= ))*+")
_FENCE = re.compile(rf"(?:[ >*+-]|[0-9]+\. )*+({FENCE}{{3,}})")
_MARKS = set(_BLANKS + ">*+-#0123456789")  # how a line begins that may have an indent
_ENDS = set(_BLANKS)
# A blank at a line's end, two empty lines, or an empty line of a quote before another or before an indent.
_UNEVEN = re.compile(r"\n(?:\n\n|(?<= \n)|(?<=>\n)[> ])")


class Markdown(NamedTuple):
    text: str
    by: Literal["walk", "markdownify", "plain text"]  # plain text: the body's formatting is lost


def to_markdown(body: HtmlElement, headings: Headings = "setext") -> str:
    """The children of `body` as Markdown, without empty lines at its ends.

    `headings` is the layout's choice: the Hugo files have Setext for h1 and h2, the GitBook pages ATX.
    """
    return convert(body, headings).text


def convert(body: HtmlElement, headings: Headings = "setext") -> Markdown:
    """As `to_markdown`, and what made it. Plain text is the last resort: the walk does not know an element of the body,
    and markdownify does not get to its depth, or would take minutes; or the Markdown would be many times as long."""
    marked, by = _marked(body, headings)
    return Markdown((marked if _is_even(marked) else resolve_marks(_lines(marked))).strip(), by)


def _marked(body: HtmlElement, headings: Headings) -> Markdown:
    try:
        return Markdown(walk(body, headings), "walk")
    except Unsupported:
        from crawler.markdown.fallback import (  # slow to load, and seldom needed
            ConverterLimit,
            convert_with_markdownify,
            plain_paragraphs,
        )

    try:
        return Markdown(convert_with_markdownify(body, headings), "markdownify")
    except (RecursionError, ConverterLimit):
        return Markdown(plain_paragraphs(body), "plain text")


def _is_even(marked: str) -> bool:
    """Whether the marked text of a body stays as it is, as that of most: no mark, no blank at a line's end, none that
    is strange, no empty line (or one of a quote) behind its like."""
    lines = marked + "\n"
    # (Neither the marks are printable, nor blanks but the plain one.)
    return lines.replace("\n", "").isprintable() and not _UNEVEN.search(lines)


def _lines(marked: str) -> str:
    """The white-space rules, line by line. Lines inside a fence stay as they are."""
    fences = FENCE in marked
    starts = _MARKS if any(map(marked.__contains__, _STRANGE)) else {">", " "}
    lines: list[str] = []
    breaks = False  # whether the line before ends in a hard break
    fence = ""
    for raw in marked.split("\n"):
        if not (breaks or fences):  # then most lines stay as they are
            if not raw:
                if not lines or lines[-1]:
                    lines.append(raw)
                continue
            if raw[0] not in starts and raw[-1] not in _ENDS:
                lines.append(raw)
                continue
        if fence:
            fence = "" if raw.strip("> ").startswith(fence) else fence
            lines.append(raw)
            continue
        line = _line(raw)
        bare = line.strip("> ")
        if not bare and lines and lines[-1] == line:
            continue
        if breaks and bare:
            lines[-1] += "  "
        if fences and (opening := _FENCE.fullmatch(line)):
            fence = opening[1]
        breaks = not fence and bool(bare) and raw.endswith("  ")
        lines.append(line.translate(OUT_OF_FENCE) if fences and not fence else line)  # behind other text it is none
    return "\n".join(lines)


def _line(line: str) -> str:
    """A line without white space at its end and without an indent that holds one of the strange blanks."""
    line = line.rstrip(_BLANKS)
    marks = _LINE_MARKS.match(line)
    start = marks.end() if marks else 0
    text = line[start:].lstrip(_BLANKS)
    if set(line[start : len(line) - len(text)]) & _STRANGE:
        line = line[:start] + (" " if start else "") + text
    return line
