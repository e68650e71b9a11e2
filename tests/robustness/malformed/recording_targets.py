"""Fuzzer targets: archives, content codings, dates and recorded cases."""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
import time
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import brotli
from hypothesis import strategies as st

from crawler.download.compression import BodyTooLargeError, DecompressionError, decompress
from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.cases import load_case
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange, Recorder
from crawler.text.dates import beijing
from tests.robustness.malformed.mutations import (
    MAX_SIZE,
    PIECES,
    VALUES,
    ByteMutation,
    ValueMutation,
    byte_mutations,
    mutate_bytes,
    mutate_values,
    value_mutations,
)
from tests.robustness.malformed.records import FETCHED
from tests.robustness.malformed.targets import InvalidResult, Targets, register, seen
from tests.support.archive_forms import forms

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FIXTURES = Path(__file__).parents[2] / "fixtures"

TARGETS: Targets = {}


@cache
def archives() -> list[bytes]:
    """Return valid archives: each content coding, plain and gzip, of this project and of wget, and each form."""
    files = []
    for suffix in ("warc", "warc.gz"):
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder(path := Path(folder, f"x.{suffix}"), {"software": "fuzz"})
            chunked = b"5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n"
            for number, (body, headers) in enumerate(
                [
                    (b"<html>text</html>", []),
                    (gzip.compress(b"packed" * 9), [("Content-Encoding", "gzip")]),
                    (chunked, [("Transfer-Encoding", "chunked")]),
                    (brotli.compress(b"br" * 9), [("Content-Encoding", "br")]),
                    (zstd.compress(b"z" * 99), [("Content-Encoding", "zstd")]),
                    (b"", []),
                ]
            ):
                exchange = Exchange(
                    method="POST" if number == 1 else "GET", url=f"http://a.example/{number}",
                    request_headers=[("Host", "a")], request_body=b"q", status=200,
                    headers=[("Content-Type", "text/html"), *headers], body=body, time=FETCHED,
                )  # fmt: skip
                recorder.write(exchange)
            recorder.close()
            files.append(path.read_bytes())
    files.append((FIXTURES.parent / "recordings" / "wget.warc.gz").read_bytes())
    files.append(gzip.decompress(files[2]))
    files.append(b"".join(map(gzip.compress, files[0].split(b"\r\n\r\nWARC")[:1])) + files[1])
    exchanges = [
        Exchange(
            method="GET", url=f"http://a.example/{number}", request_headers=[], request_body=b"", status=200,
            headers=[("Content-Type", "text/html")], body=b"<html>text</html>", time=FETCHED,
        )
        for number in range(2)
    ]  # fmt: skip
    return [*files, *forms(exchanges).values()]


@register(TARGETS, st.integers(0, 10**6), byte_mutations)
def warc(number: int, mutations: list[ByteMutation]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.warc")
        path.write_bytes(mutate_bytes(archives()[number % len(archives())], mutations))
        archive = Archives([path])
        pages = list(archive)
        if len(pages) > max(1, path.stat().st_size):  # an empty file is reported
            raise InvalidResult("more records than bytes")
        for page in pages:
            seen[f"warc: {type(page).__name__}"] += 1
            if isinstance(page, Page):
                assert isinstance(page.text, str)
                with suppress(RecordingError):
                    archive.find("GET", page.url, b"")


COMPRESSED = {
    "gzip": gzip.compress(b"text" * 500),
    "deflate": zlib.compress(b"text" * 500),
    "br": brotli.compress(b"text" * 500),
    "zstd": zstd.compress(b"text" * 500),
    "bomb": gzip.compress(bytes(50 * MAX_SIZE)),
}


@register(
    TARGETS,
    st.sampled_from(sorted(COMPRESSED)),
    st.lists(
        st.sampled_from(["gzip", "x-gzip", "deflate", "br", "zstd", "identity", "", "x", "GZIP", "aws-chunked", "é"]),
        max_size=3,
    ),
    byte_mutations,
)
def codings(coding: str, names: list[str], mutations: list[ByteMutation]) -> None:
    name = "gzip" if coding == "bomb" else coding
    try:
        if len(decompress(mutate_bytes(COMPRESSED[coding], mutations), ", ".join([*names, name]), MAX_SIZE)) > max(
            MAX_SIZE, 5 * len(COMPRESSED[coding])
        ):
            raise InvalidResult("output is larger than the limit")
        seen["decompressed"] += 1
    except (DecompressionError, BodyTooLargeError) as error:
        seen[f"decompress: {type(error).__name__}"] += 1


@register(
    TARGETS,
    st.lists(
        st.sampled_from([*PIECES, *"0123456789-/:. TZ年月日", "2025", "12", "PM", "GMT", "+08:00", "Feb", "Tue, "]),
        max_size=14,
    ).map("".join)
    | st.sampled_from(VALUES),
)
def dates(value: object) -> None:
    date = beijing(value)
    if date:
        date = date if len(date) > 10 else date + " 00:00:00"
        time.strptime(date, "%Y-%m-%d %H:%M:%S")


@register(TARGETS, st.integers(0, 10**6), byte_mutations, value_mutations, st.booleans())
def recorded_cases(
    number: int,
    mutations: list[ByteMutation],
    json_mutations: list[ValueMutation],
    is_json: bool,
) -> None:
    cases = sorted(FIXTURES.rglob("page.json"))
    data = cases[number % len(cases)].read_bytes()
    data = (
        json.dumps(mutate_values(json.loads(data), json_mutations)).encode()
        if is_json
        else mutate_bytes(data, mutations)
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "page.html").write_bytes(b"<html></html>")
        Path(folder, "page.json").write_bytes(data)
        try:
            load_case(Path(folder))
        except RecordingError:
            seen["case: RecordingError"] += 1
