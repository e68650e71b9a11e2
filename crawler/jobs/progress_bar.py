"""Show the progress of a run: a bar in a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from crawler.crawl.progress import Progress

MIN_BAR_COLUMNS = 90  # a narrower terminal shows the figures without a bar
LINE_INTERVAL = 30.0  # seconds between two lines without a terminal


@contextmanager
def display(source: str) -> Iterator[Callable[[Progress, float], None]]:
    """Yield a function that shows the progress of a run of *source*. It takes the progress and the elapsed seconds."""
    if not sys.stderr.isatty():
        yield _Lines(source)
        return
    # No percentage, because it drops with each listing page; no rate of tqdm, because delays make it vary.
    bar = " |{bar:12}|" if os.get_terminal_size(sys.stderr.fileno()).columns >= MIN_BAR_COLUMNS else ""
    form = f"{{desc}} {{n_fmt}}/{{total_fmt}}{bar} {{elapsed}}{{postfix}}"
    with tqdm(total=0, desc=source, bar_format=form, leave=False, dynamic_ncols=True, file=sys.stderr) as progress_bar:

        def show(progress: Progress, seconds: float) -> None:
            progress_bar.total, progress_bar.n = progress.wanted, min(progress.fetched, progress.wanted)
            progress_bar.set_postfix_str(describe(progress, seconds), refresh=True)

        yield show


def describe(progress: Progress, seconds: float) -> str:
    """Write the progress after *seconds* on one line."""
    rate = 60 * progress.fetched / seconds if seconds else 0.0
    waits = f"waits for {progress.waits}, " if progress.waits else ""  # first, because a narrow terminal cuts the end
    return (
        f"{waits}{progress.found} found, {progress.written} written, {progress.unchanged} unchanged, "
        f"{progress.rejected} rejected, {rate:.0f}/min"
    )


class _Lines:
    """Print the progress as a line, at most every `LINE_INTERVAL` seconds."""

    def __init__(self, source: str) -> None:
        self.source, self.next = source, LINE_INTERVAL

    def __call__(self, progress: Progress, seconds: float) -> None:
        if seconds >= self.next:
            self.next = seconds + LINE_INTERVAL
            print(f"{self.source}: {seconds:.0f} s: {describe(progress, seconds)}", file=sys.stderr, flush=True)
