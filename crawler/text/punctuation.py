"""Convert half-width punctuation next to Chinese characters to full-width, as in print.

OCR returns some punctuation in half-width (`,` for `，`) although 。、《》 stay full-width. Unicode NFKC normalization
does not fit: it works in the other direction and also replaces characters such as `…`.
"""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters, for a regex set

_FULL_WIDTH = dict(zip(",?:()%", "，？：（）％", strict=True))
_QUOTES = ("“", "”", "‘", "’", '"')
_HALF_WIDTH = re.compile("[,?:()%\n]")
_CHARACTER = re.compile(f"[{HAN}]")
_CHARACTER_OR_PUNCTUATION = re.compile(f"[{HAN}\u3001-\u3020\uff00-\uffef]")


def to_full_width(text: str) -> str:
    """Return *text* with each `, ? : ( ) %` next to a Chinese character in full-width form. The length stays the same.

    One quotation mark between the two is skipped. Both brackets of a pair on one line change if one of them does.
    """
    changed: set[int] = set()
    open_brackets: list[int] = []
    for found in _HALF_WIDTH.finditer(text):
        position = found.start()
        if text[position] == "\n":
            open_brackets.clear()
        elif _is_next_to_chinese(text, position):
            changed.add(position)
        if text[position] == "(":
            open_brackets.append(position)
        elif text[position] == ")" and open_brackets:
            pair = {open_brackets.pop(), position}
            changed |= pair if changed & pair else set()
    if not changed:
        return text
    return "".join(_FULL_WIDTH[char] if position in changed else char for position, char in enumerate(text))


def _is_next_to_chinese(text: str, position: int) -> bool:
    before, after = position - 1, position + 1
    before -= text[before : before + 1] in _QUOTES
    after += text[after : after + 1] in _QUOTES
    # A percent sign before punctuation belongs to the number before it.
    chinese = _CHARACTER if text[position] == "%" else _CHARACTER_OR_PUNCTUATION
    return any(0 <= side < len(text) and chinese.match(text[side]) for side in (before, after))
