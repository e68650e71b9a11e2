"""The corpus of one source during a run: files and ledger kept in step, and the decisions that need both."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import OPEN, SKIPPED, WRITTEN, LedgerEntry, open_ledger
from crawler.corpus.lock import lock
from crawler.corpus.reconcile import folder_times, reconcile
from crawler.corpus.store import Store, content_hash, digest, safe_name
from crawler.health.judgement import judge
from crawler.items import Article, Link
from crawler.layouts import jsonl
from crawler.reading.errors import PageError
from crawler.text.dates import BEIJING, DAY, is_exact

Outcome = Literal["written", "updated", "unchanged", "edited", "duplicate"]


class Corpus:
    """One source's articles under *root*, opened for one run, which holds the source's lock until `close`.

    Raises `LockedError`, `LedgerError`, and OSError from the disk. Ids are the source's; the ledger has them as the
    files' names have them.
    """

    def __init__(
        self, root: Path, source: str, ledger_url: str = "", *, retry_pause: float = 1.0, overwrite_edited: bool = False
    ) -> None:
        self.files = Store(root)
        self.source = source
        self.retry_pause = retry_pause  # stretches the pauses before a rejected page is tried again
        self.overwrite_edited = overwrite_edited
        self.edited: list[Path] = []  # files that someone edited by hand, and that were left as they are
        state = root / ".state"
        state.mkdir(parents=True, exist_ok=True)
        self._lock = lock(state / f"{source}.lock", source)
        try:
            self.ledger = open_ledger(state, ledger_url)
            try:
                reconcile(self.files, self.ledger, source)
            except LedgerError as error:
                self.ledger.close()
                if not error.is_damage or ledger_url:
                    raise
                self.ledger = open_ledger(state, ledger_url)  # a new one, for this one is suspect now
                reconcile(self.files, self.ledger, source)
            self.run = self.ledger.run_begins(source)
        except BaseException:
            self._lock.close()
            raise

    def close(self, reason: str, figures: Mapping[str, object]) -> None:
        """The run is over: note what it came to, judged by the runs before it, and that the folders are as the ledger
        says."""
        try:
            self.ledger.folders_are(folder_times(self.files, self.source))
            self.ledger.run_ends(self.run, reason, figures)
            *before, run = self.ledger.runs(self.source)
            self.ledger.run_is(self.run, {**figures, "verdict": asdict(judge(run, before))})
        finally:
            self.ledger.close()
            self._lock.close()

    # What is to be fetched ----------------------------------------------------------------------------------------

    def find(self, links: Iterable[Link]) -> dict[str, LedgerEntry]:
        """What the ledger knows of *links*, by the links' ids."""
        names = {safe_name(link.id): link.id for link in links}
        return {names[name]: entry for name, entry in self.ledger.find(self.source, names).items()}

    def wants(self, link: Link, entry: LedgerEntry | None) -> bool:
        """Whether *link* is to be fetched, *entry* being what is known of it."""
        if entry is None or entry.state == OPEN:
            return True
        if entry.state == WRITTEN:
            # Someone deleted the file; or it has only the day, and a listing gives the second.
            return not self._has_file(entry) or (is_exact(link.date) and not is_exact(entry.date))
        return entry.is_due

    def add_open(self, links: Collection[Link]) -> None:
        """Note links before they are fetched."""
        self.ledger.note(self.source, [replace(link, id=safe_name(link.id)) for link in links])

    def due(self) -> Iterator[LedgerEntry]:
        """What earlier runs left open, or rejected and is to be tried again now."""
        return self.ledger.due(self.source)

    def is_stored(self, link: Link) -> bool:
        """Whether the article is stored."""
        entry = self.find([link]).get(link.id)
        return entry is not None and entry.state == WRITTEN and self._has_file(entry)

    def recent(self, days: int) -> Iterator[LedgerEntry]:
        """The stored articles of the last *days* days."""
        first = datetime.now(BEIJING) - timedelta(days=days)
        return self.ledger.dated(self.source, first.strftime(DAY))

    # What became of it --------------------------------------------------------------------------------------------

    def store(self, article: Article, text: str) -> Outcome:
        """Store an article's file, then note it as written; says what became of it."""
        name, root = safe_name(article.id), self.files.root
        content = content_hash(article.title, article.markdown)
        entry, other = self.ledger.find_with_same(self.source, name, content)
        date = "" if article.undated else article.date
        place, data = self.files.place(self.source, article.id, date), text.encode("utf-8")
        path = root / place
        before = root / entry.path if entry and entry.path else path
        old = before.read_bytes() if before.is_file() else None
        if old is None and other and self._has_file(other):
            self.ledger.set(self.source, name, state=SKIPPED, kind="duplicate", reason=f"the same text as {other.id}")
            return "duplicate"
        is_edited = old is not None and entry is not None and entry.file_hash not in ("", digest(old))
        if is_edited and old != data and not self.overwrite_edited:
            self.edited.append(before)
            self.ledger.set(self.source, name, state=WRITTEN)
            return "edited"
        if before != path or old != data:
            self.files.replace(path, data)
        row = {
            "id": name, "url": article.url, "title": article.title, "date": article.date,
            "path": place, "file_hash": digest(data), "content_hash": content,
            "etag": article.etag, "modified": article.modified, "details": jsonl.details(article),
        }  # fmt: skip
        self.ledger.written(self.source, [row])
        if before != path:
            before.unlink(missing_ok=True)  # its day has changed, and with it its folder
        return "written" if old is None else "unchanged" if before == path and old == data else "updated"

    def mark_unchanged(self, link: Link) -> None:
        """The site says that the stored article has not changed."""
        self.ledger.set(self.source, safe_name(link.id), state=WRITTEN, kind="", reason="", tries=0, retry_at=None)

    def refuse(self, link: Link, error: PageError) -> bool:
        """Note that the page of *link* gave no article; whether that is new. What is stored already stays."""
        name = safe_name(link.id)
        entry = self.ledger.find(self.source, [name]).get(name)
        if entry and entry.state == WRITTEN and self._has_file(entry):
            self.ledger.set(self.source, name, kind=error.kind, reason=str(error))
        else:
            self.ledger.refused(self.source, name, error.kind, str(error), self.retry_pause)
        return entry is None or entry.kind != error.kind

    def mark_filtered(self, link: Link, date: str) -> None:
        """Note the date of an article that was not wanted in this run for its date."""
        self.ledger.set(self.source, safe_name(link.id), date=date)

    def _has_file(self, entry: LedgerEntry) -> bool:
        return (self.files.root / entry.path).is_file()
