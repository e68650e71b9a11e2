"""Examine the drawn objects of a PDF page: ruled lines, pictures, and text that PDFium would leave out."""

from __future__ import annotations

from collections.abc import Iterator
from ctypes import c_float, c_void_p, cast
from typing import Any, NamedTuple

MAX_OBJECTS, MAX_RULES = 50_000, 4_000  # drawn objects of a page that are examined for lines, and lines that are kept
MAX_DEPTH = 4  # of nested forms
MIN_RULE = 8.0  # points; shorter lines are parts of drawings
_MIN_EXTENT = 0.02  # points; PDFium leaves out text objects whose extent is less than 0.01 wide

Box = tuple[float, float, float, float]  # left, bottom, right, top


class Objects(NamedTuple):
    """What is drawn on a page."""

    rules: list[Box]  # horizontal and vertical lines
    picture_share: float  # of the visible area that the largest picture covers, 0 to 1
    extended: set[int]  # the addresses of the text objects that got an extent


def read_objects(raw: Any, page: Any, visible: Box) -> Objects:
    """Return what is drawn on a page. Text objects without an extent get one, for the text page that is read next."""
    rules: list[Box] = []
    share = 0.0
    extended: set[int] = set()
    area = (visible[2] - visible[0]) * (visible[3] - visible[1])
    for number, item in enumerate(page.get_objects(max_depth=MAX_DEPTH)):
        if item.type == raw.FPDF_PAGEOBJ_TEXT:
            if _give_extent(raw, item):
                extended.add(cast(item.raw, c_void_p).value or 0)
        elif number >= MAX_OBJECTS or len(rules) >= MAX_RULES:
            continue
        elif item.type == raw.FPDF_PAGEOBJ_PATH:
            rules += _segments(raw, item, MAX_RULES - len(rules))
        elif item.type == raw.FPDF_PAGEOBJ_IMAGE and area > 0:
            left, bottom, right, top = item.get_bounds()
            share = max(share, min((right - left) * (top - bottom) / area, 1.0))
    return Objects(rules, share, extended)


def _give_extent(raw: Any, item: Any) -> bool:
    """Give an extent to a text object that has none. Return whether it had none.

    PDFium leaves text objects without an extent out of the text.

    The extent is that of the shapes of the glyphs up to the last one, not of the widths of the characters. If a font is
    neither embedded nor installed, its glyphs have no shape, and a single character or a line that is drawn sideways
    has no extent. A stroke adds its width to the extent.
    """
    left, bottom, right, top, matrix = c_float(), c_float(), c_float(), c_float(), raw.FS_MATRIX()
    if (
        not raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
        or right.value - left.value >= _MIN_EXTENT
        or not raw.FPDFPageObj_GetMatrix(item, matrix)
    ):
        return False
    raw.FPDFTextObj_SetTextRenderMode(item, raw.FPDF_TEXTRENDERMODE_FILL_STROKE)
    raw.FPDFPageObj_SetStrokeWidth(item, 1.0)
    return bool(raw.FPDFPageObj_SetMatrix(item, matrix))  # PDFium computes the extent again


def _segments(raw: Any, path: Any, limit: int) -> Iterator[Box]:
    """Yield up to *limit* horizontal and vertical segments of a path, as boxes."""
    matrix = path.get_matrix()
    x, y = c_float(), c_float()
    start = last = (0.0, 0.0)
    found = 0
    for number in range(min(raw.FPDFPath_CountSegments(path), 4 * limit)):
        segment = raw.FPDFPath_GetPathSegment(path, number)
        if not segment or not raw.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        point = matrix.on_point(x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        ends = [point] if kind == raw.FPDF_SEGMENT_LINETO else []
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        if raw.FPDFPathSegment_GetClose(segment):
            ends.append(start)
        for end in ends:
            width, height = abs(end[0] - last[0]), abs(end[1] - last[1])
            if max(width, height) >= MIN_RULE and min(width, height) <= 1 and found < limit:
                found += 1
                yield min(last[0], end[0]), min(last[1], end[1]), max(last[0], end[0]), max(last[1], end[1])
            last = end
        last = point if not ends else ends[-1]
