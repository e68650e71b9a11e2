"""Group the characters of a page into lines.

Coordinates are in points, from the lower left corner of the page. Distances are multiples of the font size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

GUTTER = 0.9  # a wider horizontal gap separates two columns
WIDE_SPACE = 1.8  # and so does a wider gap with one space
SEVERAL_SPACES = 0.5  # a wider gap after a space contains further ones
SLANT = 0.3  # maximum distance between the baselines of one line
OTHER_SIZE = 1.7  # ratio of the sizes of two lines that are not one
WORD_GUTTER, MAX_WORD = 1.5, 6.0  # a narrower gap beside a Latin word of that width is a justified space
SCRIPT, SCRIPT_SHIFT = (
    (0.5, 0.85),
    0.6,
)  # size of a superscript relative to the text, and its distance from the baseline
WORD_GAP = 0.2  # a wider gap between Latin characters is a space

Rows = tuple[tuple[str, ...], ...]


class Character(NamedTuple):
    """A character with its position."""

    char: str
    left: float
    right: float
    base: float  # of the baseline, from the bottom of the page
    size: float  # height of the character box
    is_generated: bool = False  # a space that the PDF does not contain: PDFium infers it from a gap
    is_light: bool = False  # of a light or transparent color


class Rule(NamedTuple):
    """A drawn line that is horizontal or vertical."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_horizontal(self) -> bool:
        return self.right - self.left > self.top - self.bottom


@dataclass
class Line:
    """A line of one column, or a table."""

    text: str
    left: float
    right: float
    base: float  # of the first baseline of a table
    size: float
    is_light: bool = False
    rows: Rows = ()  # of a table: its cells; `text` is then ""
    bottom: float = 0.0  # of a table: the last baseline
    is_ruled: bool = False  # a drawn line separates it from the text above it
    is_rule: bool = False  # a drawn horizontal line, without text

    @property
    def end(self) -> float:
        """The last baseline."""
        return self.bottom if self.rows else self.base


def runs_of(characters: Iterable[Character]) -> list[Line]:
    """Return pieces of lines in drawing order, without leading spaces: a gap or another size starts a new one."""
    runs: list[list[Character]] = []
    spaces = 0  # at the end of the last run
    for character in characters:
        is_space = character.char.isspace()
        if runs and _follows(runs[-1], spaces, character):
            runs[-1].append(character)
            spaces = spaces + 1 if is_space else 0
        elif not is_space:
            runs.append([character])
            spaces = 0
    return [_line(run) for run in runs]


def _follows(run: list[Character], spaces: int, character: Character) -> bool:
    """Return whether *character* continues the line *run*, which ends with *spaces* spaces."""
    last = run[-1]
    size = max(last.size, character.size)
    if (character.left, character.right, character.base) == (last.left, last.right, last.base):
        return True  # several letters of one ligature
    if _is_script(last, character):
        return True
    if (
        abs(character.base - last.base) > SLANT * size
        or not -SLANT * size <= character.left - last.right <= GUTTER * size
    ):
        return False
    if character.char.isspace():
        return True
    visible = run[-1 - spaces]
    if not 1 / OTHER_SIZE <= character.size / visible.size <= OTHER_SIZE:
        return False
    has_more = character.left - last.right > SEVERAL_SPACES * size  # PDFium returns one of several spaces
    return not spaces or character.left - visible.right <= (GUTTER if has_more else WIDE_SPACE) * size


def _is_script(last: Character, character: Character) -> bool:
    """Return whether one of two characters is a superscript or subscript of the other."""
    small, large = sorted((last.size, character.size))
    is_near = (
        abs(character.base - last.base) <= SCRIPT_SHIFT * large and abs(character.left - last.right) <= SLANT * large
    )
    return SCRIPT[0] <= small / large <= SCRIPT[1] and is_near and not last.char.isspace()


def _line(run: list[Character]) -> Line:
    visible = [character for character in run if not character.char.isspace()]
    text = "".join(
        character.char
        for index, character in enumerate(run)
        if not character.is_generated or _is_between_latin(run, index)
    )
    size = median(character.size for character in visible)
    is_light = sum(character.is_light for character in visible) > len(visible) / 2
    return Line(text, run[0].left, visible[-1].right, run[0].base, size, is_light)


def _is_between_latin(run: list[Character], index: int) -> bool:
    """Return whether the space at *index* is between two Latin characters; elsewhere an inferred space is dropped."""
    return index + 1 < len(run) and (run[index - 1].char + run[index + 1].char).isascii()


def rows_of(lines: Iterable[Line]) -> list[list[Line]]:
    """Group *lines* by their baselines, from top to bottom, and from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (-line.base, line.left)):
        if rows and rows[-1][0].base - line.base <= SLANT * min(rows[-1][0].size, line.size):
            rows[-1].append(line)
        else:
            rows.append([line])
    for row in rows:
        row.sort(key=lambda line: line.left)
    return rows


def merge_row(row: Sequence[Line], walls: Sequence[Rule] = (), gutter: float = GUTTER) -> list[Line]:
    """Return the lines of a row, from left to right, with adjacent pieces merged.

    Pieces are adjacent if the gap is at most *gutter* font sizes wide and no vertical line of *walls* is in it.
    """
    is_letterspaced = len(row) > 2 and all(len(line.text.strip()) == 1 and not line.text.isascii() for line in row)
    merged: list[tuple[Line, list[str]]] = []  # each line, and the pieces of its text
    for line in row:
        last, pieces = merged[-1] if merged else (None, [])
        if (
            last
            and not (last.rows or line.rows)
            and _are_adjacent(last, line, gutter)
            and not _is_parted(last, line, walls)
        ):
            gap = 0.0 if is_letterspaced else (line.left - last.right) / line.size
            pieces += [_space_between(pieces[-1], line.text, gap), line.text]
            size = max(last.size, line.size)
            merged[-1] = replace(last, right=max(last.right, line.right), size=size), pieces
        else:
            merged.append((line, [line.text]))
    return [replace(line, text="".join(pieces)) for line, pieces in merged]


def _are_adjacent(last: Line, line: Line, gutter: float) -> bool:
    size = max(last.size, line.size)
    if size > OTHER_SIZE * min(last.size, line.size):
        return False
    if _is_word_pair(last, line, size):  # justified words
        gutter = max(gutter, WORD_GUTTER)
    return -SLANT * line.size <= line.left - last.right <= gutter * size


def _is_word_pair(last: Line, line: Line, size: float) -> bool:
    """Return whether two pieces are Latin text, and one of them is about a word."""
    is_word = min(last.right - last.left, line.right - line.left) < MAX_WORD * size
    return is_word and all(char.isascii() and not char.isdigit() for char in last.text[-1:] + line.text[:1])


def _is_parted(last: Line, line: Line, walls: Sequence[Rule]) -> bool:
    middle = line.base + line.size / 3
    return any(
        last.right - 1 <= wall.left and wall.right <= line.left + 1 and wall.bottom <= middle <= wall.top
        for wall in walls
    )


def _space_between(first: str, second: str, gap: float) -> str:
    """Return the space between two pieces of a line; *gap* in font sizes."""
    if not first or first[-1:].isspace() or second[:1].isspace():
        return ""
    is_latin = (first[-1] + second[0]).isascii()
    return " " if gap > (WORD_GAP if is_latin else GUTTER) else ""
