"""Convert the nodes of a body to marked Markdown with markdownify, or to plain paragraphs.

markdownify defines the Markdown syntax of the corpus. `crawler.markdown.walker` produces the same text for the elements
that it supports (tests/markdown/test_walker.py). This module converts bodies with other elements. It is slow: it builds
a second tree, and markdownify takes quadratic time for some input.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString
from lxml import etree
from markdownify import MarkdownConverter

from crawler.markdown.code import fenced, in_cell, join_code_lines
from crawler.markdown.escape import CODE_MARKS, TEXT_MARKS
from crawler.markdown.inline import AUTOLINK, collapse_blanks, is_own_url, number, text_of_attribute, url_of
from crawler.markdown.rules import Headings
from crawler.text.clean import clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_NO_TEXT = {"script", "style", "iframe"}
_CODE_TAGS = {"pre", "code", "kbd", "samp"}
_INLINE = {"a", "b", "strong", "em", "i", "del", "s", "sub", "sup", "q", "video", "h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = {"article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3",
           "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul"}  # fmt: skip
_ONE_LINE = {"td", "th", "dt"}  # markdownify puts their content on one line

# Limits of markdownify: larger bodies would take minutes or become gigabytes of Markdown.
_MAX_STEPS, _MAX_TEXT, _MAX_COLUMNS = 20_000, 200_000, 100_000


class ConverterLimit(Exception):
    """Raised if a body is too large for markdownify."""


def convert_with_markdownify(body: _Element, headings: Headings) -> str:
    """Convert the children of `body` to marked Markdown.

    Raises `ConverterLimit` for a body that is too large, and RecursionError for one that is nested too deeply.
    """
    style = "underlined" if headings == "setext" else "atx"
    return str(_Converter(heading_style=style, autolinks=False).convert_soup(_soup(body)))


def plain_paragraphs(body: _Element) -> str:
    """Return the marked text of *body* in plain paragraphs, at any nesting depth."""
    parts: list[str] = []
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not body else None
        if event == "start" and node.tag in _NO_TEXT:
            text = None
            walk.skip_subtree()
        if node.tag in _BLOCKS:
            parts.append("\n\n")
        parts.append(re.sub("([*_])", r"\\\1", collapse_blanks(text or "")).translate(TEXT_MARKS))
    return "".join(parts)


def _soup(body: _Element) -> BeautifulSoup:
    """Return a copy of *body* for markdownify, built node by node: serializing would percent-encode URLs."""
    soup = BeautifulSoup("", "html.parser")
    tags: list[Tag] = [soup]
    codes, pres = [False], [False]  # for each open tag: whether it is in code, and in preformatted text
    steps = length = columns = 0
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event == "start":
            text = node.text
            columns += min(1000, number(node, "colspan"))
            if node is not body:
                tag = soup.new_tag(_name(str(node.tag)), attrs=_attributes(node, _marks(codes)))
                tags[-1].append(tag)
                tags.append(tag)
                if len(tags) > sys.getrecursionlimit() // 2:  # markdownify uses more than two calls per level
                    raise RecursionError("nested too deeply for markdownify")
                codes.append(codes[-1] or tag.name in _CODE_TAGS)
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
        if steps > _MAX_STEPS or length > _MAX_TEXT or columns > _MAX_COLUMNS:
            raise ConverterLimit("the body is too large for markdownify")
        if text:
            text = clean(text) if pres[-1] else collapse_blanks(text)
            tags[-1].append(NavigableString(text.translate(_marks(codes))))
    return soup


def _marks(codes: list[bool]) -> dict[int, str]:
    return CODE_MARKS if codes[-1] else TEXT_MARKS


def _name(tag: str) -> str:
    """Return a tag name that is safe for markdownify, which looks up methods by it and reads any number after an h."""
    if re.sub(r"[\[\]:-]", "_", tag) in {"soup", "fn_cache", "_document_"}:
        return "span"
    return tag[:2] if re.match("h[0-9]", tag) else tag


def _attributes(node: _Element, marks: dict[int, str]) -> dict[str, str]:
    """Return the attributes that markdownify uses: safe URLs and texts with *marks*, and numbers."""
    links = {name: url_of(node, name, marks) for name in ("href", "src", "poster")}
    texts = {name: text_of_attribute(node, name, marks) for name in ("alt", "title")}
    numbers = {name: value for name in ("colspan", "start") if re.fullmatch("[0-9]{1,9}", value := node.get(name, ""))}
    return {name: value for name, value in (links | texts).items() if value} | numbers


class _Converter(MarkdownConverter):
    """markdownify with its default options, and with overrides where text would become markup or cause an error."""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write an autolink (`<URL>`) only for absolute URLs: a relative URL would be read as a tag."""
        href = str(el.get("href", ""))
        if AUTOLINK.fullmatch(href) and is_own_url(text, href) and not el.get("title"):
            return text if "_noformat" in parent_tags else f"<{href}>"
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Remove an image without a URL."""
        return str(super().convert_img(el, text, parent_tags)) if el.get("src") else ""  # type: ignore[misc]

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "pre" not in parent_tags:
            text = join_code_lines(text)
        text = in_cell(text, bool(parent_tags & {"td", "th"}))
        return str(super().convert_code(el, text, parent_tags))  # type: ignore[misc]

    convert_kbd = convert_code
    convert_samp = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write a fenced code block, or inline code inside of inline elements and code."""
        if not text or parent_tags & (_INLINE | _CODE_TAGS):
            return self.convert_code(el, text, parent_tags)
        return fenced(text, bool(parent_tags & {"td", "th"}), bool(parent_tags & _ONE_LINE))
