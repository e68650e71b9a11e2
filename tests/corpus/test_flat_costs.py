"""Memory and statements of reconciliation and check do not grow with the number of files."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.articles import OPEN, WRITTEN
from crawler.corpus.check import check
from crawler.corpus.hashes import Hashes, open_hashes
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.reconcile import agree, rebuild, reconcile
from crawler.corpus.store import Store
from crawler.layouts import hugo
from tests.corpus.corpora import article

FOLDERS = ["toy/2025/02", "toy/undated"]


def fill(root: Path, number: int) -> None:
    """Write *number* files into each of `FOLDERS`, without syncs."""
    text = hugo.render(article("NAME", date="2025-02-11"))
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
        for index in range(number):
            name = f"{folder[-1]}{index:06}"
            (root / folder / f"{name}.md").write_text(text.replace("NAME", name))


def peak(work: Callable[[], object]) -> int:
    """Return the peak memory of *work* in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Store, Ledger, Hashes]]:
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        yield Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy")


@pytest.mark.slow
def test_memory_is_flat(opened: tuple[Store, Ledger, Hashes], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    store, ledger, hashes = opened
    fill(store.root, 3000)
    rebuild(store, ledger, hashes, "toy")  # also fills caches
    works: dict[str, Callable[[], object]] = {
        "rebuild": lambda: rebuild(store, ledger, hashes, "toy"),
        "agree": lambda: [agree(store, ledger, folder) for folder in FOLDERS],
        "check": lambda: list(check(store, ledger, hashes, "toy")),
        "lists": lambda: Hashes(store.root, "copy").create(
            (entry.path, entry.file_hash) for entry in ledger.articles.in_state("toy", WRITTEN)
        ),
        "lost": lambda: reconcile(store, ledger, hashes, "toy"),
    }
    few = {name: peak(work) for name, work in works.items() if name != "lost"}
    for folder in FOLDERS:
        (store.root / folder).rename(store.root / f"old-{folder[-1]}")
    few["lost"] = peak(works["lost"])
    assert sum(1 for _ in ledger.articles.in_state("toy", OPEN)) == 6000
    fill(store.root, 9000)
    many = {name: peak(work) for name, work in works.items() if name != "lost"}
    for folder in FOLDERS:
        (store.root / folder).rename(store.root / f"older-{folder[-1]}")
    many["lost"] = peak(works["lost"])
    growth = {name: (many[name] - few[name]) / 12_000 for name in works}  # bytes for each additional file
    assert max(growth.values()) < 60, growth


def test_agree_compares_names(opened: tuple[Store, Ledger, Hashes]) -> None:
    store, ledger, hashes = opened
    fill(store.root, 3)
    rebuild(store, ledger, hashes, "toy")
    folder, path = FOLDERS[0], store.root / FOLDERS[0] / "2000001.md"
    assert agree(store, ledger, folder)
    path.rename(path.with_name("2000009.md"))
    assert not agree(store, ledger, folder)
    path.with_name("2000009.md").rename(path)
    assert agree(store, ledger, folder)
    ledger.articles.reopen("toy", ["2000000"])
    assert not agree(store, ledger, folder)
    path.with_name("2000000.md").unlink()
    assert agree(store, ledger, folder)
    path.unlink()
    path.mkdir()
    assert not agree(store, ledger, folder)
    assert agree(store, ledger, "toy/2030/01")
