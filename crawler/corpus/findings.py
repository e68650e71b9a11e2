"""What `press-corpus ledger check` finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """An inconsistency between the files and the ledger; or, if *is_fault* is false, an information."""

    problem: str
    path: str  # relative to the corpus's root
    fixed: bool
    is_fault: bool = True
