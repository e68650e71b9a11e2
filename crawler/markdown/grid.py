"""Make tables regular: all rows as wide as the widest one, and no cell in more than one row or column.

A table becomes `table > tr > th | td`; its first row is the header. A table for layout becomes blocks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from crawler.markdown.code_lines import has_lines
from crawler.markdown.inline import number
from crawler.markdown.tags import HEADINGS, is_block

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_COLSPAN, MAX_ROWSPAN = 1_000, 65_534  # as in HTML
MAX_CELLS = 50_000  # of a table; beyond it, columns without a cell of their own are left out
MAX_REPEATED = 200_000  # characters and elements that cells with rowspan may add to a table
_SECTIONS = {"thead": 0, "tfoot": 2}  # the place of a section in the table; 1 for all others
_WRAPPERS = {"p", "div", "section", "article", "center"}
_CELLS = ("td", "th")
_ONLY_IN_LAYOUT = ("ul", "ol", "table", *HEADINGS)


class _Row(NamedTuple):
    order: int  # of its section, as displayed: head, bodies, foot
    section: int  # number of its section in the page
    cells: list[_Element]


class _Place(NamedTuple):
    """A cell and its first column in a row. `is_repeated`: the cell begins in a row above."""

    column: int
    cell: _Element
    is_repeated: bool


def make_tables_regular(body: _Element) -> None:
    """Replace each table in *body*. Rows and cells outside of a table become blocks."""
    tables = list(body.iter("table"))
    parents = (next(table.iterancestors("table", "caption"), None) for table in tables)
    outer = {parent for parent in parents if parent is not None and parent.tag == "table"}
    regular: set[_Element] = set()
    for table in reversed(tables):  # the inner ones first
        blocks, rows = _take_apart(table)
        for block in blocks:
            table.addprevious(block)
        ordered = sorted(rows, key=lambda row: row.order)
        cells = [cell for row in ordered for cell in row.cells]
        places, first = _places(ordered), next((row for row in ordered if row.cells), None)
        columns = sorted({place.column for row in places for place in row})
        if table in outer or _is_layout(cells, len(columns)) or not _fit(places, columns):
            _become_blocks(table, cells)
        else:
            has_header = first is not None and (first.order == 0 or any(cell.tag == "th" for cell in first.cells))
            regular.update(_become_grid(table, places, has_header))
    for node in body.iter("caption", "thead", "tbody", "tfoot", "tr", *_CELLS):
        if node not in regular:
            node.tag = "div"


def _take_apart(table: _Element) -> tuple[list[_Element], list[_Row]]:
    """Return the captions and the rows of *table*. Text outside of cells becomes a row, or a block before the first."""
    blocks: list[_Element] = []
    rows: list[_Row] = []
    sections = 0
    # Nodes to read, with the order and number of their section, and the row that contains them.
    waiting: list[tuple[_Element | str, int, int, _Row | None]] = [(part, 1, 0, None) for part in _parts(table)]
    while waiting:
        part, order, section, row = waiting.pop()
        tag = part.tag if not isinstance(part, str) else ""
        if not isinstance(part, str) and (
            tag in ("tr", "thead", "tbody", "tfoot")
            or (tag not in ("caption", "table", *_CELLS) and next(part.iter("tr", *_CELLS), None) is not None)
        ):
            if tag == "tr":
                row = _Row(order, section, [])
                rows.append(row)
            elif tag in ("thead", "tbody", "tfoot"):
                sections += 1
                order, section = _SECTIONS.get(str(tag), 1), sections
            waiting += ((inner, order, section, row) for inner in _parts(part))
            continue
        if isinstance(part, str) or tag not in _CELLS:
            block = part if not isinstance(part, str) else table.makeelement("div")
            if isinstance(part, str):
                block.text = part
            elif tag in ("col", "colgroup"):
                continue
            if tag == "caption":
                block.tag = "div"
            if tag == "caption" or not rows:
                blocks.append(block)
                continue
            cell = table.makeelement("td")
            cell.append(block)
        else:
            cell = part
        if row is None:
            row = _Row(order, section, [])
            rows.append(row)
        row.cells.append(cell)
    return blocks, rows


def _parts(node: _Element) -> list[_Element | str]:
    """Return the children of *node* and the texts between them, the last one first. The texts are removed."""
    parts: list[_Element | str | None] = [node.text]
    node.text = None
    for child in node:
        parts += (child, child.tail)
        child.tail = None
    return [part for part in reversed(parts) if part is not None and (not isinstance(part, str) or part.strip())]


def _places(rows: list[_Row]) -> list[list[_Place]]:
    """Return the cells of each row with their columns. A cell with rowspan is in each of its rows of its section."""
    found: list[list[_Place]] = []
    spanning: dict[int, tuple[int, int, _Element]] = {}  # first column -> rows to come, width, cell
    section, repeated = -1, 0
    for row in rows:
        if row.section != section:
            spanning.clear()
            section = row.section
        places: list[_Place] = []
        column = 0
        for cell in row.cells:
            while column in spanning:
                column = _repeat(spanning, column, places)
            width = max(1, min(MAX_COLSPAN, number(cell, "colspan")))
            height = number(cell, "rowspan") or MAX_ROWSPAN  # 0: to the end of the section
            places.append(_Place(column, cell, False))
            if min(height, MAX_ROWSPAN) > 1:
                spanning[column] = (min(height, MAX_ROWSPAN), width, cell)
            column += width
        own = {place.column for place in places if not place.is_repeated}
        for start in sorted(start for start in spanning if start >= column):
            _repeat(spanning, start, places)
        repeated += len(places) - len(own)
        # A row without cells is empty on the page, but it counts for rowspan.
        spanning = {
            start: (height - 1, width, cell) for start, (height, width, cell) in spanning.items() if height > 1
        } if repeated < MAX_CELLS else {}  # fmt: skip
        if row.cells:
            found.append(places)
    return found


def _repeat(spanning: dict[int, tuple[int, int, _Element]], column: int, places: list[_Place]) -> int:
    """Add the cell that spans into a row at *column* to *places*. Return the column after it."""
    _, width, cell = spanning[column]
    places.append(_Place(column, cell, True))
    return column + width


def _is_layout(cells: list[_Element], columns: int) -> bool:
    return (
        len(cells) < 2
        or any(next(cell.iter(*_ONLY_IN_LAYOUT), None) is not None for cell in cells if len(cell))
        or any(map(has_lines, (code for cell in cells if len(cell) for code in cell.iter("pre"))))
        or (columns < 2 and any(map(_has_several_blocks, cells)))
        or not any(map(has_content, cells))
    )


def has_content(node: _Element) -> bool:
    """Return whether *node* contains text or a picture."""
    if node.text and node.text.strip():  # true for most nodes
        return True
    return any(picture.get("src") for picture in node.iter("img")) or any(text.strip() for text in node.itertext())


def _has_several_blocks(cell: _Element) -> bool:
    while (only := _only_child(cell)) is not None and is_block(only.tag):
        cell = only
    blocks, is_inline = 0, bool(cell.text and cell.text.strip())
    for child in cell:
        if is_block(child.tag):
            blocks += is_inline + has_content(child)
            is_inline = False
        else:
            is_inline = is_inline or has_content(child)
        is_inline = is_inline or bool(child.tail and child.tail.strip())
    return blocks + is_inline > 1


def _only_child(node: _Element) -> _Element | None:
    """Return the child of *node* if that is its only content."""
    if len(node) != 1 or (node.text or "").strip() or (node[0].tail or "").strip():
        return None
    return node[0]


def _fit(places: list[list[_Place]], columns: list[int]) -> bool:
    """Return whether the table is small enough. If not, first leave out the columns in which no cell begins."""
    if len(places) * _width(places) <= MAX_CELLS:
        return True
    if len(places) * len(columns) > MAX_CELLS:
        return False
    index = {column: number for number, column in enumerate(columns)}
    for row in places:
        row[:] = [place._replace(column=index[place.column]) for place in row]
        for place in row:
            place.cell.attrib.pop("colspan", None)
    return True


def _width(places: list[list[_Place]]) -> int:
    return max(
        place.column + max(1, min(MAX_COLSPAN, number(place.cell, "colspan"))) for row in places for place in row
    )


def _become_blocks(table: _Element, cells: list[_Element]) -> None:
    table.tag, table.text = "div", None
    table.attrib.clear()
    table[:] = []
    for cell in cells:
        cell.tag, cell.tail = "div", None
        table.append(cell)


def _become_grid(table: _Element, places: list[list[_Place]], has_header: bool) -> Iterator[_Element]:
    """Write *places* into *table*. Yield the rows and cells of the result."""
    width, left = _width(places), MAX_REPEATED
    costs: dict[_Element, int] = {}
    grid: list[list[_Element]] = []
    for row in places:
        cells: list[_Element] = []
        for column, cell, is_repeated in row:
            cells += (table.makeelement("td") for _ in range(column - len(cells)))
            if is_repeated:
                if cell not in costs:
                    costs[cell] = sum(len(text) for text in cell.itertext()) + 10 * sum(1 for _ in cell.iter())
                left -= costs[cell]
                cell = copy.deepcopy(cell) if left > 0 else table.makeelement("td")
            else:
                _make_inline(cell)
            cells.append(cell)
        grid.append(cells + [table.makeelement("td") for _ in range(width - len(cells))])
    if not has_header:
        grid.insert(0, [table.makeelement("td") for _ in range(width)])
    table.text = None
    table.attrib.clear()
    table[:] = []
    for number_of_row, cells in enumerate(grid):
        line = table.makeelement("tr")
        table.append(line)
        line.extend(cells)
        yield line
        for cell in cells:
            cell.tag, cell.tail = "td" if number_of_row else "th", None
            cell.attrib.clear()
            yield cell


def _make_inline(cell: _Element) -> None:
    """Unwrap the single block of *cell*, and replace what Markdown cannot have in a cell."""
    while (only := _only_child(cell)) is not None and only.tag in _WRAPPERS:
        cell.text = only.text
        cell[:] = list(only)
    for part in list(cell.iter("hr", "pre")) if len(cell) else ():
        part.tag = "code" if part.tag == "pre" else "span"
