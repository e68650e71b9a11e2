"""Read the characters of a PDF page from PDFium (package pypdfium2).

Coordinates are in points. They are turned until most of the text is upright: a page may be rotated as a whole, or its
text may be drawn sideways. PDFium orders the characters by the page's own rotation, so the order is not reliable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ctypes import c_double, c_float, c_uint, c_void_p, cast
from math import hypot, pi
from typing import Any, NamedTuple

from crawler.newspapers.lines import Character, Rule
from crawler.newspapers.pdf_objects import Box, read_objects
from crawler.newspapers.radicals import to_letters

TOLERANCE = 0.17  # radians; scanned pages are slightly inclined
_HYPHEN = 2  # the code that PDFium returns for a hyphen at the end of a line
_SOFT_HYPHEN = "\u00ad"


class PageText(NamedTuple):
    """The characters of a page in drawing order, without control characters."""

    characters: list[Character]  # in the direction of most of the text
    sideways: list[list[Character]]  # of each direction at a right angle to it
    rules: list[Rule]
    top: float  # of the visible area
    picture_share: float  # of the area that the largest picture covers, 0 to 1
    unmapped: int  # characters whose font does not state their Unicode value


class _Glyph(NamedTuple):
    char: str
    box: Box
    origin: tuple[float, float]
    is_generated: bool
    is_light: bool
    size: float  # of the font in points; 0 = unknown
    direction: int | None  # counterclockwise turns by 90 degrees; None for another angle
    is_mapped: bool = True  # whether the Unicode value is known


def read_page(raw: Any, page: Any, limit: int) -> PageText | int:
    """Return the text of a page, or, if it has more than *limit* characters, their number.

    Text that is inclined (neither upright nor at a right angle) is left out: it is a watermark or a stamp.
    """
    visible: Box = page.get_cropbox()
    objects = read_objects(raw, page, visible)
    text = page.get_textpage()
    try:
        number: int = text.count_chars()
        if number > limit:
            return number
        glyphs = list(_glyphs(raw, text, objects.extended))
    finally:
        text.close()
    directions = Counter(
        glyph.direction for glyph in glyphs if glyph.direction is not None and not glyph.char.isspace()
    )
    main = directions.most_common(1)[0][0] if directions else 0
    return PageText(
        _characters(glyphs, main),
        [_characters(glyphs, other) for other in sorted(directions) if other != main],
        [Rule(*_turned_box(rule, main)) for rule in objects.rules],
        _turned_box(visible, main)[3],
        objects.picture_share,
        sum(not glyph.is_mapped for glyph in glyphs),
    )


def _glyphs(raw: Any, text: Any, extended: set[int]) -> Iterator[_Glyph]:
    """Yield the characters of a text page. A ligature is several characters with one box.

    A space that is a text object of its own (*extended*: see `pdf_objects`) is yielded as if PDFium had generated it
    from the distance, because it may only justify a line of Chinese characters.
    """
    box, x, y = raw.FS_RECTF(), c_double(), c_double()
    styles: dict[int, tuple[bool, float]] = {}  # is_light and size, by the address of the text object
    last: _Glyph | None = None
    surrogate = 0
    for index in range(text.count_chars()):
        code = raw.FPDFText_GetUnicode(text, index)
        if 0xD800 <= code < 0xDC00:  # characters beyond U+FFFF may be encoded as two surrogates
            surrogate = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((surrogate - 0xD800) << 10) + code - 0xDC00 if surrogate else 0xFFFD
        surrogate = 0
        char = "-" if code == _HYPHEN else chr(code)
        if char < " " or char == _SOFT_HYPHEN or not raw.FPDFText_GetLooseCharBox(text, index, box):
            continue
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        target = raw.FPDFText_GetTextObject(text, index)
        address = cast(target, c_void_p).value or 0
        if raw.FPDFText_IsGenerated(text, index) == 1 or (char.isspace() and address in extended):
            if last is not None:
                last = last._replace(char=" ", origin=(x.value, y.value), is_generated=True)
                yield last
            continue
        if address not in styles:
            styles[address] = _is_light(raw, target), _font_size(raw, target)
        direction = _direction(raw.FPDFText_GetCharAngle(text, index))
        is_mapped = raw.FPDFText_HasUnicodeMapError(text, index) != 1 and not _is_private(char)
        edges = (box.left, box.bottom, box.right, box.top)
        for letter in to_letters(char):
            last = _Glyph(letter, edges, (x.value, y.value), False, *styles[address], direction, is_mapped)
            yield last


def _is_private(char: str) -> bool:
    return "\ue000" <= char <= "\uf8ff" or char == "\ufffd"


def _direction(angle: float) -> int | None:
    """Return the direction for an angle that PDFium measures clockwise, in radians."""
    turns = (2 * pi - angle) / (pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) * pi / 2 <= TOLERANCE else None


def _is_light(raw: Any, target: Any) -> bool:
    """Return whether a text object is filled with a light or a transparent color, as watermarks are."""
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    if not target or not raw.FPDFPageObj_GetFillColor(target, red, green, blue, alpha):
        return False
    luminance = 0.299 * red.value + 0.587 * green.value + 0.114 * blue.value
    return luminance > 0.55 * 255 or alpha.value < 0.6 * 255


def _font_size(raw: Any, target: Any) -> float:
    """Return the font size of a text object in points, 0 if it is unknown."""
    size, matrix = c_float(), raw.FS_MATRIX()
    if not target or not raw.FPDFTextObj_GetFontSize(target, size) or not raw.FPDFPageObj_GetMatrix(target, matrix):
        return 0.0
    return abs(size.value) * hypot(matrix.c, matrix.d)


def _characters(glyphs: list[_Glyph], direction: int) -> list[Character]:
    """Return the characters of a direction, without those that have no size: they are not visible."""
    characters = [_character(glyph, direction) for glyph in glyphs if glyph.direction == direction]
    return [character for character in characters if character.size > 0]


def _character(glyph: _Glyph, direction: int) -> Character:
    left, bottom, right, top = _turned_box(glyph.box, direction)
    x, y = _turned(*glyph.origin, direction)
    # The box of a character is up to 1.5 times as high as the font size. Fonts with drawn characters (type 3) may state
    # any size.
    size = glyph.size if top - bottom <= 2.5 * glyph.size <= 6 * (top - bottom) else top - bottom
    return Character(
        glyph.char, x if glyph.is_generated else left, x if glyph.is_generated else right, y, size,
        glyph.is_generated, glyph.is_light,
    )  # fmt: skip


def _turned(x: float, y: float, direction: int) -> tuple[float, float]:
    """Return a point after clockwise turns of the page that make text of *direction* upright."""
    return ((x, y), (y, -x), (-x, -y), (-y, x))[direction]


def _turned_box(box: Box, direction: int) -> Box:
    (x, y), (u, v) = _turned(box[0], box[1], direction), _turned(box[2], box[3], direction)
    return min(x, u), min(y, v), max(x, u), max(y, v)
