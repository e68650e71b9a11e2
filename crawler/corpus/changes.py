"""The changes of a run in the folders of the corpus: write files and their hashes, and keep the folder times right."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from crawler.corpus.hashes import Hashes
from crawler.corpus.ledger import Ledger
from crawler.corpus.reconcile import agree, file_hashes, folder_times, index_marker, is_settled
from crawler.corpus.store import UNDATED, Store, digest, is_article_folder


class Changes:
    """The changes of one run of *source*. Paths are relative to the root. All methods raise `LedgerError`, OSError.

    *shared*: other runs change the same folders.
    """

    def __init__(self, store: Store, ledger: Ledger, hashes: Hashes, source: str, *, shared: bool = False) -> None:
        self._shared = shared
        self.store, self.ledger, self.hashes, self.source = store, ledger, hashes, source
        self._begun: set[str] = set()  # article folders that the run changes
        self._replaced: set[str] = set()  # article folders in which it replaced a file

    def begin(self, path: str) -> None:
        """Prepare to change a file in the folder of *path*: after a kill, the next run reads the folder."""
        folder = path.rpartition("/")[0]
        if self._shared or folder not in self._begun:  # another run may have recorded its time since
            index_marker(self.store, self.source).unlink(missing_ok=True)
            if is_article_folder(folder):
                self.ledger.folders.invalidate(folder)
                self._begun.add(folder)

    def write(self, path: str, data: bytes) -> str:
        """Write an article file, after its hash is recorded. Return the hash."""
        self.begin(path)
        if (self.store.root / path).exists():
            self._replaced.add(path.rpartition("/")[0])
        found = digest(data)
        self.hashes.append(path, found)
        self.store.replace(self.store.root / path, data)
        return found

    def wrote(self, path: str, found: str, recorded: str) -> bool:
        """Return whether the crawler wrote the file *path* with the hash *found*; *recorded* is the one in the ledger.

        A killed process may not have recorded it.
        """
        return found == recorded or found in self.hashes.listed(path.rpartition("/")[0], {path}).get(path, ())

    def finish(self) -> None:
        """Record the times of the folders that the run changed, if their files are still those of the ledger.

        Another program may have changed them during the run: then the next run reads them.
        """
        times = {}
        for folder in sorted(self._begun):
            with suppress(FileNotFoundError):
                now, changed_at = time.time_ns(), (self.store.root / folder).stat().st_ctime_ns
                if is_settled(changed_at, now) and agree(self.store, self.ledger, folder):
                    times[folder] = changed_at
        self.ledger.folders.set_times(times)
        for folder in sorted(self._replaced):
            self.hashes.compact(folder, lambda paths: file_hashes(self.ledger, self.source, paths))

    # Index files of a GitBook ----------------------------------------------------------------------------------------

    @property
    def needs_indexes(self) -> bool:
        """Whether a page was written, changed or removed since `write_indexes`, or an index file is missing."""
        root = self.store.root
        if not (index_marker(self.store, self.source).exists() and (root / self.source / "SUMMARY.md").is_file()):
            return True
        folders = [folder for folder in folder_times(self.store, self.source) if self.ledger.articles.has_in(folder)]
        years = {folder.rpartition("/")[0] for folder in folders if not folder.endswith(f"/{UNDATED}")}
        return not all((root / folder / "README.md").is_file() for folder in {self.source, *folders, *years})

    def write_indexes(self, files: Mapping[str, str]) -> None:
        """Write the texts of all index files, by their path in the source's folder. Equal files stay as they are.

        The index of a year or month that has no page any longer is deleted: it still has the titles of its pages.
        """
        for name, text in files.items():
            path, data = f"{self.source}/{name}", text.encode("utf-8")
            file = self.store.root / path
            if not file.is_file() or file.read_bytes() != data:
                self.begin(path)
                self.store.replace(file, data)
        months = folder_times(self.store, self.source)
        for folder in {*months, *(month.rpartition("/")[0] for month in months)} - {self.source}:
            path = f"{folder}/README.md"
            if path.partition("/")[2] not in files and _is_index(self.store.root / path):
                self.begin(path)
                (self.store.root / path).unlink()
        index_marker(self.store, self.source).touch()


def _is_index(file: Path) -> bool:
    """Return whether *file* is the index of a year or month that the crawler wrote, by its heading."""
    label = "-".join(part for part in file.parts[-3:-1] if part.isdigit() or part == UNDATED)
    return file.is_file() and bool(label) and file.read_bytes().startswith(f"# {label}\n".encode())
