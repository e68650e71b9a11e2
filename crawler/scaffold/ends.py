"""Propose `Source.page_ends`: how the pages end if they lack `</html>`, as minifiers write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

from crawler.reading.checks import check_end
from crawler.reading.errors import Incomplete
from crawler.reading.page import Page
from crawler.reading.query import all_of
from crawler.scaffold.selectors import tag

MAX_ANCHORS = 40  # elements after the list or the text that are examined, from the last one


def page_end(
    page: Page, selectors: Iterable[str], other: Page | None = None, only_first: bool = False
) -> dict[str, str] | None:
    """Return {pattern: pattern that must match after it} for a *page* in which a reader uses the elements *selectors*;
    the first match of each with *only_first*.

    {} if a page that was cut off after one of them cannot look complete, because they are in one element of `<body>`.
    None if the patterns cannot be determined. They must not refuse *other*, a page of another kind of the same site.
    """
    matches = [all_of(page, css) for css in selectors] if page.is_html else []
    found = {node for nodes in matches for node in nodes[: 1 if only_first else None]}
    used = [node for node in page.tree.iter("*") if node in found] if found else []
    around = {node: _in_body(node) for node in used}
    if len(set(around.values())) < 2 and not any(node is None or node.tag == "p" for node in around.values()):
        return {}
    text = page.text + page.trailer
    begins = [mark for node in (used[0], *used[0].iterancestors()) if (mark := _mark(node))]
    for node in list(used[-1].xpath("following::*"))[::-1][:MAX_ANCHORS]:
        mark = _mark(node)
        # The mark must be unique: an earlier match would accept a page that was cut off before the end of the list.
        if mark and len(re.findall(mark, text, re.IGNORECASE)) == 1 and _is_after(mark, text, used[-1]):
            for begin in begins:
                ends = {begin: rf"{mark}|</html>"}
                if other is None or not _is_refused(other, ends):
                    return ends
    return None


def _in_body(node: HtmlElement) -> HtmlElement | None:
    """Return the child of `<body>` that contains *node*, or None."""
    for each in (node, *node.iterancestors()):
        parent = each.getparent()
        if parent is not None and parent.tag == "body":
            return each
    return None


def _is_refused(page: Page, ends: dict[str, str]) -> bool:
    try:
        check_end(page, ends)
    except Incomplete:
        return True
    return False


def _mark(node: HtmlElement) -> str:
    """Return a pattern for the start tag of *node*: its tag with its class or id, or alone; "" without a plain name."""
    for attribute in ("id", "class"):
        name = node.get(attribute, "").split()
        if name and re.fullmatch(r"\A(?!.*[0-9]{3})[A-Za-z_][\w-]{0,40}", name[0], re.ASCII):
            return rf"<{tag(node)}\b[^<>]*\b{attribute}=.?{name[0]}\b"
    return rf"<{node.tag}\b" if node.tag in ("article", "footer", "main") else ""


def _is_after(mark: str, text: str, last: HtmlElement) -> bool:
    """Return whether *mark* matches after the text of the element *last*."""
    words = [each for each in map(str.strip, last.itertext()) if len(each) > 1]
    found = re.search(mark, text, re.IGNORECASE)
    return found is not None and (not words or text.rfind(words[-1]) < found.start())
