"""The pictures of stored articles: which are missing, their files, and the links in the articles.

The order is safe against kills: the file of a picture, then its row in the ledger, then the article that links it. So
each link has a target, and the next run continues with the pictures that are not linked yet.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from crawler.corpus.changes import Changes
from crawler.corpus.entries import WRITTEN, LedgerEntry
from crawler.corpus.picture_files import (
    Addresses,
    copy_pictures,
    delete_copies,
    picture_folder,
    picture_name,
    picture_names,
    read_addresses,
    with_local_links,
    with_original_links,
    write_addresses,
    write_picture,
)
from crawler.corpus.picture_table import FAILED, ON_DISK, OPEN, Picture
from crawler.corpus.store import digest
from crawler.corpus.versions import record_replacement
from crawler.layouts import split_body
from crawler.markdown.picture_links import picture_addresses

Linked = Literal["linked", "unchanged", "edited", "missing"]
_BATCH = 200  # files read between two pauses of `find`


@dataclass(frozen=True, slots=True)
class PendingArticle:
    """A stored article with pictures to request (none: only its links are to be written)."""

    id: str  # as in the name of the file
    url: str
    pictures: list[Picture]
    is_edited: bool  # by hand: the file would stay as it is


class ArticlePictures:
    """The pictures of the source of *changes*. All methods raise `LedgerError`, OSError.

    *retry_pause* is a factor for the delays before a failed picture is requested again. Without *overwrite_edited*,
    files that were edited by hand keep their addresses.
    """

    def __init__(self, changes: Changes, retry_pause: float, overwrite_edited: bool) -> None:
        self._changes, self._store, self._ledger = changes, changes.store, changes.ledger
        self._source = changes.source
        self._pause, self._overwrite_edited = retry_pause, overwrite_edited
        self._table = changes.ledger.pictures
        self._has_any = self._table.has_any(self._source)

    def note(self, identifier: str, path: str, addresses: list[str]) -> None:
        """Record the pictures of an article with the file *path*, before it is marked as written.

        The pictures that have lost their files are open again.
        """
        if addresses or self._has_any:
            self._has_any = True
            self._reopen_lost(identifier, path)
            self._table.set_addresses(self._source, identifier, addresses)

    def names(self, identifier: str, path: str) -> dict[str, str]:
        """Return the names of the pictures of an article that exist beside its file *path*, by address."""
        if not self._has_any:
            return {}
        rows = [row for row in self._table.of(self._source, identifier).values() if row.state in ON_DISK]
        files = picture_names(self._store, picture_folder(path)) if rows else set()
        return {row.address: row.name for row in rows if row.name in files}

    def find(self, wants: Callable[[str], bool]) -> Iterator[int]:
        """Record the pictures of all stored articles that *wants* accepts by their addresses.

        Those that have lost their files are open again, and the articles get their original addresses. Yields the
        number of articles read so far from time to time.
        """
        for number, (picture, path) in enumerate(self._table.on_disk(self._source), start=1):
            if not (self._store.root / path).is_file():
                self.link(picture.id)
            if number % _BATCH == 0:
                yield 0
        number, entries = 0, self._ledger.articles.in_state(self._source, WRITTEN)
        while batch := list(islice(entries, _BATCH)):
            self._table.add_open(
                self._source, ((entry.id, each) for entry in batch for each in self._addresses(entry) if wants(each))
            )
            number += len(batch)
            yield number
        self._has_any = self._table.has_any(self._source)

    def _addresses(self, entry: LedgerEntry) -> list[str]:
        local = f"{Path(entry.path).stem}/"
        found = picture_addresses(split_body(self._text(entry)[1])[1])
        return [address for address in found if not address.startswith(local)]

    def pending(self) -> Iterator[PendingArticle]:
        """Yield the articles with pictures to request or to link, in the order of their ids."""
        for identifier in self._table.due(self._source):
            entry = self._ledger.articles.find(self._source, [identifier]).get(identifier)
            data, text = self._text(entry) if entry and entry.state == WRITTEN else (b"", "")
            if not entry or not text:
                continue
            now, rows = time.time(), self._table.of(self._source, identifier).values()
            due = [
                row
                for row in rows
                if row.state == OPEN or (row.state == FAILED and row.retry_at and row.retry_at <= now)
            ]
            is_edited = not (self._overwrite_edited or self._is_own(entry, data))
            yield PendingArticle(identifier, entry.url, due, is_edited)

    def write(self, identifier: str, address: str, data: bytes, ending: str) -> None:
        """Write the file of a picture, and record it. The article links it after `link`."""
        entry = self._ledger.articles.find(self._source, [identifier])[identifier]
        folder, sha256 = picture_folder(entry.path), digest(data)
        rows = self._table.of(self._source, identifier)
        addresses = _by_name(row for row in rows.values() if row.address != address)
        name = picture_name(sha256, ending)
        addresses[name] = [*addresses.get(name, ()), address]
        self._changes.begin(entry.path)
        write_addresses(self._store, folder, addresses)
        write_picture(self._store, f"{folder}/{name}", data, self._table.same_bytes(sha256))
        self._table.put(self._source, identifier, address, name, sha256, len(data))

    def write_same(self, identifier: str, address: str, path: str) -> None:
        """Write the picture of another address with the bytes of the file *path* (relative to the root)."""
        data = (self._store.root / path).read_bytes()
        self.write(identifier, address, data, path.rpartition(".")[2])

    def path_of(self, identifier: str, address: str) -> str:
        """Return the path of the file of a picture, relative to the root; "" without one."""
        entry = self._ledger.articles.find(self._source, [identifier])[identifier]
        row = self._table.of(self._source, identifier).get(address)
        return f"{picture_folder(entry.path)}/{row.name}" if row and row.state in ON_DISK else ""

    def copy(self, old: str, new: str) -> None:
        """Give the pictures of an article file *old* also names beside its new place, before it is written there."""
        if self._has_any:
            self._changes.begin(new)
            copy_pictures(self._store, picture_folder(old), picture_folder(new))

    def delete_old(self, old: str, new: str) -> None:
        """Delete the pictures beside the place *old* of an article, after its file there is deleted."""
        if self._has_any:
            delete_copies(self._store, picture_folder(old), picture_folder(new))

    def fail(self, picture: Picture, reason: str, is_final: bool) -> None:
        """Record a failed request: the article keeps the original address."""
        self._table.fail(picture, reason, self._pause, is_final)

    def link(self, identifier: str) -> Linked:
        """Make the links in the file of an article those of its pictures: local for those that have a file.

        The pictures that have lost their files are open again. "edited": the file was edited by hand, and stays as it
        is. With *overwrite_edited*, only the addresses in it change; it is still an edited file. "missing": the article
        has no file.
        """
        entry = self._ledger.articles.find(self._source, [identifier]).get(identifier)
        data, text = self._text(entry) if entry and entry.state == WRITTEN else (b"", "")
        if not entry or not text:
            return "missing"
        new = self._linked(entry, text).encode("utf-8")
        if new != data:
            if self._is_own(entry, data):
                record_replacement(
                    self._store, self._ledger, self._source, identifier, (data, new), entry.file_hash, keep=False
                )
                self._changes.write(entry.path, new)
                self._ledger.articles.set(self._source, identifier, file_hash=digest(new))
            elif self._overwrite_edited:
                self._changes.begin(entry.path)
                self._store.replace(self._store.root / entry.path, new)
            else:
                return "edited"
        self._table.mark_stored(self._source, identifier)
        self._reopen_lost(identifier, entry.path)
        return "unchanged" if new == data else "linked"

    def _reopen_lost(self, identifier: str, path: str) -> None:
        """Open the pictures that have no file beside the article file *path*, which must not link them."""
        rows = [row for row in self._table.of(self._source, identifier).values() if row.state in ON_DISK]
        files = picture_names(self._store, picture_folder(path)) if rows else set()
        for row in rows:
            if row.name not in files:
                self._table.reopen(row)

    def _linked(self, entry: LedgerEntry, text: str) -> str:
        folder = picture_folder(entry.path)
        stem = folder.rpartition("/")[2]
        rows = self._table.of(self._source, entry.id).values()
        original = with_original_links(text, stem, {**read_addresses(self._store, folder), **_by_name(rows)})
        return with_local_links(original, stem, self.names(entry.id, entry.path))

    def _text(self, entry: LedgerEntry) -> tuple[bytes, str]:
        """Return the file of an article as bytes and as text; empty without one, and for one that is not text."""
        try:
            data = (self._store.root / entry.path).read_bytes()
            return data, data.decode("utf-8")
        except (FileNotFoundError, IsADirectoryError, UnicodeDecodeError):
            return b"", ""

    def _is_own(self, entry: LedgerEntry, data: bytes) -> bool:
        return self._changes.wrote(entry.path, digest(data), entry.file_hash)


def _by_name(rows: Iterable[Picture]) -> Addresses:
    """Return the addresses of the pictures that have a file, by its name."""
    addresses: Addresses = {}
    for row in rows:
        if row.state in ON_DISK:
            addresses.setdefault(row.name, []).append(row.address)
    return addresses
