"""Content-Encoding: a downloader middleware and a function that decompress response bodies.

Scrapy's middleware returns the first part of a truncated body as if it were complete; this one reports an error.
"""

from __future__ import annotations

import codecs
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Self

import brotli
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.text.mojibake import commonness

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KEEP_CODING = "keep_coding"  # key of a request's meta: its callback decompresses the body
ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_CHUNK_SIZE = 65536  # bytes decompressed at a time: a decompression bomb exceeds the limit before it fills the memory
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_COMMON = 0.65  # share of common characters among the Chinese characters of a text; in random bytes, about 0.35


class StrictCompression:
    """Decompress responses. Retry a damaged one, as one with a lost connection."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.max_size = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set the Accept-Encoding header, unless the request has one."""
        request.headers.setdefault("Accept-Encoding", ACCEPT_ENCODING)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        """Return the decompressed response, or the retry request if the body is damaged.

        Raises IgnoreRequest if the decompressed body exceeds DOWNLOAD_MAXSIZE (or the limit in the meta of *request*),
        `DecompressionError` after the last retry.
        """
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings or request.meta.get(KEEP_CODING):
            return response
        try:
            max_size = request.meta.get("download_maxsize", self.max_size)
            decompressed = response.replace(body=decompress(response.body, codings, max_size))
        except BodyTooLargeError as error:
            raise IgnoreRequest(f"{error} (DOWNLOAD_MAXSIZE)") from error
        except DecompressionError as error:
            assert self.crawler.spider
            retry = get_retry_request(request, spider=self.crawler.spider, reason=error, give_up_log_level="DEBUG")
            if retry is None:
                raise
            return retry
        del decompressed.headers["Content-Encoding"]
        return decompressed


class DecompressionError(Exception):
    """Compressed data that are truncated or invalid, or a content coding that is not supported."""


class BodyTooLargeError(Exception):
    """A decompressed body that exceeds the limit."""


def decompress(body: bytes, codings: str, max_size: int) -> bytes:
    """Remove the content codings in *codings* (the header's value) from *body*, last coding first.

    Raises `DecompressionError`, and `BodyTooLargeError` if the result has more than *max_size* bytes. A body labeled
    gzip that does not start with the gzip magic stays unchanged: archives keep the header of bodies they decompressed.
    Words that are not content codings, such as "none", "utf-8" or "binary", are ignored, as browsers do.
    """
    for coding in reversed([word.partition(";")[0].strip(" \t\"'").lower() for word in codings.split(",")]):
        if coding in _UNSUPPORTED:
            raise DecompressionError(f"unsupported content coding {coding!r}; supported are {', '.join(_DECODERS)}")
        if not body or coding not in _DECODERS or (coding.endswith("gzip") and body[:2] != b"\x1f\x8b"):
            continue
        try:
            body = _join(_DECODERS[coding](body), max_size)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise DecompressionError(f"invalid {coding} data: {error}") from error
    return body


def decompress_stored(body: bytes, codings: str, max_size: int) -> bytes:
    """Return the result of `decompress` for a body of an archive; *body* itself if it is plain text.

    Some archives decompress the body and keep the Content-Encoding header. Raises the errors of `decompress`.
    """
    try:
        decompressed = decompress(body, codings, max_size)
    except DecompressionError:
        if is_plain_text(body):
            return body
        raise
    return decompressed or (body if is_plain_text(body) else b"")  # ";" is an empty text in brotli


def _join(chunks: Iterator[bytes], max_size: int) -> bytes:
    joined, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_size:
            raise BodyTooLargeError(f"the decompressed body exceeds {max_size} bytes")
        joined.append(chunk)
    return b"".join(joined)


def _gzip(body: bytes) -> Iterator[bytes]:
    while body[:2] == b"\x1f\x8b":  # a body may have several members, and padding after the last one
        decompressor = zlib.decompressobj(wbits=31)  # gzip format: verifies the checksum at the end
        yield from _chunks(decompressor, body)
        body = decompressor.unused_data


def _deflate(body: bytes) -> Iterator[bytes]:
    # RFC 9110, section 8.4.1.2: deflate has a zlib header, and some servers omit it.
    has_header = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return _chunks(zlib.decompressobj(wbits=15 if has_header else -15), body)


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:  # a body may have several frames
        decompressor = zstd.ZstdDecompressor()
        yield from _chunks(decompressor, body)
        body = decompressor.unused_data


def _chunks(decompressor: Any, body: bytes) -> Iterator[bytes]:
    yield decompressor.decompress(body, _CHUNK_SIZE)
    while not decompressor.eof:
        unread = getattr(decompressor, "unconsumed_tail", b"")  # zlib only: zstd buffers its input
        chunk = decompressor.decompress(unread, _CHUNK_SIZE)
        if not chunk and not decompressor.eof:
            raise EOFError("truncated")
        yield chunk


def _brotli(body: bytes) -> Iterator[bytes]:
    decompressor = brotli.Decompressor()
    yield decompressor.process(body, output_buffer_limit=_CHUNK_SIZE)
    while not decompressor.is_finished():
        chunk = decompressor.process(b"", output_buffer_limit=_CHUNK_SIZE)
        if not chunk and not decompressor.is_finished():
            raise EOFError("truncated")
        yield chunk


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd,
}  # fmt: skip
# The other codings of the IANA registry, and sdch: without a decoder, the body is not readable.
_UNSUPPORTED = {"compress", "x-compress", "exi", "pack200-gzip", "aes128gcm", "dcb", "dcz", "sdch"}


def is_plain_text(body: bytes) -> bool:
    """Return whether *body*, which is labeled as compressed, is text: its beginning is text in UTF-8, GBK or UTF-16.

    Compressed data contain control characters, or are neither UTF-8 nor Chinese.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    head = body.removeprefix(codecs.BOM_UTF8)[:4096]
    if _CONTROLS.search(head):
        return False
    for charset in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = codecs.getincrementaldecoder(charset)().decode(head)
            return charset == "utf-8" or commonness(text) > _COMMON
    return False
