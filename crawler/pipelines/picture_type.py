"""Decide by its bytes what type a picture has, and whether it is complete. Pure functions.

Pillow reads the header only: no pixel is decoded. It does not notice that most formats are truncated, so the end of
each format is looked up here.
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Callable
from io import BytesIO

MAX_PIXELS = 150_000_000  # more than the largest camera has; an article needs a hundredth of it
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml|!doctype|!--|html|head|body|svg|[a-z]+[\s>])", re.IGNORECASE)
_JPEG_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)  # the next one after the data of a scan
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA
_MAX_SEGMENTS = 100_000  # of a JPEG: photographs have some dozen, progressive ones some hundred
_ANY_SIZE = 0  # of a box in AVIF: until the end of the file


class PictureTypeError(ValueError):
    """The bytes are not a picture that can be stored. The message is a part of a line.

    *is_final*: another request would get the same.
    """

    def __init__(self, reason: str, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


def picture_ending(data: bytes) -> str:
    """Return the ending of the file name for the picture *data*: jpg, png, gif, webp, avif or bmp.

    Raises `PictureTypeError` for anything else, for a truncated picture, and for one with more than `MAX_PIXELS`.
    """
    from PIL import Image

    if not data:
        raise PictureTypeError("the response is empty")
    if _MARKUP.match(data):
        if b"<svg" in data[:4096].lower():
            raise PictureTypeError("SVG, which can contain scripts", is_final=True)
        raise PictureTypeError("HTML or XML instead of a picture")
    _check_size(_webp_size(data))  # before Pillow, which allocates memory for all pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow about many pixels and unusual metadata
            with Image.open(BytesIO(data), formats=[*_FORMATS]) as picture:
                name, size = picture.format or "", picture.size
            _check_size(size)
            ending, is_complete = _FORMATS.get(name, _FORMATS["JPEG"])  # MPO: a JPEG with further pictures after it
            if not is_complete(data):
                raise PictureTypeError("the picture is truncated")
            if name in ("PNG", "BMP"):
                with Image.open(BytesIO(data), formats=[name]) as picture:
                    picture.verify()
    except PictureTypeError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except Exception as error:  # its readers raise many classes for damaged data
        raise PictureTypeError("neither JPEG, PNG, GIF, WebP, AVIF nor BMP, or damaged") from error
    return ending


def _check_size(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_large()
    if size == (1, 1):
        raise PictureTypeError("a placeholder of one pixel", is_final=True)


def _too_large() -> PictureTypeError:
    return PictureTypeError(f"more than {MAX_PIXELS} pixels", is_final=True)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a WebP; (0, 0) for other data."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return 0, 0
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _is_complete_jpeg(data: bytes) -> bool:
    """Return whether the end marker follows the last scan. A thumbnail in the header has one, too."""
    position = 2
    for _ in range(_MAX_SEGMENTS):
        if not (found := _JPEG_MARKER.search(data, position)):
            return False
        marker, position = found[1][0], found.end()
        if marker == _JPEG_END:
            return True
        if marker != 0x01:  # all others have a length; after that of a scan, its data follow
            if position + 2 > len(data):
                return False
            position += max(2, struct.unpack_from(">H", data, position)[0])
    return False


def _is_complete_png(data: bytes) -> bool:
    return b"IEND\xaeB`\x82" in data  # the last chunk, with its checksum


def _is_complete_gif(data: bytes) -> bool:
    return data.rstrip(b"\x00")[-1:] == b";"


def _is_complete_webp(data: bytes) -> bool:
    return int.from_bytes(data[4:8], "little") + 8 <= len(data) + 1  # some writers omit the last padding byte


def _is_complete_avif(data: bytes) -> bool:
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        if size == 1:
            size = int.from_bytes(data[position + 8 : position + 16], "big")
        if size == _ANY_SIZE:
            return True
        if size < 8:
            return False
        position += size
    return position == len(data)


def _is_complete_bmp(data: bytes) -> bool:
    """Compare the length with the header. A compressed BMP states the size of its data; others need all rows."""
    start, header = struct.unpack_from("<I", data, 10)[0], struct.unpack_from("<I", data, 14)[0]
    if header < 40:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        compression = size = 0
    else:
        width, height, _, bits, compression, size = struct.unpack_from("<iiHHII", data, 18)
    rows = (width * bits + 31) // 32 * 4 * abs(height)
    return bool(len(data) >= start + (size if compression in (1, 2) else rows))


# Format of Pillow -> ending of file names, and whether data are complete.
_FORMATS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    "JPEG": ("jpg", _is_complete_jpeg),
    "PNG": ("png", _is_complete_png),
    "GIF": ("gif", _is_complete_gif),
    "WEBP": ("webp", _is_complete_webp),
    "AVIF": ("avif", _is_complete_avif),
    "BMP": ("bmp", _is_complete_bmp),
}
ENDINGS = frozenset(ending for ending, _ in _FORMATS.values())
