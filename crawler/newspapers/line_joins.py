"""Join the pieces of a sentence that a line break or a column break split: spaces and end-of-line hyphenation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.text.punctuation import HAN

CONTEXT = 400  # characters that are examined on each side of a break
_CLOSING_QUOTES = '”’」』"'
_CLOSING_MARKS = _CLOSING_QUOTES + "）)]】"  # may follow the end of a sentence
_SENTENCE_END = tuple("。！？…!?.;；:：")
_BRACKETED = re.compile(r"\A[（(【\[].*[）)】\]]$")
_COMPOUND = re.compile(r"(?:\d|-[A-Za-z0-9]+)-\Z")  # "state-of-the-", "2024-": the hyphen belongs to the word
_SPACED = re.compile(rf"[{HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{HAN}]")
_UNSPACED = re.compile(rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]")


def is_spaced(text: str) -> bool:
    """Return whether *text* mostly has spaces between Chinese and Latin characters."""
    return len(_SPACED.findall(text)) > len(_UNSPACED.findall(text))


def is_ended(text: str) -> bool:
    """Return whether *text* ends with the end of a sentence, or is entirely in brackets."""
    end = text[-CONTEXT:].rstrip()
    sentence = end.rstrip(_CLOSING_MARKS)
    has_quote = any(mark in _CLOSING_QUOTES for mark in end[len(sentence) :])
    return has_quote or sentence.endswith(_SENTENCE_END) or _BRACKETED.match(end) is not None


def join_pieces(pieces: Sequence[str], spaced: bool) -> str:
    """Join consecutive *pieces* of a paragraph.

    *spaced*: whether the whole text has spaces between Chinese and Latin characters (see `is_spaced`).
    """
    parts = [pieces[0]]
    for piece in pieces[1:]:
        parts[-1:] = [parts[-1][:-CONTEXT], _join(parts[-1][-CONTEXT:], piece, spaced)]
    return "".join(parts)


def _join(first: str, second: str, spaced: bool) -> str:
    """Join two pieces.

    Between a Chinese and a Latin character, insert a space if the text around the break mostly has such spaces. If
    Chinese and Latin do not meet in that text, *spaced* decides.
    """
    if re.search("[A-Za-z0-9]-$", first) and re.match("[A-Za-z0-9]", second):
        is_broken = second[0].islower() and not _COMPOUND.search(first)
        return (first[:-1] if is_broken else first) + second
    last, following = first[-1:], second[:1]
    if last.isspace() or following.isspace():
        return f"{first.rstrip()} {second.lstrip()}"
    if _UNSPACED.fullmatch(last + following):
        context = f"{first}\n{second[:CONTEXT]}"
        has_evidence = _SPACED.search(context) or _UNSPACED.search(context)
        return f"{first} {second}" if (is_spaced(context) if has_evidence else spaced) else first + second
    is_latin = last.isascii() and following.isascii() and (last.isalnum() or following.isalnum())
    return f"{first} {second}" if is_latin else first + second
