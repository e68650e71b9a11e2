"""The corpus of one source in object storage during a run: one shard for each run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from crawler.corpus.corpus import Outcome
from crawler.corpus.entries import REMOVED, SKIPPED, WRITTEN, LedgerEntry
from crawler.corpus.ledger import Ledger
from crawler.corpus.object_corpus import ObjectChanges, ObjectCorpus
from crawler.corpus.objects import ObjectChangedError, ObjectStore, ObjectStoreError
from crawler.corpus.shards import Spool, Waiting, rows_of, shard_of, text_hash, to_parquet, waiting
from crawler.corpus.store import content_hash
from crawler.items import Article, Link
from crawler.layouts import jsonl
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

_BATCH = 1000  # rows recorded in one transaction


class ShardChanges(ObjectChanges):
    """The articles that a run has stored: they wait in the spool, and `finish` writes their shard.

    The ledger has an article as written after its shard is written. After a kill, the next run of the source on this
    machine finishes the spool; another machine fetches the articles again, because their links are still open.
    """

    def __init__(self, store: ObjectStore, ledger: Ledger, source: str) -> None:
        super().__init__(store, ledger, source)
        self.waiting: dict[str, Waiting] = {}  # by id, without their texts
        self._by_content: dict[tuple[str, str], str] = {}  # (content hash, day) -> id
        self._spool = Spool(store.root, source)

    def add(self, article: Waiting) -> None:
        """Add an article to the spool; write the shard if the spool is full."""
        self._spool.append(article)
        row = article.row
        self.waiting[row["id"]] = Waiting(article.base, row, "")
        self._by_content[row["content_hash"], str(row["date"])[:10]] = row["id"]
        if self._spool.is_full:
            self.finish()

    def twin(self, content: str, day: str, identifier: str) -> str:
        """Return the id of another waiting article with this content and day; "" without one."""
        found = self._by_content.get((content, day), "")
        return found if found != identifier else ""

    def finish(self) -> None:
        """Write the shards of all spool files of the source, and record their articles. Raises `ObjectStoreError`."""
        for file in self._spool.files():
            self._finish(file)
            self._spool.delete(file)
        self.waiting.clear()
        self._by_content.clear()

    def _finish(self, file: Path) -> None:
        articles, path = waiting(file), shard_of(self.source, file)
        entries = self.ledger.articles.find(self.source, articles)
        wanted = [each for name, each in articles.items() if _is_wanted(each, entries.get(name), path)]
        if not wanted:
            return
        data = to_parquet(self.source, wanted)
        try:
            self.store.put(path, data)
        except ObjectChangedError:  # written by a run that was killed before it deleted the spool
            content = self.store.get(path)
            if not content or not content.is_sealed:
                raise
            data = content.data
        try:
            rows = iter([row for row in rows_of(path, data) if row["id"] in articles])
        except ValueError as error:
            raise ObjectStoreError(f"{self.store.address(path)}: {error}") from None
        walk, number = self.ledger.walks.next_number(self.source), 0
        while batch := list(islice(rows, _BATCH)):
            self.ledger.articles.mark_written(self.source, [{**articles[row["id"]].row, **row} for row in batch], walk)
            number += len(batch)
        logger.info("%s in %s", plural(number, "article"), self.store.address(path))


def _is_wanted(article: Waiting, entry: LedgerEntry | None, path: str) -> bool:
    """Return whether the ledger has no later text of a waiting article: another machine may have stored one."""
    if entry and entry.state == REMOVED:
        return False
    known = entry.path if entry and entry.state == WRITTEN else ""
    return known in (article.base, f"{path}#{article.row['id']}")


class ShardCorpus(ObjectCorpus):
    """The articles of *source* in shards below the URL *url*; the rest is as for `ObjectCorpus`."""

    form = "shards"
    can_share = False  # a run finishes the spools of others
    changes: ShardChanges

    def _changes(self) -> ShardChanges:
        changes = ShardChanges(self.files, self.ledger, self.source)
        changes.finish()  # of killed runs
        return changes

    def wants(self, link: Link, entry: LedgerEntry | None) -> bool:
        """See `Corpus.wants`. An article that waits for its shard is not fetched again."""
        return self._name(link.id) not in self.changes.waiting and super().wants(link, entry)

    def is_stored(self, link: Link) -> bool:
        return self._name(link.id) in self.changes.waiting or super().is_stored(link)

    def _stored_details(self, name: str) -> Mapping[str, Any] | None:
        article = self.changes.waiting.get(name)
        return article.row["details"] if article else super()._stored_details(name)

    def store(self, article: Article, text: str) -> Outcome:
        """See `Corpus.store`. The article waits in the spool; nothing can be edited there."""
        name, content, new = self._name(article.id), content_hash(article.title, article.markdown), text_hash(text)
        entry, other = self.ledger.articles.find_with_duplicate(self.source, name, content, article.date[:10])
        if entry and entry.state == REMOVED:
            return "removed"
        if self.is_superseded(article.id, article.fetched, article.origin):
            return "older"
        stored = entry if entry and entry.state == WRITTEN else None
        waits = self.changes.waiting.get(name)
        known = waits.row["file_hash"] if waits else stored.file_hash if stored else ""
        twin = other.id if other else self.changes.twin(content, article.date[:10], name)
        if twin and known != new:
            is_removed = other is not None and other.state == REMOVED
            if not known:
                reason = f"the same text as {twin}{', which was removed' if is_removed else ''}"
                self.ledger.articles.set(self.source, name, state=SKIPPED, kind="duplicate", reason=reason)
                return "removed" if is_removed else "duplicate"
            if is_removed:
                return "removed"
        if known == new:
            if not waits:
                self._mark_kept(name)
            return "unchanged"
        row = {
            "id": name, "url": article.url, "title": article.title, "date": article.date, "file_hash": new,
            "content_hash": content, "etag": article.etag, "modified": article.modified,
            "details": jsonl.details(article),
        }  # fmt: skip
        self.changes.add(Waiting(stored.path if stored else "", row, text))
        return "updated" if known else "written"
