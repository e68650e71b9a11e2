"""Bodies as they come over the wire, unpacked: HTTP's content codings.

Scrapy's own unpacking takes what could be unpacked of a body that breaks off for the body.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Self

import brotli
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response


class StrictCompression:
    """Unpacks answers. One that is damaged is asked for again, as one whose connection broke."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.largest = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        request.headers.setdefault("Accept-Encoding", ACCEPT_ENCODING)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1")
        if not codings:
            return response
        try:
            unpacked = response.replace(body=decompress(response.body, codings, self.largest))
        except BodyTooLargeError as error:
            raise IgnoreRequest(f"{error}: larger than DOWNLOAD_MAXSIZE") from error
        except DecompressionError as error:
            assert self.crawler.spider
            again = get_retry_request(request, spider=self.crawler.spider, reason=error, give_up_log_level="DEBUG")
            if again is None:
                raise
            return again
        del unpacked.headers["Content-Encoding"]
        return unpacked


if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_STEP = 65536  # bytes unpacked at a time, so that a bomb is seen before it fills the memory


class DecompressionError(Exception):
    """Packed data that break off, do not add up, or come in a coding that nobody knows."""


class BodyTooLargeError(Exception):
    """A body that grows beyond the limit."""


def decompress(body: bytes, codings: str, largest: int) -> bytes:
    """Remove the content codings in *codings* (the header's value) from *body*, last coding first.

    Raises `DecompressionError`, and `BodyTooLargeError` if the result has more than *largest* bytes. A body labeled
    gzip that does not start with the gzip magic stays unchanged: archives keep the header of bodies they decompressed.
    """
    for coding in reversed([word.strip().lower() for word in codings.split(",") if word.strip()]):
        if not body or coding == "identity" or (coding.endswith("gzip") and body[:2] != b"\x1f\x8b"):
            continue
        if coding not in _UNPACKING:
            raise DecompressionError(f"the coding {coding!r} is unknown")
        try:
            body = _joined(_UNPACKING[coding](body), largest)
        except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
            raise DecompressionError(f"the {coding} data are damaged: {error}") from error
    return body


def _joined(parts: Iterator[bytes], largest: int) -> bytes:
    kept, size = [], 0
    for part in parts:
        size += len(part)
        if size > largest:
            raise BodyTooLargeError(f"more than {largest} bytes unpacked")
        kept.append(part)
    return b"".join(kept)


def _gzip(body: bytes) -> Iterator[bytes]:
    while body[:2] == b"\x1f\x8b":  # several may follow each other; what else follows is padding
        unpacking = zlib.decompressobj(wbits=31)  # with the checksum at its end
        yield from _parts(unpacking, body)
        body = unpacking.unused_data


def _deflate(body: bytes) -> Iterator[bytes]:
    is_framed = body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    unpacking = zlib.decompressobj(wbits=15 if is_framed else -15)  # servers send it with zlib's frame and without
    return _parts(unpacking, body)


def _zstd(body: bytes) -> Iterator[bytes]:
    while body:  # several may follow each other
        unpacking = zstd.ZstdDecompressor()
        yield from _parts(unpacking, body)
        body = unpacking.unused_data


def _parts(unpacking: Any, body: bytes) -> Iterator[bytes]:
    yield unpacking.decompress(body, _STEP)
    while not unpacking.eof:
        left = getattr(unpacking, "unconsumed_tail", b"")  # zstd keeps it itself
        part = unpacking.decompress(left, _STEP)
        if not part and not unpacking.eof:
            raise EOFError("they break off")
        yield part


def _brotli(body: bytes) -> Iterator[bytes]:
    unpacking = brotli.Decompressor()
    yield unpacking.process(body, output_buffer_limit=_STEP)
    while not unpacking.is_finished():
        part = unpacking.process(b"", output_buffer_limit=_STEP)
        if not part and not unpacking.is_finished():
            raise EOFError("they break off")
        yield part


_UNPACKING: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "br": _brotli, "zstd": _zstd,
}  # fmt: skip
