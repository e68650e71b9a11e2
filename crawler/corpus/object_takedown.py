"""Take an article in object storage down, as `corpus.takedown` does in a folder.

The tombstone is in the ledger only, which all machines share, and is recorded first: a repeated takedown deletes what
is left, and `press-corpus ledger check` reports it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from crawler.corpus.ledger import Ledger
from crawler.corpus.objects import ObjectStore, ObjectStoreError
from crawler.corpus.shards import is_shard, without_article
from crawler.corpus.store import Store, is_article_name
from crawler.corpus.takedown import Takedown, delete, left_files, tombstone


def take_down_object(store: Store, ledger: Ledger, source: str, identifier: str, reason: str) -> Takedown:
    """Remove an article that has a row in the ledger: see `take_down`. *store* is an `ObjectStore`.

    Lists the objects of the source, and reads all of its shards. A shard with the article is written again without it.
    Raises `LedgerError`, `ObjectStoreError`, OSError.
    """
    objects = cast("ObjectStore", store)
    known = ledger.removals.of(source).get(identifier)
    removal = known or tombstone(ledger, source, identifier, reason)
    if not known:
        ledger.removals.add(removal)
    deleted = [*_delete_objects(objects, source, identifier)]
    for path in list(left_files(store, ledger, removal)):  # on this machine: refused pages, files set aside
        delete(store, path)
        deleted.append(path)
    return Takedown(removal, not known, deleted, ledger.removals.with_content(removal))


def put_back_object(store: Store, ledger: Ledger, source: str, identifier: str) -> bool:
    """Reverse a takedown: see `put_back`. Raises `LedgerError`."""
    if identifier not in ledger.removals.of(source):
        return False
    ledger.removals.restore(source, identifier)
    return True


def _delete_objects(store: ObjectStore, source: str, identifier: str) -> Iterator[str]:
    """Delete the article from all objects of *source*, and yield the paths: of objects, and `SHARD#ID`."""
    for page in store.pages(source):
        for each in page:
            path = each.path
            if Path(path).stem == identifier and is_article_name(Path(path).name):
                store.remove(path)
                yield path
            elif is_shard(path) and _delete_from_shard(store, source, path, identifier):
                yield f"{path}#{identifier}"


def _delete_from_shard(store: ObjectStore, source: str, path: str, identifier: str) -> bool:
    content: Any = store.get(path)
    try:
        left = without_article(source, path, content.data, identifier) if content else None
    except ValueError as error:
        raise ObjectStoreError(f"{store.address(path)} cannot be read: {error}") from None
    if left is None:
        return False
    store.put(path, left, content.version)
    return True
