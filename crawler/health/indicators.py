"""Indicators of a run: shares of its pages or articles that raise an alarm if they rise.

No share counts a page that an earlier run refused and that is only retried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crawler.corpus.runs import Run
from crawler.counts import Count, Group
from crawler.items import article_fields
from crawler.reading.errors import UNEXPECTED

# The numerator and the denominator of a share in one run.
Share = Callable[[Run], tuple[int, int]]
UNREAD_TIME = "chosen.unread_time"  # group of counts of articles with a time of day that was not read


@dataclass(frozen=True)
class Indicator:
    """A share that raises an alarm of class *kind* if it rises. *describe* writes its two numbers as text."""

    kind: str
    share: Share
    describe: Callable[[int, int], str]
    needs_history: bool = True  # whether it is only tested if there are enough comparable runs


def indicators(run: Run) -> Iterator[Indicator]:
    """Yield the indicators of *run*; those of readers, charsets and candidates depend on its figures."""
    for kind in UNEXPECTED:
        yield Indicator(kind, _refused(kind), _describe_refused(run, kind), needs_history=False)
        yield Indicator(kind, _refused_listings(kind), _describe_refused_listings(run, kind))
    yield Indicator("gone", _refused("gone"), _describe_refused(run, "gone"))
    yield Indicator("changed", _refused("skipped"), lambda some, total: f"{some} of {total} pages are not articles")
    for field in ("time", *(name for name in article_fields("counted") if name != "title")):
        yield Indicator("changed", _without(field), _describe_without(field))
    yield Indicator("changed", _unread_times, _describe_unread_times)
    candidates = (name for name in run.figures if name.startswith("chosen.") and not name.startswith(UNREAD_TIME))
    for group in sorted({name.rpartition(".")[0] for name in candidates}):
        for candidate in run.group(group):
            describe = _describe_candidate(group.partition(".")[2], candidate)
            yield Indicator("changed", _share_of_group(group, candidate), describe)
    for group, phrase in (("reader", "are read by the reader"), ("charset", "are encoded as")):
        for name in run.group(group):
            yield Indicator("changed", _share_of_group(group, name), _describe_group(phrase, name))


def _refused(kind: str) -> Share:
    return lambda run: (run.count(Group.REFUSED.of(kind)), _new_pages(run))


def _new_pages(run: Run) -> int:
    """Return the number of article pages, without those that were read or refused before: they show nothing new."""
    return max(0, run.articles - run.count(Count.RETRIES_ARTICLE, Count.RETRIES_STORED)) + sum(
        run.group("refused").values()
    )


def _refused_listings(kind: str) -> Share:
    return lambda run: (
        run.count(Group.LISTINGS.of(kind)), run.count(Count.PAGES_LISTING) + sum(run.group("listings").values())
    )  # fmt: skip


def _without(field: str) -> Share:
    return lambda run: (
        run.count(Count.FIELDS_TITLE) - run.count(Group.FIELDS.of(field)),
        run.count(Count.FIELDS_TITLE),
    )


def _unread_times(run: Run) -> tuple[int, int]:
    return sum(run.group(UNREAD_TIME).values()), run.count(Count.FIELDS_TITLE)


def _describe_unread_times(some: int, total: int) -> str:
    return f"{some} of {total} articles have a time of day that is not read"


def _share_of_group(group: str, name: str) -> Share:
    return lambda run: (run.count(f"{group}.{name}"), sum(run.group(group).values()))


def _describe_refused(run: Run, kind: str) -> Callable[[int, int], str]:
    example = run.figures.get(Group.EXAMPLE.of(kind), "")
    fields = run.group("at")
    field = f" ({max(fields, key=lambda name: fields[name])})" if kind == "changed" and fields else ""
    return lambda some, total: f"{some} of {total} pages {kind}{field}{f': {example}' if example else ''}"


def _describe_refused_listings(run: Run, kind: str) -> Callable[[int, int], str]:
    return lambda some, total: f"{some} of {total} listing pages {kind}: {run.figures.get(f'example.{kind}', '')}"


def _describe_without(field: str) -> Callable[[int, int], str]:
    return lambda some, total: f"{some} of {total} articles without {field}"


def _describe_candidate(field: str, candidate: str) -> Callable[[int, int], str]:
    return lambda some, total: f"{field} of {some} of {total} articles from {candidate!r}: its usual source is empty"


def _describe_group(phrase: str, name: str) -> Callable[[int, int], str]:
    return lambda some, total: f"{some} of {total} articles {phrase} {name!r}"
