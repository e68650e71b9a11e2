"""Each form of archive file gives the same pages, and damage is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange
from tests.support.archive_forms import forms

HTML = "<html><head><title>题 {0}</title></head><body><p>{1}</p></body></html>"


def exchange(number: int) -> Exchange:
    return Exchange(
        method="GET", url=f"https://a.example/{number}?x=1", request_headers=[("Host", "a.example")], request_body=b"",
        status=200, headers=[("Content-Type", "text/html; charset=utf-8")],
        body=HTML.format(number, f"文字 {number * 7919} " * (number * 9)).encode(),
        time=f"2026-11-22T00:00:{number:02}+00:00",
    )  # fmt: skip


EXCHANGES = [exchange(number) for number in range(1, 9)]
FORMS = forms(EXCHANGES)
EXPECTED = [(each.url, each.body, each.time, 200, "text/html; charset=utf-8") for each in EXCHANGES]


def read(path: Path) -> tuple[list[tuple[str, bytes, str, int, str]], list[str]]:
    """Return the pages and the errors."""
    found = list(Archives([path]))
    pages = [
        (page.url, page.body, page.fetched_at, page.status, page.headers.get("content-type", ""))
        for page in found
        if isinstance(page, Page)
    ]
    return pages, [str(error) for error in found if isinstance(error, RecordingError)]


@pytest.mark.parametrize("name", FORMS)
def test_each_form_gives_the_same_pages(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a-file-without-the-name-of-a-form"
    path.write_bytes(FORMS[name])
    assert read(path) == (EXPECTED, [])


@pytest.mark.parametrize("name", FORMS)
def test_find_works_in_each_form(name: str, tmp_path: Path) -> None:
    (path := tmp_path / name).write_bytes(FORMS[name])
    archives = Archives([path])
    for each in reversed(EXCHANGES):
        page = archives.find("GET", each.url, b"")
        assert page is not None
        assert page.body == each.body
    assert archives.find("GET", "https://a.example/0", b"") is None
