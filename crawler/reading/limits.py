"""What a page would cost: a small one may fill the memory once it is parsed, or hold the parser for minutes. Pure."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

LARGEST = 8 * 1024 * 1024  # bytes; the largest article pages have 2 MB
LIGHT = 200_000  # characters of text that cannot hold enough of anything
MOST_MARKS = 250_000  # each makes a node, or a value of JSON: some 300 bytes
MOST_ATTRIBUTES = 40_000  # of a tag: the parser compares each with all others, and takes four seconds for so many

DEEPEST = 256  # levels of a page that is not light: what looks for nodes in others takes as long for each level

_START = re.compile("<[a-zA-Z]")
_TAG = re.compile(r"""<[a-zA-Z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_NAME = re.compile(r"[^\s/]+")


def too_large(body: bytes) -> str:
    """What *body* has too much of, for people; "" where it can be parsed."""
    return f"{len(body)} bytes" if len(body) > LARGEST else ""


def too_complex(text: str) -> str:
    """What *text*, HTML or JSON, has too much of, for people; "" where it can be parsed."""
    if len(text) <= LIGHT:
        return ""
    marks = sum(map(text.count, "<[{"))
    if marks > MOST_MARKS:
        return f"{marks} tags and brackets"
    seen, compared = 0, 0
    for start in _START.finditer(text):  # each, for a quote in a script, which opens nothing, may hide the next tag
        found = _TAG.match(text, start.start())
        assert found
        seen += len(found[0])
        if seen > 10 * len(text):
            return "tags within tags"
        if len(found[0]) > 1000:
            number = sum(1 for _ in _NAME.finditer(_VALUE.sub(" ", found[0])))
            compared += number**2
            if compared > MOST_ATTRIBUTES**2:
                return f"a tag of {number} attributes"
    return ""


def too_deep(tree: HtmlElement) -> bool:
    """Whether a page that is not light is nested deeper than any is."""
    level = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        level += 1 if event == "start" else -1
        if level > DEEPEST:
            return True
    return False
