"""Find the tables of a page that have no lines: rows of short cells in aligned columns.

The columns of a newspaper look similar, but their lines fill the column; the cells of a table leave wide gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import mean, median

from crawler.newspapers.line_joins import join_pieces
from crawler.newspapers.lines import Line, Rows, rows_of

MIN_COLUMNS, MIN_ROWS = 3, 2
MIN_PAIRS = 3  # rows of a table with two columns, one of them of figures
# Multiples of the font size: a wider piece is text, a wider gap separates two tables, a higher gap ends a table.
MAX_CELL, MAX_GAP, MAX_STEP = 18.0, 40.0, 3.2
MAX_FILL = 0.8  # mean share of the width of a column that a cell fills
MAX_SENTENCES = 0.15  # share of cells that look like parts of sentences
WRAPPED = 1.7  # multiple of the font size: a row that is nearer may continue the cells above it

_CAPTION = re.compile(r"\A\s*+(?:[表图]\s*+[\d一二三四五六七八九十]|[（(]?单位\s*+[:：])")
_SENTENCE = re.compile("[，。；！？、]")
_FIGURE = re.compile(
    r"\A(?:[\s(（]*+[-+−±<>≤≥~≈$¥￥]?[\d,.]++\s*+(?:%|‰|％|[^\W\d]{1,3})?[\s)）]*+|[-–—/]++|N/?A)", re.I
)


@dataclass
class _Chain:
    """Rows of short cells, one below the other."""

    rows: list[list[Line]] = field(default_factory=list)

    @property
    def last(self) -> Line:
        return self.rows[-1][0]

    def accepts(self, cells: Sequence[Line]) -> bool:
        """Return whether *cells* continue the rows: near, in a similar size, and at least one cell is aligned."""
        step, size = self.last.base - cells[0].base, max(self.last.size, cells[0].size)
        if not 0 < step <= MAX_STEP * size or not 0.75 <= cells[0].size / self.last.size <= 1.33:
            return False
        left, right = self.rows[-1][0].left, self.rows[-1][-1].right
        if len(cells) == 1:  # a cell that is wrapped, or the label of a group of rows
            return step <= WRAPPED * size and left - size <= cells[0].left and cells[0].right <= right + size
        return cells[0].left < right and left < cells[-1].right


def take_tables(lines: Sequence[Line]) -> list[Line]:
    """Return *lines* with the lines of each table replaced by a line with `rows`."""
    tables: list[Line] = []
    taken: set[int] = set()
    for chain in _chains(lines):
        rows = _table_rows(chain)
        if len(rows) >= MIN_ROWS and (table := _table(rows)):
            tables.append(table)
            taken.update(id(line) for row in rows for line in row)
    return [line for line in lines if id(line) not in taken] + tables


def _chains(lines: Sequence[Line]) -> list[_Chain]:
    chains: list[_Chain] = []
    open_chains: list[_Chain] = []
    for row in rows_of(lines):
        open_chains = [
            chain for chain in open_chains if chain.last.base - row[0].base <= 2 * MAX_STEP * chain.last.size
        ]
        for cells in _cells(row):
            chain = next((chain for chain in open_chains if chain.accepts(cells)), None)
            if chain is None:
                if len(cells) < 2:
                    continue
                chain = _Chain()
                chains.append(chain)
                open_chains.append(chain)
            chain.rows.append(cells)
    return chains


def _cells(row: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the groups of short pieces of a row that are beside each other."""
    group: list[Line] = []
    for line in row:
        is_short = not line.rows and not line.is_rule and line.right - line.left <= MAX_CELL * line.size
        if group and (not is_short or line.left - group[-1].right > MAX_GAP * line.size):
            yield group
            group = []
        if is_short:
            group.append(line)
    if group:
        yield group


def _table_rows(chain: _Chain) -> list[list[Line]]:
    """Return the rows of *chain* without its caption, and without single cells at its start and end."""
    rows = chain.rows
    while rows and any(_CAPTION.match(line.text) for line in rows[0]):
        rows = rows[1:]
    while rows and len(rows[0]) == 1:
        rows = rows[1:]
    while rows and len(rows[-1]) == 1:
        rows = rows[:-1]
    return rows


def _table(rows: Sequence[Sequence[Line]]) -> Line | None:
    """Return the table with these rows of cells, or None if they are not a table."""
    lines = [line for row in rows for line in row]
    columns = _columns(rows)
    full = [row for row in rows if len(row) >= min(len(columns), MIN_COLUMNS)]
    is_pair = len(columns) == 2 and len(full) >= MIN_PAIRS and _has_figures(rows, columns)
    if not is_pair and (len(columns) < MIN_COLUMNS or len(full) < MIN_ROWS):
        return None
    if sum(map(len, rows)) < 0.6 * len(full) * min(len(columns), MIN_COLUMNS):
        return None
    if mean(bool(_SENTENCE.search(line.text)) for line in lines) > MAX_SENTENCES or _fill(rows, columns) > MAX_FILL:
        return None
    size = median(line.size for line in lines)
    left, right = min(line.left for line in lines), max(line.right for line in lines)
    return Line("", left, right, rows[0][0].base, size, rows=_texts(rows, columns), bottom=rows[-1][0].base)


def _columns(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """Return the columns (left, right): pieces that overlap horizontally are in one column.

    A piece that overlaps several columns of the other rows is the head of a group; it does not join the columns.
    """
    most = max(map(len, rows))
    if all(len(row) == most for row in rows) and (regular := _regular_columns(rows)):
        return regular
    columns: list[tuple[float, float]] = []
    for row in sorted(rows, key=len, reverse=True):
        if len(row) < most and len(row) < 2:
            continue
        for line in row:
            touched = [
                number for number, (left, right) in enumerate(columns) if line.left < right and left < line.right
            ]
            if not touched:
                columns.append((line.left, line.right))
            elif len(touched) == 1:
                left, right = columns[touched[0]]
                columns[touched[0]] = min(left, line.left), max(right, line.right)
            elif len(row) == most:
                return []  # the cells are not aligned
    return sorted(columns)


def _regular_columns(rows: Sequence[Sequence[Line]]) -> list[tuple[float, float]]:
    """Return the columns of rows with equal numbers of cells; [] unless the cells of most columns overlap.

    Columns that spaces align are ragged.
    """
    columns, overlapping = [], 0
    for cells in zip(*rows, strict=True):
        columns.append((min(line.left for line in cells), max(line.right for line in cells)))
        overlapping += max(line.left for line in cells) < min(line.right for line in cells)
    return columns if overlapping > len(columns) / 2 else []


def _has_figures(rows: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]) -> bool:
    """Return whether most cells of the last column are figures."""
    last = [line for row in rows for line in row if line.right > columns[-1][0]]
    return mean(bool(_FIGURE.fullmatch(line.text)) for line in last) >= 0.6 if last else False


def _fill(rows: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]) -> float:
    """Return the mean share of the distance to the next column that a cell fills."""
    shares = [
        (line.right - line.left) / (following.left - line.left)
        for row in rows
        for line, following in pairwise(row)
        if following.left > line.left
    ]
    return mean(shares) if shares else 1.0


def _texts(rows: Sequence[Sequence[Line]], columns: Sequence[tuple[float, float]]) -> Rows:
    table: list[list[str]] = []
    above: Sequence[Line] = ()
    for row in rows:
        cells = [""] * len(columns)
        for position, line in enumerate(row):
            number = (
                position
                if len(row) == len(columns)
                else max(range(len(columns)), key=lambda column: _overlap(line, columns[column]))
            )
            cells[number] = f"{cells[number]} {line.text.strip()}".strip()
        is_near = bool(above) and above[0].base - row[0].base <= WRAPPED * row[0].size
        is_wrapped = is_near and not cells[0] and len(row) < len(columns) and _is_part_of(cells, table[-1])
        if is_wrapped:
            table[-1] = [join_pieces([first, second], False) if first and second else first or second
                         for first, second in zip(table[-1], cells, strict=True)]  # fmt: skip
        else:
            table.append(cells)
        above = row
    return tuple(map(tuple, table))


def _is_part_of(cells: Sequence[str], above: Sequence[str]) -> bool:
    """Return whether *cells* may continue those above: each continues a text that is not a figure."""
    return all(
        not cell or (above[number] and not _FIGURE.fullmatch(above[number])) for number, cell in enumerate(cells)
    )


def _overlap(line: Line, column: tuple[float, float]) -> tuple[float, float]:
    middle = (line.left + line.right) / 2
    return min(line.right, column[1]) - max(line.left, column[0]), -abs(middle - (column[0] + column[1]) / 2)
