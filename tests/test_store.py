"""Files appear whole, in their place, once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.store import Store, safe_name


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_an_article_lies_under_its_source_year_and_month(store: Store) -> None:
    assert store.write("demo", "a1", "2025-02-11 22:17:09", "text\n") == "written"
    assert (store.root / "demo/2025/02/a1.md").read_text() == "text\n"


def test_the_same_text_again_leaves_the_file_alone(store: Store) -> None:
    store.write("demo", "a1", "2025-02-11", "text\n")
    before = store.path("demo", "a1", "2025-02-11").stat()
    assert Store(store.root).write("demo", "a1", "2025-02-11", "text\n") == "unchanged"
    after = store.path("demo", "a1", "2025-02-11").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_another_text_replaces_the_file(store: Store) -> None:
    store.write("demo", "a1", "2025-02-11", "text\n")
    assert store.write("demo", "a1", "2025-02-11", "better\n") == "updated"
    assert store.path("demo", "a1", "2025-02-11").read_text() == "better\n"


def test_an_article_whose_month_changes_moves_and_is_there_once(store: Store) -> None:
    store.write("demo", "a1", "2025-02-28", "text\n")
    assert Store(store.root).write("demo", "a1", "2025-03-01", "text\n") == "updated"
    assert [path.parent.name for path in store.root.rglob("a1.md")] == ["03"]


def test_what_lies_there_is_known_to_the_next_run(store: Store) -> None:
    store.write("demo", "a1", "2025-02-11 22:17:09", '---\ntitle: "t"\ndate: "2025-02-11 22:17:09"\n---\n')
    later = Store(store.root)
    assert later.find("demo", "a1") == store.path("demo", "a1", "2025-02-11")
    assert later.date("demo", "a1") == "2025-02-11 22:17:09"
    assert later.find("demo", "a2") is None
    assert later.date("demo", "a2") == ""
    assert later.find("other", "a1") is None


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write("demo", "a1", "2025-02-11", "old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.write("demo", "a1", "2025-02-11", "new\n")
    assert [path.read_text() for path in store.root.rglob("*") if path.is_file()] == ["old\n"]


def test_nothing_is_written_through_a_link_out_of_the_corpus(
    store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (store.root / "demo").symlink_to(outside)
    with pytest.raises(OSError, match="leads out of"):
        store.write("demo", "a1", "2025-02-11", "text\n")
    assert list(outside.rglob("*.md")) == []


@pytest.mark.parametrize(
    "identifier", ["../../etc/passwd", "con", "a/b", "新闻" * 200, "", ".hidden", "x\0y", "\ud83d"]
)
def test_a_hostile_id_becomes_a_harmless_name(store: Store, identifier: str) -> None:
    store.write("demo", identifier, "2025-02-11", "text\n")
    [path] = [path for path in store.root.rglob("*") if path.is_file()]
    assert path.parent == store.root / "demo/2025/02"
    assert store.find("demo", identifier) == path


@given(st.text(), st.text())
def test_names_are_short_plain_and_differ_as_ids_differ(one: str, other: str) -> None:
    assert safe_name(one).isascii()
    assert 1 <= len(safe_name(one)) <= 100
    assert (safe_name(one) == safe_name(other)) == (one == other)
