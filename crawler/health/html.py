"""HTML and SVG as element trees. All text is escaped when a tree is serialized, so text of a page is never markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from lxml import etree
from lxml.builder import E

from crawler.text.dates import BEIJING
from crawler.text.plural import plural

Element = etree._Element
Content = str | Element | None

# SVG path of each state. The shapes differ, so the page does not depend on color.
STATUS_SHAPES = {"alarm": "M 0 1 h 11 l -5.5 10 z", "watch": "M 1 2 h 9 l -4.5 8 z",
                 "none": "M 2 6 h 7", "fine": "M 1 6 l 3.5 4 l 6 -8"}  # fmt: skip
# Elements in which white space between the children is not rendered: their children are indented.
_BLOCKS = {
    "html", "head", "body", "header", "main", "section", "div", "ol", "li", "figure", "svg", "table", "thead", "tbody",
    "tr", "details", "footer",
}  # fmt: skip
# Characters that HTML does not allow: most control characters, surrogates and two noncharacters.
_NOT_ALLOWED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def element(tag: str, *content: Content, **attributes: str | int | None) -> Element:
    """Create an element. None is left out of *content* and *attributes*.

    `class_` is the attribute class, `aria_label` is aria-label.
    """
    named = {
        name.strip("_").replace("_", "-"): replace_invalid(str(value))
        for name, value in attributes.items()
        if value is not None
    }
    children = (replace_invalid(child) if isinstance(child, str) else child for child in content if child is not None)
    return E(tag, named, *children)


def replace_invalid(text: str) -> str:
    """Replace each character that HTML does not allow with U+FFFD."""
    return _NOT_ALLOWED.sub("\ufffd", text)


def document(root: Element) -> str:
    """Serialize the whole document, indented. Changes *root*."""
    _indent(root)
    return etree.tostring(root, method="html", encoding="unicode", doctype="<!doctype html>") + "\n"


def _indent(node: Element, depth: int = 0) -> None:
    children = list(node)
    for child in children:
        _indent(child, depth + 1)
    if node.tag in _BLOCKS and children and not node.text and not any(child.tail for child in children):
        for child in children:
            child.tail = "\n" + "  " * (depth + 1)
        node.text, children[-1].tail = children[0].tail, "\n" + "  " * depth


def truncate(text: str, max_length: int) -> str:
    """Shorten *text* to *max_length* characters, the last one an ellipsis."""
    return text if len(text) <= max_length else f"{text[: max_length - 1]}…"


# Small elements and phrases -------------------------------------------------------------------------------------------


def status_icon(level: str) -> Element:
    """Create the icon of a state, one of `days.LEVELS`."""
    shape = element("path", d=STATUS_SHAPES[level])
    return element("svg", shape, class_=f"status-icon {level}", viewBox="0 0 11 11", aria_hidden="true")


def table(caption: str, headings: Sequence[str], rows: Iterable[Element], class_: str | None = None) -> Element:
    """Create a table of *rows* with a caption and column headings."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    return element("table", element("caption", caption), element("thead", head), element("tbody", *rows), class_=class_)


def number_cell(value: float | None) -> Element:
    """Create a table cell with a whole number, or a dash for None."""
    return element("td", "–" if value is None else f"{value:,.0f}")


def time_element(seconds: int, now: int, form: str = "") -> Element:
    """Create an element for a time in Beijing time. *seconds* and *now* are UTC, since 1970.

    Without a strftime format *form*, the year is shown only if it is not the year of *now*.
    """
    time, today = (datetime.fromtimestamp(each, BEIJING) for each in (seconds, now))
    form = form or ("%m-%d %H:%M" if time.year == today.year else "%Y-%m-%d %H:%M")
    return element("time", time.strftime(form), datetime=time.isoformat(timespec="minutes"))


def duration(seconds: int) -> str:
    """Write a time span as "5 minutes", "7 hours" or "3 days"."""
    for size, unit in ((86400, "day"), (3600, "hour")):
        if seconds >= 2 * size:
            return plural(seconds // size, unit)
    return plural(max(seconds, 0) // 60, "minute")


def with_code(text: str) -> list[Content]:
    """Split *text* into strings and `code` elements for its parts in backticks."""
    return [element("code", part) if i % 2 else part for i, part in enumerate(re.split("`", text))]
