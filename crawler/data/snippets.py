"""The passage of a text that shows what a search found. Pure functions."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from crawler.data.bigrams import fold

_BEFORE, _LENGTH = 25, 90  # characters before the first hit, and in all
# A character with the marks after it, which folding can join with it.
_CLUSTER = re.compile("[\\s\\S][\u0300-\u036f\u3099\u309a\uff9e\uff9f]*")


@dataclass(frozen=True, slots=True)
class Snippet:
    """One line of text, and the hits in it."""

    text: str  # printable characters only
    spans: tuple[tuple[int, int], ...]  # first character of each hit, and the one after its last


def printable(text: str) -> str:
    """Return *text* with a blank for each control character, line end, or invisible character.

    So the text of a page cannot change the terminal.
    """
    return "".join(character if character.isprintable() else " " for character in text)


def snippet(text: str, patterns: Sequence[re.Pattern[str]]) -> Snippet:
    """Return the passage of *text* around its first hit; without one, its beginning.

    *patterns* find words in folded text. "…" stands for text that is left out.
    """
    first = next(_hits(text, patterns), (0, 0))
    start = max(0, first[0] - _BEFORE)
    start = max([start, *(found.end() + start for found in re.finditer(r"\n", text[start : first[0]]))])
    part = text[start : start + _LENGTH]
    is_cut = start + _LENGTH < len(text)
    prefix = "…" if start else ""
    shown = " ".join(printable(part).split())
    line = f"{prefix}{shown}{'…' if is_cut else ''}"
    return Snippet(line, tuple(_merged(sorted(_hits(line, patterns)))))


def _hits(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[tuple[int, int]]:
    """Yield the places of all hits in *text*, the first one of all patterns first."""
    clusters = _CLUSTER.findall(text)
    folded = [fold(cluster) for cluster in clusters]
    starts = [0, *accumulate(map(len, clusters))]
    folded_starts = [0, *accumulate(map(len, folded))]
    joined = "".join(folded)
    found = [match.span() for pattern in patterns for match in pattern.finditer(joined)]
    for start, end in sorted(found):
        first = bisect_right(folded_starts, start) - 1
        last = bisect_right(folded_starts, end - 1) - 1
        yield starts[first], starts[last + 1]


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *spans* in order; those that overlap are joined."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
