"""Layout analysis of a page: characters with coordinates -> lines -> columns in reading order -> paragraphs.

Coordinates are in points, from the lower left corner of the page. Columns result from a recursive XY cut (Nagy and
Seth, 1984): split at the vertical gap that spans the most lines, then split the four parts above, left, right and below
in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from math import floor
from statistics import median
from typing import NamedTuple

from crawler.newspapers.line_joins import is_ended, join_pieces
from crawler.newspapers.reflow import Paragraph

# Distances are multiples of the font size.
GUTTER = 0.9  # a wider horizontal gap separates two columns
SLANT = 0.3  # maximum distance between the baselines of one line
HEADLINE_LINES = 3  # maximum number of lines of a headline
MAX_LINES = 2000  # a page with more lines is not split into columns


class Character(NamedTuple):
    """A character with its position."""

    char: str
    left: float
    right: float
    base: float  # of the baseline, from the bottom of the page
    size: float  # height of the character box
    is_generated: bool = False  # a space that the PDF does not contain: PDFium infers it from a gap


@dataclass
class Line:
    """A line of one column."""

    text: str
    left: float
    right: float
    base: float
    size: float


def lines_of(characters: Iterable[Character]) -> list[Line]:
    """Return the lines from top to bottom, and from left to right, without leading spaces."""
    runs: list[list[Character]] = []
    for character in characters:
        if runs and _follows(runs[-1][-1], character):
            runs[-1].append(character)
        elif not character.char.isspace():
            runs.append([character])
    lines = sorted((_line(run) for run in runs), key=lambda line: (-line.base, line.left))
    return [line for row in _rows(lines) for line in _merge_row(row)]


def _follows(last: Character, character: Character) -> bool:
    """Return whether *character* continues the line that ends with *last*."""
    size = max(last.size, character.size)
    gap = character.left - last.right
    return abs(character.base - last.base) <= SLANT * size and -SLANT * size <= gap <= GUTTER * size


def _line(run: list[Character]) -> Line:
    visible = [character for character in run if not character.char.isspace()]
    text = "".join(
        character.char
        for index, character in enumerate(run)
        if not character.is_generated or _is_between_latin(run, index)
    )
    # Characters beyond U+FFFF may be encoded as two surrogates.
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    size = median(character.size for character in visible)
    return Line(text, run[0].left, visible[-1].right, run[0].base, size)


def _is_between_latin(run: list[Character], index: int) -> bool:
    """Return whether the space at *index* is between two Latin characters; elsewhere an inferred space is dropped."""
    return index + 1 < len(run) and (run[index - 1].char + run[index + 1].char).isascii()


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """Group *lines* by their baselines."""
    rows: list[list[Line]] = []
    for line in lines:
        if rows and rows[-1][0].base - line.base <= SLANT * min(rows[-1][0].size, line.size):
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _merge_row(row: list[Line]) -> list[Line]:
    """Return the lines of one row from left to right, with adjacent pieces of a line merged."""
    merged: list[tuple[Line, list[str]]] = []  # each line, and the pieces of its text
    for line in sorted(row, key=lambda line: line.left):
        last, pieces = merged[-1] if merged else (None, [])
        if last and -SLANT * line.size <= line.left - last.right <= GUTTER * max(last.size, line.size):
            is_apart = line.left - last.right > 0.2 * line.size and (pieces[-1][-1] + line.text[0]).isascii()
            pieces += [" ", line.text] if is_apart else [line.text]
            merged[-1] = Line("", last.left, line.right, last.base, max(last.size, line.size)), pieces
        else:
            merged.append((line, [line.text]))
    return [replace(line, text="".join(pieces)) for line, pieces in merged]


# Columns ------------------------------------------------------------------------------------------------------------


def columns_of(lines: Sequence[Line], depth: int = 0) -> list[list[Line]]:
    """Return the columns in reading order. *lines* are sorted from top to bottom; *depth* is that of the recursion."""
    cut = _longest_cut(lines) if len(lines) <= MAX_LINES and depth < 100 else None
    if cut is None:
        return [list(lines)] if lines else []
    start, end, edge = cut
    left = [line for line in lines[start:end] if line.left < edge]
    right = [line for line in lines[start:end] if line.left >= edge]
    parts = (lines[:start], left, right, lines[end:])
    return [column for part in parts for column in columns_of(part, depth + 1)]


def _longest_cut(lines: Sequence[Line]) -> tuple[int, int, int] | None:
    """Return the vertical cut that spans the most lines: the slice of *lines* (start, end), and the x coordinate."""
    best: tuple[int, int, int] | None = None
    for edge in sorted({floor(line.left) for line in lines})[1:]:
        numbered = groupby(range(len(lines)), lambda number: lines[number].left < edge < lines[number].right)  # noqa: B023
        for is_crossed, run in numbered:
            numbers = [] if is_crossed else list(run)
            if numbers and len(numbers) > (best[1] - best[0] if best else 3):
                span = lines[numbers[0] : numbers[-1] + 1]
                if _are_columns(
                    [line for line in span if line.left < edge], [line for line in span if line.left >= edge]
                ):
                    best = numbers[0], numbers[-1] + 1, edge
    return best


def _are_columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Return whether both sides have at least two lines, and overlap vertically."""
    if min(len(left), len(right)) < 2:
        return False
    return left[0].base > right[-1].base and right[0].base > left[-1].base


# Paragraphs ---------------------------------------------------------------------------------------------------------


def paragraphs_of(column: Sequence[Line], spaced: bool) -> list[Paragraph]:
    """Return the paragraphs of a column. *spaced*: whether the text has spaces between Chinese and Latin characters."""
    edges = min(line.left for line in column), max(line.right for line in column)
    usual_size = median(line.size for line in column)
    steps = [above.base - below.base for above, below in pairwise(column)]
    leading = median(steps) if steps else 0.0
    is_headline = len(column) <= HEADLINE_LINES and not any(is_ended(line.text) for line in column)
    groups = [[column[0]]]
    for above, line in pairwise(column):
        is_apart = above.base - line.base > max(1.5 * leading, 1.7 * line.size)
        is_other = is_apart or not 0.9 <= line.size / above.size <= 1.1
        if is_other or (not is_headline and _starts_paragraph(above, line, edges, line.size > 1.1 * usual_size)):
            groups.append([])
        groups[-1].append(line)
    paragraphs = [
        Paragraph(join_pieces([line.text for line in group], spaced), median(line.size for line in group))
        for group in groups
    ]
    is_full = len(column) > 1 and column[-1].right > edges[1] - 1.5 * column[-1].size
    last = paragraphs[-1]._replace(is_cut=is_full and not is_ended(paragraphs[-1].text))
    return [*paragraphs[:-1], last]


def _starts_paragraph(above: Line, line: Line, edges: tuple[float, float], is_heading: bool) -> bool:
    """Return whether *line* starts a paragraph: it is indented, or the line *above* ends before the right edge."""
    left, right = edges
    is_short = above.right < right - 1.5 * above.size
    if is_heading:  # headings may be indented or centered: ignore the indent
        return is_short
    is_indented = line.left > left + 0.9 * line.size
    return is_indented or (is_short and is_ended(above.text)) or above.right < (left + right) / 2
