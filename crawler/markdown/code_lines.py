"""Code in elements: `br` and one element per line become lines of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from crawler.markdown.tags import CODE_TAGS, HEADINGS, is_block

if TYPE_CHECKING:
    from lxml.etree import _Element

_CONTAINERS = {"ul", "ol", "table", "thead", "tbody", "tfoot", "tr", "blockquote"}  # they contain lines
_is_line_class = re.compile(r"(?:^|[\s_-])(?:code-?)?line(?:$|[\s_-])").search
_BREAK = re.compile(r"\A[ \t]*+\n")
INLINE_BLANKS = re.compile(r"(?<![ \t])[ \t]*+\n[ \t\n]*+")


def replace_code(body: _Element) -> None:
    """Make the content of each pre, code, kbd and samp one text. A picture in it goes behind it.

    Code of several lines that is not preformatted becomes a pre if it is alone in its block; in other text it becomes
    one code element for each line. A pre of one line in a heading becomes a code element.
    """
    inside: set[_Element] = set()
    for node in list(body.iter("pre", *CODE_TAGS)):
        if node in inside:
            continue
        if not len(node):
            _make_inline_in_heading(node)
            continue
        inside.update(node.iterdescendants())
        is_inline = node.tag != "pre"
        text = _text_of_lines(node, is_inline)
        _move_pictures_behind(node)
        node[:] = []
        node.text = text = text.strip("\n") if is_inline else text
        if is_inline and not text.strip():
            node.text, node.tag = " ", "span"
        elif is_inline and "\n" in text:
            if _is_alone(node):
                node.tag = "pre"
            else:
                _split_lines(node)
        _make_inline_in_heading(node)


def _make_inline_in_heading(node: _Element) -> None:
    if node.tag == "pre" and not has_lines(node) and next(node.iterancestors(*HEADINGS), None) is not None:
        node.tag = "code"


def has_lines(node: _Element) -> bool:
    """Return whether the text of a pre, after `replace_code`, has more than one line."""
    return "\n" in (node.text or "").strip("\n")


def _text_of_lines(node: _Element, is_inline: bool) -> str:
    lines = _Lines(is_inline)
    codes = [child for child in node.iter(*CODE_TAGS) if child is not node]
    whole = "".join(node.itertext())
    # Several code elements side by side, or spans of a class "line": one element per line.
    has_code_lines = len(codes) > 1 and not _has_text_besides(node, codes)
    has_line_spans = "\n" not in whole.strip("\n") and next(node.iter("br"), None) is None
    for event, part in etree.iterwalk(node, events=("start", "end")):
        if part is node:
            if event == "start":
                lines.add(part.text)
            continue
        tag = part.tag
        is_line = (
            is_block(tag)
            or (has_code_lines and tag in CODE_TAGS)
            or (tag == "span" and _is_line_class(part.get("class", "")) and has_line_spans)
            or _is_displayed_as_block(part)
        )
        if event == "start":
            if is_line:
                lines.open()
            if tag == "br":
                lines.break_line()
            lines.add(part.text)
        else:
            if is_line:
                lines.close(is_empty=not len(part) and not part.text and tag not in _CONTAINERS)
            lines.add(part.tail)
    return lines.text()


def _has_text_besides(node: _Element, codes: list[_Element]) -> bool:
    """Return whether *node* has text between its *codes*: between two of them, even white space other than a line."""
    return any((code.tail or "").strip("\n") for code in codes) or bool((node.text or "").strip())


def _is_displayed_as_block(node: _Element) -> bool:
    return node.tag not in ("br", "img") and is_displayed_as_block(node.get("style", "")) is not None


is_displayed_as_block = re.compile(r"(?:^|;)\s*display\s*:\s*block\s*(?:;|!|$)", re.IGNORECASE).search


class _Lines:
    """Collects the lines of code. A line ends at a line break in the text, or where the element of a line ends."""

    def __init__(self, is_inline: bool) -> None:
        self.parts: list[str] = []
        self.is_inline = is_inline
        self.at_start = True  # whether the last part ends a line, or nothing came yet
        self.has_ended = False  # whether the element of a line has ended, and the next text starts another line

    def add(self, text: str | None) -> None:
        if not text:
            return
        if self.is_inline:
            text = INLINE_BLANKS.sub("" if self.at_start or self.has_ended else " ", text)
        elif self.has_ended and (found := _BREAK.match(text)):  # the line break after the element ends its line
            text = text[found.end() :]
            self._end_line()
        if not text:
            return
        if self.has_ended:
            self._end_line()
        self.parts.append(text)
        self.at_start = text.endswith("\n")

    def open(self) -> None:
        if self.has_ended or not self.at_start:
            self._end_line()

    def close(self, is_empty: bool) -> None:
        self.has_ended = self.has_ended or is_empty or not self.at_start

    def break_line(self) -> None:
        if self.has_ended:
            self._end_line()
        self._end_line()

    def _end_line(self) -> None:
        self.parts.append("\n")
        self.at_start, self.has_ended = True, False

    def text(self) -> str:
        return "".join(self.parts)


def _move_pictures_behind(node: _Element) -> None:
    for picture in reversed(list(node.iter("img"))):
        picture.tail = None
        if node.tag == "pre":
            paragraph = node.makeelement("p")
            paragraph.append(picture)
            picture = paragraph
        picture.tail, node.tail = node.tail, None
        node.addnext(picture)


def _is_alone(node: _Element) -> bool:
    """Return whether *node* is the only content of its block."""
    while True:
        parent = node.getparent()
        if parent is None or len(parent) > 1 or (parent.text or "").strip() or (node.tail or "").strip():
            return False
        if is_block(parent.tag):
            return parent.tag not in HEADINGS
        if parent.getparent() is None:
            return True
        node = parent


def _split_lines(node: _Element) -> None:
    first, *rest = (node.text or "").split("\n")
    tail, node.tail, node.text = node.tail, None, first
    last = node
    for line in rest:
        end, code = node.makeelement("br"), node.makeelement(str(node.tag))
        code.text = line
        last.addnext(end)
        end.addnext(code)
        last = code
    last.tail = tail
