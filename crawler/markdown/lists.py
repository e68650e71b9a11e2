"""Lists and quotes: text that hangs on a mark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.inline import number
from crawler.markdown.rules import BLANKS, CODE, ITEM, LINE, MOST, UL, ConversionState, Unsupported
from crawler.text.clean import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# Long text that hangs on a mark goes through the conversion as "begin, mark, text behind it, end": were its lines moved
# in at once, they would be copied anew at each of many levels.
_LONG = 2_000
_BEGIN, _TEXT, _END = "\x14", "\x15", "\x16"
# (It begins with a set of characters: only so is the search fast.)
_PLACES = re.compile(f"[{_BEGIN}{_END}\n](?:(?<={_BEGIN})([^{_TEXT}]*){_TEXT}|(?<=\n)(?=(\n?)))?")


def blockquote(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    text = text.strip(BLANKS)
    if context & LINE:
        return f" {text} "
    return f"\n{hang('> ', text, context, notes)}\n\n" if text else "\n"


def open_ol(node: _Element, context: int, notes: ConversionState) -> None:
    notes.numbers.append(number(node, "start"))


def items(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    """The rule of ul and ol."""
    if node.tag == "ol":
        notes.numbers.pop()
    if context & ITEM:
        return f"\n{text.rstrip()}"
    return f"\n\n{text}\n" if _followed(node) else f"\n\n{text}"


def _followed(node: _Element) -> bool:
    """Whether text comes behind, or an element that is no list."""
    behind: _Element | None = node
    while behind is not None:
        if behind.tail and clean(behind.tail).strip():
            return True
        behind = behind.getnext()
        if behind is not None and isinstance(behind.tag, str):
            return behind.tag not in ("ul", "ol")
    return False


def item(node: _Element, text: str, context: int, notes: ConversionState) -> str:
    parent = node.getparent()
    mark = f"{'*+-'[(context // UL - 1) % 3]} "
    if parent is not None and parent.tag == "ol" and parent is not notes.body:
        mark = f"{notes.numbers[-1]}. "
        notes.numbers[-1] += 1
    text = text.strip()
    return f"{hang(mark, text, context, notes)}\n" if text else "\n"


def hang(mark: str, text: str, context: int, notes: ConversionState) -> str:
    """`text` behind a mark, its further lines moved in."""
    if "\n" not in text:
        return mark + text
    hanging = f"{_BEGIN}{mark}{_TEXT}{text}{_END}"
    # Where the rules of the elements around it will look at its lines or at its end, the lines have to be there, too.
    now = len(text) < _LONG or context & (LINE | CODE) or text[-1].isspace()
    if not now:
        return hanging
    notes.moved += len(text)
    if notes.moved > MOST:
        raise Unsupported("lists and quotes in each other, in code or on one line")
    return indent_hanging(hanging)


def indent_hanging(text: str) -> str:
    """Indent all lines that hang on list and quote marks. Raises `Unsupported` if the text would grow too much."""
    if _BEGIN not in text:
        return text
    indents = [("", "")]  # of a line, and of an empty line
    grown = 0

    def placed(found: re.Match[str]) -> str:
        nonlocal grown
        filled, empty = indents[-1]
        if found[0] == _END:
            indents.pop()
            return ""
        if found[0] == "\n":
            grown += len(filled)
            if grown > MOST:
                raise Unsupported("too many lines too deep in lists and quotes")
            return f"\n{empty if found[2] else filled}"
        mark = found[1]
        indent = mark if mark == "> " else " " * len(mark)
        bare = indent.rstrip()
        indents.append((filled + indent, filled + bare if bare else empty))
        return mark

    return _PLACES.sub(placed, text)
