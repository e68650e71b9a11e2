"""A pass over archives can be stopped at any time, also while it reads records without a page."""

from __future__ import annotations

import asyncio
import gzip
import zipfile
from pathlib import Path
from typing import Any, cast

import pytest
from scrapy import Request

from crawler.crawl.archive_pass import ArchivePass
from crawler.crawl.conversion import Converter
from crawler.crawl.offline import OfflineReader
from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from tests.support.archive_forms import wacz, warc_record

URL = "https://a.example/1"
DIGEST = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
REQUEST = warc_record("request", URL, b"GET /1 HTTP/1.1\r\n\r\n")
PAGE = warc_record("resource", URL, b"text", Content_Type="text/html")
REVISIT = warc_record("revisit", URL, b"", WARC_Payload_Digest=DIGEST)
OTHER = warc_record("resource", "dns:a.example", b"192.0.2.1")

LONG = {
    "requests.warc": REQUEST * 100,
    "other.warc.gz": gzip.compress(OTHER * 100),
    "large.wacz": wacz({"archive/x.warc": OTHER + b"\r\n" * 2**20}, zipfile.ZIP_DEFLATED),
    "stored.wacz": wacz({"archive/x.warc": OTHER + bytes(2**21)}),
}  # fmt: skip


def looks(archives: Archives, most: int = 10**6) -> int:
    """Return how often a pass looks whether it is stopped; it is after *most* looks."""
    number = 0

    def is_stopped() -> bool:
        nonlocal number
        number += 1
        return number >= most

    async def find(page: Page) -> None:
        return None

    async def store(*_: Any) -> None:
        pytest.fail("nothing is to be stored")

    asyncio.run(ArchivePass(archives, Converter(1), is_stopped, store, lambda _: None).run(find))
    return number


@pytest.mark.parametrize("name", LONG)
def test_a_pass_over_an_archive_without_pages_can_be_stopped(name: str, tmp_path: Path) -> None:
    (path := tmp_path / name).write_bytes(LONG[name])
    assert looks(Archives([path] * 20)) >= 5
    assert looks(Archives([path] * 20), most=3) <= 4  # one more at its end


def test_the_search_for_originals_can_be_stopped(tmp_path: Path) -> None:
    (path := tmp_path / "a.warc").write_bytes(PAGE * 1000)
    (other := tmp_path / "b.warc").write_bytes(REVISIT)
    assert looks(Archives([path, other])) - looks(Archives([path])) >= 50


@pytest.mark.parametrize("content", [REQUEST * 1000, PAGE * 1000, PAGE * 1000 + REVISIT])
def test_a_search_for_a_further_response_can_be_stopped(content: bytes, tmp_path: Path) -> None:
    (path := tmp_path / "a.warc").write_bytes(content)
    archives = Archives([path])

    async def read(page: Page) -> Request:
        return Request(f"{URL}/second")

    none = cast(Any, None)
    reader = OfflineReader(none, none, none, read, none)

    async def turns() -> int:
        """Return the turns of this task while two pages wait for their further responses."""
        tasks = [asyncio.ensure_future(reader.convert(Page(URL, b""), archives)) for _ in range(2)]
        number = 0
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            number += 1
        assert ["is not recorded" in str(task.result().result) for task in tasks] == [True, True]
        return number

    assert asyncio.run(turns()) >= 25
    assert asyncio.run(turns()) < 10  # the archives are read once


def test_a_search_fails_for_each_page_if_the_archive_cannot_be_read(tmp_path: Path) -> None:
    archives = Archives([tmp_path / "missing.warc"])
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            archives.find("GET", URL, b"")
    (tmp_path / "missing.warc").write_bytes(PAGE)
    assert archives.find("GET", URL, b"") is not None
