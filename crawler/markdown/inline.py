"""Prepare the texts and attributes of a page for Markdown: clean, collapse white space, insert marks.

`crawler.markdown.escape` explains marks. Most texts need no change; one search detects them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.escape import CODE_MARKS, TEXT_MARKS, safe_url
from crawler.text.clean import UNCLEAN, clean

if TYPE_CHECKING:
    from lxml.etree import _Element

AUTOLINK = re.compile(r"(?:https?://|mailto:)[^\s<>\x01\x03-\x1f]+")  # an autolink: a link in "<" and ">"

_ESCAPES = {chr(char): mark for char, mark in TEXT_MARKS.items()} | {"*": r"\*", "_": r"\_"}
MARKED_CHARACTERS = "".join(_ESCAPES)  # characters of a text that become marks or escapes
# Texts that need no cleaning, marks or escapes. A full match is faster than a search for the other characters.
ordinary = re.compile(rf"[^{UNCLEAN}\t\n{re.escape(MARKED_CHARACTERS)}]*").fullmatch
_RUN = re.compile(r"[ \t\n](?:[ \t\n]+|(?<=\t))")  # a leading set makes the search fast
_ESCAPED = re.compile(f"[{re.escape(MARKED_CHARACTERS)}]")
_is_plain_url = re.compile(r"(?:https?:/|(?=/))[\w./?=%:#,+@;!$'()*|^&-]*").fullmatch
_AMPERSAND = ord("&")
_is_number = re.compile("[0-9]{1,9}").fullmatch


def text_in_text(text: str) -> str:
    """Return page text as Markdown with escape marks (see escape.py)."""
    if ordinary(text) and "  " not in text:
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], collapse_blanks(text))


def text_in_code(text: str, preformatted: bool) -> str:
    """Return a text of the page as marked code. *preformatted* keeps white space."""
    return (clean(text) if preformatted else collapse_blanks(text)).translate(CODE_MARKS)


def collapse_blanks(text: str) -> str:
    """Return clean *text* with each run of white space as one line break or one space, as markdownify does."""
    return _RUN.sub(lambda run: "\n" if "\n" in run[0] else " ", clean(text))


def url_of(node: _Element, name: str, marks: dict[int, str]) -> str:
    """Return the URL in the attribute *name*, with *marks*; "" if it is missing or not safe."""
    value = node.get(name)
    if not value:
        return ""
    if _is_plain_url(value):
        return value if ";" not in value else value.replace("&", marks.get(_AMPERSAND, "&"))  # an entity ends with ";"
    return safe_url(clean(value)).translate(marks)


def is_own_url(text: str, href: str) -> bool:
    """Return whether the marked *text* of a link equals its URL *href*.

    All ampersands are marks in a text, but only some in a URL.
    """
    mark = TEXT_MARKS[_AMPERSAND]
    return text.strip().replace(r"\_", "_").replace(mark, "&") == href.replace(mark, "&")


def text_of_attribute(node: _Element, name: str, marks: dict[int, str]) -> str:
    """Return the text in the attribute *name* on one line, with *marks*; "" if it is missing."""
    value = node.get(name)
    if not value or ordinary(value):
        return value or ""
    return clean(value).replace("\n", " ").translate(marks)


def number(node: _Element, name: str) -> int:
    """Return the number in the attribute *name*; 1 if it is missing or not a number of up to nine digits."""
    value = node.get(name, "")
    return int(value) if value and _is_number(value) else 1
