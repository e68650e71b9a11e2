"""Make the ledger consistent with the files: at the start of a run, and for `press-corpus ledger rebuild` and `check`.

The files are authoritative. An article whose file exists is written; an article that the ledger has as written but
whose file is missing is fetched again. No file is deleted: superfluous files are moved to .state/set-aside/, also those
that the crawler wrote, because the set-aside copy can be the newer text.

`reconcile` reads only folders that changed. The ledger has for each folder the time of its last change, as of a moment
when the names of its files agreed with the rows. (It is st_ctime: unlike st_mtime, no program can set it.) A run
invalidates that time before it changes the folder, so after a kill the next run reads the folder.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from crawler.corpus.aside import move_aside
from crawler.corpus.entries import REMOVED, WRITTEN
from crawler.corpus.hashes import Hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.picture_files import (
    ADDRESSES,
    copy_pictures,
    delete_copies,
    folders_in,
    has_own_hash,
    original_markdown,
    picture_folder,
    picture_names,
    read_addresses,
)
from crawler.corpus.picture_table import ON_DISK
from crawler.corpus.removal_journal import agree_on_removals
from crawler.corpus.store import UNDATED, Store, content_hash, digest
from crawler.layouts import identify
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

BATCH = 1000  # files recorded in one transaction
# Nanoseconds. Clocks of file systems are coarse: a change soon after another can leave the same time.
TICK = 100_000_000


def folder_times(store: Store, source: str) -> dict[str, int]:
    """Return the month folders of *source* and its folder of undated files, with their st_ctime_ns.

    Paths are relative to the corpus's root.
    """
    times = {}
    for year in _folders(store.root / source):
        for month in _folders(Path(year.path)):
            times[f"{source}/{year.name}/{month.name}"] = month.stat().st_ctime_ns
    undated = store.root / source / UNDATED
    if undated.is_dir() and not undated.is_symlink():
        times[f"{source}/{UNDATED}"] = undated.stat().st_ctime_ns
    return times


def reconcile(store: Store, ledger: Ledger, hashes: Hashes, source: str) -> None:
    """Make the ledger consistent with the folders that have changed since files and ledger agreed.

    Without a change this costs one `stat` for each folder. Raises `LedgerError`, OSError.
    """
    top = store.root / source
    for folder in (source, *(f"{source}/{year.name}" for year in _folders(top))):  # the indexes of a GitBook
        _delete_leftovers(store, folder)
    now, times, recorded = time.time_ns(), folder_times(store, source), ledger.folders.times(source)
    changed = sorted(folder for folder in {*times, *recorded} if times.get(folder) != recorded.get(folder))
    for folder in changed:
        index_marker(store, source).unlink(missing_ok=True)
        _delete_leftovers(store, folder)
    different = [folder for folder in changed if not agree(store, ledger, folder)]
    for folder in different:
        paths = store.articles(folder)
        while batch := list(islice(paths, BATCH)):
            _record_new(store, ledger, hashes, source, batch)
    for folder in changed:  # after all files are recorded: some may have been moved between folders
        settle_pictures(store, ledger, source, folder)
    for folder in different:
        _reopen_lost(store, ledger, source, folder)
        hashes.compact(folder, lambda paths: file_hashes(ledger, source, paths))
    existing = [folder for folder in changed if folder in times]
    ledger.folders.set_times({folder: times[folder] for folder in existing if is_settled(times[folder], now)})
    ledger.folders.remove({*changed} - {*existing})


def is_settled(changed_at: int, now: int) -> bool:
    """Return whether every later change of a folder gives it another time than *changed_at*.

    *now* is the time when *changed_at* was read (both in nanoseconds). A time in the future, after the clock was set
    back, is not settled.
    """
    return changed_at <= now - TICK


def agree(store: Store, ledger: Ledger, folder: str) -> bool:
    """Return whether the files in *folder* are those that the ledger has there.

    Compares checksums of the two sets, because a folder can have a million files.
    """
    start = len(folder) + 1
    recorded = (path for path in ledger.articles.paths_in(folder) if "/" not in path[start:])
    return _checksum(store.articles(folder)) == _checksum(recorded)


def _checksum(paths: Iterable[str]) -> tuple[int, int]:
    """Return number and checksum of different *paths*; their order does not matter."""
    number = combined = 0
    for path in paths:
        number += 1
        combined ^= hash(path)  # 64 bits
    return number, combined


def _delete_leftovers(store: Store, folder: str) -> None:
    for leftover in list(store.leftovers(folder)):  # no other run writes it: this one holds the source's lock
        leftover.unlink()


def _record_new(store: Store, ledger: Ledger, hashes: Hashes, source: str, paths: list[str]) -> None:
    """Record the files among *paths*, all in one folder, that the ledger does not have at their path."""
    entries = ledger.articles.find(source, [Path(path).stem for path in paths])
    new = []
    for path in paths:
        entry = entries.get(Path(path).stem)
        if entry and entry.state == REMOVED:
            logger.warning("file of a removed article: %s; `press-corpus ledger check --fix` deletes it", path)
        elif entry is None or entry.state != WRITTEN:
            new.append(path)
        elif entry.path != path:
            if (store.root / entry.path).is_file():
                set_aside(store, path)  # a run was killed after it wrote the file in a new month folder
            else:
                new.append(path)
    record(store, ledger, hashes, source, new)


def record(store: Store, ledger: Ledger, hashes: Hashes, source: str, paths: list[str]) -> None:
    """Record files, all in one folder, as written. A file that cannot be read is skipped, with a warning."""
    rows = [row for path in paths if (row := ledger_row(store, path))]
    if not rows:
        return
    listed = hashes.listed(paths[0].rpartition("/")[0], {*paths})
    unlisted = [row for row in rows if row["file_hash"] not in listed.get(str(row["path"]), ())]
    earlier = _hashes_elsewhere(store, ledger, hashes, source, unlisted)
    for row in unlisted:
        path = str(row["path"])
        if row["file_hash"] in earlier[path]:
            hashes.append(path, str(row["file_hash"]))  # moved by hand, but not edited
        else:
            row["file_hash"] = next(reversed([*earlier[path], *listed.get(path, ())]), "")
    ledger.articles.mark_written(source, rows, ledger.walks.next_number(source))


def _hashes_elsewhere(
    store: Store, ledger: Ledger, hashes: Hashes, source: str, rows: list[dict[str, object]]
) -> dict[str, list[str]]:
    """Return the hashes with which the crawler wrote the articles of *rows*, by path.

    They are from the ledger, and from the lists of the folders to which the crawler writes articles with these dates.
    """
    entries = ledger.articles.find(source, [str(row["id"]) for row in rows])
    found: dict[str, list[str]] = {}
    wanted: dict[str, dict[str, str]] = {}  # folder -> path there -> path of the row
    for row in rows:
        path, entry = str(row["path"]), entries.get(str(row["id"]))
        found[path] = [entry.file_hash] if entry and entry.file_hash else []
        folder, _, name = path.rpartition("/")
        for other in {store.folder(source, str(row["date"])), store.folder(source, "")} - {folder}:
            wanted.setdefault(other, {})[f"{other}/{name}"] = path
    for folder, paths in wanted.items():
        for path, listed in hashes.listed(folder, paths).items():
            found[paths[path]] += listed
    return found


def _reopen_lost(store: Store, ledger: Ledger, source: str, folder: str) -> None:
    number = 0
    paths = ledger.articles.paths_in(folder)
    while batch := list(islice(paths, BATCH)):
        lost = [Path(path).stem for path in batch if not (store.root / path).is_file()]
        ledger.articles.reopen(source, lost)
        number += len(lost)
    if number:
        logger.info("%s missing in %s: fetched again", plural(number, "file"), folder)


def settle_pictures(store: Store, ledger: Ledger, source: str, folder: str) -> None:
    """Record the pictures beside the articles in *folder* that the ledger does not have: after a kill, or in a new one.

    Deletes half-written pictures. Pictures follow an article that is in another folder now: a user moved its file, or a
    run was killed while its month changed.
    """
    for name in folders_in(store, folder):
        place = f"{folder}/{name}"
        _delete_leftovers(store, place)
        found = picture_names(store, place)
        if not (found or (store.root / place / ADDRESSES).exists()):
            continue
        entry = ledger.articles.find(source, [name]).get(name)
        if entry is None or entry.state != WRITTEN:
            continue  # `ledger check` reports them, unless the article comes back
        if entry.path == f"{place}.md":
            adopt_pictures(store, ledger, source, name, place)
        else:
            new = picture_folder(entry.path)
            copy_pictures(store, place, new)
            adopt_pictures(store, ledger, source, name, new)
            delete_copies(store, place, new)


def adopt_pictures(store: Store, ledger: Ledger, source: str, identifier: str, folder: str) -> None:
    """Record the pictures in *folder* whose original address is known and that the ledger does not have."""
    recorded = {row.address for row in ledger.pictures.of(source, identifier).values() if row.state in ON_DISK}
    files = picture_names(store, folder)
    for name, addresses in read_addresses(store, folder).items():
        if new := [address for address in addresses if name in files and address not in recorded]:
            data = (store.root / folder / name).read_bytes()
            for address in new if has_own_hash(name, digest(data)) else ():
                ledger.pictures.put(source, identifier, address, name, digest(data), len(data))


def ledger_row(store: Store, path: str) -> dict[str, object] | None:
    """Return the row of a stored file for `Articles.mark_written`; `file_hash` is the hash that the file has.

    Returns None, and logs a warning, if the file cannot be read.
    """
    try:
        data = (store.root / path).read_bytes()
        title, date, url, markdown = identify(data.decode("utf-8"))
    except (OSError, ValueError) as error:
        logger.warning("not an article file: %s: %s", store.root / path, error)
        return None
    return {
        "id": Path(path).stem, "url": url, "title": title, "date": date, "path": path,
        "file_hash": digest(data), "content_hash": content_hash(title, original_markdown(store, path, markdown)),
    }  # fmt: skip


def file_hashes(ledger: Ledger, source: str, paths: Collection[str]) -> dict[str, str]:
    """Return the ledger's hashes of these files."""
    found, left = {}, iter(paths)
    while batch := list(islice(left, BATCH)):
        entries = ledger.articles.find(source, [Path(path).stem for path in batch])
        found.update({entry.path: entry.file_hash for entry in entries.values()})
    return found


def set_aside(store: Store, path: str) -> None:
    """Move a file (relative to the root) to .state/set-aside/, beside all earlier ones. Raises OSError."""
    target = move_aside(store.root / path, store.root / ".state" / "set-aside" / path)
    logger.warning("set aside: %s", target)


def index_marker(store: Store, source: str) -> Path:
    """Return the path of a file that exists while the index files of a GitBook agree with its pages."""
    return store.root / ".state" / f"{source}.indexed"


def rebuild(store: Store, ledger: Ledger, hashes: Hashes, source: str) -> int:
    """Delete the ledger's articles of *source* and record its files; return the number of recorded articles.

    Takedowns stay.
    """
    agree_on_removals(store.root, ledger, source)
    ledger.articles.forget(source)
    ledger.pictures.forget(source)
    ledger.folders.forget(source)
    reconcile(store, ledger, hashes, source)
    return ledger.articles.count_written(source)


def _folders(parent: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(parent) as entries:
        yield from (entry for entry in entries if entry.is_dir(follow_symlinks=False) and entry.name.isdigit())
