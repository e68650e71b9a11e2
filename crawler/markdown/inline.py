"""What a page says in its texts and attributes, made ready for Markdown: clean, blanks folded, marked.

The marks stand for the characters that can act: see `crawler.markdown.escape`. Most texts hold no such character and no
run of blanks; one search finds that out, and leaves them as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from crawler.markdown.escape import IN_CODE, IN_TEXT, safe_address
from crawler.text.clean import UNCLEAN, clean

if TYPE_CHECKING:
    from lxml.etree import _Element

AUTOLINK = re.compile(r"(?:https?://|mailto:)[^\s<>\x01\x03-\x1f]+")  # what a reader takes for a link between < and >

_ESCAPES = {chr(char): mark for char, mark in IN_TEXT.items()} | {"*": r"\*", "_": r"\_"}
ACTING = "".join(_ESCAPES)  # what is marked or escaped in a text
# The form of most texts: neither cleaned nor marked nor escaped. (Quicker than to search for what is.)
ordinary = re.compile(rf"[^{UNCLEAN}\t\n{re.escape(ACTING)}]*").fullmatch
_RUN = re.compile(r"[ \t\n](?:[ \t\n]+|(?<=\t))")  # (it begins with a set of characters: so it is found quickly)
_ESCAPED = re.compile(f"[{re.escape(ACTING)}]")
_plain_address = re.compile(r"(?:https?:/|(?=/))[\w./?=%:#,+@;!$'()*|^&-]*").fullmatch
_AMPERSAND = ord("&")
_is_number = re.compile("[0-9]{1,9}").fullmatch


def text_in_text(text: str) -> str:
    """A text of the page as Markdown."""
    if ordinary(text) and "  " not in text:
        return text
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], collapse_blanks(text))


def text_in_code(text: str, preformatted: bool) -> str:
    """A text of the page as it stands in code."""
    return (clean(text) if preformatted else collapse_blanks(text)).translate(IN_CODE)


def collapse_blanks(text: str) -> str:
    """`text` clean, and of each run of blanks the line break or blank that markdownify would leave."""
    return _RUN.sub(lambda run: "\n" if "\n" in run[0] else " ", clean(text))


def address(node: _Element, name: str, marks: dict[int, str]) -> str:
    """The address in an attribute, marked; "" where there is none, or none that is safe."""
    value = node.get(name)
    if not value:
        return ""
    if _plain_address(value):
        return value if ";" not in value else value.replace("&", marks.get(_AMPERSAND, "&"))  # no entity without one
    return safe_address(clean(value)).translate(marks)


def is_own_address(text: str, href: str) -> bool:
    """Whether a link's text is its address. (In text each ampersand is marked, in an address few are.)"""
    mark = IN_TEXT[_AMPERSAND]
    return text.strip().replace(r"\_", "_").replace(mark, "&") == href.replace(mark, "&")


def caption(node: _Element, name: str, marks: dict[int, str]) -> str:
    """The text in an attribute, on one line, marked."""
    value = node.get(name)
    if not value or ordinary(value):
        return value or ""
    return clean(value).replace("\n", " ").translate(marks)


def number(node: _Element, name: str) -> int:
    """The number in an attribute; 1 where there is none."""
    value = node.get(name, "")
    return int(value) if value and _is_number(value) else 1
