"""Find the tables of a page that are drawn with lines: a grid of cells.

The characters in a grid are taken out of the page. Merged cells have no line between them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from crawler.newspapers.line_joins import join_pieces
from crawler.newspapers.lines import SLANT, Character, Line, Rows, Rule, merge_row, rows_of, runs_of

TOUCH = 3.0  # points; lines that are nearer meet, and parallel lines that are nearer are one
MAX_CELLS, MAX_WORK = 5_000, 5_000_000  # of a page: cells, and characters times tables
MAX_USUAL_TEXT, MAX_TEXT = 60, 600  # characters of the median cell and of any cell; frames of articles have more
MIN_FILLED = 0.3  # share of cells with text


class _Grid(NamedTuple):
    columns: list[float]  # x of the vertical lines
    rows: list[float]  # y of the horizontal lines, from the bottom
    rules: list[Rule]


def take_grids(
    characters: Sequence[Character], rules: Sequence[Rule]
) -> tuple[list[Character], list[Line], list[Rule]]:
    """Return the characters outside of ruled tables, the tables as lines with `rows`, and the other rules."""
    tables: list[Line] = []
    remaining, others, cells, work = list(characters), list(rules), 0, 0
    for grid in _grids(rules):
        cells += (len(grid.columns) - 1) * (len(grid.rows) - 1)
        work += len(remaining)
        if cells > MAX_CELLS or work > MAX_WORK:
            break
        inside = [character for character in remaining if _is_inside(character, grid)]
        rows = _rows(grid, inside) if inside else ()
        if rows:
            taken, drawn = set(map(id, inside)), set(map(id, grid.rules))
            remaining = [character for character in remaining if id(character) not in taken]
            others = [rule for rule in others if id(rule) not in drawn]
            tables.append(_table(rows, grid, inside))
    return remaining, tables, others


def _table(rows: Rows, grid: _Grid, inside: Sequence[Character]) -> Line:
    bases = [character.base for character in inside]
    size = median(character.size for character in inside)
    return Line("", grid.columns[0], grid.columns[-1], max(bases), size, rows=rows, bottom=min(bases))


def _grids(rules: Sequence[Rule]) -> list[_Grid]:
    """Return the groups of lines that meet, with at least two columns and two rows."""
    across = [rule for rule in rules if rule.is_horizontal]
    down = sorted((rule for rule in rules if not rule.is_horizontal), key=lambda rule: rule.left)
    lefts = [rule.left for rule in down]
    parent = list(range(len(across) + len(down)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for number, rule in enumerate(across):
        for other in range(bisect_right(lefts, rule.left - TOUCH), bisect_right(lefts, rule.right + TOUCH)):
            if down[other].bottom - TOUCH <= rule.bottom <= down[other].top + TOUCH:
                parent[root(number)] = root(len(across) + other)
    groups: dict[int, list[Rule]] = defaultdict(list)
    for number, rule in enumerate([*across, *down]):
        groups[root(number)].append(rule)
    grids = [
        _Grid(
            _distinct(rule.left for rule in group if not rule.is_horizontal),
            _distinct(rule.bottom for rule in group if rule.is_horizontal),
            group,
        )
        for group in groups.values()
    ]
    return [grid for grid in grids if len(grid.columns) > 2 and len(grid.rows) > 2]


def _distinct(values: Iterable[float]) -> list[float]:
    distinct: list[float] = []
    for value in sorted(values):
        if not distinct or value - distinct[-1] > TOUCH:
            distinct.append(value)
    return distinct


def _is_inside(character: Character, grid: _Grid) -> bool:
    middle = (character.left + character.right) / 2
    return (
        grid.columns[0] < middle < grid.columns[-1]
        and grid.rows[0] < character.base + character.size / 4 < grid.rows[-1]
    )


def _rows(grid: _Grid, inside: Iterable[Character]) -> Rows:
    """Return the cells of a table from top to bottom; () if the grid is not a table, but the frame of articles."""
    width, height = len(grid.columns) - 1, len(grid.rows) - 1
    owner = _merged_cells(grid, width, height)
    cells: dict[int, list[Character]] = defaultdict(list)
    for character in inside:
        column = bisect_right(grid.columns, (character.left + character.right) / 2) - 1
        row = bisect_right(grid.rows, character.base + character.size / 4) - 1
        cells[owner[(height - 1 - row) * width + column]].append(character)
    lines = {cell: _lines(content) for cell, content in cells.items()}
    filled = [sum(len(line.text) for line in content) for content in lines.values()]
    number = len(set(owner))
    if number < 3 or len(filled) < max(2, MIN_FILLED * number):
        return ()
    if median(filled) > MAX_USUAL_TEXT or max(filled) > MAX_TEXT:
        return ()
    table: list[tuple[str, ...]] = []
    for row in range(height):
        # The text of a cell that is merged with cells below it is repeated, as in HTML tables (FORMAT.md, "Tables").
        first = [owner[row * width + column] for column in range(width)]
        content = [lines.get(cell, []) if cell % width == column else [] for column, cell in enumerate(first)]
        table += _split(content) or [tuple(map(_text, content))]
    return tuple(row for row in table if any(row))


def _lines(content: Sequence[Character]) -> list[Line]:
    return [line for row in rows_of(runs_of(content)) for line in merge_row(row, gutter=float("inf"))]


def _text(lines: Sequence[Line]) -> str:
    return join_pieces([line.text.strip() for line in lines], False) if lines else ""


def _split(content: Sequence[Sequence[Line]]) -> list[tuple[str, ...]]:
    """Return the rows of a band without lines between its rows: each cell has as many lines, at the same heights."""
    filled = [lines for lines in content if lines]
    if len(filled) < 2 or len(filled[0]) < 2 or any(len(lines) != len(filled[0]) for lines in filled):
        return []
    for beside in zip(*filled, strict=True):
        if max(line.base for line in beside) - min(line.base for line in beside) > SLANT * beside[0].size:
            return []
    return [tuple(lines[number].text.strip() if lines else "" for lines in content) for number in range(len(filled[0]))]


def _merged_cells(grid: _Grid, width: int, height: int) -> list[int]:
    """Return for each cell, in rows from the top, the first cell with which it is merged: no line is between them."""
    rows_down = grid.rows[::-1]
    right_edge, lower_edge = [False] * (width * height), [False] * (width * height)
    for rule in grid.rules:
        if rule.is_horizontal:
            edge = min(range(len(rows_down)), key=lambda row: abs(rows_down[row] - rule.bottom)) - 1
            for column in range(width):
                middle = (grid.columns[column] + grid.columns[column + 1]) / 2
                if 0 <= edge < height and rule.left <= middle <= rule.right:
                    lower_edge[edge * width + column] = True
        else:
            edge = min(range(len(grid.columns)), key=lambda column: abs(grid.columns[column] - rule.left)) - 1
            for row in range(height):
                middle = (rows_down[row] + rows_down[row + 1]) / 2
                if 0 <= edge < width and rule.bottom <= middle <= rule.top:
                    right_edge[row * width + edge] = True
    owner = list(range(width * height))
    for cell in range(width * height):
        if cell % width and not right_edge[cell - 1]:
            owner[cell] = owner[cell - 1]
        elif cell >= width and not lower_edge[cell - width]:
            owner[cell] = owner[cell - width]
    return owner
