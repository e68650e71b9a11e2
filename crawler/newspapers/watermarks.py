"""Remove watermarks from the pieces of lines of a PDF.

Inclined text is left out before (`pdf_characters`). A horizontal watermark is large or light, and crosses other text or
is at the same place on other pages.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median

from crawler.newspapers.lines import Line

LARGE = 1.5  # relative to the usual size of the text
VERY_LARGE = 2.0
MIN_TILES = 3  # equal light texts on one page are tiles of a watermark
MAX_CANDIDATES = 500  # on one page; on a page with more, only repeated texts are watermarks
GRID = 12.0  # points; texts of two pages are at the same place if their positions differ by less


def without_watermarks(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Return the pieces of each page without watermarks."""
    sizes = [line.size for lines in pages for line in lines for _ in line.text]
    usual = median(sizes) if sizes else 0.0
    places = Counter(place for lines in pages for place in {_place(line) for line in lines if _is_suspect(line, usual)})
    needed = max(2, len(pages) / 3)
    return [_without(lines, usual, {place for place, number in places.items() if number >= needed}) for lines in pages]


def _place(line: Line) -> tuple[str, int, int]:
    return _comparable(line.text), round(line.left / GRID), round(line.base / GRID)


def _comparable(text: str) -> str:
    return re.sub(r"\s", "", text)


def _is_suspect(line: Line, usual: float) -> bool:
    return line.is_light or line.size >= LARGE * usual


def _without(lines: Sequence[Line], usual: float, repeated: set[tuple[str, int, int]]) -> list[Line]:
    tiles = Counter(_comparable(line.text) for line in lines if line.is_light)
    ordered = sorted(lines, key=lambda line: line.base)
    bases = [line.base for line in ordered]
    suspects = {id(line) for line in lines if _is_suspect(line, usual)}
    is_counted = len(suspects) <= MAX_CANDIDATES
    return [
        line
        for line in lines
        if id(line) not in suspects
        or not (
            (_place(line) in repeated and _is_apart(line, lines, usual))
            or (line.is_light and tiles[_comparable(line.text)] >= MIN_TILES)
            or (is_counted and _crosses(line, usual, ordered, bases))
        )
    ]


def _is_apart(line: Line, lines: Sequence[Line], usual: float) -> bool:
    """Return whether a repeated text is light, or among the text: at the edge it is a running header."""
    below = sum(other.base < line.base for other in lines)
    return line.is_light or (line.size >= LARGE * usual and 3 <= below <= len(lines) - 3)


def _crosses(line: Line, usual: float, ordered: Sequence[Line], bases: Sequence[float]) -> bool:
    """Return whether other text is printed over or under *line*. *ordered*: all lines by their *bases*."""
    if line.size < (LARGE if line.is_light else VERY_LARGE) * usual:
        return False
    start, end = bisect_left(bases, line.base - 0.5 * usual), bisect_right(bases, line.base + 0.7 * line.size)
    crossed = sum(
        other.size < line.size / LARGE and other.left < line.right - usual and other.right > line.left + usual
        for other in ordered[start:end]
    )
    return crossed >= (1 if line.is_light else 2)
