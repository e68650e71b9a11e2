"""Progress for people: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from crawler.crawl.progress import Progress

WIDE = 90  # columns from which on there is room for a bar
SELDOM = 30.0  # seconds between two lines where there is no terminal


@contextmanager
def display(source: str) -> Iterator[Callable[[Progress, float], None]]:
    """What shows the progress of a run of *source*, called with it and the seconds so far."""
    if not sys.stderr.isatty():
        yield _Lines(source)
        return
    # Neither a share, which falls with each listing page, nor a rate of tqdm's own: a run waits as politeness wants it.
    bar = " |{bar:12}|" if os.get_terminal_size(sys.stderr.fileno()).columns >= WIDE else ""
    form = f"{{desc}} {{n_fmt}}/{{total_fmt}}{bar} {{elapsed}}{{postfix}}"
    with tqdm(total=0, desc=source, bar_format=form, leave=False, dynamic_ncols=True, file=sys.stderr) as shown:

        def show(progress: Progress, seconds: float) -> None:
            shown.total, shown.n = progress.wanted, min(progress.fetched, progress.wanted)
            shown.set_postfix_str(say(progress, seconds), refresh=True)

        yield show


def say(progress: Progress, seconds: float) -> str:
    """A run's progress on one line."""
    rate = 60 * progress.fetched / seconds if seconds else 0.0
    waits = f"waits for {progress.waits}, " if progress.waits else ""  # first: in a narrow terminal the end is cut
    return (
        f"{waits}{progress.found} found, {progress.written} written, {progress.unchanged} unchanged, "
        f"{progress.rejected} rejected, {rate:.0f}/min"
    )


class _Lines:
    def __init__(self, source: str) -> None:
        self.source, self.next = source, SELDOM

    def __call__(self, progress: Progress, seconds: float) -> None:
        if seconds >= self.next:
            self.next = seconds + SELDOM
            print(f"{self.source}: {seconds:.0f} s: {say(progress, seconds)}", file=sys.stderr, flush=True)
