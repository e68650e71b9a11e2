"""Replaced files: their lines in the ledger, and the kept copies, also after kills."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.articles import Articles
from crawler.corpus.corpus import Corpus
from crawler.corpus.ledger import open_ledger
from crawler.corpus.replacements import Replacement, Replacements
from crawler.corpus.store import Store, digest
from crawler.corpus.takedown import take_down
from crawler.corpus.versions import versions_of
from tests.corpus.corpora import opened, put

A1 = "toy/2025/02/a1.md"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the ledger; "" for the SQLite file of the corpus."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


def versions(root: Path, url: str, name: str = "a1") -> list[Replacement]:
    with closing(open_ledger(root / ".state", url)) as ledger:
        return versions_of(Store(root), ledger, "toy", name)


def kept(root: Path) -> list[Path]:
    return sorted(path for path in (root / ".state/versions").rglob("*") if path.is_file())


def run(root: Path, url: str, *texts: str, keep: bool = True, date: str = "2025-02-11 08:00:00") -> list[bytes]:
    """Store "a1" with each of *texts* in a run of its own; return the bytes of the files."""
    found = []
    for text in texts:
        with opened(root, url, keep_versions=keep, overwrite_edited=True) as corpus:
            put(corpus, "a1", text, date)
        found.append((root / f"toy/{date[:4]}/{date[5:7]}/a1.md").read_bytes())
    return found


def test_replaced_files_are_kept_with_time_and_hash_in_the_name(tmp_path: Path, url: str) -> None:
    one, two, three = run(tmp_path, url, "One.", "Two.", "Three.")
    found = versions(tmp_path, url)
    assert [(line.old_hash, line.new_hash) for line in found] == [
        (digest(one), digest(two)), (digest(two), digest(three)),
    ]  # fmt: skip
    assert [(tmp_path / line.kept).read_bytes() for line in found] == [one, two]
    for path, data in zip((line.kept for line in found), (one, two), strict=True):
        assert re.fullmatch(rf"\.state/versions/toy/a1/20\d{{6}}T\d{{6}}Z-{digest(data)}\.md", path)
    assert len(kept(tmp_path)) == 2


def test_each_replacement_has_a_line_without_the_option(tmp_path: Path, url: str) -> None:
    one, two = run(tmp_path, url, "One.", "Two.", keep=False)
    assert [(line.old_hash, line.new_hash, line.kept) for line in versions(tmp_path, url)] == [
        (digest(one), digest(two), "")
    ]
    assert not (tmp_path / ".state/versions").exists()


def test_only_replacements_have_a_line(tmp_path: Path, url: str) -> None:
    run(tmp_path, url, "One.", "One.")
    (tmp_path / A1).unlink()
    run(tmp_path, url, "Two.")
    assert (versions(tmp_path, url), kept(tmp_path)) == ([], [])
    with opened(tmp_path, url, keep_versions=True) as corpus:
        (tmp_path / A1).write_bytes((tmp_path / A1).read_bytes() + b"my note\n")
        assert put(corpus, "a1", "Three.") == "edited"
    assert (versions(tmp_path, url), kept(tmp_path)) == ([], [])


def test_edited_and_moved_files_are_kept(tmp_path: Path, url: str) -> None:
    run(tmp_path, url, "One.")
    edited = (tmp_path / A1).read_bytes() + b"my note\n"
    (tmp_path / A1).write_bytes(edited)
    two = run(tmp_path, url, "Two.")[0]
    three = run(tmp_path, url, "Two.", date="2025-03-01")[0]
    found = versions(tmp_path, url)
    assert [(line.old_hash, line.new_hash) for line in found] == [
        (digest(edited), digest(two)), (digest(two), digest(three)),
    ]  # fmt: skip
    assert [(tmp_path / line.kept).read_bytes() for line in found] == [edited, two]
    assert not (tmp_path / A1).exists()


def test_text_that_comes_back_is_kept_once_and_has_a_line_each_time(tmp_path: Path, url: str) -> None:
    one, two, *_ = run(tmp_path, url, "One.", "Two.", "One.", "Two.", "One.")
    found = versions(tmp_path, url)
    assert [line.old_hash for line in found] == [digest(one), digest(two)] * 2
    assert {path.read_bytes() for path in kept(tmp_path)} == {one, two}
    assert len(kept(tmp_path)) == 2
    assert all(line.kept for line in found)


class Killed(BaseException):
    """The process ends here."""


def killed(root: Path, url: str, monkeypatch: pytest.MonkeyPatch, owner: object, method: str, text: str) -> None:
    """Store *text* in a run that is killed when it calls *method*."""

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, closing(Corpus(root, "toy", url, keep_versions=True)) as corpus:
        patch.setattr(owner, method, kill)
        with pytest.raises(Killed):
            put(corpus, "a1", text)


def fail_for_articles(monkeypatch: pytest.MonkeyPatch) -> None:
    replace: Callable[[Store, Path, bytes], None] = Store.replace

    def only_versions(self: Store, path: Path, data: bytes) -> None:
        if ".state" not in path.parts:
            raise Killed
        replace(self, path, data)

    monkeypatch.setattr(Store, "replace", only_versions)


@pytest.mark.parametrize("step", ["line", "file", "row"])
@pytest.mark.parametrize("again", ["Two.", "Three."])
def test_killed_replacement_is_recorded_once(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, step: str, again: str
) -> None:
    one = run(tmp_path, url, "One.")[0]
    if step == "file":
        with monkeypatch.context() as patch:
            fail_for_articles(patch)
            with closing(Corpus(tmp_path, "toy", url, keep_versions=True)) as corpus, pytest.raises(Killed):
                put(corpus, "a1", "Two.")
    else:
        owner, method = (Replacements, "put") if step == "line" else (Articles, "mark_written")
        killed(tmp_path, url, monkeypatch, owner, method, "Two.")
    between = (tmp_path / A1).read_bytes()
    assert (between == one) == (step != "row")
    assert [path.read_bytes() for path in kept(tmp_path)] == [one]  # durable before the file is replaced
    (tmp_path / ".state/versions/toy/a1/.left.tmp").write_bytes(b"half")
    last = run(tmp_path, url, again)[0]
    expected = [one] if last == between or step != "row" else [one, between]
    found = versions(tmp_path, url)
    assert [line.old_hash for line in found] == [digest(data) for data in expected]
    assert found[-1].new_hash == digest(last)
    assert sorted(path.read_bytes() for path in kept(tmp_path) if path.suffix == ".md") == sorted(expected)


def test_copies_are_listed_after_the_ledger_was_lost(tmp_path: Path) -> None:
    one, *_ = run(tmp_path, "", "One.", "Two.")
    [before] = versions(tmp_path, "")
    for path in (tmp_path / ".state").glob("ledger.db*"):
        path.unlink()
    [found] = versions(tmp_path, "")
    assert (found.old_hash, found.new_hash, found.kept) == (digest(one), "", before.kept)
    assert abs(found.replaced_at - before.replaced_at) <= 1


def test_deleted_copy_is_not_listed_as_kept_and_a_takedown_deletes_all(tmp_path: Path, url: str) -> None:
    run(tmp_path, url, "One.", "Two.", "Three.")
    kept(tmp_path)[0].unlink()
    assert sorted(bool(line.kept) for line in versions(tmp_path, url)) == [False, True]
    with closing(open_ledger(tmp_path / ".state", url)) as ledger:
        take_down(Store(tmp_path), ledger, "toy", "a1", "a court order")
    assert kept(tmp_path) == []
    assert [line.kept for line in versions(tmp_path, url)] == ["", ""]
