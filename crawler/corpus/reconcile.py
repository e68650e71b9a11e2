"""Make the ledger consistent with the files: at the start of a run, and for `scrapy ledger rebuild` and `check`.

The files are authoritative. An article whose file exists is written; an article that the ledger has as written but
whose file is missing is fetched again. No file is deleted: superfluous files are moved to .state/set-aside/.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from crawler.corpus.articles import WRITTEN, LedgerEntry
from crawler.corpus.ledger import Ledger
from crawler.corpus.store import UNDATED, Store, content_hash, digest
from crawler.layouts import identify

logger = logging.getLogger(__name__)

BATCH = 2000  # files recorded in one transaction


def folder_times(store: Store, source: str) -> dict[str, int]:
    """Return the month folders of *source* and its folder of undated files, with their st_mtime_ns.

    Paths are relative to the corpus's root.
    """
    times = {}
    for year in _folders(store.root / source):
        for month in _folders(Path(year.path)):
            times[f"{source}/{year.name}/{month.name}"] = month.stat().st_mtime_ns
    undated = store.root / source / UNDATED
    if undated.is_dir() and not undated.is_symlink():
        times[f"{source}/{UNDATED}"] = undated.stat().st_mtime_ns
    return times


def reconcile(store: Store, ledger: Ledger, source: str) -> None:
    """Make the ledger consistent with the folders that have changed since the end of the last run.

    Without a change this costs one `stat` for each folder. Raises `LedgerError`, OSError.
    """
    for folder in ("", "[0-9]*/"):  # the indexes of a GitBook are beside the month folders
        for leftover in (store.root / source).glob(f"{folder}.*.tmp"):
            leftover.unlink()
    recorded, now = ledger.folders.times(), folder_times(store, source)
    changed = [folder for folder in sorted({*now, *(f for f in recorded if f.startswith(f"{source}/"))})
               if now.get(folder) != recorded.get(folder)]  # fmt: skip
    for folder in changed:
        _reconcile(store, ledger, source, folder)
    now = folder_times(store, source)
    ledger.folders.set_times({folder: mtime for folder, mtime in now.items() if folder in changed})


def _reconcile(store: Store, ledger: Ledger, source: str, folder: str) -> None:
    for leftover in (store.root / folder).glob(".*.tmp"):  # no other run writes it: this one holds the source's lock
        leftover.unlink()
    files = {path.stem: path for path in store.in_folder(folder)}
    entries = {entry.id: entry for entry in _entries(ledger, source, folder)}
    lost = [name for name, entry in entries.items() if name not in files and not (store.root / entry.path).exists()]
    for name in lost:
        ledger.articles.reopen(source, name)
    if lost:
        logger.info("%d files of %s are missing; their articles will be fetched again", len(lost), folder)
    unrecorded = (path for name, path in files.items() if name not in entries)
    while batch := list(islice(unrecorded, BATCH)):
        _record(store, ledger, source, batch)


def _entries(ledger: Ledger, source: str, folder: str) -> Iterator[LedgerEntry]:
    """Yield the entries of *folder*: all with a date in its month, in any folder, or all undated ones."""
    if folder == f"{source}/{UNDATED}":
        return (entry for entry in ledger.articles.in_state(source, WRITTEN) if entry.path.startswith(f"{folder}/"))
    month = "-".join(folder.split("/")[1:])
    return ledger.articles.dated(source, month, month)


def _record(store: Store, ledger: Ledger, source: str, files: list[Path]) -> None:
    """Record files that the ledger does not have, or has with another path."""
    entries = ledger.articles.find(source, [path.stem for path in files])
    rows = []
    for path in files:
        entry = entries.get(path.stem)
        if entry and entry.state == WRITTEN and store.root / entry.path != path and (store.root / entry.path).exists():
            set_aside(store, path)  # a run was killed after it wrote the file in a new month folder
        elif row := ledger_row(store, path):
            rows.append(row)
    ledger.articles.mark_written(source, rows, ledger.walks.next_number(source))


def ledger_row(store: Store, path: Path) -> dict[str, object] | None:
    """Return the row of a stored file for `Articles.mark_written`.

    Returns None, and logs a warning, if the file cannot be read.
    """
    try:
        data = path.read_bytes()
        title, date, url, markdown = identify(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        logger.warning("not an article file: %s: %s", path, error)
        return None
    return {
        "id": path.stem, "url": url, "title": title, "date": date, "path": str(path.relative_to(store.root)),
        "file_hash": digest(data), "content_hash": content_hash(title, markdown),
    }  # fmt: skip


def set_aside(store: Store, path: Path) -> None:
    """Move a file from the corpus to .state/set-aside/. Raises OSError."""
    target = store.root / ".state" / "set-aside" / path.relative_to(store.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    logger.warning("set aside: %s", target)


def rebuild(store: Store, ledger: Ledger, source: str) -> int:
    """Delete the ledger's articles of *source* and record its files; return the number of recorded articles."""
    ledger.articles.forget(source)
    ledger.folders.forget(source)
    reconcile(store, ledger, source)
    return sum(1 for _ in ledger.articles.in_state(source, WRITTEN))


def _folders(parent: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(parent) as entries:
        yield from (entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name.isdigit())
