"""MinHash signatures of texts, and the pairs of similar ones. Pure functions.

A signature estimates the Jaccard similarity of the sets of 5-grams of two texts, without punctuation and white space
(Broder 1997). Candidates are texts that agree in a band of three values: two texts with a similarity of 0.5 have one in
common with a probability of 0.996, two texts with 0.05 with 0.005. The comparison of all values decides.

Package rensa (extra "data") computes the signatures.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import eq
from struct import Struct, pack
from typing import Any, TypeVar

T = TypeVar("T")

SHINGLE = 5  # characters
PERMUTATIONS, SEED = 128, 42
# Texts of the same story reach 0.5 after usual edits: 30 % cut or added, every 20th character replaced.
THRESHOLD = 0.5
# Letters and digits. Shorter texts (market flashes, notices) follow templates that differ only in names and numbers,
# and all error rates of this method were measured with texts of at least this length.
MIN_LENGTH = 200
_SHINGLE = Struct(f"{2 * SHINGLE}s")
_BANDS = Struct("12s" * (PERMUTATIONS // 3) + "8x")  # of three values each; the last two values are in none
_OTHERS = re.compile(r"[\W_]+")


class MissingPackageError(Exception):
    """The package rensa is not installed. The message states the command that installs it."""


def form() -> str:
    """Describe the signatures: only those of the same form can be compared. Raises `MissingPackageError`."""
    version = _rensa().RMinHash.ALGORITHM_VERSION
    return f"rensa RMinHash {version}, {PERMUTATIONS} values, seed {SEED}, {SHINGLE}-grams of {MIN_LENGTH} characters"


def signature(text: str) -> bytes | None:
    """Return the signature of *text*: 128 values of 4 bytes, little-endian; None for a text that is too short.

    Only letters and digits count. Raises `MissingPackageError`.
    """
    text = _OTHERS.sub("", text)
    if len(text) < MIN_LENGTH:
        return None
    minhash = _rensa().RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    minhash.update(_shingles(text.encode("utf-16-le")))
    return pack(f"<{PERMUTATIONS}I", *minhash.digest())


def _shingles(data: bytes) -> list[bytes]:
    """Return the 5-grams of a text in UTF-16, each offset after the other: a third of the time of slices."""
    size = _SHINGLE.size
    ends = ((start, start + (len(data) - start) // size * size) for start in range(0, size, 2))
    return [shingle for start, end in ends for (shingle,) in _SHINGLE.iter_unpack(data[start:end])]


def similarity(one: bytes, other: bytes) -> float:
    """Return the estimated Jaccard similarity of two signatures, from 0 to 1."""
    equal: int = sum(map(eq, memoryview(one).cast("I"), memoryview(other).cast("I")))
    return equal / PERMUTATIONS


def similar(new: Sequence[bytes], all_signatures: Iterable[tuple[T, bytes]]) -> Iterator[tuple[int, T, float]]:
    """Yield the pairs of a signature of *new* and one of *all_signatures* with at least the similarity `THRESHOLD`.

    A pair has the index in *new*, the name in *all_signatures*, and the similarity. A signature that is in both is
    similar to itself.
    """
    tables: list[dict[bytes, list[int]]] = [{} for _ in range(PERMUTATIONS // 3)]
    for index, value in enumerate(new):
        for table, band in zip(tables, _BANDS.unpack(value), strict=True):
            table.setdefault(band, []).append(index)
    for name, value in all_signatures:
        found = filter(None, map(dict.get, tables, _BANDS.unpack(value)))
        for index in sorted({index for indexes in found for index in indexes}):
            if (estimate := similarity(new[index], value)) >= THRESHOLD:
                yield index, name, estimate


def _rensa() -> Any:
    try:
        import rensa
    except ImportError as error:
        raise MissingPackageError("rensa is not installed: pip install 'press-corpus[data]'") from error
    return rensa
