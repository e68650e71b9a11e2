"""Compare the objects of a source with its ledger, or fill the ledger from them: `ledger check`, `rebuild`.

A listing has 1,000 objects for each request, with their ETags. Only objects that do not agree with the ledger are
read, unless the contents are to be checked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from crawler.corpus.aside import reserve
from crawler.corpus.durable import replace_file
from crawler.corpus.entries import REMOVED, WRITTEN, LedgerEntry
from crawler.corpus.findings import Finding
from crawler.corpus.ledger import Ledger
from crawler.corpus.objects import Content, ObjectStore, StoredObject
from crawler.corpus.shards import is_shard, rows_of
from crawler.corpus.store import content_hash, is_article_folder, is_article_name
from crawler.layouts import identify
from crawler.layouts.validate import fault

logger = logging.getLogger(__name__)

Report = Callable[[int], object]  # gets the number of objects that were handled since the last call
_READERS = 16  # requests at the same time: each takes 10 to 50 ms, most of it waiting


def record_objects(store: ObjectStore, ledger: Ledger, source: str, report: Report | None = None) -> None:
    """Record the objects of *source* as written, if the ledger does not have their articles as written or removed.

    Reads each object. Raises `LedgerError`, `ObjectStoreError`.
    """
    for page in store.pages(source):
        paths = [each.path for each in page if _is_article(each.path)]
        entries = ledger.articles.find(source, [Path(path).stem for path in paths])
        new = [path for path in paths if _is_missing(entries.get(Path(path).stem))]
        record(ledger, source, rows(store, new))
        for each in page:  # in the order of their times
            if is_shard(each.path):
                _record_shard(store, ledger, source, each.path)
        if report:
            report(len(page))


def rebuild_objects(store: ObjectStore, ledger: Ledger, source: str, report: Report | None = None) -> int:
    """Delete the ledger's articles of *source*, and record its objects; return the number of recorded articles.

    Takedowns stay. Raises `LedgerError`, `ObjectStoreError`.
    """
    store.is_empty(source)  # before the ledger is changed: an error of the bucket
    ledger.articles.forget(source)
    record_objects(store, ledger, source, report)
    return ledger.articles.count_written(source)


def check_objects(
    store: ObjectStore, ledger: Ledger, source: str, fix: bool, reads_all: bool, report: Report
) -> Iterator[Finding]:
    """Compare the objects of *source* with the ledger; see `check.check`.

    With *reads_all*, reads each object, and checks its front matter. The memory grows by about 100 bytes for each
    object. Raises `LedgerError`, `ObjectStoreError`, OSError.
    """
    yield from _ObjectCheck(store, ledger, source, fix, reads_all).findings(report)


class _ObjectCheck:
    def __init__(self, store: ObjectStore, ledger: Ledger, source: str, fix: bool, reads_all: bool) -> None:
        self.store, self.ledger, self.source, self.fix, self.reads_all = store, ledger, source, fix, reads_all
        self._seen: set[int] = set()  # hashes of the paths of all objects
        self._shards: dict[str, bool] = {}  # whether the ledger has an article in the shard

    def findings(self, report: Report) -> Iterator[Finding]:
        for page in self.store.pages(self.source):
            self._seen.update(hash(each.path) for each in page)
            self._shards.update((each.path, False) for each in page if is_shard(each.path))
            yield from self._check_page([each for each in page if _is_article(each.path)])
            report(len(page))
        for entry in self.ledger.articles.in_state(self.source, WRITTEN):
            path = entry.path.partition("#")[0]
            if path in self._shards:
                self._shards[path] = True
            if hash(path) not in self._seen:
                if self.fix:
                    self.ledger.articles.reopen(self.source, [entry.id])
                yield Finding("row without an object", entry.path, self.fix)
        for path, is_used in self._shards.items():
            if self.reads_all or not is_used:  # all of its articles may have newer texts in later shards
                yield from self._check_shard(path)
                report(1)

    def _check_shard(self, path: str) -> Iterator[Finding]:
        content = self.store.get(path)
        try:
            found = list(rows_of(path, content.data)) if content else []
        except ValueError as error:
            yield Finding(f"damaged shard: {error}", path, fixed=False)
            return
        entries = self.ledger.articles.find(self.source, [row["id"] for row in found])
        missing = [row for row in found if _is_missing(entries.get(row["id"]))]
        if self.fix:
            record(self.ledger, self.source, missing)
        yield from (Finding("article of a shard without a row", row["path"], self.fix) for row in missing)
        for row in found:
            entry = entries.get(row["id"])
            if entry and entry.state == REMOVED:
                yield Finding("text of a removed article", row["path"], fixed=False)
            elif entry and entry.path == row["path"] and entry.file_hash != row["file_hash"]:
                yield Finding("edited by another writer", row["path"], fixed=False, is_fault=False)

    def _check_page(self, objects: list[StoredObject]) -> Iterator[Finding]:
        entries = self.ledger.articles.find(self.source, [Path(each.path).stem for each in objects])
        read: list[str] = []
        for each in objects:
            entry = entries.get(Path(each.path).stem)
            if entry and entry.state == REMOVED:
                if self.fix:
                    self.store.remove(each.path)
                yield Finding("object of a removed article", each.path, self.fix)
            elif self.reads_all or not _agrees(entry, each):
                read.append(each.path)
        for path, content in contents(self.store, read):
            yield from self._check_object(path, content, entries.get(Path(path).stem))

    def _check_object(self, path: str, content: Content, entry: LedgerEntry | None) -> Iterator[Finding]:
        row, problem = row_of(path, content)
        if row is None:
            if self.fix:
                self._set_aside(path, content)
            yield Finding(f"front matter: {problem}", path, self.fix)
        elif _is_missing(entry):
            if self.fix:
                record(self.ledger, self.source, [row])
            yield Finding("object without a row", path, self.fix)
        elif entry and entry.path != path:
            if self.store.get(entry.path):
                if self.fix:
                    self._set_aside(path, content)
                yield Finding("second object of one article", path, self.fix)
            else:
                if self.fix:
                    record(self.ledger, self.source, [row])
                yield Finding("object without a row", path, self.fix)
        elif entry and entry.file_hash and entry.file_hash != content.etag:
            if not content.is_sealed:
                yield Finding("edited by another writer, not overwritten", path, fixed=False, is_fault=False)
            elif self.fix:  # a run was killed before it recorded the ETag
                record(self.ledger, self.source, [row])

    def _set_aside(self, path: str, content: Content) -> None:
        """Move an object to the folder `.state/set-aside/` of this machine."""
        target = reserve(self.store.root / ".state" / "set-aside" / path)
        replace_file(target, [content.data])
        self.store.remove(path)
        logger.warning("set aside: %s", target)


def _record_shard(store: ObjectStore, ledger: Ledger, source: str, path: str) -> None:
    """Record the articles of a shard, except those that the ledger has in a later one."""
    content = store.get(path)
    try:
        found = list(rows_of(path, content.data)) if content else []
    except ValueError as error:
        logger.warning("not a shard: %s: %s", store.address(path), error)
        return
    entries = ledger.articles.find(source, [row["id"] for row in found])

    def is_newer(row: dict[str, object]) -> bool:
        entry = entries.get(str(row["id"]))
        return entry is None or _is_missing(entry) or (entry.state == WRITTEN and entry.path < str(row["path"]))

    record(ledger, source, filter(is_newer, found))


def row_of(path: str, content: Content) -> tuple[dict[str, object] | None, str]:
    """Return the row of an object for `Articles.mark_written`, None if it is not sound; and its fault.

    Without a seal, the row has no ETag: the object may have been edited, and is not overwritten.
    """
    try:
        text = content.data.decode("utf-8")
        title, date, url, markdown = identify(text)
    except ValueError:
        return None, "it does not load, or title, date or link is missing"
    if problem := fault(text):
        return None, problem
    return {
        "id": Path(path).stem, "url": url, "title": title, "date": date, "path": path,
        "file_hash": content.etag if content.is_sealed else "", "content_hash": content_hash(title, markdown),
    }, ""  # fmt: skip


def rows(store: ObjectStore, paths: Collection[str]) -> Iterator[dict[str, object]]:
    """Yield the rows of the sound objects among *paths*; log a warning for the others."""
    for path, content in contents(store, paths):
        row, problem = row_of(path, content)
        if row:
            yield row
        else:
            logger.warning("not an article: %s: %s", store.address(path), problem)


def contents(store: ObjectStore, paths: Collection[str]) -> Iterator[tuple[str, Content]]:
    """Yield the objects among *paths* that exist, with their paths, in order."""
    if not paths:
        return
    with ThreadPoolExecutor(min(_READERS, len(paths))) as pool:
        for path, content in zip(paths, pool.map(store.get, paths), strict=True):
            if content:
                yield path, content


def record(ledger: Ledger, source: str, found: Iterable[dict[str, object]]) -> None:
    """Record articles as written: one row for each id, the last one."""
    by_id = {str(row["id"]): row for row in found}
    if by_id:
        ledger.articles.mark_written(source, [*by_id.values()], ledger.walks.next_number(source))


def _is_article(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return is_article_folder(folder) and is_article_name(name)


def _is_missing(entry: LedgerEntry | None) -> bool:
    """Return whether the ledger has an article neither as written nor as removed."""
    return entry is None or entry.state not in (WRITTEN, REMOVED)


def _agrees(entry: LedgerEntry | None, found: StoredObject) -> bool:
    """Return whether an object is the one of its row. A row without an ETag is of an object that is not overwritten."""
    if entry is None or entry.state != WRITTEN or entry.path != found.path:
        return False
    return entry.file_hash in ("", found.etag)
