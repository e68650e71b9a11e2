"""Tests of `decompress`: complete bodies, and an error for damaged ones."""

from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.download.compression import (
    BodyTooLargeError,
    DecompressionError,
    decompress,
    decompress_stored,
    is_plain_text,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MAX_SIZE = 1 << 24
COMPRESSORS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
TEXT = "新闻 " * 50_000


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_decompress_restores_the_body(coding: str) -> None:
    assert decompress(COMPRESSORS[coding](TEXT.encode()), coding, MAX_SIZE).decode() == TEXT


@pytest.mark.parametrize("coding", COMPRESSORS)
@given(share=st.floats(0.01, 0.99))
def test_decompress_rejects_a_truncated_body(coding: str, share: float) -> None:
    compressed = COMPRESSORS[coding](bytes(range(256)) * 40)
    with pytest.raises(DecompressionError, match=coding):
        decompress(compressed[: max(3, int(len(compressed) * share))], coding, MAX_SIZE)


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_decompress_rejects_a_decompression_bomb(coding: str) -> None:
    with pytest.raises(BodyTooLargeError):
        decompress(COMPRESSORS[coding](bytes(MAX_SIZE)), coding, 100_000)


def test_decompress_deflate_without_zlib_header() -> None:
    compressor = zlib.compressobj(wbits=-15)
    assert decompress(compressor.compress(b"abc") + compressor.flush(), "deflate", MAX_SIZE) == b"abc"


def test_decompress_removes_the_last_coding_first() -> None:
    assert decompress(gzip.compress(zlib.compress(b"abc")), "deflate, gzip", MAX_SIZE) == b"abc"


def test_decompress_several_gzip_members_and_padding() -> None:
    assert decompress(gzip.compress(b"ab") + gzip.compress(b"c") + bytes(9), "gzip", MAX_SIZE) == b"abc"


def test_decompress_rejects_a_wrong_checksum() -> None:
    compressed = bytearray(gzip.compress(b"abc" * 100))
    compressed[-6] ^= 1
    with pytest.raises(DecompressionError, match="gzip"):
        decompress(bytes(compressed), "gzip", MAX_SIZE)


@pytest.mark.parametrize("body", [b"", b"<html>plain</html>"])
def test_decompress_keeps_a_body_that_is_not_compressed(body: bytes) -> None:
    assert decompress(body, "gzip", MAX_SIZE) == body


@pytest.mark.parametrize("coding", ["sdch", "compress", "X-Compress", "gzip, sdch"])
def test_decompress_rejects_an_unsupported_coding(coding: str) -> None:
    with pytest.raises(DecompressionError, match="unsupported content coding"):
        decompress(b"abc", coding, MAX_SIZE)


WORDS = [
    "none",
    "utf-8",
    "UTF8",
    "binary",
    "identity",
    "8bit",
    "7bit",
    "",
    " ",
    ",",
    "rot13",
    "text/html",
    "chunked",
    "gbk",
]


@pytest.mark.parametrize("word", WORDS)
def test_decompress_ignores_words_that_are_not_codings(word: str) -> None:
    assert decompress(b"<html>", word, MAX_SIZE) == b"<html>"
    assert decompress(gzip.compress(b"<html>"), f"{word}, gzip", MAX_SIZE) == b"<html>"
    assert decompress(brotli.compress(b"<html>"), f"BR;q=1, {word}", MAX_SIZE) == b"<html>"


TEXTS = {
    "html": "<html><body>新闻</body></html>",
    "comment": "<!-- 新闻 --><html></html>",
    "blanks": " \r\n\t<html>",
    "json": '{"a": "新闻"}',
    "list": "[1]",
    "text": "本报讯：新闻。",
    "ascii": "ok",
    "xml": '<?xml version="1.0"?><rss></rss>',
    "warning": "Warning: x<rss></rss>",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_is_plain_text(name: str, charset: str) -> None:
    text = TEXTS[name] * (10 if charset == "gb18030" else 1)
    assert is_plain_text(text.encode(charset))


@pytest.mark.parametrize("coding", COMPRESSORS)
def test_archives_may_keep_the_coding_of_a_decompressed_body(coding: str) -> None:
    for text in ("", ";", "<html><body>新闻</body></html>"):
        assert decompress_stored(text.encode(), coding, MAX_SIZE).decode() == text
    for text in (";", "<html><body>新闻</body></html>"):
        assert decompress_stored(COMPRESSORS[coding](text.encode()), coding, MAX_SIZE).decode() == text
    with pytest.raises(DecompressionError):
        decompress_stored(COMPRESSORS[coding](TEXT.encode())[:-3], coding, MAX_SIZE)
    with pytest.raises(BodyTooLargeError):
        decompress_stored(COMPRESSORS[coding](TEXT.encode()), coding, 1000)


@pytest.mark.parametrize("coding", COMPRESSORS)
@given(number=st.integers(0, 10**9), share=st.floats(0.5, 1))
def test_compressed_data_are_not_plain_text(coding: str, number: int, share: float) -> None:
    compressed = COMPRESSORS[coding](
        f"<html><body>第 {number} 篇：{number**9} 半导体设备订单回升。</body></html>".encode() * 9
    )
    assert not is_plain_text(compressed[: int(len(compressed) * share)])
