"""Keep the search index equal to the ledger: add articles that are new or changed, and take out those that are lost.

The index notes the last change of the ledger that it has, in the transaction of the documents: after a kill, the next
update continues. Only files that a run wrote or recorded are read; an edit by hand needs `rebuild`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import closing
from itertools import islice
from pathlib import Path

from crawler.corpus.article_changes import StoredEntry
from crawler.corpus.ledger import Ledger
from crawler.corpus.store import Store
from crawler.data.bigrams import index_text, tokens
from crawler.data.search_index import DamagedIndexError, Document, SearchIndex, delete_index, has_index, index_lock
from crawler.layouts import title_and_markdown

logger = logging.getLogger(__name__)

Report = Callable[[str, int], None]  # gets what is counted, and the number so far
BATCH = 2000  # articles in a transaction
RUN_LIMIT = 20_000  # articles that a run adds: less than a minute


def update_index(
    store: Store, ledger: Ledger, state: Path, report: Report | None = None, limit: int = 0, waits: bool = True
) -> None:
    """Update the index in *state*, or create it. A damaged one is built again.

    *report* is called after each article. After about *limit* articles (0: no limit), the rest is left to the next
    update. Without *waits*, the update does nothing while another process updates the index. Raises `LedgerError`,
    OSError.
    """
    with index_lock(state, waits) as has_lock:
        if not has_lock:
            return
        try:
            is_usable = _update(store, ledger, state, report, limit)
        except DamagedIndexError as error:
            logger.warning("the search index is damaged (%s): it is built again", error)
            is_usable = False
        if not is_usable:
            delete_index(state)
            try:
                _update(store, ledger, state, report, limit)
            except DamagedIndexError as error:
                raise OSError(f"the search index cannot be built: {error}") from error


def rebuild_index(store: Store, ledger: Ledger, state: Path, report: Report | None = None) -> int:
    """Build the index again from all files, and return the number of articles. Raises `LedgerError`, OSError."""
    with index_lock(state):
        delete_index(state)
    update_index(store, ledger, state, report)
    with closing(SearchIndex(state)) as index:
        return index.count()


def update_after_run(store: Store, ledger: Ledger) -> None:
    """Update the index at the end of a run, if there is one. Never raises: a failure is a warning.

    A corpus has an index after the first search: runs do no work for users who never search.
    """
    state = store.root / ".state"
    try:
        if has_index(state):
            update_index(store, ledger, state, limit=RUN_LIMIT, waits=False)
    except Exception as error:
        logger.warning("the search index was not updated: %s; the next search updates it", error)


def purge_removed(store: Store, articles: Collection[tuple[str, str]]) -> None:
    """Delete the bigrams of removed *articles* (source, id) from the index, if there is one.

    If that fails, the index is deleted. Raises OSError.
    """
    state = store.root / ".state"
    if not has_index(state):
        return
    with index_lock(state):
        try:
            with closing(SearchIndex(state)) as index:
                index.purge(articles)
        except (DamagedIndexError, OSError) as error:
            logger.warning("the search index is deleted, and the next search builds it: %s", error)
            delete_index(state)


def _update(store: Store, ledger: Ledger, state: Path, report: Report | None, limit: int) -> bool:
    """Update the index. Return False if it must be built again: it has another ledger, or too many old documents."""
    with closing(SearchIndex(state)) as index:
        name, last = ledger.changes.ledger_id(), ledger.changes.last()
        known, done = index.progress()
        if (known and known != name) or (index.is_worn and not limit):
            return False
        losses = ledger.changes.lost(done)
        index.purge([(loss.source, loss.id) for loss in losses if loss.state == "removed"])
        if known and done >= last:
            return True
        with index.transaction():
            for loss in losses:
                index.drop(loss.source, loss.id)
        added, entries = 0, ledger.changes.written(done)
        while batch := list(islice(entries, BATCH)):
            with index.transaction():
                for entry in batch:
                    if entry.change_number <= last:  # later ones are for the next update
                        added += _add(store, index, entry)
                    if report:
                        report("articles indexed", added)
                # Other articles can have the same number: it is complete only after the last batch.
                index.set_progress(name, min(batch[-1].change_number - 1, last))
            if limit and added >= limit:
                return True
        with index.transaction():
            index.set_progress(name, last)
    return True


def _add(store: Store, index: SearchIndex, entry: StoredEntry) -> bool:
    """Add the article of *entry*, and return True, unless the index has its text, or it cannot be read."""
    document = Document(entry.source, entry.id, entry.date, entry.path, entry.file_hash)
    known = index.find(entry.source, entry.id)
    if known and known.file_hash == entry.file_hash != "":
        if known != document:
            index.move(document)
        return False
    if known:
        index.drop(entry.source, entry.id)
    try:
        text = (store.root / entry.path).read_bytes().decode("utf-8")
        title, markdown = title_and_markdown(text)
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:
        logger.warning("left out of the search index: %s: %s", store.root / entry.path, error)
        return False
    index.put(document, tokens(index_text(title, markdown)))
    return True
