"""Characters with their places on a page -> lines -> columns in reading order -> paragraphs. Pure.

Places are in points, from the page's lower left corner. A column is what no line crosses the edge of: of all places
where a page can be parted from top to bottom, the one is taken that goes on over the most lines; what lies above,
left, right and below is parted in its turn (a recursive XY cut, as of Nagy and Seth, 1984).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import floor
from statistics import median
from typing import NamedTuple

from crawler.newspapers.line_joins import is_ended, join_pieces
from crawler.newspapers.reflow import Paragraph

GUTTER = 0.9  # in sizes of the type: what is further apart is of two columns
SLANT = 0.3  # how far the base lines of one line may differ
HEADLINE = 3  # lines of a headline
MOST_LINES = 2000  # of a page on which columns are looked for


class Character(NamedTuple):
    char: str
    left: float
    right: float
    base: float  # of its base line
    size: float  # its height
    is_guess: bool = False  # a blank that is not in the text, but seems to be meant


@dataclass
class Line:
    """A line of one column."""

    text: str
    left: float
    right: float
    base: float
    size: float


def lines_of(characters: Iterable[Character]) -> list[Line]:
    """The lines, from the page's top to its bottom and from left to right. Blanks at their beginnings are left out."""
    runs: list[list[Character]] = []
    for one in characters:
        if runs and _goes_on(runs[-1][-1], one):
            runs[-1].append(one)
        elif not one.char.isspace():
            runs.append([one])
    lines = sorted((_line(run) for run in runs), key=lambda line: (-line.base, line.left))
    return [whole for row in _rows(lines) for whole in _merged(row)]


def _goes_on(last: Character, one: Character) -> bool:
    size = max(last.size, one.size)
    return abs(one.base - last.base) <= SLANT * size and -SLANT * size <= one.left - last.right <= GUTTER * size


def _line(run: list[Character]) -> Line:
    seen = [one for one in run if not one.char.isspace()]
    text = "".join(one.char for place, one in enumerate(run) if not one.is_guess or _is_in_latin(run, place))
    # Characters beyond U+FFFF may come as two halves.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return Line(text, run[0].left, seen[-1].right, run[0].base, median(one.size for one in seen))


def _is_in_latin(run: list[Character], place: int) -> bool:
    """Whether a blank stands between two Latin characters: what is guessed elsewhere is but space."""
    return place + 1 < len(run) and (run[place - 1].char + run[place + 1].char).isascii()


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines by their heights."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and rows[-1][0].base - line.base <= SLANT * min(rows[-1][0].size, line.size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _merged(row: list[Line]) -> list[Line]:
    """The lines of one height from left to right, those that are pieces of one made whole."""
    merged: list[Line] = []
    for line in sorted(row, key=lambda line: line.left):
        last = merged[-1] if merged else None
        if last and -SLANT * line.size <= line.left - last.right <= GUTTER * max(last.size, line.size):
            is_apart = line.left - last.right > 0.2 * line.size and (last.text[-1] + line.text[0]).isascii()
            merged[-1] = Line(
                last.text + " " * is_apart + line.text, last.left, line.right, last.base, max(last.size, line.size)
            )
        else:
            merged.append(line)
    return merged


# Columns ------------------------------------------------------------------------------------------------------------


def columns_of(lines: Sequence[Line], depth: int = 0) -> list[list[Line]]:
    """The columns in the order in which they are read, *lines* being sorted from top to bottom."""
    cut = _longest_cut(lines) if len(lines) <= MOST_LINES and depth < 100 else None
    if cut is None:
        return [list(lines)] if lines else []
    first, last, edge = cut
    left = [line for line in lines[first:last] if line.left < edge]
    right = [line for line in lines[first:last] if line.left >= edge]
    parts = (lines[:first], left, right, lines[last:])
    return [column for part in parts for column in columns_of(part, depth + 1)]


def _longest_cut(lines: Sequence[Line]) -> tuple[int, int, int] | None:
    """Where most lines can be parted into left and right: the first of them, the one behind the last, and the edge."""
    best: tuple[int, int, int] | None = None
    for edge in sorted({floor(line.left) for line in lines})[1:]:
        numbered = groupby(range(len(lines)), lambda number: lines[number].left < edge < lines[number].right)  # noqa: B023
        for is_crossed, run in numbered:
            places = [] if is_crossed else list(run)
            if places and len(places) > (best[1] - best[0] if best else 3):
                several = lines[places[0] : places[-1] + 1]
                if _are_columns(
                    [line for line in several if line.left < edge], [line for line in several if line.left >= edge]
                ):
                    best = places[0], places[-1] + 1, edge
    return best


def _are_columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Whether both sides have some lines, and stand beside each other."""
    if min(len(left), len(right)) < 2:
        return False
    return left[0].base > right[-1].base and right[0].base > left[-1].base


# Paragraphs ---------------------------------------------------------------------------------------------------------


def paragraphs_of(column: Sequence[Line], spaced: bool) -> list[Paragraph]:
    """The paragraphs of a column; *spaced*: whether the text has blanks between Chinese and Latin."""
    edges = min(line.left for line in column), max(line.right for line in column)
    usual = median(line.size for line in column)
    steps = [above.base - below.base for above, below in pairwise(column)]
    leading = median(steps) if steps else 0.0
    is_headline = len(column) <= HEADLINE and not any(is_ended(line.text) for line in column)
    groups = [[column[0]]]
    for above, line in pairwise(column):
        is_apart = above.base - line.base > max(1.5 * leading, 1.7 * line.size)
        is_other = is_apart or not 0.9 <= line.size / above.size <= 1.1
        if is_other or (not is_headline and _begins(above, line, edges, line.size > 1.1 * usual)):
            groups.append([])
        groups[-1].append(line)
    made = [
        Paragraph(join_pieces([line.text for line in group], spaced), median(line.size for line in group))
        for group in groups
    ]
    is_full = len(column) > 1 and column[-1].right > edges[1] - 1.5 * column[-1].size
    return [*made[:-1], made[-1]._replace(is_cut=is_full and not is_ended(made[-1].text))]


def _begins(above: Line, line: Line, edges: tuple[float, float], is_heading: bool) -> bool:
    """Whether a paragraph begins with *line*: with an indent, or behind a line that ends before the column does."""
    left, right = edges
    is_short = above.right < right - 1.5 * above.size
    if is_heading:  # its lines stand where they look well
        return is_short
    is_indented = line.left > left + 0.9 * line.size
    return is_indented or (is_short and is_ended(above.text)) or above.right < (left + right) / 2
