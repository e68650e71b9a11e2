"""The kinds of HTML elements: blocks, marks, code."""

from __future__ import annotations

# Elements whose content is a block of its own, and that have no other meaning in Markdown.
DIVISIONS = frozenset({
    "div", "section", "article", "figure", "figcaption", "details", "summary", "center", "aside", "header", "footer",
    "main", "nav", "address", "fieldset", "legend", "form", "hgroup", "dialog", "search", "optgroup", "option", "menu",
    "dir", "dl", "dt", "dd",
})  # fmt: skip
MARKED_UP = frozenset({"strong", "b", "em", "i", "del", "s"})  # elements that put delimiters around their content
CODE_TAGS = frozenset({"code", "kbd", "samp"})
HEADINGS = frozenset({f"h{level}" for level in range(1, 7)})
_BLOCKS = DIVISIONS | HEADINGS | {
    "p", "blockquote", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "pre", "hr",
    "video", "audio",
}  # fmt: skip


def is_block(tag: object) -> bool:
    """Return whether an element is a block. Custom elements, which have a hyphen in their name, are blocks."""
    return isinstance(tag, str) and ("-" in tag or tag in _BLOCKS)
