"""The key `same_as` in stored files: the bytes are those of a run, and edited files stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crawler.corpus.changes import Changes
from crawler.corpus.check import check
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.store import Store
from crawler.data.near_duplicates import same_as, update_near_duplicates
from crawler.data.same_as_key import Written, write_same_as
from crawler.items import Article
from crawler.layouts import hugo
from tests.data.corpora import put, run
from tests.data.stories import Writer

STORY = Writer(4).text()
EXTRA = ("author", "same_as", "tags", "keywords", "fetched")


def article(name: str, markdown: str = STORY, fetched: str = "f") -> Article:
    return Article(
        source="toy", id=name, url=f"http://toy.example/a/{name}.html", title='About "it": x', date="2025-02-12",
        markdown=markdown, summary="---", author="某人", keywords=("same_as: x", "灯"), fetched=fetched,
    )  # fmt: skip


def filled(root: Path, url: str, *names: str) -> None:
    """Store an article of another source, and later articles with the same text."""
    put(root, url, "other", "b1", STORY, "2025-02-11")
    for number, name in enumerate(names):
        fetch(root, url, name, number, extra=("author",))


def fetch(root: Path, url: str, name: str, number: int, extra: tuple[str, ...] = EXTRA) -> str:
    """Store the article as a run with these extra keys does, and return the outcome."""
    with run(root, url, "toy") as corpus:
        fetched = article(name, f"{STORY}\n\n第{number}版", f"2025-02-13 08:00:0{number}")
        return corpus.store(fetched, hugo.render(fetched, extra, corpus.same_as(fetched)))


@pytest.mark.parametrize("extra", [EXTRA, ("same_as",), ("same_as", "author"), ("author", "keywords", "same_as")])
def test_the_bytes_are_those_of_a_run(extra: tuple[str, ...]) -> None:
    without = hugo.render(article("a1"), tuple(name for name in extra if name != "same_as"))
    for value in ("other/b1", ""):
        expected = hugo.render(article("a1"), extra, value)
        assert hugo.with_same_as(without, value, extra) == expected
        assert hugo.with_same_as(hugo.render(article("a1"), extra, "old"), value, extra) == expected
        assert hugo.load(expected)[0]["same_as"] == value


def test_files_get_the_key_and_are_not_taken_for_edited(tmp_path: Path, url: str, ledger: Ledger) -> None:
    store = Store(tmp_path)
    filled(tmp_path, url, "a1", "a2")
    fetch(tmp_path, url, "a2", 1)  # now with all keys
    edited = tmp_path / "toy/2025/02/a2.md"
    assert hugo.load(edited.read_text(encoding="utf-8"))[0]["same_as"] == ""
    edited.write_text(edited.read_text(encoding="utf-8") + "\n一行\n", encoding="utf-8")
    update_near_duplicates(store, ledger)
    before = edited.read_bytes()
    assert write_same_as(store, ledger, "toy", EXTRA) == Written(written=1, unchanged=0, edited=1)
    assert edited.read_bytes() == before
    written = tmp_path / "toy/2025/02/a1.md"
    assert hugo.load(written.read_text(encoding="utf-8"))[0]["same_as"] == "other/b1"
    assert write_same_as(store, ledger, "toy", EXTRA) == Written(written=0, unchanged=1, edited=1)
    found = list(check(store, ledger, open_hashes(tmp_path, ledger, "toy"), "toy"))
    assert [(each.problem, each.path) for each in found] == [
        ("edited by hand, not overwritten", "toy/2025/02/a2.md")
    ]  # fmt: skip
    # The articles are changed for those who read the corpus, but their signatures are not.
    update_near_duplicates(store, ledger)
    assert same_as(ledger, "toy") == {"a1": "other/b1", "a2": "other/b1"}


def test_a_later_fetch_writes_the_same_bytes(tmp_path: Path, url: str, ledger: Ledger) -> None:
    store, path = Store(tmp_path), tmp_path / "toy/2025/02/a1.md"
    filled(tmp_path, url)
    assert fetch(tmp_path, url, "a1", 0) == "written"
    update_near_duplicates(store, ledger)
    assert write_same_as(store, ledger, "toy", EXTRA).written == 1
    before = path.read_bytes()
    assert fetch(tmp_path, url, "a1", 0) == "unchanged"
    assert path.read_bytes() == before


@pytest.mark.parametrize("step", ["changes.write", "articles.set"])
def test_a_kill_leaves_files_of_the_crawler(
    tmp_path: Path, url: str, ledger: Ledger, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    filled(tmp_path, url, "a1")
    update_near_duplicates(store, ledger)

    def killed(*_words: Any, **_values: Any) -> None:
        raise KeyboardInterrupt

    owner = Changes if step == "changes.write" else type(ledger.articles)
    with monkeypatch.context() as patched:
        patched.setattr(owner, step.partition(".")[2], killed)
        with pytest.raises(KeyboardInterrupt):
            write_same_as(store, ledger, "toy", EXTRA)
    assert write_same_as(store, ledger, "toy", EXTRA).edited == 0
    assert hugo.load((tmp_path / "toy/2025/02/a1.md").read_text(encoding="utf-8"))[0]["same_as"] == "other/b1"
    assert list(check(store, ledger, open_hashes(tmp_path, ledger, "toy"), "toy")) == []


def test_other_layouts_and_damaged_files_stay(tmp_path: Path, url: str, ledger: Ledger) -> None:
    put(tmp_path, url, "toy", "a1", STORY, layout="gitbook")
    put(tmp_path, url, "toy", "a2", STORY + "完")
    (tmp_path / "toy/2025/02/a2.md").write_bytes(b"\xff")
    before = (tmp_path / "toy/2025/02/a1.md").read_bytes()
    update_near_duplicates(Store(tmp_path), ledger)
    assert write_same_as(Store(tmp_path), ledger, "toy", EXTRA) == Written()
    assert (tmp_path / "toy/2025/02/a1.md").read_bytes() == before
