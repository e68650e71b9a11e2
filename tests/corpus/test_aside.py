"""Files that are kept: each gets a name of its own, also if another process chooses one at the same time."""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.corpus.aside import move_aside, reserve
from crawler.corpus.check import check
from crawler.corpus.database import damage_marker
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.store import Store
from crawler.jobs.process import new_log
from tests.corpus.corpora import opened, put

A1 = "toy/2025/02/a1.md"


def check_and_fix(root: Path) -> list[str]:
    """Run `ledger check --fix` for the source; return the problems."""
    with closing(open_ledger(root / ".state", "")) as ledger:
        store = Store(root)
        found = check(store, ledger, open_hashes(root, ledger, "toy"), "toy", fix=True)
        return [finding.problem for finding in found]


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_each_run_of_check_keeps_what_earlier_runs_set_aside(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        put(corpus, "a1")
    damaged = [b"---\ntitle: %d" % number for number in range(4)]
    for data in damaged:
        (tmp_path / A1).write_bytes(data)
        check_and_fix(tmp_path)
    assert contents(tmp_path / ".state/set-aside") == damaged
    assert not (tmp_path / A1).exists()


def test_check_sets_files_aside_whose_paths_collide(tmp_path: Path) -> None:
    """A file with the number of another, a file with the name of a folder, and the longest name of a file."""
    with opened(tmp_path) as corpus:
        put(corpus, "a1")
    longest = "x" * 252 + ".md"
    rounds = [
        ["toy/2025/02/b.md", f"toy/2025/02/{longest}", "toy/2025/02/c.md"],
        ["toy/2025/02/b-2.md", "toy/2025/02/b.md", f"toy/2025/02/{longest}", "toy/2025/02/c.md/d.md"],
        ["toy/2025/02/b.md", "toy/2025/02/c.md/d.md"],
    ]
    written = []
    for number, paths in enumerate(rounds):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(b"%d %s" % (number, path.encode()))
            written.append((tmp_path / path).read_bytes())
        check_and_fix(tmp_path)
        assert not any((tmp_path / path).is_file() for path in paths)
    assert contents(tmp_path / ".state/set-aside") == sorted(written)


def test_ledgers_damaged_in_the_same_second_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda form: "20260101-000000")
    damaged = [b"damage %d " % number * 500 for number in range(4)]
    for data in damaged:
        (tmp_path / "ledger.db").write_bytes(data)
        open_ledger(tmp_path, "").close()
    names = [f"ledger.damaged-20260101-000000{number}.db" for number in ("", "-2", "-3", "-4")]
    assert [(tmp_path / name).read_bytes() for name in names] == damaged


def test_files_that_belong_together_keep_one_name(tmp_path: Path) -> None:
    """Files of SQLite; a log that an earlier file has left is not mistaken for one of theirs."""
    (tmp_path / "aside.db-wal").write_bytes(b"left by another")
    for number, endings in enumerate((("", "-wal"), ("",), ("", "-wal", "-shm"))):
        for ending in endings:
            (tmp_path / f"a.db{ending}").write_bytes(b"%d%s" % (number, ending.encode()))
        target = move_aside(tmp_path / "a.db", tmp_path / "aside.db", companions=("-wal", "-shm"))
        assert target.name == f"aside-{number + 2}.db"
        found = {path.name.removeprefix(target.name): path.read_bytes() for path in tmp_path.glob(f"{target.name}*")}
        assert found == {ending: b"%d%s" % (number, ending.encode()) for ending in endings}
    assert (tmp_path / "aside.db-wal").read_bytes() == b"left by another"


def test_marked_ledgers_of_one_second_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that finds damage in a file that can be opened marks it; the next run sets it aside."""
    monkeypatch.setattr(time, "strftime", lambda form: "20260101-000000")
    for number in range(3):
        open_ledger(tmp_path, "").close()
        with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
            connection.execute(f"CREATE TABLE number_{number} (a)")
        damage_marker(tmp_path / "ledger.db").touch()
        open_ledger(tmp_path, "").close()
    tables = set()
    for path in tmp_path.glob("ledger.damaged-*.db"):
        with closing(sqlite3.connect(path)) as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        tables |= {name for name in names if re.fullmatch("number_[0-9]", name)}
    assert tables == {"number_0", "number_1", "number_2"}


def test_marked_ledger_that_was_deleted_is_created(tmp_path: Path) -> None:
    open_ledger(tmp_path, "").close()
    (tmp_path / "ledger.db").unlink()
    damage_marker(tmp_path / "ledger.db").touch()
    open_ledger(tmp_path, "").close()
    assert not list(tmp_path.glob("ledger.damaged-*"))
    assert not damage_marker(tmp_path / "ledger.db").exists()


def test_logs_of_processes_with_the_same_id_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two containers that share a corpus have the same process ids."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    logs = [new_log(tmp_path / "logs", "toy", keep=20) for _ in range(5)]
    assert len({*logs}) == 5
    assert all(path.read_bytes() == b"" for path in logs)


def file(path: Path) -> None:
    path.write_bytes(b"in the way")


def dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("missing"))


@pytest.mark.parametrize("create", [file, Path.mkdir, dangling_link])
def test_name_that_is_taken_by_anything_stays(tmp_path: Path, create: Callable[[Path], object]) -> None:
    (tmp_path / "a.md").write_bytes(b"a")
    taken = tmp_path / "aside.md"
    create(taken)
    before = os.lstat(taken)
    assert move_aside(tmp_path / "a.md", taken) == tmp_path / "aside-2.md"
    assert os.lstat(taken).st_ino == before.st_ino
    assert (tmp_path / "aside-2.md").read_bytes() == b"a"


def test_processes_that_choose_at_once_get_different_names(tmp_path: Path) -> None:
    for number in range(60):
        (tmp_path / f"{number}.md").write_bytes(b"%d" % number)
    with ThreadPoolExecutor(8) as pool:
        targets = [*pool.map(lambda n: move_aside(tmp_path / f"{n}.md", tmp_path / "deep/aside/a.md"), range(60))]
    assert [path.read_bytes() for path in targets] == [b"%d" % number for number in range(60)]
    assert len([*(tmp_path / "deep/aside").iterdir()]) == 60


def test_failed_move_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move_aside(tmp_path / "missing.md", tmp_path / "aside/a.md")
    assert not [*(tmp_path / "aside").iterdir()]


@given(st.lists(st.text("ab一-2.", min_size=1, max_size=90).filter(lambda name: name.strip(".")), max_size=12))
def test_every_name_is_reserved_once(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        reserved = [reserve(Path(folder) / name) for name in names]
        assert len({*reserved}) == len(names)
        assert all(len(os.fsencode(path.name)) <= 255 for path in reserved)
