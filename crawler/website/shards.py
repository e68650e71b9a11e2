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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crawler.website.pages import SiteArticle

SHARDS = 512
CHUNK = 200  # articles whose titles are in one file
_GROUP = 64  # shards that are built together, which limits the memory
_RUN = re.compile(r"[^\W_]+")
_BLANK = 0x20

Numbers = NDArray[np.uint32]


def pairs(text: str) -> Numbers:
    """Return the keys of *text*, each once: the first unit times 65,536 plus the second unit."""
    runs = " ".join(_RUN.findall(unicodedata.normalize("NFKC", text).lower()))
    units = np.frombuffer(runs.encode("utf-16-le", "surrogatepass"), "<u2").astype(np.uint32)
    first, second = units[:-1], units[1:]
    is_pair = (first != _BLANK) & (second != _BLANK)
    return np.unique(first[is_pair] << 16 | second[is_pair])


def shards(articles: Sequence[Numbers]) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each shard. *articles*: the keys of each article, the newest first."""
    for start in range(0, SHARDS, _GROUP):
        found = [keys[_shard(keys) // _GROUP == start // _GROUP] for keys in articles]
        keys = np.concatenate([*found, np.empty(0, np.uint32)])
        numbers = np.repeat(np.arange(len(found), dtype=np.uint32), [len(each) for each in found])
        order = np.lexsort((numbers, keys, _shard(keys)))
        keys, numbers = keys[order], numbers[order]
        starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] + 1))
        steps = np.diff(numbers, prepend=0)
        steps[starts] = numbers[starts]
        content, ends = _varints(steps.astype(np.uint32))
        bounds = ends[[*starts, len(keys)]]
        lengths, length_ends = _varints(np.diff(bounds).astype(np.uint32))
        heads = np.stack([keys[starts] >> 16, keys[starts] & 0xFFFF], axis=1).astype("<u2")
        parts: list[list[bytes]] = [[] for _ in range(_GROUP)]
        for position, shard in enumerate(_shard(keys[starts]).tolist()):
            parts[shard - start] += [
                heads[position].tobytes(),
                lengths[length_ends[position] : length_ends[position + 1]].tobytes(),
                content[bounds[position] : bounds[position + 1]].tobytes(),
            ]
        for number, part in enumerate(parts, start):
            yield number, b"".join(part)


def _shard(keys: Numbers) -> Numbers:
    return ((keys >> 16) * 31 + (keys & 0xFFFF)) % SHARDS


def _varints(values: Numbers) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the bytes of all values, and where each begins (with the end of the last one)."""
    sizes = 1 + (values >= 1 << 7).astype(np.int64) + (values >= 1 << 14) + (values >= 1 << 21) + (values >= 1 << 28)
    ends = np.concatenate([[0], np.cumsum(sizes)])
    content = np.zeros(ends[-1], np.uint8)
    for byte in range(5):
        has = sizes > byte
        more = (sizes[has] > byte + 1).astype(np.uint8) << 7
        content[ends[:-1][has] + byte] = (values[has] >> (7 * byte) & 0x7F).astype(np.uint8) | more
    return content, ends


def write_index(folder: Path, articles: Sequence[SiteArticle], keys: Sequence[Numbers]) -> None:
    """Write the index of *articles*, the newest first, and of their *keys* to *folder*. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in shards(keys):
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


def _write_json(path: Path, value: Mapping[str, object] | Sequence[object]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
