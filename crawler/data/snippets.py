"""The passage of a text that shows what a search found. Pure functions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from crawler.data.bigrams import fold
from crawler.text.clean import printable

_BEFORE, _LENGTH = 25, 90  # characters before the first hit, and in all
# A character with the marks after it, which folding can join with it.
_CLUSTER = re.compile("[\\s\\S][\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One line of text, and the hits in it."""

    text: str  # printable characters only
    spans: tuple[tuple[int, int], ...]  # first character of each hit, and the one after its last


def snippet(text: str, patterns: Sequence[re.Pattern[str]]) -> Snippet:
    """Return the passage of *text* around its first hit; without one, its beginning.

    *patterns* find words in folded text. "…" stands for text that is left out.
    """
    start, hit = _first_hit(text, patterns)
    start = max(start, hit - _BEFORE)
    end = start + _LENGTH
    shown = " ".join(printable(text[start:end]).split())
    line = f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"
    return Snippet(line, tuple(_merged(_hits(line, patterns))))


def _first_hit(text: str, patterns: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    """Return the start of the first line with a hit, and the start of its first hit; 0 and 0 without a hit."""
    at = 0
    for line in text.splitlines(keepends=True):
        folded = fold(line)
        if any(each.search(folded) for each in patterns):
            return at, at + min((start for start, _ in _hits(line, patterns)), default=0)
        at += len(line)
    return 0, 0


def _hits(text: str, patterns: Sequence[re.Pattern[str]]) -> list[tuple[int, int]]:
    """Return the places of all hits in *text*, in order."""
    clusters = _CLUSTER.findall(text)
    folded = [fold(cluster) for cluster in clusters]
    starts = [0, *accumulate(map(len, clusters))]
    folded_starts = [0, *accumulate(map(len, folded))]
    joined = "".join(folded)
    spans = [match.span() for pattern in patterns for match in pattern.finditer(joined)]
    return [
        (starts[bisect_right(folded_starts, start) - 1], starts[bisect_right(folded_starts, end - 1)])
        for start, end in sorted(spans)
    ]


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *spans*, which are in order; those that overlap are joined."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
