"""What a page would cost: a small one may fill the memory once it is parsed, or hold the parser for minutes. Pure."""

from __future__ import annotations

import re

LARGEST = 8 * 1024 * 1024  # bytes; the largest article pages have 2 MB
LIGHT = 200_000  # characters of text that cannot hold enough of anything
MOST_MARKS = 250_000  # each makes a node, or a value of JSON: some 300 bytes
MOST_ATTRIBUTES = 40_000  # of a tag: the parser compares each with all others, and takes four seconds for so many

_TAG = re.compile(r"""<[a-zA-Z](?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')|=)*+""")
_VALUE = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_NAME = re.compile(r"[^\s/]+")


def too_heavy(body: bytes) -> str:
    """What *body* has too much of, for people; "" where it can be parsed."""
    return f"{len(body)} bytes" if len(body) > LARGEST else ""


def too_many(text: str) -> str:
    """What *text*, HTML or JSON, has too much of, for people; "" where it can be parsed."""
    if len(text) <= LIGHT:
        return ""
    marks = sum(map(text.count, "<[{"))
    if marks > MOST_MARKS:
        return f"{marks} tags and brackets"
    tags = (found[0] for found in _TAG.finditer(text) if len(found[0]) > 1000)
    numbers = [sum(1 for _ in _NAME.finditer(_VALUE.sub(" ", tag))) for tag in tags]
    if sum(number**2 for number in numbers) > MOST_ATTRIBUTES**2:
        return f"a tag of {max(numbers)} attributes"
    return ""
