"""Remove control characters from text, and put text on one line."""

from __future__ import annotations

import re

# Control characters except tab and line feed, and the noncharacters U+FFFE and U+FFFF are removed. Vertical tab, form
# feed and carriage return are white space in HTML and stay white space.
_CONTROLS: dict[int, str | None] = {
    code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF) if code not in (0x09, 0x0A)
} | {0x0B: " ", 0x0C: " ", 0x0D: "\n"}
_SURROGATES = re.compile("[\ud800-\udfff]")
UNCLEAN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"  # characters that `clean` changes, for a regex set
_unclean = re.compile(f"[{UNCLEAN}]").search
# Bidirectional formatting characters reorder the text around them: a title can display as a different title.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Return *text* without control characters, with LF line ends, and with U+FFFD for each lone surrogate."""
    if not _unclean(text):  # true for most texts; `translate` takes ten times as long as this search
        return text
    return _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").translate(_CONTROLS))


def one_line(text: str) -> str:
    """Return *text* on one line: runs of white space become one space; control and bidirectional characters go."""
    return " ".join(_BIDI.sub("", clean(text)).split())


def printable(text: str) -> str:
    """Return *text* with a blank for each control character, line end, or invisible character.

    So the text of a page cannot change the terminal.
    """
    return "".join(character if character.isprintable() else " " for character in text)
