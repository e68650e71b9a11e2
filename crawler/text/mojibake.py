"""Text that was read in a wrong charset, here or before it came to the site: it shows no error, and is none. Pure.

Chinese that was misread is made of rare characters; what is common is by far the most of any real text.
"""

from __future__ import annotations

import re
from functools import cache

FEW = 8  # characters: too few to tell
MANY, COMMON = 30, 0.65  # the share of common characters among so many: Chinese has more, misread it has less
RARE = 0.5  # the same for fewer, such as a title of rare names
USUAL = "的是在不了"  # one of them is in all but the shortest texts
MISREAD = "锛銆"  # what UTF-8's comma and full stop become in GBK; else nobody writes them

_HANZI = re.compile("[\u3400-\u9fff]")
# Western letters, as nobody writes them one behind the other: ISO 8859-1, and what Windows adds to it.
_WESTERN = re.compile("[\u0080-\u00b6\u00b8-\u00ff€‚ƒ„†‡ˆ‰Š‹ŒŽ•–˜™š›œžŸ]{3,}")
_BLANKS = bytes(byte if byte > 0x7F else 0x20 for byte in range(256))  # all ASCII becomes a blank


def find_mojibake(text: str) -> str:
    """What shows that an article's title or text was misread, for people; "" where nothing does."""
    if (lost := text.count("\ufffd")) > max(FEW, len(text) / 1000):  # half an emoji is no reason
        return f"{lost} of {len(text)} characters are lost"
    if (asked := text.count("?")) > max(FEW, len(text) / 4):
        return f"{asked} of {len(text)} characters are question marks"
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
    """Whether a body that is no UTF-8 has words in UTF-8, of two characters or more: a page put together of parts."""
    words = (word for word in body.translate(_BLANKS).split() if len(word) >= 6 and len(word) % 3 == 0)
    return any(_commoner(word, charset) for word in words if word[0] >= 0xE2)


def _commoner(word: bytes, charset: str) -> bool:
    """Whether *word* makes more sense in UTF-8."""
    try:
        return commonness(word.decode()) > commonness(word.decode(charset, "replace"))
    except UnicodeError:
        return False


def commonness(text: str) -> float:
    """The share of the Chinese characters in *text* that are common; 1 where there are none."""
    found = _HANZI.findall(text)
    return sum(char in _common() for char in found) / len(found) if found else 1.0


@cache
def _common() -> frozenset[str]:
    """The characters that stand first in GB 2312 and in Big5, there by how common they are: 3,755 and 5,401."""
    simplified = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    cells = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    traditional = (bytes((row, cell)) for row in range(0xA4, 0xC7) for cell in cells)
    return frozenset(
        "".join(pair.decode("gb2312", "ignore") for pair in simplified)
        + "".join(pair.decode("big5", "ignore") for pair in traditional)
    )
