"""A body's node -> marked Markdown, by markdownify: it decides the flavour of every body.

The walk must give the same text (tests/test_flavour.py), and leaves to this room what it does not know. It is slow: a
second tree, and quadratic time in places.
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
from crawler.markdown.escape import IN_CODE, IN_TEXT
from crawler.markdown.inline import AUTOLINK, address, caption, collapse_blanks, is_own_address, number
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


_MOST_STEPS, _MOST_TEXT, _MOST_COLUMNS = 20_000, 200_000, 100_000  # more would take it minutes, or make gigabytes


class ConverterLimit(Exception):
    """Raised where a body is more than markdownify can be asked to do."""


def convert_with_markdownify(body: _Element, headings: Headings) -> str:
    """Convert the children of `body` to marked Markdown.

    Raises `ConverterLimit` for a body that is too large, and RecursionError for one that is nested too deeply.
    """
    style = "underlined" if headings == "setext" else "atx"
    return str(_Converter(heading_style=style, autolinks=False).convert_soup(_soup(body)))


def plain_paragraphs(body: _Element) -> str:
    """The marked text of `body` in plain paragraphs, at any depth."""
    parts: list[str] = []
    walk = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        text = node.text if event == "start" else node.tail if node is not body else None
        if event == "start" and node.tag in _NO_TEXT:
            text = None
            walk.skip_subtree()
        if node.tag in _BLOCKS:
            parts.append("\n\n")
        parts.append(re.sub("([*_])", r"\\\1", collapse_blanks(text or "")).translate(IN_TEXT))
    return "".join(parts)


def _soup(body: _Element) -> BeautifulSoup:
    """The tree of `body` for markdownify, node by node: serialising would percent-encode addresses."""
    soup = BeautifulSoup("", "html.parser")
    tags: list[Tag] = [soup]
    codes, pres = [False], [False]  # of each open tag: whether it stands in code, and in preformatted text
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
                if len(tags) > sys.getrecursionlimit() // 2:  # markdownify takes more than two calls a level
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
        if steps > _MOST_STEPS or length > _MOST_TEXT or columns > _MOST_COLUMNS:
            raise ConverterLimit("too much for markdownify")
        if text:
            text = clean(text) if pres[-1] else collapse_blanks(text)
            tags[-1].append(NavigableString(text.translate(_marks(codes))))
    return soup


def _marks(codes: list[bool]) -> dict[int, str]:
    return IN_CODE if codes[-1] else IN_TEXT


def _name(tag: str) -> str:
    """A tag's name as markdownify may see it: it looks up its own methods by name, and reads any number after an h."""
    if re.sub(r"[\[\]:-]", "_", tag) in {"soup", "fn_cache", "_document_"}:
        return "span"
    return tag[:2] if re.match("h[0-9]", tag) else tag


def _attributes(node: _Element, marks: dict[int, str]) -> dict[str, str]:
    """The attributes that markdownify writes, safe and marked, and the numbers it counts with."""
    links = {name: address(node, name, marks) for name in ("href", "src", "poster")}
    texts = {name: caption(node, name, marks) for name in ("alt", "title")}
    numbers = {name: value for name in ("colspan", "start") if re.fullmatch("[0-9]{1,9}", value := node.get(name, ""))}
    return {name: value for name, value in (links | texts).items() if value} | numbers


class _Converter(MarkdownConverter):
    """markdownify with its defaults, but for what would let text act or fail."""

    def convert_a(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """`<address>` only where a reader takes it for a link: a relative address there would be a tag."""
        href = str(el.get("href", ""))
        if AUTOLINK.fullmatch(href) and is_own_address(text, href) and not el.get("title"):
            return text if "_noformat" in parent_tags else f"<{href}>"
        return str(super().convert_a(el, text, parent_tags))  # type: ignore[misc]

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A picture without an address leaves nothing."""
        return str(super().convert_img(el, text, parent_tags)) if el.get("src") else ""  # type: ignore[misc]

    def convert_code(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        if "pre" not in parent_tags:
            text = join_code_lines(text)
        text = in_cell(text, bool(parent_tags & {"td", "th"}))
        return str(super().convert_code(el, text, parent_tags))  # type: ignore[misc]

    convert_kbd = convert_code
    convert_samp = convert_code

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """A fence; within a line, where none can stand, plain code."""
        if not text or parent_tags & (_INLINE | _CODE_TAGS):
            return self.convert_code(el, text, parent_tags)
        return fenced(text, bool(parent_tags & {"td", "th"}), bool(parent_tags & _ONE_LINE))
