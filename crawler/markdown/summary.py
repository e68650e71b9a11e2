"""Plain text and summary of an article's body."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

from crawler.text.clean import clean

WHOLE = 80  # characters: a shorter text is its own summary


def summarize(text: str) -> str:
    """The summary of a body whose text is `text`, or begins so (with `WHOLE` characters or more), by the rule in
    section 1 of the corpus format.

    White space counts when the text is cut and goes afterwards: of a body that begins with a line break and two
    ideographic spaces 47 characters are left.
    """
    text = clean(text)
    short = text if len(text) < WHOLE else text[:50] + "..."
    return re.sub("[\n\t\u2028\u2029]", " ", short).strip()


def text_of(body: HtmlElement, enough: int = sys.maxsize) -> str:
    """The text of `body` as the page has it, leading white space included, without style, script and comments: all of
    it, or as much as makes `enough` characters."""
    texts: list[str] = []
    nodes = etree.iterwalk(body, events=("start", "end", "comment", "pi"))
    for event, node in nodes:
        text = node.text if event == "start" else node.tail if node is not body else None
        if event == "start" and node.tag in ("script", "style"):
            nodes.skip_subtree()
        elif text:
            texts.append(text)
            enough -= len(text)
            if enough <= 0:
                break
    return "".join(texts)
