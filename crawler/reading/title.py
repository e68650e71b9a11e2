"""Find the element with the title of an article."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from crawler.reading.candidates import Candidates
from crawler.reading.lines import SILENT, elements
from crawler.reading.page import Page
from crawler.reading.query import all_of, text, text_at

MIN_TITLE, MAX_TITLE = 8, 160  # width of a title: 4 to 80 Chinese characters
_SEPARATOR = re.compile(r"\s*[_|｜\-–—:：»>·•,，(（【\[)）】\]]|\s+|$")  # between title, section and site in `<title>`


def width(words: str) -> int:
    """Return the width of *words* in columns: 2 for a Chinese character, 1 for a Latin letter."""
    return len(words.encode("gbk", "replace"))


def title_element(page: Page, listed: str = "") -> HtmlElement | None:
    """Return the element of the title, or None.

    Its text is the title in the metadata, or *listed* (the title in the listing; it may end with an ellipsis), or a
    part of `<title>`. Of several parts, the longer
    ones count: a short one is the name of the site. Headings precede other
    elements. Without such an element, it is the only h1.
    """
    head = text_at(page, "head > title")
    metadata = Candidates(page)
    known = {metadata.metas.get(name, "") for name in ("og:title", "articletitle", "twitter:title")}
    known |= {str(metadata.json_ld.get("headline") or ""), listed}
    shortened = listed.rstrip(".…") if re.search(r"(?:…|\.\.\.)$", listed) else ""
    found: list[tuple[bool, int, HtmlElement]] = []
    for node in elements(page.tree):
        if node.tag in SILENT or node.tag in ("html", "body", "a") or len(node) > 8:
            continue
        words = text(node)
        if MIN_TITLE <= width(words) <= MAX_TITLE:
            is_known = words in known or bool(shortened and words.startswith(shortened))
            if is_known or _is_part(words, head):
                found.append((is_known, width(words), node))
    if found:
        longest = max((known, length) for known, length, _ in found)
        best = [node for known, length, node in found if known == longest[0] and 2 * length > longest[1]]
        return _outermost(min(best, key=_rank))
    headings = [node for node in all_of(page, "h1") if width(text(node)) >= 2 * MIN_TITLE]
    return headings[0] if len(headings) == 1 else None


def _is_part(words: str, head: str) -> bool:
    """Return whether *words* are a part of *head* between separators. Only the first part may be short."""
    start = head.find(words)
    if start < 0 or not _SEPARATOR.match(head[start + len(words) :]):
        return False
    return start == 0 or (width(words) >= 2 * MIN_TITLE and _SEPARATOR.match(head[start - 1 :]) is not None)


def _rank(node: HtmlElement) -> int:
    if node.tag in ("h1", "h2", "h3"):
        return ("h1", "h2", "h3").index(str(node.tag))
    return 3 if re.search("title|headline|biaoti", f"{node.get('class')} {node.get('id')}", re.IGNORECASE) else 4


def _outermost(node: HtmlElement) -> HtmlElement:
    """Return the heading around *node* with the same text, if there is one, else *node*."""
    for parent in node.iterancestors("h1", "h2", "h3"):
        if text(parent) == text(node):
            return parent
    return node
