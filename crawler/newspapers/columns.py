"""Columns of a page in reading order.

Columns result from a recursive XY cut (Nagy and Seth, 1984): split at the vertical gap that spans the most lines, then
split the four parts above, left, right and below in the same way. A drawn line, and a headline that stands alone
between rows of columns, end a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from math import floor
from statistics import median

from crawler.newspapers.lines import Line, Rule, rows_of

HEADLINE, KICKER = 1.35, 1.15  # relative to the usual font size: larger lines are headlines, or lines beside one
MAX_HEADLINES = 300  # of a page; further ones are not examined for drawn lines
MAX_LINES = 2000  # a page with more lines is not split into columns
MIN_RULE = 3.0  # font sizes; shorter drawn lines do not separate text
MAX_RULES = 200  # of a page; further ones are not examined
MAX_WORK, MAX_PAGE_WORK = 20_000_000, 3_000_000  # comparisons of lines with gaps, for a document and a page
WALLED = 1.2  # a gap with a vertical line in it counts as if it spanned more lines


class Budget:
    """The comparisons that are left for a document; columns are not split further without any."""

    def __init__(self) -> None:
        self.document, self.page = MAX_WORK, 0

    def start_page(self) -> None:
        self.page = min(MAX_PAGE_WORK, self.document)

    def spend(self, work: int) -> bool:
        """Return whether *work* comparisons are left, and subtract them."""
        if work > self.page:
            return False
        self.page -= work
        self.document -= work
        return True


def columns_of(lines: Sequence[Line], rules: Sequence[Rule], budget: Budget) -> list[list[Line]]:
    """Return the columns of a page in reading order. *rules* are the drawn lines outside of tables."""
    budget.start_page()
    if not lines:
        return []
    usual = median(line.size for line in lines)
    long = sorted(rules, key=lambda rule: rule.left + rule.bottom - rule.right - rule.top)[:MAX_RULES]
    across = [
        Line("", rule.left, rule.right, rule.bottom, usual, is_rule=True)
        for rule in long
        if rule.is_horizontal and rule.right - rule.left >= MIN_RULE * usual
    ]
    down = [rule for rule in long if not rule.is_horizontal and rule.top - rule.bottom >= MIN_RULE * usual]
    _mark_ruled([line for line in lines if line.size > KICKER * usual][:MAX_HEADLINES], lines, across, down)
    ordered = sorted([*lines, *across], key=lambda line: (-line.base, line.left))
    parts = _split(ordered, down, usual, budget, 0) if len(ordered) <= MAX_LINES else [ordered]
    columns = ([line for line in part if not line.is_rule] for part in parts)
    return [column for column in columns if column]


def _mark_ruled(headlines: Sequence[Line], lines: Sequence[Line], across: Sequence[Line], down: Sequence[Rule]) -> None:
    """Set `is_ruled` of each headline that a drawn line separates from the text above it or to its left."""
    for line in headlines:
        above = [other.end for other in lines if other.end > line.base + line.size / 2 and _overlaps(other, line)]
        nearest = min(above, default=float("inf"))
        width = line.right - line.left
        line.is_ruled = any(
            line.base < rule.base < nearest and min(rule.right, line.right) - max(rule.left, line.left) > width / 2
            for rule in across
        ) or (not above and any(_is_beside(rule, line, lines) for rule in down))


def _is_beside(rule: Rule, line: Line, lines: Sequence[Line]) -> bool:
    """Return whether a vertical line is to the left of *line*, without text between them."""
    if rule.right > line.left + 1 or not rule.bottom < line.base < rule.top:
        return False
    return not any(rule.right < other.left < line.left and abs(other.base - line.base) < line.size for other in lines)


def _overlaps(line: Line, other: Line) -> bool:
    return line.left < other.right and other.left < line.right


def _split(lines: Sequence[Line], down: Sequence[Rule], usual: float, budget: Budget, depth: int) -> list[list[Line]]:
    """Return the columns of a part of a page. *lines* are sorted from top to bottom; *depth* counts the recursions."""
    cut = _longest_cut(lines, down, usual, budget) if depth < 100 else None
    if cut is None:
        return [list(lines)] if lines else []
    start, end, edge = cut
    start = _below_headlines(lines, start, end, edge, usual)
    left = [line for line in lines[start:end] if line.left < edge]
    right = [line for line in lines[start:end] if line.left >= edge]
    parts = (lines[:start], left, right, lines[end:])
    return [column for part in parts for column in _split(part, down, usual, budget, depth + 1)]


def _below_headlines(lines: Sequence[Line], start: int, end: int, edge: int, usual: float) -> int:
    """Return *start* without the headlines at the start of a slice, on one side: they belong to the text above."""
    first = {line.left < edge: line.base for line in reversed(lines[start:end]) if not line.is_rule}
    for number in range(start, end):
        line = lines[number]
        other = first.get(not line.left < edge, line.base)
        if not line.is_rule and (line.size <= KICKER * usual or line.base - other < line.size / 2):
            return number
    return start


def _longest_cut(
    lines: Sequence[Line], down: Sequence[Rule], usual: float, budget: Budget
) -> tuple[int, int, int] | None:
    """Return the best vertical cut: the slice of *lines* (start, end), and the x coordinate.

    It spans the most lines; of several, it is the widest.
    """
    best: tuple[int, int, int] | None = None
    best_score = (3.0, 0.0)
    banners = _banners(lines, usual)
    edges = sorted({floor(line.left) for line in lines if not line.is_rule})[1:]
    if not budget.spend(len(edges) * len(lines)):
        return None
    for edge in edges:
        for start, end in _gaps(lines, banners, edge):
            score = float(sum(not line.is_rule for line in lines[start:end]))
            if WALLED * score < best_score[0]:
                continue
            span = [line for line in lines[start:end] if not line.is_rule]
            left, right = [line for line in span if line.left < edge], [line for line in span if line.left >= edge]
            if not _are_columns(left, right):
                continue
            before, after = max(line.right for line in left), min(line.left for line in right)
            middle = (left[0].base + left[-1].base) / 2
            is_walled = any(before - 2 <= rule.left <= after + 2 and rule.bottom < middle < rule.top for rule in down)
            found = (score * (WALLED if is_walled else 1), after - before)
            if found > best_score:
                best, best_score = (start, end, edge), found
    return best


def _gaps(lines: Sequence[Line], banners: set[int], edge: int) -> Iterator[tuple[int, int]]:
    """Yield the slices of *lines* without a line that crosses the x coordinate *edge*."""
    numbered = groupby(
        range(len(lines)), lambda number: number in banners or lines[number].left < edge < lines[number].right
    )
    for is_crossed, run in numbered:
        numbers = [] if is_crossed else list(run)
        if len(numbers) > 3:
            yield numbers[0], numbers[-1] + 1


def _banners(lines: Sequence[Line], usual: float) -> set[int]:
    """Return the numbers of the headlines that end all columns: alone at their height, with columns above and below."""
    rows = rows_of(line for line in lines if not line.is_rule)
    numbers = {id(line): number for number, line in enumerate(lines)}
    has_columns = [len(row) > 1 for row in rows]
    first = next((number for number, several in enumerate(has_columns) if several), len(rows))
    last = next((number for number in range(len(rows) - 1, -1, -1) if has_columns[number]), -1)
    return {
        numbers[id(line)]
        for number, row in enumerate(rows)
        if first < number < last and all(line.size > HEADLINE * usual for line in row) and not has_columns[number]
        and _is_between_columns(rows, number)
        for line in row
    }  # fmt: skip


def _is_between_columns(rows: Sequence[Sequence[Line]], number: int) -> bool:
    """Return whether no text is beside the headline in row *number*: the rows around it are above and below."""
    line = rows[number][0]
    above, below = rows[number - 1][0], rows[number + 1][0]
    return above.end - line.base >= 0.9 * line.size and line.base - below.base >= 0.5 * line.size


def _are_columns(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """Return whether both sides have at least two lines, and overlap vertically."""
    if min(len(left), len(right)) < 2:
        return False
    return left[0].base > right[-1].end and right[0].base > left[-1].end
