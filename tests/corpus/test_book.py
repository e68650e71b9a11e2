"""What a GitBook has beside its pages: files of the crawler are kept current, files of the user stay."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.book import prepare_book, write_book
from crawler.corpus.changes import Changes
from crawler.corpus.check import check
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.store import Store
from crawler.layouts import gitbook
from tests.corpus.corpora import article, opened
from tests.support.mirror import ROOT

PLUGIN = ROOT / "crawler/layouts/honkit"
OWN = ("book.json", "package.json", ".bookignore")


def write(root: Path, *names: str) -> None:
    """Store articles, and write all files of the book."""
    with opened(root) as corpus:
        for name in names:
            corpus.store(article(name), gitbook.render(article(name)))
        write_book(corpus.changes)
        prepare_book(corpus.changes)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return inode and content of each file in *folder*."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.stat().st_ino, path.read_bytes()) for path in files}


def test_book_has_the_plugin_and_the_files_that_honkit_needs(tmp_path: Path) -> None:
    write(tmp_path, "a1")
    book = tmp_path / "toy"
    config = json.loads((book / "book.json").read_text())
    assert config == {"title": "toy", "language": "zh-hans", "plugins": ["press-corpus", "-lunr", "-search"]}
    packages = json.loads((book / "package.json").read_text())["dependencies"]
    name = json.loads((PLUGIN / "package.json").read_text())["name"]
    assert packages[name] == "file:.honkit"
    assert name.removeprefix("honkit-plugin-") in config["plugins"]
    assert packages["honkit"][0].isdigit()  # a fixed version: the plugin replaces parts of HonKit
    assert (book / "README.md").read_text() == "# toy\n\n* [2025](2025/README.md) (1)\n"
    assert {path: data for path, (_, data) in contents(book / ".honkit").items()} == {
        path: data for path, (_, data) in contents(PLUGIN).items()
    }
    ignored = (book / ".bookignore").read_text().split()
    assert {path.name for path in book.iterdir()} - {*ignored} == {"2025", "README.md", "SUMMARY.md", "book.json"}


def test_second_run_writes_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a1")
    first = contents(tmp_path / "toy")
    write(tmp_path)
    assert contents(tmp_path / "toy") == first


def test_files_of_the_user_stay(tmp_path: Path) -> None:
    book = tmp_path / "toy"
    book.mkdir()
    (book / "README.md").write_text("# toy\n\n* my notes\n* [2025](2025/README.md) (1)\n")
    for name in OWN:
        (book / name).write_text("mine")
    write(tmp_path, "a1")
    assert {name: (book / name).read_text() for name in OWN} == dict.fromkeys(OWN, "mine")
    assert "my notes" in (book / "README.md").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "# My book\n\n* [2025](2025/README.md) (1)\n",
        "# toys\n\n* [2025](2025/README.md) (1)\n",
        "# My book\n",
        "# toy\n\n* [my notes](notes.md)\n",
        "# toy\n\n* [2025](2025/README.md) (1)\n\nMine.\n",
        "",
    ],
)
def test_a_readme_of_the_user_stays(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "toy/README.md"
    readme.parent.mkdir()
    readme.write_text(text)
    write(tmp_path, "a1")
    assert readme.read_text() == text


@pytest.mark.parametrize(
    "text", ["# toy\n", "# toy\n\n* [2024](2024/README.md) (2)\n* [undated](undated/README.md) (3)\n"]
)
def test_a_readme_of_the_crawler_is_replaced(tmp_path: Path, text: str) -> None:
    readme = tmp_path / "toy/README.md"
    readme.parent.mkdir()
    readme.write_text(text)
    write(tmp_path, "a1")
    assert readme.read_text() == "# toy\n\n* [2025](2025/README.md) (1)\n"


@pytest.mark.parametrize("name", OWN)
def test_a_link_of_the_user_stays(tmp_path: Path, name: str) -> None:
    book = tmp_path / "toy"
    book.mkdir()
    (book / name).symlink_to("not-yet-there")
    write(tmp_path, "a1")
    assert (book / name).is_symlink()
    assert not (book / name).exists()


def test_a_book_js_is_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy/book.js").write_text("module.exports = {}")
    write(tmp_path, "a1")
    assert not (tmp_path / "toy/book.json").exists()


def test_own_files_are_brought_up_to_date(tmp_path: Path) -> None:
    write(tmp_path, "a1")
    plugin = tmp_path / "toy/.honkit"
    (plugin / "index.js").write_text("of an earlier version")
    (plugin / "assets/book.css").unlink()
    (plugin / "assets/.book.css.1.tmp").write_text("half")
    write(tmp_path, "a2")
    assert {path: data for path, (_, data) in contents(plugin).items()} == {
        path: data for path, (_, data) in contents(PLUGIN).items()
    }
    assert (tmp_path / "toy/README.md").read_text() == "# toy\n\n* [2025](2025/README.md) (2)\n"


def test_missing_readme_of_the_book_is_written_again(tmp_path: Path) -> None:
    write(tmp_path, "a1")
    (tmp_path / "toy/README.md").unlink()
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        store = Store(tmp_path)
        assert Changes(store, ledger, open_hashes(tmp_path, ledger, "toy"), "toy").needs_indexes


def test_readme_of_a_book_without_pages_stays_one_of_the_crawler(tmp_path: Path) -> None:
    write(tmp_path)
    assert (tmp_path / "toy/README.md").read_text() == "# toy\n"
    write(tmp_path, "a1")
    assert "(1)" in (tmp_path / "toy/README.md").read_text()


def test_packages_and_the_built_book_are_not_part_of_the_corpus(tmp_path: Path) -> None:
    write(tmp_path, "a1")
    for folder in ("node_modules/honkit", "_book/2025"):
        (tmp_path / "toy" / folder).mkdir(parents=True)
        (tmp_path / "toy" / folder / "notes.md").write_text("# Not an article\n")
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        found = list(check(Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy"), "toy", fix=True))
    assert found == []
    assert len(list((tmp_path / "toy").rglob("notes.md"))) == 2
