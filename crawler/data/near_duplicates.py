"""Find near-duplicates, articles with nearly the same text, and keep the result in the ledger.

The update is incremental. It first records the signature of each article that changed since the last update, then
compares the new signatures with those of the days around them. The ledger has after each transaction a state from which
the next update continues: a signature is marked as compared after its pairs are recorded. Memory is bounded by the
articles of the days that are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from crawler.corpus.article_changes import StoredEntry
from crawler.corpus.ledger import Ledger
from crawler.corpus.near_duplicates import NearDuplicates, Pair, Progress, Signature
from crawler.corpus.store import UNDATED, Store
from crawler.data.minhash import form, signature, similar
from crawler.data.stored import read_markdown
from crawler.markdown.plain_text import plain_text

DAYS = 3  # default distance: reprints appear within days, daily templates ("收盘：…") repeat without an end
MAX_DAYS = 366
BATCH = 500  # articles whose signatures are recorded in one transaction
CHUNK = 2000  # signatures that are compared together
PAIRS = 5000  # recorded in one transaction


@dataclass(frozen=True, slots=True)
class Update:
    """The result of `update_near_duplicates`."""

    days: int  # greatest distance of the days of two articles that are compared
    read: int  # articles that are new, or changed since the last update
    short: int  # of these, articles without a signature: short, undated, or without a file
    lost: int  # articles that were removed or lost since the last update


def update_near_duplicates(
    store: Store,
    ledger: Ledger,
    days: int | None = None,
    rebuild: bool = False,
    report: Callable[[str, int], None] = lambda step, number: None,
) -> Update:
    """Bring the signatures and pairs in the ledger up to date. The caller lets one process at a time do so.

    *days* is the greatest distance of the days of two articles that are compared: by default that of the last update,
    or else `DAYS`. With another one, and after a change of the form of the signatures, everything is compared again.
    *rebuild*: read all articles again. *report* gets the name of a step and the number of articles that it has done.

    Undated articles are compared with none: their date is that of a local file. Raises `MissingPackageError`,
    `LedgerError`, OSError.
    """
    table, present, known = ledger.near_duplicates, form(), ledger.near_duplicates.progress()
    wanted = known.days if days is None and known else DAYS if days is None else days
    if known is None or known.form != present or rebuild:
        known = Progress(present, wanted)
        table.start_again(known)
    elif known.days != wanted:
        known = replace(known, days=wanted)
        table.compare_again(known)
    # All changes up to the last one are visible. Those that follow it in the meantime are read again next time.
    last = ledger.changes.last()
    lost = ledger.changes.lost(known.after)
    for first in range(0, len(lost), BATCH):
        table.forget((loss.source, loss.id) for loss in lost[first : first + BATCH])
    number = short = 0
    entries = ledger.changes.written(known.after)
    while batch := list(islice(entries, BATCH)):
        found = [each for entry in batch if (each := _signature(store, entry))]
        # Several articles can have the last number of the batch, if the ledger is older than the numbers.
        after = max(known.after, min(batch[-1].change_number - 1, last))
        keys = {(entry.source, entry.id) for entry in batch}
        recorded = table.find(keys)
        same = {each.key for each in found if _is_same(each, recorded.get(each.key))}  # their pairs stay
        table.record(keys - same, [each for each in found if each.key not in same], replace(known, after=after))
        number, short = number + len(batch), short + len(batch) - len(found)
        report("read", len(batch))
    if known.after < last:
        table.record([], [], replace(known, after=last))
    _compare(table, wanted, report)
    return Update(wanted, number, short, len(lost))


def same_as(ledger: Ledger, source: str) -> Mapping[str, str]:
    """Return the first article of the same story as "source/id", by the id of each article of *source* that has one.

    The first article is the earliest near-duplicate that precedes the article: by date, then source and id. (A date
    without a time precedes the times of its day.) An article that is missing is itself the first. Raises `LedgerError`.
    """
    return {name: "/".join(first) for name, first in ledger.near_duplicates.firsts(source).items()}


def near(ledger: Ledger, source: str, identifier: str) -> list[tuple[str, str, float]]:
    """Return source, id and similarity (0 to 1) of the near-duplicates of an article, the most similar first.

    Raises `LedgerError`.
    """
    return ledger.near_duplicates.near(source, identifier)


def _signature(store: Store, entry: StoredEntry) -> Signature | None:
    """Return the signature of an article; None for one that is compared with none."""
    day = entry.date[:10]
    if entry.path.split("/")[1:2] == [UNDATED] or not _is_day(day):
        return None
    markdown = read_markdown(store, entry)
    value = signature(plain_text(markdown)) if markdown else None
    return Signature(entry.source, entry.id, day, value) if value else None


def _is_same(new: Signature, recorded: Signature | None) -> bool:
    return recorded is not None and (new.day, new.value) == (recorded.day, recorded.value)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _compare(table: NearDuplicates, days: int, report: Callable[[str, int], None]) -> None:
    """Record the pairs of all signatures that were not compared, one day after the other."""
    window: list[Signature] = []
    loaded = day = ""  # the last day in the window
    while day := table.next_day(day):
        first, last = _shifted(day, -days), _shifted(day, days)
        window = [each for each in window if each.day >= first]
        window += table.of_days(max(first, _shifted(loaded, 1)) if loaded else first, last)
        loaded = last
        new = [each for each in window if each.day == day and not each.compared]
        # A signature of a later day that was not compared either finds these ones, when its day is compared.
        others = [each for each in window if each.compared or each.day <= day]
        for start in range(0, len(new), CHUNK):
            chunk = new[start : start + CHUNK]
            pairs = _pairs(chunk, others)
            while batch := list(islice(pairs, PAIRS)):
                table.add_pairs(batch)
            table.mark_compared(each.key for each in chunk)
            report("compared", len(chunk))


def _pairs(new: Sequence[Signature], others: Sequence[Signature]) -> Iterator[Pair]:
    values = ((each.key, each.value) for each in others)
    for index, key, similarity in similar([each.value for each in new], values):
        if new[index].key != key:
            yield Pair(new[index].key, key, similarity)


def _shifted(day: str, days: int) -> str:
    """Return the day *days* later, limited to the years 1 to 9999."""
    try:
        return (date.fromisoformat(day) + timedelta(days)).isoformat()
    except OverflowError:
        return "0001-01-01" if days < 0 else "9999-12-31"
