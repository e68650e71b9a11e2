"""Write the files of a GitBook: the index files from the ledger, and what HonKit needs to build the book."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from crawler.corpus.changes import Changes
from crawler.layouts import gitbook

# Files of the user after they are written once.
_PACKAGE = {
    "private": True,
    "scripts": {
        # HonKit leaves the pages of removed articles in _book.
        "build": "node -e \"fs.rmSync('_book', {recursive: true, force: true})\" && honkit build",
        "serve": "honkit serve",
    },
    "dependencies": {"honkit": "6.1.7", "honkit-plugin-press-corpus": "file:.honkit"},
}
_IGNORED = ".honkit\n.bookignore\n.pictures.json\npackage.json\npackage-lock.json\n"
_PLUGIN = ".honkit"
# The list that `gitbook.readme` writes below the name of the source.
_LIST = re.compile(r"\A(?:\n(?:\* \[[^\]\n]++\]\((?:[0-9]++/|undated/)++README\.md\) \([0-9]++\)\n)++)?\Z")


def write_book(changes: Changes) -> None:
    """Write SUMMARY.md and each README.md of the source of *changes*. Raises `LedgerError`, OSError.

    The README.md of the book stays if it has another form than the one that the crawler writes.
    """
    pages = changes.ledger.articles.dated(changes.source, "")
    start = len(changes.source) + 1
    entries = [gitbook.Entry(page.date[:10], page.title, page.path[start:]) for page in pages]
    indexes = {"SUMMARY.md": gitbook.summary(entries), **gitbook.readmes(entries)}
    readme = changes.store.root / changes.source / "README.md"
    if not os.path.lexists(readme) or _is_own(readme.read_text(encoding="utf-8", errors="replace"), changes.source):
        indexes["README.md"] = gitbook.readme(changes.source, entries)
    changes.write_indexes(indexes)


def prepare_book(changes: Changes) -> None:
    """Write what HonKit needs beside the pages, if it is missing: book.json, package.json, .bookignore and the plugin.

    Only the plugin, in the folder .honkit, is also replaced, by the one of this version. Raises OSError.
    """
    store, folder = changes.store, changes.store.root / changes.source
    book = {"title": changes.source, "language": "zh-hans", "plugins": ["press-corpus", "-lunr", "-search"]}
    texts = {"package.json": _json(_PACKAGE), ".bookignore": _IGNORED}
    if not os.path.lexists(folder / "book.js"):
        texts["book.json"] = _json(book)
    for name, text in texts.items():
        if not os.path.lexists(folder / name):
            store.replace(folder / name, text.encode())
    for part in list(store.folders(f"{changes.source}/{_PLUGIN}")):
        for leftover in list(store.leftovers(part)):
            leftover.unlink(missing_ok=True)
    for name, data in _plugin(files("crawler.layouts") / "honkit", _PLUGIN):
        file = folder / name
        if not file.is_file() or file.read_bytes() != data:
            store.replace(file, data)


def _is_own(text: str, source: str) -> bool:
    heading = f"# {source}\n"
    return text.startswith(heading) and bool(_LIST.match(text.removeprefix(heading)))


def _plugin(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path in the book and the content of each file of the HonKit plugin."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _plugin(entry, f"{path}/{entry.name}")
        else:
            yield f"{path}/{entry.name}", entry.read_bytes()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
