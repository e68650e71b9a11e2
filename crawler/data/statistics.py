"""Counts of the stored articles and their characters, by source, month, author and keyword, and the gaps of sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crawler.corpus.article_changes import StoredEntry
from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import removals_of
from crawler.corpus.store import UNDATED, Store
from crawler.data.gaps import Gap, find_gaps
from crawler.data.stored import read_markdown
from crawler.markdown.plain_text import plain_text

LATEST = "\U0010ffff"  # after every date, also those that a user has changed to other words
GROUPS = ("source", "month", "author", "keyword")


@dataclass(slots=True)
class Group:
    """The articles of a group, and the characters of their plain text."""

    articles: int = 0
    characters: int = 0

    def add(self, characters: int) -> None:
        self.articles += 1
        self.characters += characters


@dataclass(slots=True)
class Statistics:
    """Counts of stored articles without removed ones.

    An article is in one source, in one month ("YYYY-MM", or "undated"), with one author ("" if the ledger has none),
    and in the group of each of its keywords. An article whose file is missing has no characters.
    """

    total: Group = field(default_factory=Group)
    groups: dict[str, dict[str, Group]] = field(default_factory=lambda: {name: {} for name in GROUPS})
    days: dict[str, Counter[date]] = field(default_factory=dict)  # dated articles by day, of each source
    gaps: dict[str, list[Gap]] = field(default_factory=dict)  # of the sources that have any
    without_file: int = 0

    def _add(self, source: str, day: date | None, details: Any, characters: int | None) -> None:
        if characters is None:
            self.without_file += 1
        details = details if isinstance(details, dict) else {}
        author, keywords = details.get("author"), details.get("keywords")
        names = {
            "source": [source],
            "month": [day.isoformat()[:7] if day else UNDATED],
            "author": [author if isinstance(author, str) else ""],
            "keyword": {word for word in keywords if isinstance(word, str)} if isinstance(keywords, list) else (),
        }
        self.total.add(characters or 0)
        for group, values in names.items():
            for value in values:
                self.groups[group].setdefault(value, Group()).add(characters or 0)
        if day:
            self.days.setdefault(source, Counter())[day] += 1


def corpus_statistics(
    store: Store,
    ledger: Ledger,
    sources: Iterable[str],
    today: date,
    since: str = "",
    until: str = "",
    report: Callable[[int], object] = lambda number: None,
) -> Statistics:
    """Count the articles of *sources* from *since* to *until* ("YYYY-MM-DD", "" = no limit).

    With a limit, undated articles are left out: their date is that of a local file. Gaps are derived from the whole
    history of a source until *today*, the day in Beijing, and shown from *since* to *until*. *report* gets the number
    of articles that were read since its last call. Raises `LedgerError`, OSError.
    """
    found = Statistics()
    first, last = since or date.min.isoformat(), until or date.max.isoformat()
    for source in sources:
        removed = {removal.id for removal in removals_of(store.root, ledger, source)}
        history: set[date] = set()
        for entry in ledger.changes.dated(source, last=LATEST):
            if entry.id in removed:
                continue
            day = _day(entry)
            if day:
                history.add(day)
            if first <= day.isoformat() <= last if day else not (since or until):
                found._add(source, day, entry.details, _characters(store, entry))
            report(1)
        if gaps := find_gaps(history, today, date.fromisoformat(first), date.fromisoformat(last)):
            found.gaps[source] = gaps
    return found


def ordered(groups: dict[str, Group], by: str) -> list[tuple[str, Group]]:
    """Return the groups in their order: sources and months by name, others by articles, the most frequent first."""
    if by in ("source", "month"):
        return sorted(groups.items())
    return sorted(groups.items(), key=lambda item: (-item[1].articles, item[0]))


def as_json(found: Statistics, by: str = "") -> dict[str, Any]:
    """Return the statistics as a JSON object; with *by*, one of `GROUPS`, only the total and these groups."""
    values: dict[str, Any] = {"articles": found.total.articles, "characters": found.total.characters}
    for group in [by] if by else GROUPS:
        values[f"{group}s"] = [
            {"name": name, "articles": counts.articles, "characters": counts.characters}
            for name, counts in ordered(found.groups[group], group)
        ]
    if not by:
        values["gaps"] = [
            {"source": source, "first": gap.first.isoformat(), "last": gap.last.isoformat(), "days": gap.days,
             "open": gap.is_open}
            for source, gaps in sorted(found.gaps.items()) for gap in gaps
        ]  # fmt: skip
        values["without_file"] = found.without_file
    return values


def _day(entry: StoredEntry) -> date | None:
    """Return the day of publication; None for an undated article."""
    if entry.path.split("/")[1:2] == [UNDATED]:
        return None
    try:
        return date.fromisoformat(entry.date[:10])
    except ValueError:
        return None


def _characters(store: Store, entry: StoredEntry) -> int | None:
    """Return the number of characters of the plain text; None without a file."""
    markdown = read_markdown(store, entry)
    return None if markdown is None else len(plain_text(markdown))
