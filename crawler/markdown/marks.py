"""Marks: control characters that stand for characters of a page until the Markdown is complete.

`crawler.markdown.escape` explains their use. Clean text contains neither C0 nor C1 control characters. U+0085 and the
characters that Python strips as white space (U+001C to U+001F) are not used.
"""

from __future__ import annotations

# The mark of each character in text, in inline code (without "&", because code has no entities) and in fenced code.
_PLAIN = {"<": "\x01", "&": "\x02", "{": "\x03", "`": "\x04", "~": "\x05", "]": "\x06", "\\": "\x07", "[": "\x83"}
_TEXT = _PLAIN | {"*": "\x80", "_": "\x81", "|": "\x82", "!": "\x84"}
_CODE = {"<": "\x0e", "]": "\x0f", "{": "\x10", "|": "\x86"}
_FENCE = {"<": "\x11", "`": "\x12", "]": "\x13"}
FENCE_BACKQUOTE = _FENCE["`"]
SUBSCRIPT = "\x87"  # the "_" of a subscript `_(…)`
STRIKE = "\x88"  # a "~" of the delimiter of struck-out text
BRACE = "\x17"  # a "{" in text that has to be escaped: see `escape._without_attributes`

TEXT_MARKS, CODE_MARKS = str.maketrans(_TEXT), str.maketrans(_CODE)
URL_START = "\x8a"  # nothing; in the "://" or "www." of a URL in text (not in a label, where parsers link no URL)
PLAIN_BACKQUOTE = "\x89"  # in text outside of bodies, where only a fence is escaped
PLAIN_MARKS = str.maketrans(_PLAIN | {"`": PLAIN_BACKQUOTE})  # of text outside of bodies; "*", "_" and "|" stay there
ATTRIBUTE_MARKS = str.maketrans(_PLAIN | {"|": _TEXT["|"]})  # of the texts of attributes
URL_MARKS = str.maketrans({char: _TEXT[char] for char in "<&{]|"})
CODE_TO_FENCE = str.maketrans({_CODE["<"]: _FENCE["<"], _CODE["]"]: _FENCE["]"], "`": FENCE_BACKQUOTE, _CODE["|"]: "|"})
FENCE_TO_CODE = str.maketrans({_FENCE["<"]: _CODE["<"], _FENCE["]"]: _CODE["]"], FENCE_BACKQUOTE: "`"})
UNMARKED = {mark: char for part in (_TEXT, _CODE, _FENCE) for char, mark in part.items()} | {
    BRACE: "{", SUBSCRIPT: "_", STRIKE: "~", PLAIN_BACKQUOTE: "`", URL_START: "",
}  # fmt: skip
_TO_TEXT = str.maketrans(UNMARKED)
CODE_CHARACTERS = "".join(_CODE.values())


def unmarked(text: str) -> str:
    """Return marked *text* with the character of each mark, without escapes."""
    return text.translate(_TO_TEXT)
