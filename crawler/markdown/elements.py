"""The elements that the walker supports: the rule of each one, and the white space around and inside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from crawler.markdown import code, lists, rules, tables
from crawler.markdown.marks import STRIKE, SUBSCRIPT
from crawler.markdown.rules import (
    BLANKS,
    CODE,
    INLINE,
    LIST_ITEM,
    ONE_LINE,
    PREFORMATTED,
    ConversionState,
    Rule,
    Unsupported,
)
from crawler.markdown.tags import DIVISIONS, is_block

if TYPE_CHECKING:
    from lxml.etree import _Element


OnOpen = Callable[["_Element", int, ConversionState], None]


class Element(NamedTuple):
    """How an element is converted."""

    rule: Rule | None = None  # None: the content stays unchanged
    strips_inside: bool = False  # remove white space at the start and end of the content
    strips_outside: bool = False  # remove white space before and after the element
    flags: int = 0  # context flags for the content
    on_open: OnOpen | None = None  # called before the content is converted
    # For a plain block, whose rule only strips the content: the characters to strip (None: all white space).
    # "" for all other elements.
    block_strip: str | None = ""


def _block(rule: Rule | None, flags: int = 0, on_open: OnOpen | None = None, block_strip: str | None = "") -> Element:
    return Element(rule, True, True, flags, on_open, block_strip)


TRANSPARENT = Element()
_STRONG, _EM, _DEL = (Element(rules.wrapped(mark), flags=INLINE) for mark in ("**", "*", STRIKE * 2))
_CODE = Element(code.code, flags=CODE)
_PARAGRAPH, _DIVISION = _block(rules.paragraph, block_strip=BLANKS), _block(rules.division, block_strip=None)
_NOTHING = Element(rules.nothing, on_open=rules.open_script)

# Elements that `crawler.markdown.simplify` replaces by the ones in `ELEMENTS`. It also makes tables regular.
REPLACED = ("table", "caption", "colgroup", "thead", "tbody", "tfoot", "tr", "td", "th", "dl", "dt", "dd",
            "video", "audio", "iframe", "sup", "sub", "q")  # fmt: skip

ELEMENTS: dict[object, Element] = {
    "p": _PARAGRAPH,
    **dict.fromkeys(DIVISIONS, _DIVISION),
    **{f"h{level}": _block(rules.heading(level), ONE_LINE | INLINE) for level in range(1, 7)},
    "blockquote": _block(lists.blockquote),
    "ul": _block(lists.items, on_open=lists.open_ul), "ol": _block(lists.items, on_open=lists.open_ol),
    "li": _block(lists.item, LIST_ITEM),
    "table": _block(rules.apart), "tr": _block(tables.row),
    "td": _block(tables.cell, ONE_LINE), "th": _block(tables.cell, ONE_LINE),
    "pre": Element(code.pre, strips_outside=True, flags=CODE | PREFORMATTED),
    "code": _CODE, "kbd": _CODE, "samp": _CODE,
    "br": Element(rules.line_break), "hr": Element(rules.thematic_break),
    "img": Element(rules.picture),
    "a": Element(rules.link, flags=INLINE),
    "strong": _STRONG, "b": _STRONG, "em": _EM, "i": _EM, "del": _DEL, "s": _DEL,
    "sup": Element(rules.script("^("), flags=INLINE), "sub": Element(rules.script(f"{SUBSCRIPT}("), flags=INLINE),
    "span": TRANSPARENT, "font": TRANSPARENT, "u": TRANSPARENT,
    "script": _NOTHING, "style": _NOTHING, "iframe": _NOTHING,
}  # fmt: skip
# Other elements that markdownify converts. It treats `h` with any number as a heading.
MARKDOWNIFY_TAGS = re.compile("list|h[0-9].*", re.DOTALL)


def element(tag: object) -> Element:
    """Return the element of a tag: for an unknown tag `TRANSPARENT`, or that of `div` for a block.

    Raises `Unsupported` for a tag that only markdownify converts.
    """
    supported = ELEMENTS.get(tag)
    if supported is not None:
        return supported
    if not isinstance(tag, str) or tag != tag.lower() or MARKDOWNIFY_TAGS.fullmatch(tag):
        raise Unsupported(f"the element {tag}")
    return _DIVISION if is_block(tag) else TRANSPARENT
