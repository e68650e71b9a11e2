"""Paragraphs of a column: join its lines by indents, line lengths, font sizes and distances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from crawler.newspapers.line_joins import is_ended, join_pieces
from crawler.newspapers.lines import Line, merge_row, rows_of
from crawler.newspapers.reflow import Paragraph

HEADLINE_LINES = 3  # maximum number of lines of a column that is a headline
LARGE, HEADLINE = 1.15, 1.35  # relative to the usual font size: larger lines are headings, or headlines
HEADLINE_STEP = 1.7  # font sizes; lines of a headline are at most this far apart
MAX_HEADLINE = 60  # characters of a headline of several lines
INDENT = 0.9  # font sizes


def paragraphs_of(column: Sequence[Line], spaced: bool, body_size: float) -> list[Paragraph]:
    """Return the paragraphs of a column.

    *spaced*: whether the text has spaces between Chinese and Latin characters. *body_size*: the usual font size of the
    document, in points.
    """
    lines = [line for row in rows_of(column) for line in merge_row(row, gutter=float("inf"))]
    texts = [line for line in lines if not line.rows]
    if not texts:
        return [_paragraph([line], spaced) for line in lines]
    usual_size = median(line.size for line in texts)
    usual = [line for line in texts if line.size <= 1.1 * usual_size]
    edges = min(line.left for line in usual), max(line.right for line in usual)
    steps = [above.base - below.base for above, below in pairwise(lines) if not (above.rows or below.rows)]
    leading = median(steps) if steps else 0.0
    is_headline = len(texts) == len(lines) <= HEADLINE_LINES and not any(is_ended(line.text) for line in texts)
    groups = [[lines[0]]]
    for above, line in pairwise(lines):
        if _starts_group(groups[-1], line, leading, body_size) or (
            not is_headline
            and not _continues_headline(groups[-1], line, body_size)
            and _starts_paragraph(above, line, edges, line.size > 1.1 * usual_size)
        ):
            groups.append([])
        groups[-1].append(line)
    paragraphs = [_paragraph(group, spaced) for group in groups]
    last = lines[-1]
    is_full = not last.rows and len(lines) > 1 and last.right > edges[1] - 1.5 * last.size
    return [*paragraphs[:-1], paragraphs[-1]._replace(is_cut=is_full and not is_ended(paragraphs[-1].text))]


def _paragraph(group: Sequence[Line], spaced: bool) -> Paragraph:
    size = median(line.size for line in group)
    if group[0].rows:
        return Paragraph("", size, rows=group[0].rows)
    return Paragraph(join_pieces([line.text for line in group], spaced), size, is_ruled=group[0].is_ruled)


def _starts_group(group: Sequence[Line], line: Line, leading: float, body_size: float) -> bool:
    """Return whether *line* does not continue the text of *group*: a table, another size, or far below."""
    above = group[-1]
    if above.rows or line.rows or line.is_ruled or not 0.9 <= line.size / above.size <= 1.1:
        return True
    return above.base - line.base > max(1.5 * leading, 1.7 * line.size)


def _continues_headline(group: Sequence[Line], line: Line, body_size: float) -> bool:
    """Return whether *line* is a further line of a headline."""
    above = group[-1]
    if min(line.size, above.size) <= LARGE * body_size or above.base - line.base > HEADLINE_STEP * line.size:
        return False
    is_sentence = is_ended(above.text) and line.size < HEADLINE * body_size
    return len("".join(part.text for part in group) + line.text) <= MAX_HEADLINE and not is_sentence


def _starts_paragraph(above: Line, line: Line, edges: tuple[float, float], is_heading: bool) -> bool:
    """Return whether *line* starts a paragraph: it is indented, or the line *above* ends before the right edge."""
    left, right = edges
    is_short = above.right < right - 1.5 * above.size
    if is_heading:  # headings may be indented or centered: ignore the indent
        return is_short
    is_indented = line.left > left + INDENT * line.size
    return is_indented or (is_short and is_ended(above.text)) or above.right < (left + right) / 2


def join_pages(pages: Iterable[Sequence[Paragraph]]) -> list[Paragraph]:
    """Return the paragraphs of consecutive pages; a table that continues on the next page is one.

    The header that such a table repeats is left out.
    """
    joined: list[Paragraph] = []
    for page in pages:
        rest = list(page)
        if joined and rest and joined[-1].rows and rest[0].rows:
            above, rows = joined[-1].rows, rest.pop(0).rows
            if len(above[0]) == len(rows[0]):
                joined[-1] = joined[-1]._replace(rows=above + (rows[1:] if rows[0] == above[0] else rows))
            else:
                joined.append(page[0])
        joined += rest
    return joined
