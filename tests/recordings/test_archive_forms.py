"""Each form of archive file gives the same pages, and damage is reported."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange
from tests.support.archive_forms import (
    arc_records,
    by_record,
    checked,
    forms,
    wacz,
    warc_record,
    warc_records,
    with_line_feeds,
)

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

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


@pytest.mark.parametrize("empty", [b"\n", b"\r\n", b"\n" * 7, b"\r\n" * 100_000])
def test_additional_empty_lines_between_records_are_skipped(empty: bytes, tmp_path: Path) -> None:
    warc, arc = warc_records(EXCHANGES), arc_records(EXCHANGES)
    line_feeds = [with_line_feeds(record) for record in warc]
    for number, data in enumerate((
        empty.join([*warc, b""]), empty.join([*line_feeds, b""]), empty.join([*arc, b""]),
        gzip.compress(empty.join([*warc, b""])), checked(empty.join([*line_feeds, b""])),
        empty.join([*map(gzip.compress, line_feeds), b""]), by_record([empty.join([*warc[:3], b""]), empty, *warc[3:]]),
    )):  # fmt: skip
        (path := tmp_path / f"{number}").write_bytes(data)
        assert read(path) == (EXPECTED, []), number
        assert Archives([path]).find("GET", EXCHANGES[-1].url, b"") is not None


def test_line_ends_may_change_from_record_to_record(tmp_path: Path) -> None:
    records = warc_records(EXCHANGES)
    ends = (b"\n\n", b"\r\n\r\n", b"\n\n\r\n", b"\r\n\r\n\n")
    mixed = [
        with_line_feeds(record, ends[number % 4]) if number % 3 else record.removesuffix(b"\r\n\r\n") + ends[number % 4]
        for number, record in enumerate(records)
    ]
    (path := tmp_path / "mixed.warc").write_bytes(b"".join(mixed))
    assert read(path) == (EXPECTED, [])


# Damage ------------------------------------------------------------------------------------------------------------

# Their checksums cover every byte. Without one, only the structure and the digest of the content show damage.
CHECKED = [name for name in FORMS if name.endswith((".gz", ".zst", ".wacz")) and not name.startswith("concatenated")]
FEW = forms(EXCHANGES[:2])
DAMAGES: list[Callable[[bytes, int], bytes]] = [
    lambda data, at: data[:at] + bytes([data[at] ^ 0x15]) + data[at + 1 :],
    lambda data, at: data[:at] + b"\0" + data[at + 1 :],
    lambda data, at: data[:at] + data[at + 1 :],
    lambda data, at: data[:at] + bytes(10) + data[at + 10 :],
]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_damage_is_reported(name: str, tmp_path: Path) -> None:
    data, expected = FEW[name], EXPECTED[:2]
    for at in range(0, len(data), 10):
        for damage in DAMAGES:
            (path := tmp_path / name).write_bytes(damage(data, at))
            pages, errors = read(path)
            if name in CHECKED:
                assert errors or pages == expected, (at, damage(b"x" * 99, 3))
            if not errors:  # a byte of a URL, or of a time; an ARC file has no digests
                assert len(pages) == len(expected)
                assert name.endswith("arc") or [page[1] for page in pages] == [page[1] for page in expected]


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_truncation_is_reported_unless_a_record_ends_there(name: str, tmp_path: Path) -> None:
    data, silent = FEW[name], 0
    for size in range(0, len(data), 10):
        (path := tmp_path / name).write_bytes(data[:size])
        pages, errors = read(path)
        assert [page for page in pages if page not in EXPECTED[:2]] == []
        silent += not errors and pages != EXPECTED[:2]
    assert silent <= 5  # as many as there are records


TRUTH = {
    "empty.warc.gz": (b"", "damaged file: the file is empty"),
    "empty-member.warc.gz": (gzip.compress(b""), "byte 0: damaged record: an empty member, without a record"),
    "cut.warc.gz": (FORMS["records.warc.gz"][:-20], "damaged record: truncated: the file ends in this record"),
    "cut.warc": (FORMS["plain.warc"][:-20], "damaged record: truncated: the data end in this record"),
    "cut-line-feeds.warc": (FORMS["line-feeds.warc"][:-20], "damaged record: truncated: the data end in this record"),
    "short-line-feeds.warc": (
        FORMS["line-feeds.warc"].replace(b"</html>\n\nWARC", b"</htm>\n\nWARC", 1), "no empty lines follow the record",
    ),
    "cut.arc": (FORMS["plain.arc"][:-20], "damaged ARC record: truncated: the data end in this record"),
    "cut.arc.gz": (FORMS["records.arc.gz"][:-20], "damaged ARC record: truncated: the file ends in this record"),
    "cut.warc.zst": (FORMS["records.warc.zst"][:-20], "damaged record: truncated: the file ends in this record"),
    "cut.wacz": (FORMS["stored.wacz"][:-20], "damaged file: damaged ZIP: "),
    "padded.warc.gz": (FORMS["records.warc.gz"] + bytes(700), ": 700 bytes of zeros (padding) after the last record"),
    "padded.arc": (FORMS["plain.arc"] + bytes(700), "ARC record: 700 bytes of zeros (padding) after the last record"),
    "garbage.warc": (FORMS["plain.warc"] + b"<html>\n", ": 7 unknown bytes after the last record"),
    "garbage.warc.zst": (b"x" * 9 + FORMS["records.warc.zst"], "byte 0: damaged record: 9 unknown bytes instead of a"),
    "type.warc": (warc_record("respond", "https://a.example/", b"x"), "unknown WARC-Type 'respond'"),
    "part.warc": (warc_record("continuation", "https://a.example/", b"x"), "a part of a segmented record"),
    "version.warc": (warc_record("response", "https://a.example/", b"x", "1.7"), "invalid WARC header: 'WARC/1.7"),
    "no-dictionary.warc.zst": (
        checked(FORMS["plain.warc"], zstd.train_dict([bytes([n]) * 300 for n in range(60)], 1000)), "zstd: ",
    ),
    "other.wacz": (wacz({}), "damaged file: a ZIP without WARC or ARC files"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUTH)
def test_the_reason_for_damage_is_true(name: str, tmp_path: Path) -> None:
    content, reason = TRUTH[name]
    (path := tmp_path / name).write_bytes(content)
    _, errors = read(path)
    assert len(errors) == 1 or name == "cut.wacz", errors
    assert str(path) in errors[0]
    assert reason in errors[0]


def test_records_of_a_zip_without_its_end_are_read(tmp_path: Path) -> None:
    (path := tmp_path / "cut.wacz").write_bytes(FORMS["stored.wacz"][:-20])
    pages, errors = read(path)
    assert pages == EXPECTED
    assert errors


def test_an_encrypted_entry_is_reported(tmp_path: Path) -> None:
    data = bytearray(FORMS["stored.wacz"])
    at = 0
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1  # of the flags in the central directory
    (path := tmp_path / "a.wacz").write_bytes(data)
    pages, errors = read(path)
    assert pages == []
    assert f"{path}: damaged file: archive/data.warc.gz: encrypted" in errors


def test_only_the_damaged_record_is_lost(tmp_path: Path) -> None:
    for name in (
        "records.warc.gz",
        "records.warc.zst",
        "dictionary.warc.zst",
        "plain.warc",
        "plain.arc",
        "stored.wacz",
    ):
        data = bytearray(FORMS[name])
        at = len(data) // 2
        data[at : at + 3] = b"\0\0\0"
        (path := tmp_path / name).write_bytes(data)
        pages, errors = read(path)
        assert len(pages) >= len(EXPECTED) - 1, name
        assert len(errors) <= 2, errors


# Size --------------------------------------------------------------------------------------------------------------

PEAK = """
import sys
from pathlib import Path
from crawler.recordings.archives import Archives
number = sum(1 for _ in Archives([Path(sys.argv[1])]))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(number, peak)
"""


def peak(path: Path) -> tuple[int, int]:
    """Return the number of pages and the peak memory in MB of a process that reads the file."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(path)], capture_output=True, text=True, check=True)
    number, kilobytes = map(int, done.stdout.split())
    return number, kilobytes // 1024


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("form", ["gzip", "zstd", "deflated"])
def test_a_member_is_not_held_in_memory(form: str, tmp_path: Path) -> None:
    """100 MB of records in one member need no more memory than 2 MB."""
    body = random.Random(1).randbytes(2**20)
    record = warc_record("resource", "https://a.example/", body)
    peaks = []
    for number in (2, 100):
        path = tmp_path / f"{form}-{number}"
        records = (record for _ in range(number))
        if form == "gzip":
            with gzip.open(path, "wb", compresslevel=1) as file:
                file.writelines(records)
        elif form == "zstd":
            with zstd.open(path, "wb", level=1) as file:
                file.writelines(records)
        else:
            with (
                zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
                archive.open("archive/a.warc", "w") as file,
            ):
                file.writelines(records)
        found, memory = peak(path)
        assert found == number
        peaks.append(memory)
    assert peaks[1] < peaks[0] + 30, peaks


def test_a_large_record_in_a_member_is_reported(tmp_path: Path) -> None:
    large = warc_record("resource", "https://a.example/large", bytes(70 * 2**20))
    for name, compress in (("a.warc.gz", gzip.compress), ("a.warc.zst", checked)):
        records = warc_records(EXCHANGES[:1])
        (path := tmp_path / name).write_bytes(by_record([*records, large, *records], compress))
        pages, errors = read(path)
        assert pages == EXPECTED[:1] * 2
        assert [error.partition("damaged record: ")[2] for error in errors] == ["more than 67108864 bytes"]


def test_a_single_page_is_read_without_the_checksum_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path := tmp_path / "a.wacz").write_bytes(FORMS["stored-plain.wacz"])
    archives = Archives([path])
    for _ in archives.prepare():
        pass
    checked_bytes: list[int] = []
    crc32 = zlib.crc32

    def counted(data: bytes, start: int = 0) -> int:
        checked_bytes.append(len(data))
        return crc32(data, start)

    monkeypatch.setattr(zlib, "crc32", counted)
    assert archives.find("GET", EXCHANGES[0].url, b"") is not None
    assert sum(checked_bytes) < 1000
