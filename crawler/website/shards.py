"""The search index of the site: files that a browser loads without a server program. `theme/static/search.js` reads it.

The key of a list is a pair of neighboring UTF-16 units inside a run of letters and digits (NFKC, lower case); its value
is the numbers of the articles that contain the pair, the newest article first. The lists are in `SHARDS` gzip files, by
hash of the key, so a query of a few characters loads a few small files. No library does this for Chinese: they cut the
text into words at build time and in the browser, and the two disagree.

A shard is a sequence of: first unit and second unit (2 bytes each, little endian), the length of the list in bytes
(varint), and the differences of successive numbers (varints: 7 bits a byte, the lowest first, the high bit on all but
the last byte).
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from crawler.website.pages import SiteArticle

SHARDS = 512
CHUNK = 200  # articles whose titles are in one file
_RUN = re.compile(r"[^\W_]+")


def pairs(text: str) -> set[int]:
    """Return the keys of *text*: each is the first unit times 65,536 plus the second unit."""
    found: set[int] = set()
    for run in _RUN.findall(unicodedata.normalize("NFKC", text).lower()):
        units = array("H", run.encode("utf-16-le", "surrogatepass"))
        found.update([first << 16 | second for first, second in pairwise(units)])
    return found


def shard_of(key: int, shards: int = SHARDS) -> int:
    """Return the number of the shard of a key."""
    return ((key >> 16) * 31 + (key & 0xFFFF)) % shards


class IndexBuilder:
    """Collects the lists. Articles are added the newest first."""

    def __init__(self) -> None:
        self._lists: dict[int, bytearray] = {}
        self._last: dict[int, int] = {}
        self.number = 0  # of the next article

    def add(self, text: str) -> None:
        """Add the next article. *text* is its title and its body."""
        number, lists, last = self.number, self._lists, self._last
        for key in pairs(text):
            if key in lists:
                lists[key] += _varint(number - last[key])
            else:
                lists[key] = bytearray(_varint(number))
            last[key] = number
        self.number += 1

    def shards(self) -> Iterable[tuple[int, bytes]]:
        """Yield number and content of each shard."""
        keys: dict[int, list[int]] = {number: [] for number in range(SHARDS)}
        for key in sorted(self._lists):
            keys[shard_of(key)].append(key)
        for number, found in keys.items():
            content = b"".join(
                (key >> 16).to_bytes(2, "little") + (key & 0xFFFF).to_bytes(2, "little")
                + _varint(len(self._lists[key])) + self._lists[key]
                for key in found
            )  # fmt: skip
            yield number, content


def write_index(folder: Path, builder: IndexBuilder, articles: Sequence[SiteArticle]) -> None:
    """Write the index of *articles*, which were added in this order, to *folder*. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in builder.shards():
        (folder / f"{number}.bin").write_bytes(gzip.compress(content, 6, mtime=0))
    for first in range(0, len(articles), CHUNK):
        rows = [[each.title, each.path, each.date, each.source] for each in articles[first : first + CHUNK]]
        _write_json(folder / f"titles-{first // CHUNK}.json", rows)
    sources = sorted({article.source for article in articles})
    numbers = {source: position for position, source in enumerate(sources)}
    _write_json(
        folder / "index.json",
        {
            "shards": SHARDS,
            "chunk": CHUNK,
            "number": len(articles),
            "sources": sources,
            # Runs of articles of one source, and of one month: [source or month, number of articles]
            "sourceRuns": _runs([numbers[article.source] for article in articles]),
            "months": _runs([article.date[:7] for article in articles]),
        },
    )


def _runs(values: Sequence[object]) -> list[list[object]]:
    runs: list[list[object]] = []
    for value in values:
        if runs and runs[-1][0] == value:
            runs[-1][1] = int(str(runs[-1][1])) + 1
        else:
            runs.append([value, 1])
    return runs


def _varint(number: int) -> bytes:
    if number < 0x80:
        return _SMALL[number]
    parts = bytearray()
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


_SMALL = [bytes([number]) for number in range(0x80)]


def _write_json(path: Path, value: Mapping[str, object] | Sequence[object]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
