"""Compare the title of an article in a listing with the title on its page."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from difflib import SequenceMatcher
from itertools import pairwise

MIN_PAIRS, MIN_LETTERS = 0.5, 0.7  # shares of the shorter title: its pairs of letters, or its letters in order
MIN_LENGTH = 4  # letters; of a shorter title, one letter must be common
MAX_LENGTH = 200  # letters that are compared
_BRACKETS = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|【[^【】]{0,80}】|〔[^〔〕]{0,80}〕|《[^《》]{0,80}》")
_CODE = re.compile(r"\d{4,}")  # years, days, codes of stocks: titles of different articles have them in common


def is_same_title(first: str, second: str) -> bool:
    """Return whether two titles may be those of one article.

    Punctuation, white space, width and case are ignored. A title may be shortened, corrected, or have a part that the
    other one lacks: two titles differ only if they have less than `MIN_PAIRS` and less than `MIN_LETTERS` in common,
    with and without the parts in brackets. A title without letters may be that of any article.
    """
    first, second = (unicodedata.normalize("NFKC", title).casefold() for title in (first, second))
    whole = _letters(first), _letters(second)
    if min(map(len, whole)) < MIN_LENGTH:
        return "" in whole or bool(set(whole[0]) & set(whole[1]))
    bare = _letters(_BRACKETS.sub(" ", first)), _letters(_BRACKETS.sub(" ", second))
    return _agree(*whole) or (min(map(len, bare)) >= MIN_LENGTH and _agree(*bare))


def _letters(title: str) -> str:
    """Return the letters and digits of a normalized *title*, without long numbers."""
    return "".join(char for char in _CODE.sub("", title) if char.isalnum())[:MAX_LENGTH]


def _agree(first: str, second: str) -> bool:
    """Return whether one of two texts contains the other one, or enough of it."""
    if first in second or second in first:
        return True
    shorter = min(len(first), len(second))
    pairs = (Counter(pairwise(first)) & Counter(pairwise(second))).total()
    blocks = SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks()
    return pairs >= MIN_PAIRS * (shorter - 1) or sum(block.size for block in blocks) >= MIN_LETTERS * shorter
