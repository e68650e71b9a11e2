"""Where a text was cut (at a line's end, at a column's), and how its pieces come together again. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.text.punctuation import HAN

NEAR = 400  # characters on both sides of a cut that are looked at
_END = re.compile(r"""(?:[。！？…!?.;；:：”’」』"][”’」』"）)\]】]*|^[（(【\[].*[）)】\]])$""")
_SPACED = re.compile(rf"[{HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{HAN}]")
_TIGHT = re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]")


def is_spaced(text: str) -> bool:
    """Whether *text* has blanks between Chinese and Latin."""
    return len(_SPACED.findall(text)) > len(_TIGHT.findall(text))


def is_ended(text: str) -> bool:
    """Whether *text* ends where a sentence may end."""
    return _END.search(text[-NEAR:].rstrip()) is not None


def join_pieces(pieces: Sequence[str], spaced: bool) -> str:
    """The pieces of one sentence, or more, as one text. *spaced*: what is usual in the whole text."""
    parts = [pieces[0]]
    for piece in pieces[1:]:
        parts[-1:] = [parts[-1][:-NEAR], _glue(parts[-1][-NEAR:], piece, spaced)]
    return "".join(parts)


def _glue(first: str, second: str, spaced: bool) -> str:
    """Two pieces as one. Whether a blank stood at the cut is seen from what they have between Chinese and Latin, or
    else from the whole text."""
    if re.search("[A-Za-z]-$", first) and re.match("[A-Za-z]", second):
        return (first[:-1] if second[0].islower() else first) + second
    last, following = first[-1:], second[:1]
    if last.isspace() or following.isspace():
        return f"{first.rstrip()} {second.lstrip()}"
    if _TIGHT.fullmatch(last + following):
        near = f"{first}\n{second[:NEAR]}"
        is_own = _SPACED.search(near) or _TIGHT.search(near)
        return f"{first} {second}" if (is_spaced(near) if is_own else spaced) else first + second
    is_latin = last.isascii() and following.isascii() and (last.isalnum() or following.isalnum())
    return f"{first} {second}" if is_latin else first + second
