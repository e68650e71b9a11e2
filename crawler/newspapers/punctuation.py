"""Convert half-width punctuation in the body of a printed page."""

from __future__ import annotations

from lxml.etree import iterwalk
from lxml.html import HtmlElement

from crawler.text.punctuation import to_full_width

_CODE = {"pre", "code", "kbd", "samp", "tt"}
_BLOCKS = {"p", "div", "li", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "br", "figcaption", "pre"}


def widen_body(body: HtmlElement) -> None:
    """Apply `to_full_width` in place to the text of *body*.

    Inline elements do not interrupt a text: a comma after `<b>水库</b>` is next to a Chinese character. Block elements
    do. Code is not changed.
    """
    # The texts of the tree in document order, as (element, "text" or "tail", value). A block boundary is
    # (None, "", "\n").
    texts: list[tuple[HtmlElement | None, str, str]] = []
    code = 0  # nesting of code elements
    for event, node in iterwalk(body, events=("start", "end")):
        attribute = "text" if event == "start" else "tail"
        code += (1 if event == "start" else -1) * (node.tag in _CODE)
        if node.tag in _BLOCKS:
            texts.append((None, "", "\n"))
        if isinstance(node.tag, str) and (node is not body or attribute == "text"):
            value = getattr(node, attribute) or ""
            texts.append((None, "", "x" * len(value)) if code else (node, attribute, value))
    converted, start = to_full_width("".join(value for *_, value in texts)), 0
    for element, attribute, value in texts:
        if element is not None and value:
            setattr(element, attribute, converted[start : start + len(value)])
        start += len(value)
