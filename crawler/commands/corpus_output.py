"""What `press-corpus corpus` prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tqdm import tqdm

from crawler.corpus.corpus_copy import Counts
from crawler.corpus.takedown import Takedown
from crawler.text.dates import BEIJING
from crawler.text.plural import plural

LINE_INTERVAL = 30.0  # seconds between two lines of progress without a terminal


def local_time(seconds: int) -> str:
    """Write a time (UTC, seconds since 1970) in Beijing time with its zone: "2026-07-14T09:30:00+08:00"."""
    return datetime.fromtimestamp(seconds, BEIJING).isoformat()


def describe(done: Takedown) -> list[str]:
    """Return the lines about a takedown: the first has its result, each other one a deleted file, or a hint."""
    removal = done.removal
    result = "removed" if done.is_new else f"already removed at {local_time(removal.removed_at)} ({removal.reason})"
    lines = [f"{removal.source}:{removal.id}: {result}; {plural(len(done.deleted), 'file')} deleted"]
    lines += [f"  deleted: {path}" for path in done.deleted]
    lines += [f"  the same text is stored as {removal.source}:{name}" for name in done.same_text]
    return lines


@contextmanager
def display() -> Iterator[Callable[[Counts], None]]:
    """Yield a function that shows the counts of a backup: in a terminal at once, otherwise every 30 seconds."""
    with tqdm(disable=not sys.stderr.isatty(), bar_format="{desc} {elapsed}", leave=False, file=sys.stderr) as line:
        shown = time.monotonic()

        def show(counts: Counts) -> None:
            nonlocal shown
            interval = LINE_INTERVAL if line.disable else 0.2
            if time.monotonic() < shown + interval:
                return
            shown = time.monotonic()
            text = f"backup: {plural(counts.files, 'file')}, {megabytes(counts.size)}"
            if line.disable:
                print(text, file=sys.stderr, flush=True)
            else:
                line.set_description_str(text)

        yield show


def describe_backup(path: Path, counts: Counts) -> list[str]:
    """Return the lines about a complete backup."""
    lines = [f"{path}: {plural(counts.files, 'file')}, {megabytes(counts.size)}"]
    if counts.newer:
        lines.append(f"  {plural(counts.newer, 'article')} written during the backup: left out, for the next one")
    if counts.reopened:
        lines.append(f"  {plural(counts.reopened, 'article')} without a file: open in the copied ledger")
    return lines + [f"  left out, because it did not stop changing: {name}" for name in counts.changing]


def megabytes(size: int) -> str:
    """Write a number of bytes in megabytes: "3.1 MB"."""
    return f"{size / 1e6:,.1f} MB"
