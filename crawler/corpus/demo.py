"""Mark the corpus of `press-corpus demo`, whose ledger has invented pages: no run may request them from a site."""

from __future__ import annotations

from pathlib import Path

_STATE = ".state"
_MARK = "demo"  # a file in .state/


def mark_demo(root: Path) -> None:
    """Mark the corpus at *root* as one of the demo; create its folder if necessary. Raises OSError."""
    (root / _STATE).mkdir(parents=True, exist_ok=True)
    (root / _STATE / _MARK).write_text("This corpus has invented articles. Runs need REPLAY.\n", encoding="utf-8")


def is_demo(root: Path) -> bool:
    """Return whether the corpus at *root* is one of the demo."""
    return (root / _STATE / _MARK).exists()


def is_corpus(root: Path) -> bool:
    """Return whether a run has written to *root*."""
    return (root / _STATE).exists()
