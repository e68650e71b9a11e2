"""Files of feeds: a row is written as a whole or not at all, and a partial last row is repaired."""

from __future__ import annotations

import csv
import errno
import io
import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.layouts.partial_rows import csv_end, jsonl_end
from crawler.pipelines.feed_files import FeedFileStorage

LINE = b'{"id": "x"}\n'
# Case -> format, a feed, and what stays of it
PARTIAL = {
    "half a row": ("jsonl", LINE + b'{"id": "y", "tit', LINE),
    "half a character": ("jsonl", LINE + b'{"id": "y", "title": "\xe4\xb8', LINE),
    "only half a row": ("jsonl", b'{"id', b""),
    "zeros": ("jsonl", LINE + b"\0\0\0\0", LINE),
    "blanks": ("jsonl", LINE + b"  ", LINE),
    "no line end": ("jsonl", LINE + LINE[:-1], LINE + LINE),
    "a long half row": ("jsonlines", LINE + b'{"id": "' + b"y" * 200_000, LINE),
    "a long row": ("jsonlines", LINE + b'"' + b"y" * 200_000 + b'"', LINE + b'"' + b"y" * 200_000 + b'"\n'),
    "empty": ("jsonl", b"", b""),
    "complete": ("jsonl", LINE, LINE),
    "inside quotes": ("csv", b'id,title\r\nx,"a\r\nb"\r\ny,"c\r\n', b'id,title\r\nx,"a\r\nb"\r\n'),
    "columns are missing": ("csv", b'id,title\r\nx,"a, ""b"""\r\ny', b'id,title\r\nx,"a, ""b"""\r\n'),
    "all columns": ("csv", b"id,title\r\nx,a\r\ny,b", b"id,title\r\nx,a\r\ny,b\r\n"),
    "half a header": ("csv", b"id,tit", b""),
    "complete table": ("csv", b"id,title\nx,a\n", b"id,title\nx,a\n"),
}


def append(path: Path, row: bytes, **options: Any) -> None:
    """Append *row* to the feed, as a run with `-o` does."""
    storage = FeedFileStorage(str(path), feed_options={"format": path.suffix[1:], **options})
    file: Any = storage.open(None)  # type: ignore[arg-type]  # the spider is not used
    file.write(row)
    storage.store(file)


@pytest.mark.parametrize("case", PARTIAL)
def test_partial_last_row_is_cut_or_completed(tmp_path: Path, case: str, caplog: pytest.LogCaptureFixture) -> None:
    name, before, kept = PARTIAL[case]
    path = tmp_path / f"feed.{name}"
    path.write_bytes(before)
    append(path, b"z\n")
    assert path.read_bytes() == kept + b"z\n"
    assert ("its last row was not complete" in caplog.text) == (not kept.startswith(before))


def test_feed_with_other_quotes_or_another_encoding_stays(tmp_path: Path) -> None:
    before = b"id,title\r\nx,'a"
    (tmp_path / "feed.csv").write_bytes(before)
    append(tmp_path / "feed.csv", b"z\r\n", item_export_kwargs={"quotechar": "'"})
    append(tmp_path / "feed.csv", b"z\r\n", encoding="utf-16")
    assert (tmp_path / "feed.csv").read_bytes() == before + b"z\r\nz\r\n"


VALUES = st.lists(
    st.tuples(st.text(max_size=8), st.sampled_from(['"', '",', "\r\n", "\n", ",", "=", "中", ""])), min_size=1
)


@given(VALUES, st.data())
def test_cut_csv_is_repaired_to_its_complete_rows(values: list[tuple[str, str]], data: st.DataObject) -> None:
    text = io.StringIO(newline="")
    ends = [0]
    for row in [("a", "b"), *values]:
        csv.writer(text).writerow(value.replace("\0", "") for value in row)
        ends.append(len(text.getvalue().encode("utf-8", "replace")))
    whole = text.getvalue().encode("utf-8", "replace")
    cut = data.draw(st.integers(0, len(whole)))
    end, ending = csv_end(io.BytesIO(whole[:cut]))
    last = max(position for position in ends if position <= cut)
    if ending:  # the last row has all columns, but its last value may be shorter
        assert end == cut > last >= ends[1]
        found = list(csv.reader(io.StringIO((whole[:cut] + ending).decode("utf-8", "ignore"), newline="")))
        assert all(len(row) == 2 for row in found)
    else:
        assert end == last


@given(st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9) | st.integers(), min_size=1)), st.data())
def test_cut_json_lines_are_repaired_to_complete_rows(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    lines = [json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n" for row in rows]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    end, ending = jsonl_end(io.BytesIO(whole[:cut]))
    repaired = whole[:end] + ending
    assert whole.startswith(repaired)
    assert repaired == b"" or repaired.endswith(b"\n")
    assert cut - len(repaired) < max(map(len, lines), default=1)


@pytest.mark.parametrize("name", ["feed.jsonl", "feed.json"])
@pytest.mark.parametrize("failing", [1, 2])
def test_row_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, name: str, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of the second row is written, then the disk is full; the third row follows the first."""
    path, write, calls = tmp_path / name, os.write, []

    def full(handle: int, data: bytes) -> int:
        calls.append(data)
        if len(calls) == 1 + failing:
            raise OSError(errno.ENOSPC, "full")
        return write(handle, data[: len(data) // 2] if len(calls) == failing else data)

    storage = FeedFileStorage(str(path), feed_options={"format": path.suffix[1:]})
    file: Any = storage.open(None)  # type: ignore[arg-type]
    monkeypatch.setattr(os, "write", full)
    written = b""
    for number in range(1, 4):
        row = b"row %d\n" % number
        file.write(row)
        if number == failing:
            with pytest.raises(OSError, match=f"full.*{name}"):
                file.flush()
        else:
            file.flush()
            written += row
    storage.store(file)
    assert path.read_bytes() == written
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_document_of_a_run_in_progress_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "feed.json"
    storage = FeedFileStorage(str(path), feed_options={"format": "json", "overwrite": True})
    first: Any = storage.open(None)  # type: ignore[arg-type]
    first.write(b"[1]")
    second: Any = storage.open(None)  # type: ignore[arg-type]
    second.write(b"[2]")
    storage.store(second)
    storage.store(first)
    assert path.read_bytes() == b"[1]"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_symbolic_link_and_mode_of_a_document_stay(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_bytes(b"old")
    (tmp_path / "real.json").chmod(0o640)
    (tmp_path / "feed.json").symlink_to("real.json")
    append(tmp_path / "feed.json", b" new")
    assert (tmp_path / "feed.json").is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"old new"
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o640
