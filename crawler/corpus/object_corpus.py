"""The corpus of one source in object storage during a run: one object for each article."""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

from crawler.corpus.changes import Changes
from crawler.corpus.corpus import Corpus, Outcome
from crawler.corpus.hashes import Hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.object_check import record_objects
from crawler.corpus.objects import ObjectChangedError, ObjectStore, ObjectStoreError
from crawler.items import Article

ATTEMPTS = 8  # to write an object that other writers change at the same time


class Seals(Hashes):
    """In place of the lists of `Hashes`: whether a run wrote an object is in its metadata."""

    def __init__(self, store: ObjectStore, source: str) -> None:
        super().__init__(store.root, source)
        self._store = store

    def append(self, path: str, digest: str) -> None:
        """Do nothing: the object has the hash."""

    def listed(self, folder: str, paths: Collection[str]) -> dict[str, list[str]]:
        """Return the ETags of those of *paths* that a run wrote, as they were read last."""
        return {path: [self._store.file_hash(path, b"")] for path in paths if self._store.is_own(path)}


class ObjectChanges(Changes):
    """The changes of one run: without the times of folders, which object storage does not have."""

    store: ObjectStore

    def __init__(self, store: ObjectStore, ledger: Ledger, source: str) -> None:
        super().__init__(store, ledger, Seals(store, source), source)

    def begin(self, path: str) -> None:
        """Do nothing: after a kill, the next run finds the object when it fetches the open link again."""

    def write(self, path: str, data: bytes) -> str:
        """Write an object, and return its ETag. Raises `ObjectChangedError`."""
        return self.store.write(path, data)

    def finish(self) -> None:
        """Do nothing."""


class ObjectCorpus(Corpus):
    """The articles of *source* below the URL *url*. *root* is the local folder for state; the *options* are those of
    `Corpus`.

    The ledger is the only copy of takedowns: several machines may write to one corpus.
    """

    form = "files"
    files: ObjectStore

    def __init__(self, url: str, root: Path, source: str, ledger_url: str, **options: Any) -> None:
        self._url = url
        super().__init__(root, source, ledger_url, **options)

    def _open_files(self, root: Path) -> ObjectStore:
        return ObjectStore(self._url, root)

    def _reconcile(self) -> None:
        """Fill the ledger from the objects if it has no article of the source: it is new.

        Fails if the bucket cannot be read, before the first request to the site, and if the articles of the source are
        stored in another form.
        """
        is_empty = self.files.is_empty(self.source)
        if not is_empty and not self.ledger.articles.count_written(self.source):
            record_objects(self.files, self.ledger, self.source)
        for entry in self.ledger.articles.newest(self.source, 1):
            if (form := "shards" if "#" in entry.path else "files") != self.form:
                raise ObjectStoreError(f"{self.files.address(self.source)} has {form}: set OBJECT_LAYOUT={form}")

    def _changes(self) -> ObjectChanges:
        return ObjectChanges(self.files, self.ledger, self.source)

    def store(self, article: Article, text: str) -> Outcome:
        """See `Corpus.store`. An object that another writer has created or changed meanwhile is read again."""
        for attempt in range(ATTEMPTS):
            try:
                return super().store(article, text)
            except ObjectChangedError:
                if attempt + 1 == ATTEMPTS:
                    raise
                time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311
        raise AssertionError
