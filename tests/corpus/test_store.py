"""Files are written atomically, in their folder, under safe names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.corpus.store import Store, ascii_name, safe_name


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "output")


def files(store: Store) -> list[Path]:
    return [path for path in store.root.parent.rglob("*") if path.is_file()]


def test_place_is_source_year_and_month(store: Store) -> None:
    assert store.place("demo", "a1", "2025-02-11 22:17:09") == "demo/2025/02/a1.md"


def test_replace_overwrites_and_makes_the_file_readable(store: Store) -> None:
    path = store.root / store.place("demo", "a1", "2025-02-11")
    store.replace(path, b"one")
    store.replace(path, b"other")
    assert path.read_bytes() == b"other"
    assert path.stat().st_mode & 0o777 == 0o644
    assert files(store) == [path]
    assert [store.root / found for found in store.articles("demo/2025/02")] == [path]


def test_failed_write_keeps_the_old_file_and_leaves_no_temporary_file(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.root / store.place("demo", "a1", "2025-02-11")
    store.replace(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.replace(path, b"new")
    assert [path.read_bytes() for path in files(store)] == [b"old"]


def test_replace_does_not_follow_a_symlink_of_the_source_folder(store: Store) -> None:
    outside = store.root.parent / "outside"
    outside.mkdir()
    store.root.mkdir()
    (store.root / "demo").symlink_to(outside)
    with pytest.raises(OSError, match="leads out of"):
        store.replace(store.root / store.place("demo", "a1", "2025-02-11"), b"text")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("place", ["demo/2025", "demo/2025/02", "demo/2025/02/a1.md"])
def test_replace_does_not_follow_a_symlink_deeper_in_the_corpus(store: Store, place: str) -> None:
    outside = store.root.parent / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"old")
    link = store.root / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / "file" if place.endswith(".md") else outside)
    with pytest.raises(OSError, match="leads out of"):
        store.replace(store.root / store.place("demo", "a1", "2025-02-11"), b"text")
    assert [path.read_bytes() for path in outside.iterdir()] == [b"old"]


@pytest.mark.parametrize(
    "identifier",
    [
        "../../etc/passwd", "..", "/etc/passwd", "a/b", "x\\y", "新闻" * 200, "a" * 255, "", ".hidden", "x\0y",
        "\ud83d", "README", "con", "a b", "x.md", "-rf", "\u202e", "é",
    ],
)  # fmt: skip
def test_hostile_ids_become_safe_names(store: Store, identifier: str) -> None:
    path = store.root / store.place("demo", safe_name(identifier), "2025-02-11")
    store.replace(path, b"text")
    assert files(store) == [path]
    assert path.parent == store.root / "demo/2025/02"
    assert path.name not in ("README.md", "con.md")
    assert len(os.fsencode(path.name)) <= 120


@given(st.text("aAbB1_-", min_size=1), st.text("aAbB1_-", min_size=1))
def test_names_differ_in_more_than_case(one: str, other: str) -> None:
    if one != other and not {one, other} <= {one.lower(), one.upper()}:  # see `safe_name`
        assert safe_name(one).lower() != safe_name(other).lower()


@given(st.text(), st.text())
def test_names_are_short_plain_and_unique(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_\u3400-\u9fff-]{1,113}", safe_name(one))
    assert len(safe_name(one).encode()) <= 113
    assert (safe_name(one) == safe_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("identifier", "readable"),
    [
        ("副刊/春天来了。-txt", "副刊-春天来了-txt"),
        ("20250205-A08_要闻%20春天%28一%29-txt", "20250205-A08_要闻-春天-一-txt"),
        ("字" * 50, "字" * 32),
        ("%e6%98%a5%e5%a4%a9-%ff", "春天"),
        ("é/é", ""),
    ],
)
def test_names_keep_the_readable_part_of_chinese_ids(identifier: str, readable: str) -> None:
    name = safe_name(identifier)
    assert re.fullmatch(f"{readable}-?[0-9a-f]{{16}}", name)
    assert name[-16:] == ascii_name(identifier)[-16:]


def test_safe_name_differs_for_ids_that_differ_only_in_case() -> None:
    """Hugo builds one page for file names that differ only in case."""
    assert safe_name("aBc1").lower() != safe_name("abc1")
    assert safe_name("20250211A08TG500") == "20250211A08TG500"


@pytest.mark.parametrize("name", ["SUMMARY", "summary", "Con", "nul", "COM1", "lpt9"])
def test_safe_name_avoids_reserved_names(name: str) -> None:
    assert safe_name(name).startswith(f"{name}-")
