"""Progress for people: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from crawler.progress import Progress

SELDOM = 30.0  # seconds between two lines where there is no terminal


@contextmanager
def shown(source: str) -> Iterator[Callable[[Progress, float], None]]:
    """What shows the progress of a run of *source*, called with it and the seconds so far."""
    if not sys.stderr.isatty():
        yield _Lines(source)
        return
    # Without a rate of its own: a run waits as politeness wants it, and its pages a minute are said.
    form = "{desc} {percentage:3.0f}% |{bar:12}| {elapsed}{postfix}"
    with tqdm(total=1, desc=source, bar_format=form, leave=False, dynamic_ncols=True, file=sys.stderr) as bar:

        def show(progress: Progress, seconds: float) -> None:
            bar.total = max(progress.wanted, 1)
            bar.n = min(progress.fetched, bar.total)
            bar.set_postfix_str(say(progress, seconds), refresh=True)

        yield show


def say(progress: Progress, seconds: float) -> str:
    """A run's progress on one line."""
    rate = 60 * progress.fetched / seconds if seconds else 0.0
    waits = f"waits for {progress.waits}, " if progress.waits else ""  # first: in a narrow terminal the end is cut
    return (
        f"{waits}found {progress.found}, written {progress.written}, unchanged {progress.unchanged}, "
        f"rejected {progress.rejected}, {rate:.0f} pages/min"
    )


class _Lines:
    def __init__(self, source: str) -> None:
        self.source, self.next = source, SELDOM

    def __call__(self, progress: Progress, seconds: float) -> None:
        if seconds >= self.next:
            self.next = seconds + SELDOM
            print(f"{self.source}: {seconds:.0f} s: {say(progress, seconds)}", file=sys.stderr, flush=True)
