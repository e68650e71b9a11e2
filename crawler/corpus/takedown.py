"""Take an article down: record its tombstone, then delete everything that the corpus keeps of it.

The order is safe against kills: the journal has the tombstone before a file is deleted, and a repeated takedown deletes
what is left. `press-corpus ledger check` reports the files that are left.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from crawler.corpus.book import write_book
from crawler.corpus.changes import Changes
from crawler.corpus.database import timestamp
from crawler.corpus.durable import sync
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.reconcile import reconcile
from crawler.corpus.removal_journal import Journal, agree_on_removals
from crawler.corpus.removals import Removal
from crawler.corpus.store import Store, is_article_folder
from crawler.corpus.versions import versions_folder
from crawler.layouts import identify

_SET_ASIDE = ".state/set-aside/"


@dataclass(frozen=True, slots=True)
class Takedown:
    """The result of `take_down`."""

    removal: Removal
    is_new: bool  # False: the article was removed before
    deleted: list[str]  # files and folders, relative to the corpus's root
    same_text: list[str]  # ids of other stored articles with the same title and body


def take_down(store: Store, ledger: Ledger, source: str, identifier: str, reason: str) -> Takedown:
    """Remove an article that has a row in the ledger. The caller holds the source's lock.

    *identifier* is the id as in the name of the file. Raises `LedgerError`, OSError.
    """
    agree_on_removals(store.root, ledger, source)
    hashes = open_hashes(store.root, ledger, source)
    reconcile(store, ledger, hashes, source)
    known = ledger.removals.of(source).get(identifier)
    removal = known or tombstone(ledger, source, identifier, reason)
    if not known:
        Journal(store.root, source).remove(removal)
        ledger.removals.add(removal)
    changes = Changes(store, ledger, hashes, source)
    deleted = list(left_files(store, ledger, removal))
    for path in deleted:
        changes.begin(path)
        delete(store, path)
    if (store.root / source / "SUMMARY.md").is_file() and changes.needs_indexes:
        write_book(changes)
    changes.finish()
    return Takedown(removal, not known, deleted, ledger.removals.with_content(removal))


def put_back(store: Store, ledger: Ledger, source: str, identifier: str) -> bool:
    """Reverse a takedown: the next run may fetch the article. Returns False if it is not removed.

    The caller holds the source's lock. Raises `LedgerError`, OSError.
    """
    agree_on_removals(store.root, ledger, source)
    if identifier not in ledger.removals.of(source):
        return False
    Journal(store.root, source).restore(identifier)
    ledger.removals.restore(source, identifier)
    return True


def left_files(store: Store, ledger: Ledger, removal: Removal) -> Iterator[str]:
    """Yield the files and folders of a removed article that still exist, relative to the root.

    These are its file and its pictures in any folder of the source, half-written copies of it, its kept versions, its
    files in `.state/set-aside/`, and its page in `.rejected/`. Raises `LedgerError`, OSError.
    """
    source, name = removal.source, removal.id
    for folder in store.folders(source):
        if os.path.lexists(store.root / folder / f"{name}.md"):
            yield f"{folder}/{name}.md"
        if is_article_folder(folder) and os.path.lexists(store.root / folder / name):
            yield f"{folder}/{name}"  # its pictures
        for path in store.leftovers(folder):
            if path.name.startswith(f".{name[:60]}."):
                yield f"{folder}/{path.name}"
    for folder in store.folders(f"{_SET_ASIDE}{source}"):
        paths = sorted(store.articles(folder))
        yield from (path for path in paths if _is_set_aside(store, ledger, removal, path))
        if is_article_folder(folder.removeprefix(_SET_ASIDE)) and os.path.lexists(store.root / folder / name):
            yield f"{folder}/{name}"
    if os.path.lexists(store.root / versions_folder(source, name)):
        yield versions_folder(source, name)
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(store.root / ".rejected" / source) as pages:
        yield from [f".rejected/{source}/{page.name}" for page in pages if _is_same_name(page.name, name)]


def delete(store: Store, path: str) -> None:
    """Delete a file or a folder (relative to the root) durably. A symbolic link is not followed. Raises OSError."""
    found = store.root / path
    if found.is_dir() and not found.is_symlink():
        shutil.rmtree(found)
    else:
        found.unlink(missing_ok=True)
    sync(found.parent)


def tombstone(ledger: Ledger, source: str, identifier: str, reason: str) -> Removal:
    """Return the tombstone of an article that has a row in the ledger. Raises `LedgerError`."""
    entry = ledger.articles.find(source, [identifier])[identifier]
    content = ledger.removals.content_of(source, identifier)
    return Removal(source, identifier, entry.url, timestamp(), reason, entry.date, content)


def _is_same_name(one: str, other: str) -> bool:
    """Return whether two names are of one article: equal, or `safe_name` and `ascii_name` with the same hash."""
    hashes = [re.findall(r"(?:^|-)([0-9a-f]{16})\Z", name) for name in (one, other)]
    return one == other or hashes[0] == hashes[1] != []


def _is_set_aside(store: Store, ledger: Ledger, removal: Removal, path: str) -> bool:
    """Return whether a file in `.state/set-aside/` is one of the removed article.

    `set_aside` adds numbers to names, so "a1-2.md" can be the second file of "a1" or the first of "a1-2". The URL in
    the file decides, or without one, whether the ledger has an article "a1-2".
    """
    stem = Path(path).stem
    numbered = re.match(r"\A(.+)-[0-9]+\Z", stem)
    if removal.id not in (stem, numbered and numbered[1]):
        return False
    try:
        url = identify((store.root / path).read_text(encoding="utf-8"))[2]
    except (OSError, ValueError):
        url = ""
    names = {stem, *(numbered.groups() if numbered else ())} - {removal.id}
    others = ledger.articles.find(removal.source, names)
    if url:
        return url == removal.url or url not in (other.url for other in others.values())
    return stem == removal.id or stem not in others
