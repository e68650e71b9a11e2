"""Remove characters that do not belong in a text file."""

from __future__ import annotations

import re

# Control characters but tab and line feed, and the code points that are no characters. They have no place in a text
# file. What HTML counts as white space among them stays white space.
_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF) if code not in (0x09, 0x0A)}
_SURROGATES = re.compile("[\ud800-\udfff]")
UNCLEAN = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"  # what `clean` changes, as a set of a pattern
_unclean = re.compile(f"[{UNCLEAN}]").search
# They turn the direction of the text around them, so that a title reads as another one.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """`text` without control characters, with LF as its line end, and U+FFFD for each lone surrogate."""
    if not _unclean(text):  # most texts: to translate one takes ten times as long
        return text
    return _SURROGATES.sub("\ufffd", text.replace("\r\n", "\n").translate(_CONTROLS))


def one_line(text: str) -> str:
    """*text* on one line: white space folded, without control characters and marks of direction."""
    return " ".join(_BIDI.sub("", clean(text)).split())
