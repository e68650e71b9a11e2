"""Conversion rules of lists and quotes: their lines are indented behind a bullet, number or `>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.inline import number
from crawler.markdown.rules import (
    BLANKS,
    CODE,
    LIST_ITEM,
    MAX_ADDED,
    ONE_LINE,
    ZERO_WIDTH,
    ConversionState,
    Unsupported,
)
from crawler.markdown.tags import is_block
from crawler.text.clean import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

# The lines of a text of this length (characters) or more are indented once, at the end of the conversion. Until then
# the text is stored as `_BEGIN marker _TEXT text _END`. Indenting at once would copy the lines again at each level of
# nested lists.
LONG_TEXT = 2_000
_BEGIN, _TEXT, _END = "\x14", "\x15", "\x16"  # control characters, which clean text does not contain
# The pattern starts with a character set, which makes the search fast.
_INDENTATION = re.compile(f"[{_BEGIN}{_END}\n](?:(?<={_BEGIN})([^{_BEGIN}{_TEXT}]*+){_TEXT}|(?<=\n)(?=(\n?)))?")


def blockquote(node: _Element, text: str, context: int, state: ConversionState) -> str:
    text = text.strip(BLANKS)
    if context & ONE_LINE:
        return f" {text} "
    return f"\n{hang('> ', text, context, state)}\n\n" if text else "\n"


def open_ol(node: _Element, context: int, state: ConversionState) -> None:
    state.next_numbers.append(number(node, "start"))


def open_ul(node: _Element, context: int, state: ConversionState) -> None:
    state.bullet_depth += 1


def items(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert ul and ol."""
    if node.tag == "ol":
        state.next_numbers.pop()
    else:
        state.bullet_depth -= 1
    if context & LIST_ITEM:  # text after the list would belong to its last item
        return line_breaks_before(node) + text.rstrip() + ("\n\n" if _is_before_text(node) else "")
    return f"\n\n{text}\n" if _is_followed(node) else f"\n\n{text}"


def line_breaks_before(node: _Element) -> str:
    """Return the line breaks before a nested list. Directly after text, a list must begin with the number 1."""
    return "\n" if number(node, "start") == 1 else "\n\n"


def _is_followed(node: _Element) -> bool:
    """Return whether the next sibling, comments excluded, is text or an element other than a list."""
    sibling: _Element | None = node
    while sibling is not None:
        if sibling.tail and clean(sibling.tail).strip():
            return True
        sibling = sibling.getnext()
        if sibling is not None and isinstance(sibling.tag, str):
            return sibling.tag not in ("ul", "ol")
    return False


def _is_before_text(node: _Element) -> bool:
    """Return whether text or an inline element follows a list, which may be in inline elements itself."""
    while True:
        if node.tail and clean(node.tail).strip():
            return True
        following = node.getnext()
        if following is not None and isinstance(following.tag, str):
            return not is_block(following.tag)
        if following is None:
            following = node.getparent()
            if following is None or is_block(following.tag):
                return False
        node = following


def item(node: _Element, text: str, context: int, state: ConversionState) -> str:
    """Convert li. The bullets of nested lists are `*`, `+`, `-`, then `*` again; outside of a list `-`."""
    parent = node.getparent()
    if parent is not None and parent.tag == "ol" and parent is not state.body:
        marker = f"{state.next_numbers[-1]}. "
        state.next_numbers[-1] += 1
    else:
        marker = f"{'*+-'[(state.bullet_depth - 1) % 3]} "
    text = text.strip().lstrip(ZERO_WIDTH + BLANKS)  # an item must not begin with an empty line
    return f"{hang(marker, text, context, state)}\n" if text else "\n"


def hang(marker: str, text: str, context: int, state: ConversionState) -> str:
    """Return *text* after *marker*, with its other lines indented by the width of *marker* (a quote: by `> `)."""
    if "\n" not in text:
        return marker + text
    hanging = f"{_BEGIN}{marker}{_TEXT}{text}{_END}"
    # The rules of these outer elements read the lines or the end of the text, so it needs its final form.
    is_due = len(text) < LONG_TEXT or context & (ONE_LINE | CODE) or text[-1].isspace()
    if not is_due:
        return hanging
    state.indented += len(text)
    if state.indented > MAX_ADDED:
        raise Unsupported("too much text in nested lists or quotes, in code or on one line")
    return indent_hanging(hanging)


def indent_hanging(text: str) -> str:
    """Indent all lines that `hang` left unindented. Raises `Unsupported` if the text would grow too much."""
    if _BEGIN not in text:
        return text
    indents = [("", "")]  # for each level: the indent of a line, and of an empty line
    added = 0

    def replacement(found: re.Match[str]) -> str:
        nonlocal added
        filled, empty = indents[-1]
        if found[0] == _END:
            indents.pop()
            return ""
        if found[0] == "\n":
            added += len(filled)
            if added > MAX_ADDED:
                raise Unsupported("too many lines in deeply nested lists and quotes")
            return f"\n{empty if found[2] else filled}"
        marker = found[1]
        indent = marker if marker == "> " else " " * len(marker)
        bare = indent.rstrip()
        indents.append((filled + indent, filled + bare if bare else empty))
        return marker

    return _INDENTATION.sub(replacement, text)
