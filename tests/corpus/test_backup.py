"""Backups: complete, consistent with their ledger while a run writes, and in place as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tarfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.corpus.backup import back_up, dump_command
from crawler.corpus.backup_target import TargetError
from crawler.corpus.check import check
from crawler.corpus.corpus import Corpus
from crawler.corpus.corpus_copy import CorpusCopy, Counts
from crawler.corpus.durable import append_line
from crawler.corpus.entries import OPEN
from crawler.corpus.errors import LedgerError
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.stable_file import read_stable
from crawler.corpus.store import Store
from crawler.corpus.takedown import take_down
from crawler.layouts import hugo
from tests.corpus.corpora import article, due, files, link, opened, put

NAMES = ("a1", "a2", "a3")
FORMS = ("copy", "copy.tar", "copy.tar.gz", "copy.tgz")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of a corpus with three articles, a takedown, kept pages, logs and files of the user."""
    root = tmp_path / "corpus"
    with opened(root, keep_versions=True) as corpus:
        corpus.add_open([link(name) for name in (*NAMES, "gone", "later")])
        for name in (*NAMES, "gone"):
            put(corpus, name)
        put(corpus, "a2", "Newer text.")
    with closing(open_ledger(root / ".state", "")) as ledger:
        take_down(Store(root), ledger, "toy", "gone", "a court order")
    for name, text in (
        (".state/logs/toy.log", "line\n"),
        (".rejected/toy/bad/page.json", "{}"),
        ("feed.jsonl", "{}\n"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "link.md").symlink_to("feed.jsonl")
    (root / "toy/2025/02/.a9.x.tmp").write_text("half")
    return root


def unpacked(path: Path) -> Path:
    """Return the folder of a backup; a tar file is unpacked."""
    if path.is_dir():
        return path
    folder = path.with_name("unpacked")
    with tarfile.open(path) as tar:
        tar.extractall(folder, filter="data")
    return folder


def make(root: Path, name: str = "copy", report: Callable[[Counts], None] = lambda counts: None) -> tuple[Path, Counts]:
    counts = back_up(root, root.parent / name, "", report)
    return unpacked(root.parent / name), counts


def findings(root: Path) -> list[str]:
    with closing(open_ledger(root / ".state", "")) as ledger:
        found = list(check(Store(root), ledger, open_hashes(root, ledger, "toy"), "toy"))
    return [f"{finding.problem}: {finding.path}" for finding in found]


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


@pytest.mark.parametrize("name", FORMS)
def test_backup_has_all_files_and_a_run_continues_there(root: Path, name: str) -> None:
    copy, counts = make(root, name)
    expected = names_in(root) - {"toy/2025/02/.a9.x.tmp"}
    expected = {name for name in expected if not name.endswith((".lock", "-wal", "-shm"))}
    assert names_in(copy) == expected
    assert counts.files == len(expected) - 1  # without the symbolic link
    for path in expected - {".state/ledger.db"}:
        assert (copy / path).read_bytes() == (root / path).read_bytes()
    assert (copy / "link.md").is_symlink()
    assert int((copy / "feed.jsonl").stat().st_mtime) == int((root / "feed.jsonl").stat().st_mtime)
    assert findings(copy) == []
    with opened(copy) as corpus:
        assert due(corpus) == ["later"]
        assert all(corpus.is_stored(link(name)) for name in NAMES)
        assert put(corpus, "gone") == "removed"
        assert [put(corpus, "a1"), put(corpus, "a2", "Newest text.")] == ["unchanged", "updated"]
        assert len(corpus.run_history()) == 2
    assert findings(root) == ["half-written: toy/2025/02/.a9.x.tmp"]
    assert [path.name for path in root.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", FORMS[:2])
def test_backup_during_a_run_is_the_corpus_at_the_time_of_its_ledger(
    root: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the ledger is copied, the run adds, changes, moves and deletes articles."""
    start = CorpusCopy.copy
    with opened(root) as corpus:
        for each, date in (
            ("early", "2024-05-05"),
            ("back", "2025-06-01"),
            ("forth", "2024-05-06"),
            ("lost", "2026-01-01"),
        ):
            put(corpus, each, date=date)

        def change(copy: CorpusCopy) -> Counts:
            put(corpus, "new")
            put(corpus, "a1", "Changed.")
            put(corpus, "back", "Moved back.", date="2023-01-01")
            put(corpus, "forth", "Moved forth.", date="2026-02-01")
            (root / "toy/2026/01/lost.md").unlink()
            shutil.rmtree(root / "toy/2026/01")
            (root / "toy/2024/05/early.md").unlink()
            return start(copy)

        monkeypatch.setattr(CorpusCopy, "copy", change)
        copy, counts = make(root, name)
    assert (counts.newer, counts.reopened) == (1, 2)
    assert set(files(copy)) == {
        "toy/2025/02/a1.md", "toy/2025/02/a2.md", "toy/2025/02/a3.md", "toy/2023/01/back.md", "toy/2026/02/forth.md",
    }  # fmt: skip
    assert b"Changed." in files(copy)["toy/2025/02/a1.md"]
    assert findings(copy) == []
    with opened(copy) as corpus:
        assert due(corpus) == ["early", "later", "lost"]
        for each, text, date in (("a1", "Changed.", "2025-02-11 08:00:00"), ("back", "Moved back.", "2023-01-01")):
            assert put(corpus, each, text, date) == "unchanged"
        assert put(corpus, "a1", "Changed again.") == "updated"  # its hash is known
        assert "killed" not in [run.reason for run in corpus.run_history()]  # the run in progress is not in the copy


@pytest.mark.parametrize("at", range(12))
def test_article_that_moves_at_any_moment_is_in_the_backup_once(root: Path, at: int) -> None:
    """The run writes the file in the new folder, then deletes the old one."""
    seen = 0
    with opened(root) as corpus:
        put(corpus, "back", date="2025-06-01")
        put(corpus, "forth", date="2024-05-06")

        def move(counts: Counts) -> None:
            nonlocal seen
            if seen == at:
                put(corpus, "back", "Moved back.", date="2024-01-01")
                put(corpus, "forth", "Moved forth.", date="2026-02-01")
                put(corpus, "a3", "Moved back from a folder with other files.", date="2024-02-01")
                (root / "toy/2025/02/a2.md").unlink()
            seen += 1

        copy, counts = make(root, report=move)
    assert findings(copy) == []
    found = [Path(path).stem for path in files(copy)]
    assert len(found) == len(set(found))
    missing = {"a1", "a2", "a3", "back", "forth"} - set(found)
    assert missing <= {"a2", "a3", "back", "forth"}
    assert counts.reopened == len(missing)
    with opened(copy) as corpus:
        assert set(due(corpus)) == {"later", *missing}


def test_file_without_a_row_of_an_idle_source_is_kept(root: Path) -> None:
    own = replace(article("own"), date="2025-02-10")
    path = root / "toy/2025/02/own.md"
    path.write_text(hugo.render(own))
    os.utime(path)
    time.sleep(0.15)  # longer than the resolution of the clock of files
    copy, counts = make(root)
    assert (copy / "toy/2025/02/own.md").is_file()
    assert counts.newer == 0
    with opened(copy) as corpus:
        assert corpus.is_stored(link("own"))


def test_killed_run_that_has_no_row_yet_is_not_in_the_backup(root: Path) -> None:
    with closing(Corpus(root, "toy")):  # holds the lock
        shutil.copy(root / "toy/2025/02/a1.md", root / "toy/2025/02/b1.md")
        copy, counts = make(root)
    assert not (copy / "toy/2025/02/b1.md").exists()
    assert counts.newer == 1


# Files that change ----------------------------------------------------------------------------------------------------


def test_growing_log_has_its_complete_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\nthr")
    with read_stable(path, tmp_path, 3, is_appended=True) as file:  # does not change now
        assert file
        assert file.data.read() == b"one\ntwo\nthr"


@pytest.mark.parametrize(("is_appended", "expected"), [(True, b"one\ntwo\n"), (False, None)])
def test_file_that_changes_during_each_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_appended: bool, expected: bytes | None
) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"one\ntwo\nthr")
    copy = shutil.copyfileobj

    def growing(source: object, target: object) -> None:
        copy(source, target)  # type: ignore[arg-type]
        with path.open("ab") as file:
            file.write(b"ee\nfour")

    monkeypatch.setattr(shutil, "copyfileobj", growing)
    with read_stable(path, tmp_path, 3, is_appended) as file:
        assert (file and file.data.read()[: file.size]) == expected


def test_hashes_and_logs_that_grow_are_copied_and_other_files_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "pages.warc").write_bytes(b"WARC/1.0\r\n")
    copy_file = shutil.copyfileobj

    def growing(source: object, target: object, *_: object) -> None:
        copy_file(source, target)  # type: ignore[arg-type]
        name = str(getattr(source, "name", ""))
        if name.endswith(("toy.log", "pages.warc")):
            append_line(Path(name), b"more")

    monkeypatch.setattr("crawler.corpus.stable_file.shutil.copyfileobj", growing)
    copy, counts = make(root)
    assert counts.changing == ["pages.warc"]
    assert (copy / ".state/logs/toy.log").read_bytes() == b"line\n"


def test_refused_page_that_is_replaced_has_the_files_of_one_attempt(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = root / ".rejected/toy/bad"
    copytree, times = shutil.copytree, []

    def replaced(source: Path, target: Path, **options: object) -> object:
        times.append(source)
        result = copytree(source, target, **options)  # type: ignore[arg-type]
        if len(times) == 1:
            shutil.rmtree(case)
            case.mkdir()
            (case / "page.2.json").write_text("{}")
        return result

    monkeypatch.setattr(shutil, "copytree", replaced)
    copy, counts = make(root)
    assert names_in(copy / ".rejected") == {"toy/bad/page.2.json"}
    assert counts.changing == []


# All or nothing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_failed_backup_leaves_nothing(root: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(counts: Counts) -> None:
        if counts.files == 4:
            raise OSError(28, "No space left on device")

    before = set(root.parent.iterdir())
    with pytest.raises(OSError, match="No space left"):
        back_up(root, root.parent / name, "", fail)
    assert set(root.parent.iterdir()) == before
    make(root, name)


def test_full_disk_while_the_ledger_is_copied_is_an_error_of_the_disk(root: Path, tmp_path: Path) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL

    class Full:
        def close(self) -> None: ...

        def backup(self, target: object) -> None:
            raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", lambda *_, **__: Full())
        with pytest.raises(OSError, match="No space left"):
            back_up(root, tmp_path / "copy", "", lambda counts: None)
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("corpus", "exists: choose a new name"),
        ("corpus/feed.jsonl", "exists: choose a new name"),
        ("corpus/copy", "is inside the corpus"),
        ("corpus/toy/copy.tar.gz", "is inside the corpus"),
        ("corpus/../alias/copy", "is inside the corpus"),
        ("nowhere/copy", "is not a folder: create it first"),
        ("copy.zip", "a backup is a folder, or a file whose name ends with"),
        ("copy.tar.xz", "a backup is a folder, or a file whose name ends with"),
        ("dangling", "exists: choose a new name"),
    ],
)
def test_wrong_targets(root: Path, name: str, message: str) -> None:
    (root.parent / "alias").symlink_to(root)
    (root.parent / "dangling").symlink_to("nothing")
    before = names_in(root)
    with pytest.raises(TargetError, match=message):
        back_up(root, root.parent / name, "", lambda counts: None)
    assert names_in(root) == before


def test_target_that_appears_meanwhile_is_not_replaced(root: Path) -> None:
    target = root.parent / "copy.tar"

    def create(counts: Counts) -> None:
        target.write_text("mine")

    with pytest.raises(FileExistsError):
        back_up(root, target, "", create)
    assert target.read_text() == "mine"


# Ledgers --------------------------------------------------------------------------------------------------------------


def test_damaged_ledger_is_reported(root: Path) -> None:
    (root / ".state/ledger.db").write_bytes(b"nothing" * 1000)
    with pytest.raises(LedgerError):
        make(root)
    assert not (root.parent / "copy").exists()


def test_sqlite_ledger_elsewhere_is_part_of_the_backup(tmp_path: Path) -> None:
    root, url = tmp_path / "corpus", f"sqlite:///{tmp_path}/other.db"
    with opened(root, url) as corpus:
        corpus.add_open([link("a1"), link("a2")])
        put(corpus, "a1")
    back_up(root, tmp_path / "copy", url, lambda counts: None)
    with opened(tmp_path / "copy") as corpus:
        assert due(corpus) == ["a2"]


@pytest.mark.xdist_group("postgres")
def test_postgresql_ledger_is_not_copied_and_takedowns_are_kept(tmp_path: Path, postgres: str) -> None:
    root = tmp_path / "corpus"
    with opened(root, postgres) as corpus:
        for name in NAMES:
            put(corpus, name)
    with closing(open_ledger(root / ".state", postgres)) as ledger:
        take_down(Store(root), ledger, "toy", "a3", "a court order")
    back_up(root, tmp_path / "copy", postgres, lambda counts: None)
    with opened(tmp_path / "copy") as corpus:
        assert [put(corpus, name) for name in NAMES] == ["unchanged", "unchanged", "removed"]
        assert list(corpus.ledger.articles.in_state("toy", OPEN)) == []


def test_dump_command_has_no_password() -> None:
    command = dump_command("postgresql+psycopg://me:secret@db.example:5433/ledger?password=other&host=/tmp/x")
    assert "secret" not in command
    assert "other" not in command
    assert command.startswith("pg_dump --format=custom --file=ledger.dump 'postgresql://me@db.example:5433/ledger")


def test_backup_from_before_a_takedown_gets_its_tombstone_from_the_journal(root: Path) -> None:
    copy, _ = make(root)
    with closing(open_ledger(root / ".state", "")) as ledger:
        take_down(Store(root), ledger, "toy", "a1", "a court order")
    shutil.copytree(root / ".state/removed", copy / ".state/removed", dirs_exist_ok=True)
    with closing(open_ledger(copy / ".state", "")) as ledger:
        hashes = open_hashes(copy, ledger, "toy")
        found = [finding.path for finding in check(Store(copy), ledger, hashes, "toy", fix=True)]
    assert found == ["toy/2025/02/a1.md"]
    assert findings(copy) == []
    with opened(copy) as corpus:
        assert put(corpus, "a1") == "removed"
