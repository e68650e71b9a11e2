"""What each element becomes in Markdown: markdownify's rules, one small function each.

A rule gets a node, its content in Markdown and what the elements around it say, and answers with the Markdown that
stands in the element's place. Lists, tables and code have rooms of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from crawler.markdown.escape import IN_CODE, IN_TEXT
from crawler.markdown.inline import AUTOLINK, address, caption, is_own_address

if TYPE_CHECKING:
    from lxml.etree import _Element

Headings = Literal["setext", "atx"]

# What a rule must know of the elements around it, as bits of one number; above them, in steps of UL, the open lists.
CODE = 1  # its text is no Markdown
PRE = 2  # its white space stays
LINE = 4  # a heading or a cell: blocks in it stand side by side
CELL = 8
ITEM = 16
INLINE = 32  # no fence can stand in it
UL = 64

MOST = 10_000_000  # characters that indents and empty cells may add to a body: a page of megabytes could make gigabytes

BLANKS = " \t\r\n"
_RUN = re.compile(f"[{BLANKS}]+")


class Unsupported(Exception):
    """Raised where a body holds what is left to markdownify."""


@dataclass(slots=True)
class ConversionState:
    """What the rules note down for each other; in the lists the innermost element is last."""

    body: _Element
    headings: Headings
    numbers: list[int] = field(default_factory=list)  # each open <ol>: the number of its next item
    columns: int = 0  # of all cells so far
    data: int = 0  # the cells among them that are no head cells
    rows: list[tuple[int, int]] = field(default_factory=list)  # each open <tr>: columns and data at its start
    sources: list[str] = field(default_factory=list)  # the addresses of all <source>
    headed: dict[_Element, bool] = field(default_factory=dict)  # each table that was looked through for a <thead>
    moved: int = 0  # characters that were moved in behind marks
    videos: list[int] = field(default_factory=list)  # each open <video>: how many sources came before


Rule = Callable[["_Element", str, int, ConversionState], str]


def around(before: str, text: str, after: str = "") -> str:
    """`text` between marks; a blank at its ends goes outside, else Markdown would not see them. "" for no text."""
    inner = text.strip()
    if not inner:
        return ""
    if len(inner) == len(text):
        return f"{before}{text}{after or before}"
    return f"{' ' if text[0] == ' ' else ''}{before}{inner}{after or before}{' ' if text[-1] == ' ' else ''}"


def wrapped(mark: str) -> Rule:
    """The rule of strong, em and their like."""

    def rule(node: _Element, text: str, context: int, notes: ConversionState) -> str:
        return text if context & CODE else around(mark, text)

    return rule


def paragraph(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return _block(text.strip(BLANKS), context)


def division(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return _block(text.strip(), context)


def _block(text: str, context: int) -> str:
    if context & LINE:
        return f" {text} "
    return f"\n\n{text}\n\n" if text else ""


def apart(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """The rule of table and figcaption."""
    return f"\n\n{text.strip()}\n\n"


def heading(level: int) -> Rule:
    def rule(node: _Element, text: str, context: int, notes: ConversionState) -> str:
        if context & LINE:
            return text
        text = text.strip()
        if level > 2 or notes.headings == "atx":
            return f"\n\n{'#' * level} {_RUN.sub(' ', text)}\n\n"
        return f"\n\n{text}\n{'=-'[level - 1] * len(text)}\n\n" if text else ""

    return rule


def line_break(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return f"{text} " if context & LINE else f"  \n{text}"


def _marks(context: int) -> dict[int, str]:
    return IN_CODE if context & CODE else IN_TEXT


def thematic_break(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return "\n\n---\n\n"


def open_script(node: _Element, context: int, notes: ConversionState) -> None:
    if len(node):
        raise Unsupported("elements in a script")


def nothing(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return ""


def quotation(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    return f'"{text}"'


def link(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    if context & CODE:
        return text
    href, title = address(node, "href", IN_TEXT), _title(node, context)
    if not title and is_own_address(text, href) and AUTOLINK.fullmatch(href):
        return f"<{href}>"
    return around("[", text, f"]({href}{title})") if href else text.strip()


def picture(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """A picture without an address leaves nothing."""
    source = address(node, "src", _marks(context))
    if not source:
        return ""
    alt = caption(node, "alt", _marks(context))
    return alt if context & LINE else f"![{alt}]({source}{_title(node, context)})"


def _title(node: _Element, context: int) -> str:
    title = caption(node, "title", _marks(context))
    return ' "' + title.replace('"', r"\"") + '"' if title else ""


def open_video(node: _Element, context: int, notes: ConversionState) -> None:
    notes.videos.append(len(notes.sources))


def open_source(node: _Element, context: int, notes: ConversionState) -> None:
    if source := address(node, "src", _marks(context)):
        notes.sources.append(source)


def video(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    sources = notes.sources[notes.videos.pop() :][:1]
    if context & LINE:
        return text
    source, poster = address(node, "src", _marks(context)) or "".join(sources), address(node, "poster", _marks(context))
    if source and poster:
        return f"[![{text}]({poster})]({source})"
    return f"[{text}]({source})" if source else f"![{text}]({poster})" if poster else text
