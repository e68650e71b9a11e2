"""After a power failure the ledger has no article whose file is lost: what is synced, and in which order."""

from __future__ import annotations

import errno
import os
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.articles import Articles
from crawler.corpus.corpus import Corpus
from crawler.corpus.durable import append_line, make_folder, replace_file, sync
from crawler.corpus.folder_times import Folders
from tests.corpus.corpora import put


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The calls that change the disk, in order; temporary files are shown as "tmp"."""
    events: list[str] = []

    def shown(path: Path) -> str:
        return "tmp" if path.suffix == ".tmp" else str(path.relative_to(tmp_path))

    fsync, replace, unlink, mark_written, set_times = (
        os.fsync, Path.replace, Path.unlink, Articles.mark_written, Folders.set_times,
    )  # fmt: skip

    def spy_fsync(handle: int) -> None:
        events.append(f"sync {shown(Path(f'/proc/self/fd/{handle}').readlink())}")
        fsync(handle)

    def spy_replace(path: Path, target: Path) -> Path:
        events.append(f"rename {shown(target)}")
        return replace(path, target)

    def spy_unlink(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".md":
            events.append(f"delete {shown(path)}")
        unlink(path, missing_ok)

    def spy_row(*arguments: object) -> None:
        events.append("row")
        mark_written(*arguments)  # type: ignore[arg-type]

    def spy_times(folders: Folders, times: dict[str, int]) -> None:
        events.append(f"folder times {times}")
        set_times(folders, times)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    monkeypatch.setattr(Path, "unlink", spy_unlink)
    monkeypatch.setattr(Articles, "mark_written", spy_row)
    monkeypatch.setattr(Folders, "set_times", spy_times)
    return events


def test_name_and_folders_are_synced_before_the_row(tmp_path: Path, events: list[str]) -> None:
    with closing(Corpus(tmp_path, "toy")) as corpus:
        events.clear()
        put(corpus, "a1")
        assert events == [
            "folder times {'toy/2025/02': 0}",
            "sync .state/hashes/toy", "sync .state/hashes", "sync .state", "sync .",
            "sync .state/hashes/toy/2025/02", "sync .state/hashes/toy/2025",
            "sync toy/2025", "sync toy", "sync .",
            "sync tmp", "rename toy/2025/02/a1.md", "sync toy/2025/02",
            "row",
        ]  # fmt: skip
        events.clear()
        put(corpus, "a2")
        assert events == [
            "sync .state/hashes/toy/2025/02",
            "sync tmp", "rename toy/2025/02/a2.md", "sync toy/2025/02",
            "row",
        ]  # fmt: skip


def test_folders_of_a_killed_run_are_synced(tmp_path: Path, events: list[str]) -> None:
    """The process that created them may have been killed before it synced them."""
    (tmp_path / "toy/2025/02").mkdir(parents=True)
    with closing(Corpus(tmp_path, "toy")) as corpus:
        put(corpus, "a1")
    assert {"sync toy/2025", "sync toy", "sync ."} <= {*events[: events.index("rename toy/2025/02/a1.md")]}


def test_times_of_both_folders_are_invalid_before_an_article_changes_its_month(
    tmp_path: Path, events: list[str]
) -> None:
    with closing(Corpus(tmp_path, "toy")) as corpus:
        put(corpus, "a1")
    with closing(Corpus(tmp_path, "toy")) as corpus:
        events.clear()
        put(corpus, "a1", date="2025-03-01")
    changes = [event for event in events if "sync" not in event]
    assert changes == [
        "folder times {'toy/2025/02': 0}",
        "folder times {'toy/2025/03': 0}",
        "rename toy/2025/03/a1.md",
        "row",
        "delete toy/2025/02/a1.md",
    ]


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF])
def test_file_system_that_cannot_sync_folders_is_usable(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def only_files(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").readlink().is_dir():
            raise OSError(code, "cannot sync a folder")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    make_folder(tmp_path / "a/b", tmp_path)
    replace_file(tmp_path / "a/b/file", [b"one", b"two"])
    assert (tmp_path / "a/b/file").read_bytes() == b"onetwo"


def test_errors_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error of a write has no name, that of a rename two."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError) as renamed:
        replace_file(tmp_path / "folder", [b"one"])
    assert str(renamed.value) == f"[Errno 21] Is a directory: '{tmp_path}/folder'"
    with pytest.raises(FileNotFoundError) as missing:
        append_line(tmp_path / "missing/file", b"one")
    assert str(missing.value) == f"[Errno 2] No such file or directory: '{tmp_path}/missing/file'"

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    for write in (lambda path: replace_file(path, [b"one"]), lambda path: append_line(path, b"one")):
        with pytest.raises(OSError, match=f"No space left on device: '{tmp_path}/file'$"):
            write(tmp_path / "file")


def test_other_errors_of_a_sync_are_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        sync(tmp_path)
