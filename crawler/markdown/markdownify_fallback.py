"""Convert the nodes of a body to marked Markdown with markdownify, or to plain paragraphs.

markdownify defines the Markdown syntax of the corpus. `crawler.markdown.walker` produces the same text for the elements
that it supports (tests/markdown/test_walker.py). This module converts simplified bodies with other elements. It is
slow: it builds a second tree, and markdownify takes quadratic time for some input.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from lxml import etree
from markdownify import MarkdownConverter

from crawler.markdown.code import fenced, join_code_lines
from crawler.markdown.inline import text_in_code, text_in_text
from crawler.markdown.lists import line_breaks_before
from crawler.markdown.marks import STRIKE, SUBSCRIPT
from crawler.markdown.rules import BLANKS, ZERO_WIDTH, Headings, around, heading_of, link_around, marked_up, picture_of
from crawler.markdown.tags import CODE_TAGS, HEADINGS, MARKED_UP, is_block

if TYPE_CHECKING:
    from lxml.etree import _Element

_NO_TEXT = {"script", "style", "iframe"}
_INLINE = MARKED_UP | HEADINGS | {"a", "sub", "sup"}  # a code fence is not possible in them
_ONE_LINE = {"td", "th"}  # markdownify puts their content on one line

# Limits of markdownify: larger bodies would take minutes or become gigabytes of Markdown.
_MAX_STEPS, _MAX_TEXT = 20_000, 200_000


class ConverterLimit(Exception):
    """Raised if a body is too large for markdownify."""


def convert_with_markdownify(body: _Element, headings: Headings) -> str:
    """Convert the children of `body` to marked Markdown.

    Raises `ConverterLimit` for a body that is too large, and RecursionError for one that is nested too deeply.
    """
    style = "underlined" if headings == "setext" else "atx"
    return str(_Converter(heading_style=style, autolinks=False).convert_soup(_soup(body)))


def plain_paragraphs(body: _Element) -> str:
    """Return the marked text and the pictures of *body* in plain paragraphs, at any nesting depth."""
    parts: list[str] = []
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not body else None
        if event == "start" and node.tag in _NO_TEXT:
            text = None
            walk.skip_subtree()
        if is_block(node.tag) or node.tag == "br":
            parts.append("\n\n")
        if event == "start" and node.tag == "img":
            parts.append(picture_of(node))
        parts.append(text_in_text(text or ""))
    return "".join(parts)


def _soup(body: _Element) -> BeautifulSoup:
    """Return a copy of *body* for markdownify, built node by node: serializing would percent-encode URLs."""
    soup = BeautifulSoup("", "html.parser")
    tags: list[Tag] = [soup]
    codes, pres = [False], [False]  # for each open tag: whether it is in code, and in preformatted text
    steps = length = 0
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start":
            text = node.text
            if node is not body:
                tag = soup.new_tag(_name(str(node.tag)), attrs=_attributes(node))
                tags[-1].append(tag)
                tags.append(tag)
                if len(tags) > sys.getrecursionlimit() // 2:  # markdownify uses more than two calls per level
                    raise RecursionError("nested too deeply for markdownify")
                codes.append(codes[-1] or tag.name in CODE_TAGS or tag.name == "pre")
                pres.append(pres[-1] or tag.name == "pre")
            if node.tag in _NO_TEXT:
                text = None
                walk.skip_subtree()
        elif node is not body:
            text = node.tail
            if event == "end":
                for stack in (tags, codes, pres):
                    stack.pop()
        else:
            break
        steps, length = steps + 1, length + len(text or "")
        if steps > _MAX_STEPS or length > _MAX_TEXT:
            raise ConverterLimit("the body is too large for markdownify")
        if text:
            marked = text_in_code(text, pres[-1]) if codes[-1] else text_in_text(text)
            tags[-1].append(NavigableString(marked))
    return soup


def _name(tag: str) -> str:
    """Return a tag name that is safe for markdownify, which looks up methods by it and reads any number after an h."""
    if is_block(tag) and not hasattr(MarkdownConverter, f"convert_{tag}") and tag not in HEADINGS:
        return "div"
    if tag in ("figcaption", "dl", "dt", "dd"):  # markdownify has rules of its own for them
        return "div"
    if re.sub(r"[\[\]:-]", "_", tag) in {"soup", "fn_cache", "_document_", "video", "caption"}:
        return "span"
    return tag[:2] if re.match("h[0-9]", tag) else tag


def _attributes(node: _Element) -> dict[str, str]:
    """Return the attributes that the rules use, and a valid `start`."""
    texts = {name: node.get(name, "") for name in ("href", "src", "alt", "title")}
    start = node.get("start", "")
    numbers = {"start": start} if re.fullmatch("[0-9]{1,9}", start) else {}
    return {name: value for name, value in texts.items() if value} | numbers


def _is_before_text(node: Tag) -> bool:
    """Return whether text or an inline element follows a list, which may be in inline elements itself."""
    while True:
        for following in node.next_siblings:
            if isinstance(following, Tag):
                return not is_block(following.name)
            if str(following).strip():
                return True
        if node.parent is None or node.parent.parent is None or is_block(node.parent.name):
            return False
        node = node.parent


def _inline_conversion(delimiter: str) -> Callable[[MarkdownConverter, Tag, str, set[str]], str]:
    def convert(self: MarkdownConverter, el: Tag, text: str, parent_tags: set[str]) -> str:
        return text if "_noformat" in parent_tags else marked_up(delimiter, text)

    return convert


class _Converter(MarkdownConverter):
    """markdownify with its default options, and with the rules of `FORMAT.md` that depart from it."""

    convert_del = convert_s = _inline_conversion(STRIKE * 2)
    convert_b = convert_strong = _inline_conversion("**")
    convert_em = convert_i = _inline_conversion("*")

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return text if "_noformat" in parent_tags else link_around(cast("_Element", el), text)

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return picture_of(cast("_Element", el))

    def convert_hN(self, n: int, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: N802 (name of markdownify)
        headings: Headings = "atx" if self.options["heading_style"] == "atx" else "setext"  # type: ignore[attr-defined]
        return text if "_inline" in parent_tags else heading_of(max(1, min(6, n)), text, headings)

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return around("^(", text, ")")

    def convert_sub(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return around(f"{SUBSCRIPT}(", text, ")")

    def convert_list(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Keep text after a nested list apart from its last item."""
        if "li" not in parent_tags:
            return str(super().convert_list(el, text, parent_tags))  # type: ignore[misc]
        return line_breaks_before(cast("_Element", el)) + text.rstrip() + ("\n\n" if _is_before_text(el) else "")

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_li(el, text.strip().lstrip(ZERO_WIDTH + BLANKS), parent_tags))  # type: ignore[misc]

    convert_ul = convert_list
    convert_ol = convert_list

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "pre" not in parent_tags:
            text = join_code_lines(text)
        return str(super().convert_code(el, text, parent_tags))  # type: ignore[misc]

    convert_kbd = convert_code
    convert_samp = convert_code

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_p(el, text, parent_tags)) or "\n\n"  # type: ignore[misc]

    def convert_div(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        return str(super().convert_div(el, text, parent_tags)) or "\n\n"  # type: ignore[misc]

    convert_article = convert_section = convert_div

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a fenced code block, or inline code inside of inline elements, cells and code."""
        if not text or parent_tags & (_INLINE | _ONE_LINE | CODE_TAGS | {"pre"}):
            return self.convert_code(el, text, parent_tags)
        return fenced(text)
