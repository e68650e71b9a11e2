"""Find the partial last row of a feed that a killed program has left, in JSON Lines and CSV. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import BinaryIO

_BLOCK = 1 << 16  # bytes
Repair = tuple[int, bytes]  # where the file is to be cut, and the bytes that complete it then


def jsonl_end(file: BinaryIO, encoding: str = "utf-8", delimiter: str = "") -> Repair:
    """Return the repair of JSON Lines: a last line without an end is completed if it is a JSON value, else cut."""
    size = file.seek(0, 2)
    tail, start = b"", size
    while start and b"\n" not in tail:
        start = max(0, start - _BLOCK)
        file.seek(start)
        tail = file.read(min(_BLOCK, size - start - len(tail))) + tail
    tail = tail.rpartition(b"\n")[2]
    if not tail:
        return size, b""
    try:
        json.loads(tail.decode(encoding))
    except (ValueError, RecursionError):
        return size - len(tail), b""
    return size, b"\n"


def csv_end(file: BinaryIO, encoding: str = "utf-8", delimiter: str = ",") -> Repair:
    """Return the repair of CSV (RFC 4180): a last row without an end is completed if it has all columns, else cut.

    A line end inside quotes belongs to a value. Any *encoding* that includes ASCII gives the same result.
    """
    separator = delimiter.encode()
    size = file.seek(0, 2)
    file.seek(0)
    end = position = quotes = columns = commas = 0
    line = b""
    for line in file:
        pieces = line.split(b'"')
        # Every second piece is inside quotes, beginning with the first one if a quote is open.
        commas += sum(piece.count(separator) for piece in pieces[quotes % 2 :: 2])
        quotes += len(pieces) - 1
        position += len(line)
        if line.endswith(b"\n") and not quotes % 2:
            columns = columns or commas
            end, commas = position, 0
    if end == size:
        return size, b""
    is_complete = not quotes % 2 and commas == columns and end > 0
    if not is_complete:
        return end, b""
    return size, b"\n" if line.endswith(b"\r") else b"\r\n"


# The formats whose rows are complete without the rows after them -> their repair
REPAIRS: Mapping[str, Callable[[BinaryIO, str, str], Repair]] = {
    "jsonlines": jsonl_end,
    "jsonl": jsonl_end,
    "jl": jsonl_end,
    "csv": csv_end,
}
