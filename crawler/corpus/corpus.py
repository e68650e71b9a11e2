"""The corpus of one source during a run: keeps files and ledger consistent, and makes the decisions that need both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from crawler.corpus.article_pictures import ArticlePictures
from crawler.corpus.captures import IndexPosition
from crawler.corpus.changes import Changes
from crawler.corpus.durable import make_folder
from crawler.corpus.entries import OPEN, REMOVED, SKIPPED, WRITTEN, LedgerEntry
from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.hashes import Hashes, open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.lock import lock
from crawler.corpus.picture_files import with_local_links
from crawler.corpus.reconcile import reconcile
from crawler.corpus.removal_journal import agree_on_removals
from crawler.corpus.runs import Run
from crawler.corpus.store import Store, ascii_name, content_hash, safe_name
from crawler.corpus.versions import record_replacement
from crawler.items import Article, Link
from crawler.layouts import hugo, jsonl
from crawler.markdown.picture_links import picture_addresses
from crawler.reading.errors import PageError
from crawler.text.dates import BEIJING, DAY, is_exact

Outcome = Literal["written", "updated", "unchanged", "edited", "duplicate", "older", "removed"]


class Corpus:
    """The articles of *source* below the folder *root*, opened for one run.

    Holds the source's lock, also in a PostgreSQL ledger, until `close`. *ledger_url* is an SQLAlchemy URL, "" for the
    SQLite file in `.state/`. *retry_pause* is a factor for the delays before a rejected page is retried. Without
    *overwrite_edited*, files that were edited by hand stay unchanged; their paths are collected in `edited`. So do
    files without a known hash, which could have been edited; their paths are collected in `unknown`. With
    *keep_versions*, a copy of each file that is replaced is kept in `.state/versions/`. *wants_picture* accepts the
    addresses of pictures to store (None: no new ones). With *shared*, and a ledger in PostgreSQL, other runs can have
    the source's lock at the same time if they share it, too; `storing` keeps their changes apart. Links and articles
    have the source's ids; the ledger stores them as in the files' names (`safe_name`).

    Raises `LockedError`, `LedgerError`, and OSError from the disk; the methods raise the last two.
    """

    can_share = True

    def __init__(
        self,
        root: Path,
        source: str,
        ledger_url: str = "",
        *,
        retry_pause: float = 1.0,
        overwrite_edited: bool = False,
        keep_versions: bool = False,
        wants_picture: Callable[[str], bool] | None = None,
        shared: bool = False,
    ) -> None:
        self.files = self._open_files(root)
        self.source = source
        self.retry_pause = retry_pause
        self.overwrite_edited = overwrite_edited
        self.keep_versions = keep_versions
        self.wants_picture = wants_picture
        self.edited: list[Path | str] = []
        self.unknown: list[Path | str] = []
        self.shared = shared and self.can_share and ledger_url.startswith("postgresql")
        state = root / ".state"
        make_folder(state, root)
        self._lock = lock(state / f"{source}.lock", source, shared=self.shared)
        try:
            self.ledger = open_ledger(state, ledger_url)
            try:
                is_alone = self.ledger.lock(source, shared=self.shared)
            except (LedgerError, LockedError):
                self.ledger.close()
                raise
            try:
                self.changes = self._prepared_changes(is_alone)
            except LedgerError as error:
                self.ledger.close()
                if not error.is_damage or ledger_url:
                    raise
                self.ledger = open_ledger(state, ledger_url)  # sets the damaged file aside and creates a new one
                self.changes = self._prepared_changes(is_alone)
            if is_alone:
                self.ledger.articles.limit_delays(source, retry_pause)
                self.ledger.pictures.limit_delays(source, retry_pause)
            self.pictures = ArticlePictures(self.changes, retry_pause, overwrite_edited)
            self.ledger.hosts.limit_pauses()
            self.run = self.ledger.runs.start(source, is_alone=is_alone)
            if is_alone:
                self.ledger.runs.sum_up(source)
            self._next_walk = self.ledger.walks.next_number(source)  # before any walk of this run
            if self.shared and is_alone:
                self.ledger.share_lock(source)
        except BaseException:
            if hasattr(self, "ledger"):
                self.ledger.close()
            self._lock.close()
            raise

    def _open_files(self, root: Path) -> Store:
        return Store(root)

    def _prepared_changes(self, is_alone: bool) -> Changes:
        """Return the changes of the run. The first run that shares the lock makes files and ledger consistent."""
        if is_alone:
            self._reconcile()
        return self._changes()

    def _reconcile(self) -> None:
        agree_on_removals(self.files.root, self.ledger, self.source)
        reconcile(self.files, self.ledger, self._hashes(), self.source)

    def _changes(self) -> Changes:
        return Changes(self.files, self.ledger, self._hashes(), self.source, shared=self.shared)

    def _hashes(self) -> Hashes:
        return open_hashes(self.files.root, self.ledger, self.source)

    # The run ------------------------------------------------------------------------------------------------------

    def finish_run(self, reason: str, figures: Mapping[str, object]) -> None:
        """Record the end of the run, and which folders agree with the ledger. See `Run` for *reason* and *figures*.

        The figures contain the verdict: a run whose end is not recorded as a whole is not fine. If the disk fails, the
        run is recorded with the reason "disk", without that verdict, before the error is raised.
        """
        try:
            with self.storing():
                self.changes.finish()
        except OSError as error:
            failed = {name: value for name, value in figures.items() if name != "verdict"}
            self.ledger.runs.finish(self.run, "disk", {**failed, "why": str(error)})
            raise
        self.ledger.runs.finish(self.run, reason, figures)

    def run_history(self) -> list[Run]:
        """Return the last runs of the source that ended before this run began; the last element is this run."""
        runs = [run for run in self.ledger.runs.last(self.source) if run.number <= self.run]
        return [run for run in runs if run.is_ended or run.number == self.run]

    def news(self, arguments: Mapping[str, object]) -> list[tuple[int, int]]:
        """Return number and start of the fine runs of the source with *arguments* and new articles: see `Runs.news`."""
        return self.ledger.runs.news(self.source, arguments)

    def storing(self) -> AbstractContextManager[None]:
        """Return a context manager, in which no other run that shares the source's lock changes files and ledger."""
        return self.ledger.storing(self.source)

    def close(self) -> None:
        """Close the ledger and release the source's lock."""
        try:
            self.ledger.close()
        finally:
            self._lock.close()

    # Links to fetch -----------------------------------------------------------------------------------------------

    def find(self, links: Iterable[Link]) -> dict[str, LedgerEntry]:
        """Return the ledger's entries of *links* by the links' ids."""
        names = {self._name(link.id): link.id for link in links}
        return {names[name]: entry for name, entry in self.ledger.articles.find(self.source, names).items()}

    def wants(self, link: Link, entry: LedgerEntry | None) -> bool:
        """Return whether to fetch *link*; *entry* is its entry in the ledger."""
        if entry is None or entry.state == OPEN:
            return True
        if entry.state == WRITTEN:
            # The file was deleted, or its date has only the day and the listing has the time.
            return not self._has_file(entry) or (is_exact(link.date) and not is_exact(entry.date))
        return entry.is_due

    def add_open(self, links: Collection[Link], walk: int = 0) -> None:
        """Record links before they are fetched. *walk* is the number of the walk that found them; 0: no walk did."""
        rows = (replace(link, id=self._name(link.id)) for link in links)
        self.ledger.articles.add_open(self.source, rows, walk or self._next_walk)

    def due(self) -> Iterator[LedgerEntry]:
        """Yield the links that earlier runs left open, then the rejected ones whose retry is due."""
        return self.ledger.articles.due(self.source)

    def is_stored(self, link: Link) -> bool:
        """Return whether the article is written and its file exists."""
        entry = self.find([link]).get(link.id)
        return entry is not None and entry.state == WRITTEN and self._has_file(entry)

    def is_removed(self, link: Link) -> bool:
        """Return whether the article was taken down."""
        entry = self.find([link]).get(link.id)
        return entry is not None and entry.state == REMOVED

    def is_taken_down(self, article: Article) -> bool:
        """Return whether the article, or one of the source with the same title and body, was taken down."""
        content = content_hash(article.title, article.markdown)
        found = self.ledger.articles.find_with_duplicate(
            self.source, self._name(article.id), content, article.date[:10]
        )
        return any(entry is not None and entry.state == REMOVED for entry in found)

    def is_superseded(self, identifier: str, fetched: str, origin: str) -> bool:
        """Return whether an article is a capture of an archive, and the stored article is newer.

        *fetched* and *origin* are those of `Article`.

        An older capture never replaces the article of the live site, or a newer capture. A stored article without a
        known time, as after `press-corpus ledger rebuild`, counts as one of the live site that is newer.
        """
        if not origin:
            return False
        stored = self._stored_details(self._name(identifier))
        if stored is None:
            return False
        stored_at = stored.get("fetched") or ""
        is_newer = fetched > stored_at if stored_at else False
        return not is_newer and not (stored.get("origin") and fetched == stored_at)

    def _stored_details(self, name: str) -> Mapping[str, Any] | None:
        """Return the further metadata of a stored article (see `jsonl.details`); None if it is not stored."""
        entry = self.ledger.articles.find(self.source, [name]).get(name)
        if entry is None or entry.state != WRITTEN or not self._has_file(entry):
            return None
        return self.ledger.articles.details(self.source, name)

    def add_captures(
        self, archive: str, captures: Iterable[Mapping[str, str]], query: str, reached: IndexPosition
    ) -> None:
        """Record captures before they are fetched, and how far the index was read: see `Captures.add`."""
        rows = [{**capture, "id": self._name(capture["id"])} for capture in captures]
        self.ledger.captures.add(self.source, archive, rows, query, reached)

    def recent(self, days: int) -> Iterator[LedgerEntry]:
        """Yield the written articles with a date in the last *days* days, Beijing time."""
        first = datetime.now(BEIJING) - timedelta(days=days)
        return self.ledger.articles.dated(self.source, first.strftime(DAY))

    def has_later_article(self, day: str) -> bool:
        """Return whether an article has a date after *day* ("YYYY-MM-DD")."""
        return next(self.ledger.articles.dated(self.source, day + "~"), None) is not None

    # Outcomes -----------------------------------------------------------------------------------------------------

    def store(self, article: Article, text: str) -> Outcome:
        """Write *text*, the file of *article*, then mark the article as written; return the outcome.

        "duplicate": another article of the same day has the same content; the file is not written. "edited": the
        existing file differs, and was edited by hand or has no known hash; it stays unchanged. "older": the article is
        a capture of an archive, and the stored one is newer; it stays unchanged. "removed": the article, or one with
        the same title and body, was taken down; no file is written. The file has local links for stored
        pictures.
        """
        with self.storing():
            return self._store(article, text)

    def _store(self, article: Article, text: str) -> Outcome:
        name = self._name(article.id)
        content = content_hash(article.title, article.markdown)
        entry, other = self.ledger.articles.find_with_duplicate(self.source, name, content, article.date[:10])
        if entry and entry.state == REMOVED:
            return "removed"
        if self.is_superseded(article.id, article.fetched, article.origin):
            return "older"
        place = self.files.place(self.source, name, "" if article.undated else article.date)
        recorded = entry.path if entry else ""
        old = self.files.read({recorded, place} if recorded else {place}, is_new=not recorded)
        old_place = recorded if recorded in old else place
        data = with_local_links(text, name, self.pictures.names(name, old_place)).encode("utf-8")
        row: dict[str, object] = {
            "id": name, "url": article.url, "title": article.title, "date": article.date,
            "path": place, "content_hash": content,
            "etag": article.etag, "modified": article.modified, "details": jsonl.details(article),
        }  # fmt: skip
        if place in old and old[place] != data and hugo.is_same(old[place], data):
            data = old[place]  # the page was only fetched again
        if other and other.state == REMOVED and old.get(place) != data:
            if not old:
                reason = f"the same text as {other.id}, which was removed"
                self.ledger.articles.set(self.source, name, state=SKIPPED, kind="duplicate", reason=reason)
            return "removed"
        if not old and other and self._has_file(other):
            reason = f"the same text as {other.id}"
            self.ledger.articles.set(self.source, name, state=SKIPPED, kind="duplicate", reason=reason)
            return "duplicate"
        own = {path: self._own_hashes(path, found, entry) for path, found in old.items()}
        kept = [
            path for path, found in old.items() if found != data and self.files.file_hash(path, found) not in own[path]
        ]
        if kept and not self.overwrite_edited:
            path = old_place if old_place in kept else kept[0]
            (self.edited if own[path] else self.unknown).append(self.files.address(path))
            if entry and entry.path == old_place:
                self._mark_kept(name)
            else:
                row |= {"path": path, "file_hash": own[path][-1] if own[path] else "", "etag": "", "modified": ""}
                self.ledger.articles.mark_written(self.source, [row], self._next_walk)
            return "edited"
        for replaced in {found for found in old.values() if found != data}:
            known = entry.file_hash if entry else ""
            record_replacement(self.files, self.ledger, self.source, name, (replaced, data), known, self.keep_versions)
        if old_place != place:
            self.pictures.copy(old_place, place)
        if old.get(place) != data:
            self.changes.begin(old_place)
            row["file_hash"] = self.changes.write(place, data)
        else:
            row["file_hash"] = found_hash = self.files.file_hash(place, data)
            if found_hash not in own[place]:
                self.changes.hashes.append(place, found_hash)
        if self.wants_picture:
            self.pictures.note(name, place, list(filter(self.wants_picture, picture_addresses(article.markdown))))
        self.ledger.articles.mark_written(self.source, [row], self._next_walk)
        if old_place != place:  # the article's month has changed, and with it the folder
            self.changes.begin(old_place)
            self.files.remove(old_place)
            self.pictures.delete_old(old_place, place)
        return "written" if not old else "unchanged" if old == {place: data} else "updated"

    def same_as(self, article: Article) -> str:
        """Return the first article of the same story in the ledger as "source/id"; "" without one."""
        name = self._name(article.id)
        return "/".join(self.ledger.near_duplicates.firsts(self.source, name).get(name, ()))

    def _own_hashes(self, path: str, found: bytes, entry: LedgerEntry | None) -> list[str]:
        """Return the known hashes of the files that the crawler wrote at *path*, where a file has the bytes *found*.

        The list of the folder is read only if the file does not have the hash in the ledger: it was edited, or a run
        was killed before it recorded the hash.
        """
        recorded = [entry.file_hash] if entry and entry.path == path and entry.file_hash else []
        if self.files.file_hash(path, found) in recorded:
            return recorded
        return [*self.changes.hashes.listed(path.rpartition("/")[0], {path}).get(path, []), *recorded]

    def mark_unchanged(self, link: Link) -> None:
        """Record that the site reported the stored article as not modified (HTTP 304)."""
        self._mark_kept(self._name(link.id))

    def _mark_kept(self, name: str) -> None:
        self.ledger.articles.set(self.source, name, state=WRITTEN, kind="", reason="", attempts=0, retry_at=None)

    def refuse(self, link: Link, error: PageError) -> None:
        """Record that the page of *link* was refused. An article that is already stored keeps its state."""
        name = self._name(link.id)
        entry = self.ledger.articles.find(self.source, [name]).get(name)
        if entry and entry.state == WRITTEN and self._has_file(entry):
            self.ledger.articles.set(self.source, name, kind=error.kind, reason=str(error))
        else:
            self.ledger.articles.refuse(self.source, name, error.kind, str(error), self.retry_pause)

    def count_attempt(self, link: Link) -> None:
        """Count the last refusal of an open page as an attempt: the page was the cause, and not its site."""
        self.ledger.articles.count_attempt(self.source, self._name(link.id), self.retry_pause)

    def mark_filtered(self, link: Link, date: str) -> None:
        """Record the date of an article that is outside the run's date range."""
        self.ledger.articles.set(self.source, self._name(link.id), date=date)

    def _name(self, identifier: str) -> str:
        """Return the name of an article in the ledger and of its file.

        An article of a release before 0.2 keeps its name, which has no Chinese characters.
        """
        name, old = safe_name(identifier), ascii_name(identifier)
        return old if old != name and self.ledger.articles.find(self.source, [old]) else name

    def _has_file(self, entry: LedgerEntry) -> bool:
        return self.files.has(entry.path)
