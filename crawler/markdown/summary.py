"""Plain text and summary of an article's body."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

from crawler.text.clean import clean

WHOLE = 80  # characters; a shorter text is its own summary
CUT = 50  # characters of a longer text
FEWEST = 30  # characters that are not white space: with fewer of them before the cut, white space is folded first
_INVISIBLE = re.compile("[\\s\u200b-\u200f\u2060\ufeff]+")


def summarize(text: str) -> str:
    """Return the summary of a body (`FORMAT.md`, section 1, "Summary").

    *text* is the text of the body, or its start with at least `WHOLE` characters. White space counts for the cut and is
    removed after it: if the body starts with a line break and two ideographic spaces, the summary has 47 characters.
    But if mostly white space is left, the cut is made in the text with folded white space.
    """
    text = clean(text)
    short = text if len(text) < WHOLE else text[:CUT] + "..."
    if len(text) >= WHOLE and not _has_visible_start(text) and len(folded := " ".join(text.split())) > CUT:
        short = folded[:CUT] + "..."
    return re.sub("[\n\t\u2028\u2029]", " ", short).strip()


def summary_of(body: HtmlElement) -> str:
    """Return the summary of *body*. Usually its start is enough for it."""
    start = text_of(body, 4 * CUT)
    cleaned = clean(start)
    return summarize(start if len(cleaned) >= WHOLE and _has_visible_start(cleaned) else text_of(body))


def _has_visible_start(text: str) -> bool:
    return len(_INVISIBLE.sub("", text[:CUT])) >= FEWEST


def text_of(body: HtmlElement, enough: int = sys.maxsize) -> str:
    """Return the text of *body* with its white space, without style, script and comments.

    The result may be only the start of the text, with at least *enough* characters.
    """
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
