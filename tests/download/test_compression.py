"""Bodies unpacked: whole, or a clear error; Scrapy takes half of one for the whole."""

from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LARGE = 1 << 24
PACKING = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
TEXT = "新闻 " * 50_000


@pytest.mark.parametrize("coding", PACKING)
def test_a_body_comes_out_as_it_went_in(coding: str) -> None:
    assert decompress(PACKING[coding](TEXT.encode()), coding, LARGE).decode() == TEXT


@pytest.mark.parametrize("coding", PACKING)
@given(share=st.floats(0.01, 0.99))
def test_a_body_that_breaks_off_is_no_body(coding: str, share: float) -> None:
    packed = PACKING[coding](bytes(range(256)) * 40)
    with pytest.raises(DecompressionError, match=coding):
        decompress(packed[: max(3, int(len(packed) * share))], coding, LARGE)


@pytest.mark.parametrize("coding", PACKING)
def test_a_bomb_is_left_before_it_fills_the_memory(coding: str) -> None:
    with pytest.raises(BodyTooLargeError):
        decompress(PACKING[coding](bytes(LARGE)), coding, 100_000)


def test_deflate_without_the_frame() -> None:
    packing = zlib.compressobj(wbits=-15)
    assert decompress(packing.compress(b"abc") + packing.flush(), "deflate", LARGE) == b"abc"


def test_two_codings_are_taken_off_in_turn() -> None:
    assert decompress(gzip.compress(zlib.compress(b"abc")), "deflate, gzip", LARGE) == b"abc"


def test_several_gzip_members_and_padding() -> None:
    assert decompress(gzip.compress(b"ab") + gzip.compress(b"c") + bytes(9), "gzip", LARGE) == b"abc"


def test_a_wrong_checksum_is_damage() -> None:
    packed = bytearray(gzip.compress(b"abc" * 100))
    packed[-6] ^= 1
    with pytest.raises(DecompressionError, match="gzip"):
        decompress(bytes(packed), "gzip", LARGE)


@pytest.mark.parametrize("body", [b"", b"<html>plain</html>"])
def test_what_was_unpacked_already_stays_as_it_is(body: bytes) -> None:
    assert decompress(body, "gzip", LARGE) == body


def test_a_coding_that_nobody_knows() -> None:
    with pytest.raises(DecompressionError, match="'sdch' is unknown"):
        decompress(b"abc", "sdch", LARGE)
