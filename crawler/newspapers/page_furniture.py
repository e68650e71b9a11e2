"""Remove running headers, footers and page numbers from the pages of a PDF.

They are the outermost rows of a page. The pages are compared: a header has the same text at the same height on several
pages (on every second page if odd and even pages differ), or differs only in a page number, a date or a section's name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from crawler.newspapers.lines import Line, Rule, rows_of
from crawler.newspapers.page_numbers import (
    is_bare,
    is_dated,
    is_folio,
    is_masthead,
    is_only_folio,
    newspaper_page,
    numbers_of,
    page_number,
)

MAX_ROWS = 8  # outer rows on each side that may be headers or footers
NEAR = 4.0  # points; rows at the same height on two pages differ by less
SAME_SIZE = 0.12  # relative difference of two equal font sizes
APART = 1.6  # a gap of this many usual line distances separates a header from the text
SMALL, LARGE = 0.95, 1.5  # relative to the usual font size
MAX_LENGTH = 60  # characters of a header that is only similar on other pages
TABLE_CELLS = 3  # a row with as many pieces, near the next one, may belong to a table
MAX_PIECES = 12  # rows with more pieces are not headers
WINDOW = 4  # pages before and after a page with which it is compared


@dataclass
class PageLines:
    """The lines of one page."""

    lines: list[Line]
    rules: list[Rule] = field(default_factory=list)
    top: float = 0.0  # of the page, in the coordinates of the lines
    label: str = ""  # number of the newspaper page that its header or footer shows ("A03"), or ""


class _Row(NamedTuple):
    page: int
    side: int  # 0: top, 1: bottom
    line: Line
    height: float  # from the edge of the page
    gap: float  # to the next row towards the middle of the page


class _Index:
    """The outer rows of all pages by a key, to compare a page with those before and after it."""

    def __init__(self) -> None:
        self._rows: dict[tuple[Hashable, int], list[_Row]] = defaultdict(list)

    def add(self, key: Hashable, row: _Row) -> None:
        self._rows[key, row.page].append(row)

    def others(self, key: Hashable, page: int) -> Iterator[_Row]:
        for other in range(page - WINDOW, page + WINDOW + 1):
            if other != page:
                yield from self._rows.get((key, other), ())


def remove_furniture(pages: Sequence[PageLines]) -> None:
    """Remove the running headers, footers and page numbers of all *pages* in place, and set their labels."""
    sizes = [line.size for page in pages for line in page.lines for _ in line.text]
    if not sizes:
        return
    usual = median(sizes)
    leading = _leading(pages, usual)
    outer = [_outer_rows(number, page, side) for number, page in enumerate(pages) for side in (0, 1)]
    similar, level = _Index(), _Index()
    for row in (row for rows in outer for group in rows for row in group):
        similar.add((row.side, numbers_of(row.line.text)[0]), row)
        for cell in (0, 1):
            level.add((row.side, int(row.height // NEAR) + cell), row)
    for rows in outer:
        for group in rows:
            if _is_table_row(group, leading):
                break
            found = [
                row
                for row in group
                if _is_furniture(row, similar, level, len(pages), usual, leading)
                or (is_masthead(row.line.text) and _has_date_beside(row, rows, usual))
            ]
            page = pages[group[0].page]
            dropped = {id(row.line) for row in found}
            page.lines = [line for line in page.lines if id(line) not in dropped]
            page.label = page.label or next(filter(None, (newspaper_page(row.line.text) for row in found)), "")
            if len(found) < len(group):
                break


def _outer_rows(number: int, page: PageLines, side: int) -> list[list[_Row]]:
    """Return the outer rows of a page from the edge on."""
    rows = rows_of(page.lines)
    if side:
        rows.reverse()
    outer: list[list[_Row]] = []
    for index, row in enumerate(rows[:MAX_ROWS]):
        if len(row) > MAX_PIECES:
            break
        gap = abs(row[0].base - rows[index + 1][0].base) if index + 1 < len(rows) else float("inf")
        outer.append([_Row(number, side, line, line.base if side else page.top - line.base, gap) for line in row])
    return outer


def _leading(pages: Sequence[PageLines], usual: float) -> float:
    """Return the usual distance of two lines."""
    steps = []
    for page in pages:
        bases = [row[0].base for row in rows_of(page.lines)]
        steps += [above - below for above, below in pairwise(bases) if above - below < 4 * usual]
    return median(steps) if steps else 1.5 * usual


def _is_table_row(group: Sequence[_Row], leading: float) -> bool:
    """Return whether a row may be the header of a table: it has many cells, and the next row is near."""
    return (
        len(group) >= TABLE_CELLS
        and group[0].gap <= APART * leading
        and not any(is_folio(row.line.text) for row in group)
    )


def _is_furniture(row: _Row, similar: _Index, level: _Index, pages: int, usual: float, leading: float) -> bool:
    text, size = row.line.text, row.line.size
    key, numbers = numbers_of(text)
    equal = list(similar.others((row.side, key), row.page))
    numbered = [
        other for other in equal if _is_repeated(numbers_of(other.line.text)[1], numbers, other.page - row.page)
    ]
    number = page_number(text)
    if any(_is_at(other, row) for other in numbered):
        return any(map(str.isalpha, key)) or number is not None
    is_apart = row.gap > APART * leading
    beside = [
        other
        for cell in (0, 1)
        for other in level.others((row.side, int(row.height // NEAR) + cell), row.page)
        if _is_at(other, row)
    ]
    if number is not None and (is_apart or size < SMALL * usual or not is_bare(text)):
        is_clear = not is_bare(text) or row.gap > 2 * leading
        is_single = pages == 1 and size < LARGE * usual
        return bool(numbered) or (
            is_clear and (is_single or any(page_number(other.line.text) is not None for other in beside))
        )
    if is_folio(text) and size < LARGE * usual:
        is_single = pages == 1 and (is_apart or size < SMALL * usual or is_only_folio(text))
        return is_single or any(is_folio(other.line.text) for other in beside)
    if len(text) > MAX_LENGTH or size >= SMALL * usual or not is_apart:
        return False
    others = {other.page for other in beside if other.line.size < SMALL * usual and other.gap > APART * leading}
    return len(others) + 1 >= max(2, 0.6 * min(pages, 2 * WINDOW + 1))


def _has_date_beside(row: _Row, rows: Sequence[Sequence[_Row]], usual: float) -> bool:
    """Return whether *row* is a large line at the top of a page, beside the date or imprint of the newspaper."""
    lines = (other.line for group in rows for other in group)
    near = [line.text for line in lines if abs(line.base - row.line.base) <= 2 * row.line.size]
    return row.side == 0 and row.line.size >= LARGE * usual and any(is_dated(text) and is_folio(text) for text in near)


def _is_at(other: _Row, row: _Row) -> bool:
    """Return whether two rows are at the same height, in the same size."""
    is_same_size = abs(other.line.size - row.line.size) <= SAME_SIZE * max(other.line.size, row.line.size)
    return is_same_size and abs(other.height - row.height) <= NEAR


def _is_repeated(others: Iterable[int], numbers: Iterable[int], distance: int) -> bool:
    """Return whether the numbers of two pages are equal, or are page numbers: they differ as the pages do."""
    return all(other in (number, number + distance) for other, number in zip(others, numbers, strict=True))
