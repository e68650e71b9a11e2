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

from crawler.markdown.escape import CODE_MARKS, TEXT_MARKS
from crawler.markdown.inline import AUTOLINK, is_own_url, text_of_attribute, url_of

if TYPE_CHECKING:
    from lxml.etree import _Element

Headings = Literal["setext", "atx"]

# Context flags: properties of the elements around a node, combined with "|".
CODE = 1  # in pre, code, kbd or samp: text is not escaped as Markdown
PREFORMATTED = 2  # in pre: white space is kept
ONE_LINE = 4  # in a heading or table cell: blocks are written on one line
CELL = 8  # in a table cell
LIST_ITEM = 16  # in a list item
INLINE = 32  # in an inline element or a heading: a code fence is not possible

# Limit of the characters that indents and empty cells add to a body. Without it, a page of a few megabytes could
# become gigabytes of Markdown.
MAX_ADDED = 10_000_000

BLANKS = " \t\r\n"
_RUN = re.compile(f"[{BLANKS}]+")


class Unsupported(Exception):
    """Raised if a body contains something that only markdownify converts."""


@dataclass(slots=True)
class ConversionState:
    """State of one conversion, shared by the rules. Lists of open elements end with the innermost one."""

    body: _Element
    headings: Headings
    bullet_depth: int = 0  # number of open <ul>
    next_numbers: list[int] = field(default_factory=list)  # for each open <ol>: the number of its next item
    columns: int = 0  # width of all cells so far, in columns
    data_cells: int = 0  # number of <td> so far
    row_starts: list[tuple[int, int]] = field(default_factory=list)  # for each open <tr>: columns, data_cells before it
    source_urls: list[str] = field(default_factory=list)  # URLs of all <source> so far
    video_starts: list[int] = field(default_factory=list)  # for each open <video>: len(source_urls) before it
    has_thead: dict[_Element, bool] = field(default_factory=dict)  # for each <table> that was searched
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


def wrapped(delimiter: str) -> Rule:
    """Return the rule of inline formatting such as strong and em."""

    def rule(node: _Element, text: str, context: int, state: ConversionState) -> str:
        return text if context & CODE else around(delimiter, text)

    return rule


def paragraph(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return _block(text.strip(BLANKS), context)


def division(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return _block(text.strip(), context)


def _block(text: str, context: int) -> str:
    if context & ONE_LINE:
        return f" {text} "
    return f"\n\n{text}\n\n" if text else ""


def apart(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert table and figcaption."""
    return f"\n\n{text.strip()}\n\n"


def heading(level: int) -> Rule:
    """Return the rule of h1 to h6."""

    def rule(node: _Element, text: str, context: int, state: ConversionState) -> str:
        if context & ONE_LINE:
            return text
        text = text.strip()
        if level > 2 or state.headings == "atx":
            return f"\n\n{'#' * level} {_RUN.sub(' ', text)}\n\n"
        return f"\n\n{text}\n{'=-'[level - 1] * len(text)}\n\n" if text else ""

    return rule


def line_break(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return f"{text} " if context & ONE_LINE else f"  \n{text}"


def _marks(context: int) -> dict[int, str]:
    return CODE_MARKS if context & CODE else TEXT_MARKS


def thematic_break(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return "\n\n---\n\n"


def open_script(node: _Element, context: int, state: ConversionState) -> None:
    if len(node):
        raise Unsupported("elements in a script")


def nothing(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return ""


def quotation(node: _Element, text: str, context: int, state: ConversionState) -> str:
    return f'"{text}"'


def link(node: _Element, text: str, context: int, state: ConversionState) -> str:
    if context & CODE:
        return text
    href, title = url_of(node, "href", TEXT_MARKS), _title(node, context)
    if not title and is_own_url(text, href) and AUTOLINK.fullmatch(href):
        return f"<{href}>"
    return around("[", text, f"]({href}{title})") if href else text.strip()


def picture(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert img. An image without a URL is removed."""
    source = url_of(node, "src", _marks(context))
    if not source:
        return ""
    alt = text_of_attribute(node, "alt", _marks(context))
    return alt if context & ONE_LINE else f"![{alt}]({source}{_title(node, context)})"


def _title(node: _Element, context: int) -> str:
    title = text_of_attribute(node, "title", _marks(context))
    return ' "' + title.replace('"', r"\"") + '"' if title else ""


def open_video(node: _Element, context: int, state: ConversionState) -> None:
    state.video_starts.append(len(state.source_urls))


def open_source(node: _Element, context: int, state: ConversionState) -> None:
    if source := url_of(node, "src", _marks(context)):
        state.source_urls.append(source)


def video(node: _Element, text: str, context: int, state: ConversionState) -> str:
    first_source = state.source_urls[state.video_starts.pop() :][:1]
    if context & ONE_LINE:
        return text
    source = url_of(node, "src", _marks(context)) or "".join(first_source)
    poster = url_of(node, "poster", _marks(context))
    if source and poster:
        return f"[![{text}]({poster})]({source})"
    return f"[{text}]({source})" if source else f"![{text}]({poster})" if poster else text
