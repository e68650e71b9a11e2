"""The elements that the walk knows: how white space stands about each, and the rule that makes Markdown of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from crawler.markdown import code, lists, rules, tables
from crawler.markdown.rules import BLANKS, CELL, CODE, INLINE, ITEM, LINE, PRE, UL, ConversionState, Rule, Unsupported

if TYPE_CHECKING:
    from lxml.etree import _Element


class Element(NamedTuple):
    rule: Rule | None = None  # None leaves the content as it is
    trims: bool = False  # whether blanks go at the ends of its content
    parts: bool = False  # whether blanks go before it and behind it
    marks: int = 0  # what it tells the elements in it
    opens: Callable[[_Element, int, ConversionState], None] | None = None  # what to note down before them
    ends: str | None = ""  # where its rule only strips its content: what goes (None: white space); "" for all others


def _block(
    rule: Rule | None,
    marks: int = 0,
    opens: Callable[[_Element, int, ConversionState], None] | None = None,
    ends: str | None = "",
) -> Element:
    return Element(rule, trims=True, parts=True, marks=marks, opens=opens, ends=ends)


PASSES = Element()
_STRONG, _EM, _DEL, _PLAIN = (Element(rules.wrapped(mark), marks=INLINE) for mark in ("**", "*", "~~", ""))
_CODE = Element(code.code, marks=CODE)
_PARAGRAPH, _DIVISION = _block(rules.paragraph, ends=BLANKS), _block(rules.division, ends=None)
_NOTHING = Element(rules.nothing, opens=rules.open_script)

ELEMENTS: dict[object, Element] = {
    "p": _PARAGRAPH,
    "div": _DIVISION, "section": _DIVISION, "article": _DIVISION,
    **{f"h{level}": _block(rules.heading(level), LINE | INLINE) for level in range(1, 7)},
    "blockquote": _block(lists.blockquote),
    "ul": _block(lists.items, UL), "ol": _block(lists.items, opens=lists.open_ol), "li": _block(lists.item, ITEM),
    "table": _block(rules.apart), "caption": Element(tables.caption),
    "thead": _block(None), "tbody": _block(None), "tfoot": _block(None),
    "tr": _block(tables.row, opens=tables.open_row),
    "td": _block(tables.cell, LINE | CELL), "th": _block(tables.cell, LINE | CELL),
    "pre": Element(code.pre, parts=True, marks=CODE | PRE),
    "code": _CODE, "kbd": _CODE, "samp": _CODE,
    "br": Element(rules.line_break), "hr": Element(rules.thematic_break),
    "figure": PASSES, "figcaption": Element(rules.apart),
    "img": Element(rules.picture),
    "video": Element(rules.video, marks=INLINE, opens=rules.open_video), "source": Element(opens=rules.open_source),
    "a": Element(rules.link, marks=INLINE),
    "strong": _STRONG, "b": _STRONG, "em": _EM, "i": _EM, "del": _DEL, "s": _DEL, "sub": _PLAIN, "sup": _PLAIN,
    "q": Element(rules.quotation, marks=INLINE),
    "span": PASSES, "font": PASSES, "u": PASSES,
    "script": _NOTHING, "style": _NOTHING, "iframe": _NOTHING,
}  # fmt: skip

# markdownify has methods for these too, and takes any number behind an h for a heading.
UNKNOWN = re.compile("dl|dt|dd|list|h[0-9].*", re.DOTALL)


def element(tag: object) -> Element:
    """The element that `tag` names. Raises `Unsupported` for one that is left to markdownify."""
    known = ELEMENTS.get(tag)
    if known is not None:
        return known
    if not isinstance(tag, str) or tag != tag.lower() or UNKNOWN.fullmatch(tag):
        raise Unsupported(f"the element {tag}")
    return PASSES
