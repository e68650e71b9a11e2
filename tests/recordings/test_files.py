"""`archive_files` expands the value of REPLAY."""

from __future__ import annotations

import gzip
from pathlib import Path
from zipfile import ZIP_DEFLATED

import pytest

from crawler.recordings.files import archive_files
from tests.support.archive_forms import wacz, warc_record

RECORD = warc_record("resource", "https://a.example/", b"x")


def encrypted(archive: bytes) -> bytes:
    """Return a ZIP whose entries are marked as encrypted, in its directory and before each entry."""
    for mark, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        archive = b"".join(
            part if not number else mark + part[: at - 4] + bytes([part[at - 4] | 1]) + part[at - 3 :]
            for number, part in enumerate(archive.split(mark))
        )
    return archive


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("one.warc", "two, with a comma.warc", "under/three.warc", "under/deep/[4].warc"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(RECORD)
    (tmp_path / "under" / "five.gz").write_bytes(gzip.compress(RECORD))
    (tmp_path / "under" / "six").write_bytes(wacz({"archive/x.warc": RECORD}))
    (tmp_path / "under" / "seven.zip").write_bytes(wacz({"data/responses": gzip.compress(RECORD)}, ZIP_DEFLATED))
    (tmp_path / "under" / "notes.docx").write_bytes(wacz({"word/document.xml": b"<w/>", "archive.xml": b""}))
    (tmp_path / "under" / "secret.zip").write_bytes(encrypted(wacz({"text": b"x"})))
    (tmp_path / "under" / "README.txt").write_text("not an archive")
    (tmp_path / "under" / "index.cdx.gz").write_bytes(gzip.compress(b"example,a)/ 2026 {}"))
    (tmp_path / "empty").mkdir()
    return tmp_path


def names(place: str) -> list[str]:
    return [path.as_posix() for path in archive_files(place)]


UNDER = ["under/deep/[4].warc", "under/five.gz", "under/seven.zip", "under/six", "under/three.warc"]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("one.warc", ["one.warc"]),
        ("under", UNDER),
        ("under,one.warc", [*UNDER, "one.warc"]),
        ("one.warc, under/three.warc ,one.warc", ["one.warc", "under/three.warc"]),
        ("two, with a comma.warc", ["two, with a comma.warc"]),
        ("*.warc", ["one.warc", "two, with a comma.warc"]),
        ("under/deep/[4].warc", ["under/deep/[4].warc"]),
        ("**/[ot]*.warc", ["one.warc", "two, with a comma.warc", "under/three.warc"]),
        ("under/*/", ["under/deep/[4].warc"]),
        ("one.warc,./one.warc,under/../one.warc", ["one.warc"]),
    ],
)
def test_words_are_paths_folders_and_patterns(place: str, expected: list[str], folder: Path) -> None:
    assert names(place) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_list_has_a_path_or_pattern_a_line(encoding: str, newline: str, folder: Path) -> None:
    lines = ["# 归档", "", "one.warc", "  two, with a comma.warc  ", "under/t*.warc"]
    (folder / "list.txt").write_text(newline.join(lines), encoding=encoding)
    assert names("@list.txt") == ["one.warc", "two, with a comma.warc", "under/three.warc"]


def test_a_list_in_another_folder_has_paths_relative_to_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "under" / "list.txt").write_text("three.warc\ndeep\n")
    monkeypatch.chdir(folder / "empty")
    assert names("@../under/list.txt") == ["../under/three.warc", "../under/deep/[4].warc"]


@pytest.mark.parametrize(
    ("place", "messages"),
    [
        ("missing.warc", ["missing.warc: No such file"]),
        ("one.warc,missing.warc,none*.warc", ["missing.warc: No such file", "none*.warc matches no file"]),
        ("empty", ["empty is a folder without recorded pages or archives"]),
        ("under/README.txt", ["under/README.txt is not a WARC, ARC or WACZ file"]),
        ("under/notes.docx,under/secret.zip", ["notes.docx is not a WARC", "secret.zip is not a WARC"]),
        ("under/*.txt,under/index.cdx.gz", ["README.txt is not a WARC", "index.cdx.gz is not a WARC"]),
        ("@missing.txt", ["@missing.txt: No such file"]),
        ("@list.txt", ["@list.txt, line 2: ", "missing.warc", "No such file"]),
        ("zero", ["zero is empty"]),
        (" , ", ["no path is given"]),
    ],
)
def test_an_error_names_each_wrong_word(place: str, messages: list[str], folder: Path) -> None:
    (folder / "list.txt").write_text("one.warc\nmissing.warc\n")
    (folder / "zero").touch()
    with pytest.raises(ValueError, match=r".") as caught:
        archive_files(place)
    assert all(message in str(caught.value) for message in messages), caught.value


def test_a_damaged_file_with_the_name_of_an_archive_is_one(folder: Path) -> None:
    (folder / "damaged.warc.gz").write_bytes(b"\0" * 100)
    (folder / "empty.arc").touch()
    (folder / "no-name").write_bytes(b"\0" * 100 + gzip.compress(RECORD))
    assert names("damaged.warc.gz,empty.arc,no-name") == ["damaged.warc.gz", "empty.arc", "no-name"]


def test_a_damaged_zip_is_an_archive(folder: Path) -> None:
    data = wacz({"text": b"x"})
    damaged = {
        "cut.zip": data[:-10],
        "entry.zip": data.replace(b"PK\x03\x04", b"PK\x03\x05").replace(b"PK\x03\x05", b"PK\x03\x04", 1),
    }
    for name, content in damaged.items():
        (folder / "empty" / name).write_bytes(content)
    assert names("empty") == ["empty/cut.zip", "empty/entry.zip"]
