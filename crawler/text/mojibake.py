"""Detect text that was decoded with a wrong charset, by this crawler or before it reached the site.

Such text raises no decoding error. Chinese decoded with a wrong charset consists of rare characters; real Chinese text
consists mostly of common ones.
"""

from __future__ import annotations

import re
from functools import cache

FEW = 8  # characters; fewer are too few for a decision
MANY, COMMON = 30, 0.65  # minimum share of common characters in a text of more than MANY Chinese characters
RARE = 0.5  # the same minimum for a shorter text, such as a title with rare names
USUAL = "的是在不了"  # all but the shortest Chinese texts contain one of them
MISREAD = "锛銆"  # UTF-8 comma and full stop decoded as GBK; real text does not contain them

_HANZI = re.compile("[\u3400-\u9fff]")
# Three or more letters of ISO 8859-1 or Windows-1252 in a row, which no Western language has.
_WESTERN = re.compile("[\u0080-\u00b6\u00b8-\u00ff€‚ƒ„†‡ˆ‰Š‹ŒŽ•–˜™š›œžŸ]{3,}")
_BLANKS = bytes(byte if byte > 0x7F else 0x20 for byte in range(256))  # translation table: all ASCII becomes a space


def find_mojibake(text: str) -> str:
    """Return why *text* (a title or body) looks wrongly decoded, as a phrase for a message; "" if it looks right."""
    if (lost := text.count("\ufffd")) > max(FEW, len(text) / 1000):  # some are allowed: half an emoji, for example
        return f"{lost} of {len(text)} characters are lost"
    if (question_marks := text.count("?")) > max(FEW, len(text) / 4):
        return f"{question_marks} of {len(text)} characters are question marks"
    if "å" in text or "Ä" in text:
        western = sum(map(len, _WESTERN.findall(text)))
        if 2 * western > sum(not char.isascii() for char in text):
            return f"{western} Western letters in the place of Chinese"
    is_suspect = not any(char in text for char in USUAL) or any(char in text for char in MISREAD)
    if is_suspect and (number := len(_HANZI.findall(text))) > FEW:
        share = commonness(text)
        if share < (COMMON if number > MANY else RARE):
            return f"{share:.0%} of its Chinese characters are common ones"
    return ""


def is_mixed_charset(body: bytes, charset: str) -> bool:
    """Return whether *body*, which is not valid UTF-8, contains words in UTF-8.

    *charset* is the charset of the page. A page that joins parts of different sources has such words. Only words of
    two or more Chinese characters count.
    """
    words = (word for word in body.translate(_BLANKS).split() if len(word) >= 6 and len(word) % 3 == 0)
    return any(_is_better_as_utf8(word, charset) for word in words if word[0] >= 0xE2)


def _is_better_as_utf8(word: bytes, charset: str) -> bool:
    """Return whether *word* has a higher share of common characters in UTF-8 than in *charset*."""
    try:
        return commonness(word.decode()) > commonness(word.decode(charset, "replace"))
    except UnicodeError:
        return False


def commonness(text: str) -> float:
    """Return the share (0 to 1) of common characters among the Chinese characters in *text*; 1 without any."""
    found = _HANZI.findall(text)
    return sum(char in _common() for char in found) / len(found) if found else 1.0


@cache
def _common() -> frozenset[str]:
    """Return the first level of GB 2312 (3,755 characters) and of Big5 (5,401): the most frequent characters."""
    simplified = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    cells = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    traditional = (bytes((row, cell)) for row in range(0xA4, 0xC7) for cell in cells)
    return frozenset(
        "".join(pair.decode("gb2312", "ignore") for pair in simplified)
        + "".join(pair.decode("big5", "ignore") for pair in traditional)
    )
