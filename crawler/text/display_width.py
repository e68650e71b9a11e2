"""Tables for terminals, in which a Chinese character takes two columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence

ZERO = ("Mn", "Me", "Cf")  # categories of characters without a column of their own


def display_width(text: str) -> int:
    """Return the number of columns of *text* in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(character) in ZERO else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def aligned(rows: Iterable[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return *rows* as lines with aligned columns. The columns with the indexes *right* are aligned at the right.

    Characters that a terminal would not show, such as control characters, are replaced by U+FFFD.
    """
    shown = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            blank + cell if index in right else cell + blank
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
            for blank in [" " * (width - display_width(cell))]
        ).rstrip()
        for row in shown
    ]


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(each if each.isprintable() else "\ufffd" for each in text)
