"""Prepare the texts and attributes of a page for Markdown: clean, collapse white space, insert marks.

`crawler.markdown.escape` explains marks. Most texts need no change; one search detects them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from crawler.markdown.escape import safe_url
from crawler.markdown.marks import ATTRIBUTE_MARKS, CODE_MARKS, TEXT_MARKS, URL_MARKS, URL_START, unmarked
from crawler.text.clean import UNCLEAN, clean

if TYPE_CHECKING:
    from lxml.etree import _Element

_is_autolink = re.compile(r"(?:https?://|mailto:)[^\s<>{`\\]+").fullmatch  # an autolink: a link in "<" and ">"

_MARKS = {chr(char): mark for char, mark in TEXT_MARKS.items()}
MARKED_CHARACTERS = "".join(_MARKS)  # characters of a text that become marks
MARKED = (*MARKED_CHARACTERS, "://", "www.")  # the same, and the starts of URLs
# Texts that need no cleaning and no marks. A full match is faster than a search for the other characters.
ordinary = re.compile(rf"[^{UNCLEAN}\t\n{re.escape(MARKED_CHARACTERS)}]*").fullmatch
_RUN = re.compile(r"[ \t\n](?:[ \t\n]+|(?<=\t))")  # a leading set makes the search fast
_MARKED = re.compile(rf"[{re.escape(MARKED_CHARACTERS)}]|:(?=//)|(?<![A-Za-z0-9])www(?=\.)")
_is_plain_url = re.compile(r"(?:https?:/|(?=/))[\w./?=%:#,+@;!$'*^&~-]*").fullmatch
_ENDS_DESTINATION = re.compile(r"[\s()\\`]")  # characters that end the URL of a link, or make it text
_INDENT = r"(?:[^\S\n]|[\u200b\ufeff])*+"
_BEFORE_MARKER = re.compile(rf"(?<! ) *+\n{_INDENT}(?=[-+>#=:|{_MARKS['|']}]|[0-9]{{1,9}}[.)])")
# An empty line, or zero-width characters alone in the first or last line: they are removed, and the mark beside them
# would be alone in its line.
_EMPTY_LINE = re.compile(
    rf"\n{_INDENT}(?=\n)|\A[^\S\n]*+[\u200b\ufeff]{_INDENT}(?=\n)|(?<=\n)[^\S\n]*+[\u200b\ufeff]{_INDENT}\Z"
)
_is_number = re.compile("[0-9]{1,9}").fullmatch


def text_in_text(text: str) -> str:
    """Return page text as Markdown with escape marks (see escape.py)."""
    if ordinary(text) and "  " not in text and "://" not in text and "www." not in text:
        return text
    return _MARKED.sub(lambda found: _MARKS.get(found[0]) or found[0] + URL_START, collapse_blanks(text))


def text_in_code(text: str, preformatted: bool) -> str:
    """Return a text of the page as marked code. *preformatted* keeps white space."""
    return (clean(text) if preformatted else collapse_blanks(text)).translate(CODE_MARKS)


def collapse_blanks(text: str) -> str:
    """Return clean *text* with each run of white space as one line break or one space, as markdownify does."""
    return _RUN.sub(lambda run: "\n" if "\n" in run[0] else " ", clean(text))


def url_of(node: _Element, name: str) -> str:
    """Return the URL in the attribute *name*; "" if it is missing or not safe."""
    value = node.get(name)
    if not value:
        return ""
    return value if _is_plain_url(value) else safe_url(clean(value))


def destination(url: str) -> str:
    """Return *url* marked for the parentheses of a link: blanks, parentheses, "\\" and "`" are percent-encoded."""
    if _is_plain_url(url) and ";" not in url:  # an entity ends with ";"
        return url
    return _ENDS_DESTINATION.sub(lambda found: quote(found[0]), url).translate(URL_MARKS)


def autolink(text: str, url: str) -> str:
    """Return the autolink `<URL>` if the marked *text* of a link equals its absolute URL, else ""."""
    if not _is_autolink(url) or unmarked(text.strip()) != url:
        return ""
    return f"<{url.translate(URL_MARKS)}>"


def label(text: str) -> str:
    """Return the marked *text* of a link as its label: brackets that do not pair, "*" and "_" are escaped."""
    if "\x83" in text or "\x06" in text:
        text = _without_unpaired_brackets(text)
    text = with_safe_lines(text).replace("\x80", r"\*").replace("\x81", r"\_").replace(URL_START, "")
    bare = text.strip()
    return text.replace(bare, bare + URL_START) if bare in ("x", "X") else text  # the mark: it may need an escape


def with_safe_lines(text: str) -> str:
    """Return the marked *text* of an inline element without what would end it: empty lines, and lines with a marker."""
    return _BEFORE_MARKER.sub(" ", _EMPTY_LINE.sub("", text)) if "\n" in text else text


def _without_unpaired_brackets(text: str) -> str:
    """Escape the brackets of the marked *text* that do not pair. Brackets of markup are not marks."""
    parts = re.split("([\x83\x06])", text)
    opened: list[int] = []
    for index in range(1, len(parts), 2):
        if parts[index] == "\x83":
            opened.append(index)
        elif opened:
            opening = opened.pop()
            if parts[index + 1][:1] in ("(", ":", "["):  # a link in the label
                parts[opening], parts[index] = r"\[", r"\]"
        else:
            parts[index] = r"\]"
    for index in opened:
        parts[index] = r"\["
    return "".join(parts)


def text_of_attribute(node: _Element, name: str) -> str:
    """Return the text in the attribute *name* on one line, with marks; "" if it is missing."""
    value = node.get(name)
    if not value or ordinary(value):
        return value or ""
    return clean(value).replace("\n", " ").translate(ATTRIBUTE_MARKS)


def alt_of(node: _Element) -> str:
    """Return the `alt` text of a picture as a marked label."""
    text = text_of_attribute(node, "alt")
    if text.count("\x05") > 1:
        text = text.replace("\x05", r"\~")
    return _without_unpaired_brackets(text) if "\x83" in text or "\x06" in text else text


def title_of(node: _Element) -> str:
    """Return the `title` of a link or a picture as it follows the URL in Markdown: ' "title"', or "".

    Some parsers do not recognize an escaped backslash before a quotation mark.
    """
    title = text_of_attribute(node, "title").replace("\x07", "&#92;").replace('"', r"\"").replace("\x05", r"\~")
    return f' "{title}"' if title else ""


def number(node: _Element, name: str) -> int:
    """Return the number in the attribute *name*; 1 if it is missing or not a number of up to nine digits."""
    value = node.get(name, "")
    return int(value) if value and _is_number(value) else 1
