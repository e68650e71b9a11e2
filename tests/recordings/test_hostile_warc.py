"""Hostile archives are read in linear time and flat memory, and the undamaged records in them are found."""

from __future__ import annotations

import gzip
import resource
import struct
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.recorder import Exchange, Recorder
from crawler.recordings.views import MAX_RECORD_SIZE
from tests.support.archive_forms import warc_record
from tests.support.cpu_time import assert_linear

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\x03"
START = b"WARC/1.0\r\n"


def exchange(number: int, body: bytes = b"<html>text</html>") -> Exchange:
    return Exchange(
        method="GET", url=f"https://a.example/{number}", request_headers=[("Host", "a.example")], request_body=b"",
        status=200, headers=[("Content-Type", "text/html")], body=body, time="2026-11-22T01:02:03+00:00",
    )  # fmt: skip


def warc(folder: Path, suffix: str, *exchanges: Exchange) -> bytes:
    path = folder / f"made.warc{suffix}"
    path.unlink(missing_ok=True)
    recorder = Recorder(path, {"software": "test"})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path.read_bytes()


def stored(content: bytes) -> bytes:
    """Return a stored deflate block with the first 65,535 bytes of *content*."""
    size = min(len(content), 65535)
    return struct.pack("<BHH", 0, size, size ^ 0xFFFF) + content[:size]


def nested_headers(size: int) -> bytes:
    """Return gzip headers: each is in the stored block of the one before it."""
    step = len(GZIP_HEADER) + 5
    return b"".join(
        GZIP_HEADER + struct.pack("<BHH", 0, length, length ^ 0xFFFF)
        for length in (min(65535, size - position) for position in range(step, size, step))
    )


def nested_records(size: int) -> bytes:
    """As `nested_headers`, but the data of each member begin like a WARC record."""
    step = len(GZIP_HEADER) + 5 + len(START)
    return b"".join(
        GZIP_HEADER + struct.pack("<BHH", 0, length, length ^ 0xFFFF) + START
        for length in (min(65535, size - position) for position in range(step, size, step))
    )


def chained_records(size: int) -> bytes:
    """Nested members whose blocks lead to the same chain of blocks: each member reaches the end."""
    chain = b"".join(stored(b"x" * 200) for _ in range(size // 400))
    starts = b""
    while len(starts) < size // 2 and len(starts) < 60_000:
        block = START + starts
        starts = GZIP_HEADER + struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF) + block
    return starts + chain


def shared_bomb(size: int) -> bytes:
    """Nested members that end in the same compressed zeros, without a checksum."""
    compressor = zlib.compressobj(9, wbits=-15)
    bomb = compressor.compress(bytes(1000 * size // 2)) + compressor.flush()
    starts = b""
    while len(starts) < min(size // 2, 60_000):
        block = START + starts
        starts = GZIP_HEADER + struct.pack("<BHH", 0, len(block), len(block) ^ 0xFFFF) + block
    return starts + bomb


def many_bombs(size: int) -> bytes:
    return gzip.compress(START + bytes(MAX_RECORD_SIZE + 1)) * max(1, size // 65_000)


def small_members(size: int) -> bytes:
    return gzip.compress(b"WARC/1.0", mtime=0) * (size // 28)


def empty_members(size: int) -> bytes:
    return gzip.compress(b"", mtime=0) * (size // 20)


def broken_members(size: int) -> bytes:
    return (gzip.compress(b"WARC/1.0", mtime=0)[:-8] + bytes(8)) * (size // 28)


def magic(size: int) -> bytes:
    return b"\x1f\x8b\x08" * (size // 3)


def magic_and_flags(size: int) -> bytes:
    return b"\x1f\x8b\x08\x1f" * (size // 4)


COMPRESSED = (
    nested_headers, nested_records, chained_records, shared_bomb, small_members, empty_members, broken_members, magic,
    magic_and_flags,
)  # fmt: skip


def starts(size: int) -> bytes:
    return b"\nWARC/1." * (size // 8)


def starts_before_an_empty_line(size: int) -> bytes:
    return b"\nWARC/1." * (size // 8) + b"\r\n\r\n"


def headers_without_end(size: int) -> bytes:
    return b"\nWARC/1.0\r\na: b" * (size // 14)


def false_lengths(size: int) -> bytes:
    return b"\nWARC/1.0\r\nContent-Length: 100000\r\n\r\n" * (size // 37)


def huge_lengths(size: int) -> bytes:
    return b"\nWARC/1.0\r\nContent-Length: 99999999999999999999\r\n\r\n" * (size // 52)


def long_digits(size: int) -> bytes:
    return b"\nWARC/1.0\r\nContent-Length: " + b"1" * size + b"\r\n\r\n"


def empty_lines(size: int) -> bytes:
    return b"\r\n" * (size // 2)


def one_line(size: int) -> bytes:
    return b"x" * size


PLAIN = (
    starts, starts_before_an_empty_line, headers_without_end, false_lengths, huge_lengths, long_digits, empty_lines,
    one_line,
)  # fmt: skip


def arc_lines(size: int) -> bytes:
    return b"\nhttp://a.example/ 1.1.1.1 20260101000000 text/html 9999999" * (size // 62)


def arc_lines_with_many_dates(size: int) -> bytes:
    return b"\nhttp://a" + b" 1 20260101000000" * (size // 17) + b" x\n"


def broken_arc_lines(size: int) -> bytes:
    return b"\nhttps:" * (size // 7)


def long_urls(size: int) -> bytes:
    return (b"\nhttp://a" + b" b" * 4000 + b" 7") * (size // 8000)


ARC = (arc_lines, arc_lines_with_many_dates, broken_arc_lines, long_urls)


def zstd_magic(size: int) -> bytes:
    return b"\x28\xb5\x2f\xfd" * (size // 4)


def small_frames(size: int) -> bytes:
    return zstd.compress(b"WARC/1.0") * (size // 21)


def skippable_frames(size: int) -> bytes:
    return b"\x5d\x2a\x4d\x18\0\0\0\0" * (size // 8)


def long_skippable_frames(size: int) -> bytes:
    return b"\x50\x2a\x4d\x18\xff\xff\xff\x7f" * (size // 8)


def zstd_bombs(size: int) -> bytes:
    return zstd.compress(START + bytes(100 * size))


FRAMES = (zstd_magic, small_frames, skippable_frames, long_skippable_frames, zstd_bombs)


def one_member(hostile: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """Return hostile plain records in one gzip member, after a record."""

    def packed(size: int) -> bytes:
        return gzip.compress(warc_record("metadata", "", b"") + hostile(size), 1, mtime=0)

    packed.__name__ = f"{hostile.__name__}_in_one_member"
    return packed


MEMBERS = tuple(map(one_member, (*PLAIN, *ARC)))


def read(path: Path) -> list[str]:
    """Return the URLs of the pages."""
    return [page.url for page in Archives([path]) if isinstance(page, Page)]


@pytest.mark.slow
@pytest.mark.parametrize("hostile", COMPRESSED + PLAIN + ARC + FRAMES + MEMBERS)
def test_a_hostile_file_takes_linear_time_and_flat_memory(hostile: Callable[[int], bytes], tmp_path: Path) -> None:
    suffix = "" if hostile in PLAIN + ARC else ".gz"
    good = warc(tmp_path, suffix, exchange(1))

    def read_hostile(size: int) -> None:
        path = tmp_path / f"{size}.warc"
        path.write_bytes(good + hostile(size) + good)
        assert read(path)[0] == "https://a.example/1"

    assert_linear(read_hostile, 60_000, 600_000, times=4, fast=4)


def test_a_bomb_takes_the_memory_of_one_record(tmp_path: Path) -> None:
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(warc(tmp_path, ".gz", exchange(1)) + many_bombs(130_000))
    tracemalloc.start()
    read(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_RECORD_SIZE


@pytest.mark.parametrize(
    "hostile",
    [
        nested_headers, nested_records, small_members, empty_members, broken_members, magic, magic_and_flags,
        many_bombs, *PLAIN, *ARC, *FRAMES, *MEMBERS,
    ],
)  # fmt: skip
def test_the_record_after_hostile_bytes_is_found(hostile: Callable[[int], bytes], tmp_path: Path) -> None:
    suffix = "" if hostile in PLAIN + ARC else ".gz"
    good = warc(tmp_path, suffix, exchange(1))
    path = tmp_path / "hostile.warc"
    path.write_bytes(good + hostile(100_000) + (b"" if suffix else b"\r\n") + good)
    assert read(path) == ["https://a.example/1"] * 2


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("lost", [1, 10, 100, 200])
def test_the_record_after_a_truncated_one_is_found(suffix: str, lost: int, tmp_path: Path) -> None:
    mark = b"\x1f\x8b\x08" if suffix else b"WARC/1."
    first, second = (warc(tmp_path, suffix, exchange(number, bytes(range(256)) * 40)) for number in (1, 2))
    response_end = first.rindex(mark)  # the request record follows
    path = tmp_path / "truncated.warc"
    path.write_bytes(first[: response_end - lost] + (b"" if suffix else b"\r\n") + second + first)
    assert read(path)[-2:] == ["https://a.example/2", "https://a.example/1"]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_memory_does_not_grow_with_the_file(suffix: str, tmp_path: Path) -> None:
    peaks = []
    for number in (20, 400):
        path = tmp_path / f"{number}.warc"
        path.write_bytes(warc(tmp_path, suffix, *(exchange(n, bytes(range(256)) * 100) for n in range(number))))
        tracemalloc.start()
        urls = read(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(urls) == number
    assert peaks[1] < peaks[0] + 500_000


def test_a_large_file_is_not_mapped_into_memory(tmp_path: Path) -> None:
    """A record of 256 MB between two others: the peak memory of this process hardly changes."""
    good = warc(tmp_path, "", exchange(1))
    path = tmp_path / "large.warc"
    size = 256 * 2**20
    with path.open("wb") as file:
        file.write(good + b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: %d\r\n\r\n" % size)
        file.seek(size, 1)
        file.write(b"\r\n\r\n" + good)
    before = _resident()
    assert read(path) == ["https://a.example/1"] * 2
    assert _resident() - before < 50 * 2**20


def _resident() -> int:
    """Return the peak resident memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_repeated_headers_take_linear_time(tmp_path: Path) -> None:
    def read_with_headers(number: int) -> None:
        path = tmp_path / f"{number}.warc.gz"
        headers = [("X", "a" * 100)] * number
        each = Exchange(**{**{name: getattr(exchange(1), name) for name in Exchange.__slots__}, "headers": headers})
        path.write_bytes(warc(tmp_path, ".gz", each))
        assert len(read(path)) == 1

    assert_linear(read_with_headers, 3_000, 30_000, times=4, fast=4)
