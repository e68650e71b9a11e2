"""Reject pages that would exhaust memory or stall the parser, before parsing.

A page of a few megabytes can be that expensive if it consists of tags or attributes only.
"""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

from crawler.reading.ending import RAW_TEXT, REST, TAG

LARGEST = 8 * 1024 * 1024  # bytes; the largest article pages have 2 MB
LIGHT = 150_000  # characters; shorter texts are checked only if they may contain a tag of too many attributes
# Of "<", "[" and "{", and a third of the attributes. Measured: a node takes up to 1,000 bytes until its Markdown is
# written, an attribute 330 bytes. With this number, a page of any kind is read within 300 MB for the whole process.
# Real pages reach 5,000.
MOST_MARKS = 150_000
# In one tag. The parser compares each with all others: 1 to 2 s CPU for this number, 4 to 9 s for twice as many. Many
# smaller tags may take 2 s more. Real pages reach 3,000, mostly with scripts that look like tags.
MOST_ATTRIBUTES = 20_000

DEEPEST = 256  # levels of nesting in a page that is longer than LIGHT; searches in nodes take time for each level

_START = re.compile("<[a-zA-Z]")
_TAG = re.compile(r"""<[a-zA-Z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_VALUE = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
_NAME = re.compile(r"[^\s/]+")


def too_large(body: bytes) -> str:
    """Return the size of *body* as text for a message if it is above `LARGEST` bytes, else ""."""
    return f"{len(body)} bytes" if len(body) > LARGEST else ""


def too_complex(text: str) -> str:
    """Return the count that is too high in *text* (HTML or JSON) as text for a message; "" if it can be parsed."""
    if not _may_be_complex(text):
        return ""
    marks = sum(map(text.count, "<[{"))
    if marks > MOST_MARKS:
        return f"{marks} tags and brackets"
    return _heavy_tags(text, marks) and _heavy_tags(_without_scripts(text), marks)


def parsable(text: str) -> str:
    """Return *text* as the parser may get it, if `too_complex` is "" for it.

    `i<a.length` in a script looks like a tag. If such scripts make a page too complex, they are emptied: to skip them
    here and to leave them to the parser would depend on both finding the same scripts.
    """
    return _without_scripts(text) if _may_be_complex(text) and _heavy_tags(text, sum(map(text.count, "<[{"))) else text


def _may_be_complex(text: str) -> bool:
    """Return whether *text* has to be checked. An attribute has a name, and before or after it a blank, "/" or "="."""
    if len(text) > LIGHT:
        return True
    return len(text) > 2 * MOST_ATTRIBUTES and sum(map(text.count, " \t\n\r\f/=")) >= MOST_ATTRIBUTES


def _without_scripts(text: str) -> str:
    """Return HTML with the content of those `<script>` and `<style>` elements removed that contain tags."""
    parts, done, position = [], 0, 0
    while (start := text.find("<", position)) >= 0:
        position = start + 1
        if text.startswith("<!--", start):
            position = text.find("-->", start + 2) + 3
            if position < 3:
                break
        elif tag := TAG.match(text, start):
            if not (rest := REST.match(text, tag.end())) or not rest[1]:
                break
            position = rest.end()
            if not tag[1] and (mark := RAW_TEXT.get(tag[2].lower())):
                if (end := mark.search(text, position)) is None:
                    break
                if tag[2].lower() in ("script", "style") and _START.search(text, position, end.start()):
                    parts.append(text[done:position])
                    done = end.start()
                position = end.start()
    return "".join([*parts, text[done:]])


def _heavy_tags(text: str, marks: int) -> str:
    """Return the count of tags or attributes that is too high in *text* as text for a message, or "".

    *marks* is the number of its tags and brackets.
    """
    scanned, comparisons = 0, 0
    # Match at every "<", also inside an earlier match: a quote in a script could otherwise hide the tags after it.
    for start in _START.finditer(text):
        found = _TAG.match(text, start.start())
        assert found
        scanned += len(found[0])
        if scanned > 10 * len(text):
            return "tags within tags"
        if len(found[0]) > 1000:
            number = _attributes(found[0])
            comparisons += number**2
            if comparisons > MOST_ATTRIBUTES**2:
                return f"a tag of {number} attributes"
    most = 3 * (MOST_MARKS - marks)
    if scanned > 2 * most:  # an attribute has at least two characters: else they need not be counted
        number = 0
        for start in _START.finditer(text):
            found = _TAG.match(text, start.start())
            number += _attributes(found[0]) if found else 0
            if number > most:
                return f"{marks} tags and brackets, and more than {number} attributes"
    return ""


def _attributes(tag: str) -> int:
    """Return the number of attributes of *tag*, without ">"."""
    return sum(1 for _ in _NAME.finditer(_VALUE.sub(" ", tag))) - 1


def too_deep(tree: HtmlElement) -> bool:
    """Return whether *tree* is nested deeper than `DEEPEST` levels."""
    level = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        level += 1 if event == "start" else -1
        if level > DEEPEST:
            return True
    return False
