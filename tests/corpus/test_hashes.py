"""The lists of hashes beside the files, in the format of `sha256sum`."""

from __future__ import annotations

import subprocess
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.corpus import hashes as module
from crawler.corpus.hashes import Hashes
from crawler.corpus.store import digest

FOLDER = "toy/2025/02"
A1, A2 = f"{FOLDER}/a1.md", f"{FOLDER}/a2.md"


@pytest.fixture
def hashes(tmp_path: Path) -> Hashes:
    return Hashes(tmp_path, "toy")


def hashed(number: int) -> str:
    return digest(str(number).encode())


def file(hashes: Hashes, folder: str = FOLDER) -> Path:
    return hashes._all / folder


def test_all_hashes_of_a_path_are_listed_the_last_one_at_the_end(hashes: Hashes) -> None:
    for number in (1, 2):
        hashes.append(A1, hashed(number))
    hashes.append(A2, hashed(3))
    hashes.append("toy/2025/03/a1.md", hashed(4))
    hashes.append("toy/undated/a1.md", hashed(5))
    assert hashes.listed(FOLDER, {A1, f"{FOLDER}/a3.md"}) == {A1: [hashed(1), hashed(2)]}
    assert hashes.listed("toy/undated", {"toy/undated/a1.md"}) == {"toy/undated/a1.md": [hashed(5)]}
    assert hashes.listed("toy/2026/01", {A1}) == {}


@pytest.mark.parametrize("folder", ["toy", "toy/2025", "toy/2025/02/more", "toy/notes", "toy/../x"])
def test_folders_without_own_files_have_no_list(hashes: Hashes, folder: str) -> None:
    hashes.append(A1, hashed(1))
    assert hashes.listed(folder, {A1, f"{folder}/a1.md"}) == {}


def test_sha256sum_checks_a_list(tmp_path: Path, hashes: Hashes) -> None:
    for path, data in ((A1, b"one"), (A2, b"two")):
        hashes.append(path, digest(data))
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    command = ["sha256sum", "--strict", "--check", str(file(hashes))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == f"{A1}: OK\n{A2}: OK\n"


@settings(max_examples=25, deadline=None)  # each example syncs files
@given(st.integers(0, 200), st.integers(0, 200))
def test_partial_last_line_damages_no_other_line(
    tmp_path_factory: pytest.TempPathFactory, cut: int, later: int
) -> None:
    """A full disk or a kill cuts the last line anywhere, twice."""
    hashes = Hashes(tmp_path_factory.mktemp("corpus"), "toy")
    hashes.append(A1, hashed(1))
    for number, length in ((2, cut), (3, later)):
        size = file(hashes).stat().st_size
        hashes.append(A2, hashed(number))
        with file(hashes).open("ab") as opened:
            opened.truncate(min(size + length, file(hashes).stat().st_size))
    hashes.append(A1, hashed(4))
    assert hashes.listed(FOLDER, {A1}) == {A1: [hashed(1), hashed(4)]}
    assert set(hashes.listed(FOLDER, {A2}).get(A2, [])) <= {hashed(2), hashed(3)}


@settings(max_examples=25, deadline=None)  # each example syncs files
@given(st.binary(max_size=300))
def test_noise_in_a_list_is_skipped(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    hashes = Hashes(tmp_path_factory.mktemp("corpus"), "toy")
    hashes.append(A1, hashed(1))
    with file(hashes).open("ab") as opened:
        opened.write(noise)
    hashes.append(A2, hashed(2))
    assert hashes.listed(FOLDER, {A1, A2}) == {A1: [hashed(1)], A2: [hashed(2)]}


@settings(max_examples=25, deadline=None)  # each example syncs files
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=60), st.sampled_from([1, 7, 20_000]))
def test_compacted_list_keeps_the_last_hash_and_the_current_one(
    tmp_path_factory: pytest.TempPathFactory, appended: list[tuple[int, int]], part: int
) -> None:
    hashes = Hashes(tmp_path_factory.mktemp("corpus"), "toy")
    for name, number in appended:
        hashes.append(f"{FOLDER}/{name}.md", hashed(number))
    paths = {f"{FOLDER}/{name}.md" for name, _ in appended}
    before = hashes.listed(FOLDER, paths)
    current = {path: known[0] for path, known in before.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "PART", part)
        hashes.compact(FOLDER, lambda wanted: {path: current[path] for path in wanted})
    after = hashes.listed(FOLDER, paths)
    assert {path: known[-1] for path, known in after.items()} == {path: known[-1] for path, known in before.items()}
    assert all(current[path] in after[path] for path in paths)


def test_compaction_removes_superseded_lines(hashes: Hashes) -> None:
    for number in range(7):
        hashes.append(A1, hashed(number))
    hashes.append(A2, hashed(7))
    hashes.compact(FOLDER, lambda paths: {A1: hashed(2)})
    assert hashes.listed(FOLDER, {A1, A2}) == {A1: [hashed(2), hashed(6)], A2: [hashed(7)]}
    inode = file(hashes).stat().st_ino
    hashes.compact(FOLDER, lambda paths: {})
    assert file(hashes).stat().st_ino == inode  # too few superseded lines


def test_failed_compaction_keeps_the_list(hashes: Hashes) -> None:
    for number in range(7):
        hashes.append(A1, hashed(number))
    before = file(hashes).read_bytes()

    def fail(paths: object) -> dict[str, str]:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        hashes.compact(FOLDER, fail)
    assert [path.read_bytes() for path in file(hashes).parent.iterdir()] == [before]


def test_memory_of_a_compaction_does_not_grow_with_the_list(hashes: Hashes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 1000)
    lines = [f"{hashed(number)}  {FOLDER}/{number % 10_000}.md\n" for number in range(30_000)]
    file(hashes).parent.mkdir(parents=True)
    file(hashes).write_text("".join(lines))
    size = file(hashes).stat().st_size
    del lines
    tracemalloc.start()
    try:
        hashes.compact(FOLDER, lambda paths: {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert file(hashes).stat().st_size < size / 2
    assert peak < size / 3


def test_lists_are_created_from_rows(hashes: Hashes) -> None:
    assert not hashes.exist
    strange = ["toy/x.md", f"{FOLDER}/more/x.md", "other/2025/02/x.md", f"{FOLDER}/a\nb.md", f"{FOLDER}/x.txt", ""]
    rows = [(path, hashed(0)) for path in strange] + [(f"{FOLDER}/x.md", "unknown"), (f"{FOLDER}/y.md", "")]
    hashes.create([*rows, (A1, hashed(1)), ("toy/undated/u.md", hashed(2)), (A2, hashed(3))])
    assert hashes.exist
    found = {str(path.relative_to(hashes._all)): path.read_text() for path in hashes._all.rglob("*") if path.is_file()}
    assert found == {
        "toy/2025/02": f"{hashed(1)}  {A1}\n{hashed(3)}  {A2}\n",
        "toy/undated": f"{hashed(2)}  toy/undated/u.md\n",
    }


def test_interrupted_creation_is_repeated_from_the_start(hashes: Hashes) -> None:
    def interrupted() -> object:
        yield from ((f"{FOLDER}/{number}.md", hashed(number)) for number in range(module.BATCH + 1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hashes.create(interrupted())  # type: ignore[arg-type]
    assert not hashes.exist
    hashes.create([(A1, hashed(1))])
    assert file(hashes).read_text() == f"{hashed(1)}  {A1}\n"
    assert [path.name for path in hashes._all.iterdir()] == ["toy"]
