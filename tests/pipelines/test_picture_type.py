"""The type of a picture by its bytes: all formats, truncated ones, and what is not a picture."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crawler.pipelines.picture_type import MAX_PIXELS, PictureTypeError, picture_ending
from tests.support.cpu_time import within


def noise(width: int = 40, height: int = 30, mode: str = "RGB") -> Image.Image:
    size = width * height * len(mode)
    return Image.frombytes(mode, (width, height), random.Random(width).randbytes(size))


def encoded(form: str, picture: Image.Image | None = None, **options: object) -> bytes:
    file = BytesIO()
    (picture or noise()).save(file, form, **options)
    return file.getvalue()


def thumbnailed() -> bytes:
    """Return a JPEG whose header contains a complete small JPEG."""
    inner = encoded("JPEG", noise(8, 8))
    data = encoded("JPEG", noise(80, 60))
    segment = b"Exif\0\0" + inner
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


PICTURES = {
    "jpg": encoded("JPEG"),
    "jpg, progressive": encoded("JPEG", progressive=True),
    "jpg, with restart marks": encoded("JPEG", restart_marker_blocks=1),
    "jpg, with a thumbnail": thumbnailed(),
    "jpg, grey": encoded("JPEG", noise(mode="L")),
    "jpg, several": encoded("MPO", save_all=True, append_images=[noise(20, 20)]),
    "png": encoded("PNG"),
    "png, transparent": encoded("PNG", noise(mode="RGBA")),
    "gif": encoded("GIF", noise(mode="L")),
    "gif, animated": encoded("GIF", noise(mode="L"), save_all=True, append_images=[noise(40, 30, "L")]),
    "webp": encoded("WEBP"),
    "webp, lossless": encoded("WEBP", lossless=True),
    "webp, animated": encoded("WEBP", save_all=True, append_images=[noise(40, 31).resize((40, 30))]),
    "avif": encoded("AVIF"),
    "bmp": encoded("BMP"),
    "bmp, one bit": encoded("BMP", noise().convert("1")),
}  # fmt: skip


@pytest.mark.parametrize("name", PICTURES)
def test_each_format_is_recognized(name: str) -> None:
    assert picture_ending(PICTURES[name]) == name.partition(",")[0]


def test_bytes_after_the_end_do_not_matter() -> None:
    for name in ("jpg", "png", "webp", "bmp"):
        assert picture_ending(PICTURES[name] + b"\0\0 added by a camera") == name


def refusal(data: bytes) -> PictureTypeError:
    with pytest.raises(PictureTypeError) as raised:
        picture_ending(data)
    return raised.value


def cuts(data: bytes) -> Iterator[bytes]:
    for size in {1, 10, 30, len(data) // 4, len(data) // 2, len(data) * 9 // 10, len(data) - 20, len(data) - 3}:
        yield data[: max(size, 1)]


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "jpg, several"])
def test_truncated_pictures_are_refused(name: str) -> None:
    for cut in cuts(PICTURES[name]):
        with pytest.raises(PictureTypeError) as raised:
            picture_ending(cut)
        assert not raised.value.is_final


def bomb_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def bomb_gif() -> bytes:
    head = struct.pack("<HHBBB", 65535, 65535, 0, 0, 0)
    return b"GIF89a" + head + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x08\x01\x00\x00;"


def bomb_webp() -> bytes:
    canvas = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (2**24 - 1).to_bytes(3, "little") * 2
    rest = PICTURES["webp"][12:]
    return b"RIFF" + struct.pack("<I", 4 + len(canvas) + len(rest)) + b"WEBP" + canvas + rest


def bomb_bmp() -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIIIII", 54, 0, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0)


def bomb_jpeg() -> bytes:
    data = encoded("JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 65000, 65000) + data[at + 4 :]


@pytest.mark.parametrize(
    "data", [bomb_png(50_000, 50_000), bomb_png(2**31 - 1, 2**31 - 1), bomb_gif(), bomb_webp(), bomb_bmp(), bomb_jpeg()]
)
def test_a_picture_with_too_many_pixels_is_refused_without_decoding_it(data: bytes) -> None:
    error = within(0.2, lambda: refusal(data))
    assert str(error) == f"more than {MAX_PIXELS} pixels"
    assert error.is_final


@pytest.mark.parametrize("segment", [b"\xff\x01", b"\xff\xe1\x00\x02", b"\xff\xda\x00\x02x"])
def test_a_jpeg_of_millions_of_segments_is_refused_at_once(segment: bytes) -> None:
    data = PICTURES["jpg"][:-2] + segment * 3_000_000 + b"\xff\xd9"
    assert "truncated" in str(within(0.5, lambda: refusal(data)))


REFUSED = {
    b"": "the response is empty",
    b"<!DOCTYPE html><html>": "HTML or XML",
    b"  \n<HTML><svg>": "SVG",
    b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns='x'>": "SVG",
    b"<svg onload='x'/>": "SVG",
    b"<?xml version='1.0'?><Error>denied</Error>": "HTML or XML",
    b'{"error": 403}': "neither JPEG",
    b"%PDF-1.7": "neither JPEG",
    b"not a picture": "neither JPEG",
    b"\x00\x00\x01\x00\x01\x00\x10\x10\x00\x00": "neither JPEG",  # an icon
    b"\x00\x00\x00\x20ftypisom\x00\x00\x00\x00": "neither JPEG",  # a video
    b"II*\x00" + bytes(50): "neither JPEG",  # TIFF
    encoded("PNG", noise(1, 1)): "a placeholder of one pixel",
    encoded("GIF", noise(1, 1, "L")): "a placeholder of one pixel",
}


@pytest.mark.parametrize("data", REFUSED)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(PictureTypeError, match=REFUSED[data]):
        picture_ending(data)


@settings(max_examples=200)
@given(st.sampled_from(sorted(PICTURES)), st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_damaged_headers_raise_no_other_error(name: str, position: int, garbage: bytes) -> None:
    data = PICTURES[name]
    with suppress(PictureTypeError):
        picture_ending(data[:position] + garbage + data[position + len(garbage) :])
