"""Files and ledger brought into step: at the start of a run, by `scrapy ledger rebuild` and `scrapy ledger check`.

The files are the truth. What lies in the corpus is written; what the ledger calls written and does not lie there is to
be fetched again. Nothing is deleted: what is in the way is set aside in .state/set-aside/.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from crawler.corpus.ledger import WRITTEN, Ledger, LedgerEntry
from crawler.corpus.store import UNDATED, Store, content_hash, digest
from crawler.layouts import identify

logger = logging.getLogger(__name__)

BATCH = 2000  # files noted in one transaction


def folder_times(store: Store, source: str) -> dict[str, int]:
    """The month folders of *source*, and that of the undated, below the corpus's root, with the time of their last
    change."""
    times = {}
    for year in _folders(store.root / source):
        for month in _folders(Path(year.path)):
            times[f"{source}/{year.name}/{month.name}"] = month.stat().st_mtime_ns
    undated = store.root / source / UNDATED
    if undated.is_dir() and not undated.is_symlink():
        times[f"{source}/{UNDATED}"] = undated.stat().st_mtime_ns
    return times


def reconcile(store: Store, ledger: Ledger, source: str) -> None:
    """Bring the ledger into step with the folders in which something has changed since the last run's end.

    Without a change this costs one look at each folder. Raises `LedgerError`, OSError.
    """
    for place in ("", "[0-9]*/"):  # a book's indexes, which lie beside the month folders
        for left in (store.root / source).glob(f"{place}.*.tmp"):
            left.unlink()
    known, now = ledger.folders(), folder_times(store, source)
    changed = [folder for folder in sorted({*now, *(f for f in known if f.startswith(f"{source}/"))})
               if now.get(folder) != known.get(folder)]  # fmt: skip
    for folder in changed:
        _reconcile(store, ledger, source, folder)
    ledger.folders_are({folder: mtime for folder, mtime in folder_times(store, source).items() if folder in changed})


def _reconcile(store: Store, ledger: Ledger, source: str, folder: str) -> None:
    for left in (store.root / folder).glob(".*.tmp"):  # the source's lock is ours: nobody is writing it
        left.unlink()
    files = {path.stem: path for path in store.in_folder(folder)}
    noted = {entry.id: entry for entry in _noted(ledger, source, folder)}
    lost = [name for name, entry in noted.items() if name not in files and not (store.root / entry.path).exists()]
    for name in lost:
        ledger.reopen(source, name)
    if lost:
        logger.info("%d files of %s are gone and will be fetched again", len(lost), folder)
    strangers = (path for name, path in files.items() if name not in noted)
    while batch := list(islice(strangers, BATCH)):
        _adopt(store, ledger, source, batch)


def _noted(ledger: Ledger, source: str, folder: str) -> Iterator[LedgerEntry]:
    """The articles that the ledger has in *folder*: all of the month's date, wherever they lie, or all undated ones."""
    if folder == f"{source}/{UNDATED}":
        return (entry for entry in ledger.in_state(source, WRITTEN) if entry.path.startswith(f"{folder}/"))
    month = "-".join(folder.split("/")[1:])
    return ledger.dated(source, month, month)


def _adopt(store: Store, ledger: Ledger, source: str, files: list[Path]) -> None:
    """Note files that the ledger does not know, or knows elsewhere."""
    known = ledger.find(source, [path.stem for path in files])
    rows = []
    for path in files:
        entry = known.get(path.stem)
        if entry and entry.state == WRITTEN and store.root / entry.path != path and (store.root / entry.path).exists():
            set_aside(store, path)  # a run was killed when the article had just moved to another month
        elif row := ledger_row(store, path):
            rows.append(row)
    ledger.written(source, rows)


def ledger_row(store: Store, path: Path) -> dict[str, object] | None:
    """What the ledger is to know of a stored file; None, with a line in the log, where the file cannot be read."""
    try:
        data = path.read_bytes()
        title, date, url, markdown = identify(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        logger.warning("no article: %s: %s", path, error)
        return None
    return {
        "id": path.stem, "url": url, "title": title, "date": date, "path": str(path.relative_to(store.root)),
        "file_hash": digest(data), "content_hash": content_hash(title, markdown),
    }  # fmt: skip


def set_aside(store: Store, path: Path) -> None:
    """Move a file out of the corpus, into .state/set-aside/. Raises OSError."""
    target = store.root / ".state" / "set-aside" / path.relative_to(store.root)
    target.parent.mkdir(parents=True, exist_ok=True)
    path.rename(target)
    logger.warning("set aside: %s", target)


def rebuild(store: Store, ledger: Ledger, source: str) -> int:
    """Make what the ledger knows of *source* anew from its files; how many there are."""
    ledger.forget(source)
    reconcile(store, ledger, source)
    return sum(1 for _ in ledger.in_state(source, WRITTEN))


def _folders(parent: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(parent) as entries:
        yield from (entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name.isdigit())
