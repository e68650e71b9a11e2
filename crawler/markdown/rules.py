"""Conversion rules: one function for each kind of element, with the same results as markdownify.

A rule takes a node, the Markdown of its content, the context flags of the elements around it and the state of the
conversion. It returns the Markdown of the whole element. The rules of lists, tables and code are in modules of their
own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from crawler.markdown.inline import alt_of, autolink, destination, label, title_of, url_of, with_safe_lines
from crawler.markdown.marks import TEXT_MARKS, unmarked

if TYPE_CHECKING:
    from lxml.etree import _Element

Headings = Literal["setext", "atx"]

# Context flags: properties of the elements around a node, combined with "|".
CODE = 1  # in pre, code, kbd or samp: text is not escaped as Markdown
PREFORMATTED = 2  # in pre: white space is kept
ONE_LINE = 4  # in a heading or table cell: blocks are written on one line
LIST_ITEM = 16  # in a list item
INLINE = 32  # in an inline element or a heading: a code fence is not possible

# Limit of the characters that indents and empty cells add to a body. Without it, a page of a few megabytes could
# become gigabytes of Markdown.
MAX_ADDED = 10_000_000

BLANKS = " \t\r\n"
ZERO_WIDTH = " \u3000\u00a0\u200b\ufeff"  # what the white-space rules remove at the end of a line
_RUN = re.compile(f"[{BLANKS}]+")
# "~" between an end of a mark and a blank: cmark-gfm looks past it, and recognizes no delimiter beside a blank.
_TILDES_BY_BLANK = re.compile(r"\A\s*+\x05++(?=\s)|(?<=\s)\x05++(?=\s*+\Z)")
_CLOSING = re.compile(r"(?<![^ ])#++$")  # "#" at the end of a heading, which Markdown removes


class Unsupported(Exception):
    """Raised if a body contains something that only markdownify converts."""


@dataclass(slots=True)
class ConversionState:
    """State of one conversion, shared by the rules. Lists of open elements end with the innermost one."""

    body: _Element
    headings: Headings
    bullet_depth: int = 0  # number of open <ul>
    next_numbers: list[int] = field(default_factory=list)  # for each open <ol>: the number of its next item
    indented: int = 0  # characters whose lines were indented before the end of the conversion


Rule = Callable[["_Element", str, int, ConversionState], str]


def around(before: str, text: str, after: str = "") -> str:
    """Return *text* between two delimiters; "" for empty text.

    Spaces at the ends of *text* move outside: Markdown does not recognize a delimiter next to a space inside.
    """
    inner = text.strip()
    if not inner:
        return ""
    if len(inner) == len(text):
        return f"{before}{text}{after or before}"
    return f"{' ' if text[0] == ' ' else ''}{before}{inner}{after or before}{' ' if text[-1] == ' ' else ''}"


def marked_up(delimiter: str, text: str) -> str:
    """Return marked *text* as strong, em or struck-out text: between two *delimiter*."""
    text = with_safe_lines(text)
    if "\x05" in text and delimiter[0] == "*":
        text = _TILDES_BY_BLANK.sub(lambda found: found[0].replace("\x05", r"\~"), text)
    return around(delimiter, text)


def wrapped(delimiter: str) -> Rule:
    """Return the rule of inline formatting such as strong and em."""

    def rule(node: _Element, text: str, context: int, state: ConversionState) -> str:
        return text if context & CODE else marked_up(delimiter, text)

    return rule


def paragraph(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return _block(text.strip(BLANKS), context)


def division(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return _block(text.strip(), context)


def _block(text: str, context: int) -> str:
    if context & ONE_LINE:
        return f" {text} "
    return f"\n\n{text}\n\n" if text else "\n\n"  # an empty block separates the texts around it


def apart(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert table and figcaption."""
    return f"\n\n{text.strip()}\n\n"


def heading(level: int) -> Rule:
    """Return the rule of h1 to h6."""

    def rule(node: _Element, text: str, context: int, state: ConversionState) -> str:
        return text if context & ONE_LINE else heading_of(level, text, state.headings)

    return rule


def heading_of(level: int, text: str, headings: Headings) -> str:
    """Return the marked *text* as a heading."""
    text = text.strip()
    if not text.strip(ZERO_WIDTH):
        return "\n\n"
    if level > 2 or headings == "atx":
        text = _CLOSING.sub(r"\\\g<0>", _RUN.sub(" ", text.rstrip(ZERO_WIDTH)))
        return f"\n\n{'#' * level} {text}\n\n"
    text = with_safe_lines(f"{text}\n").rstrip()  # an empty line, also at the end, would end the heading
    width = len(text) + text.count(TEXT_MARKS[ord("*")]) + text.count(TEXT_MARKS[ord("_")])  # with the escapes
    return f"\n\n{text}\n{'=-'[level - 1] * width}\n\n"


def line_break(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return f"{text} " if context & ONE_LINE else f"  \n{text}"


def thematic_break(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return "\n\n---\n\n"


def open_script(node: _Element, context: int, state: ConversionState) -> None:
    if len(node):
        raise Unsupported("elements in a script")


def nothing(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return ""


def link(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return text if context & CODE else link_around(node, text)


def link_around(node: _Element, text: str) -> str:
    """Return the link of *node*, an `a`, around its marked *text*. Without a safe URL, return only the text."""
    href, title = url_of(node, "href"), title_of(node)
    if not href:
        return text.strip()
    return (not title and autolink(text, href)) or around("[", label(text), f"]({destination(href)}{title})")


def picture(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return picture_of(node)


def picture_of(node: _Element) -> str:
    """Return the image of *node*, an `img`; "" without a safe URL."""
    source = url_of(node, "src")
    return f"![{alt_of(node)}]({destination(source)}{title_of(node)})" if source else ""


def script(before: str) -> Rule:
    """Return the rule of sup or sub with text that has no Unicode form (see `crawler.markdown.scripts`)."""

    def rule(node: _Element, text: str, context: int, state: ConversionState) -> str:
        return around(unmarked(before) if context & CODE else before, text, ")")

    return rule
