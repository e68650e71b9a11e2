"""Numbers with their nouns."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """Write a number with its noun: "1 run", "2,000 runs", "2 days", "2 entries"."""
    if count == 1:
        return f"1 {noun}"
    is_changed = noun.endswith("y") and noun[-2:-1] not in "aeo"
    return f"{count:,} {noun[:-1]}ies" if is_changed else f"{count:,} {noun}s"
