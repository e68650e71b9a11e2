"""Show the progress of a run: a bar in a terminal, otherwise a line every 30 seconds."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from crawler.crawl.progress import Progress

MIN_BAR_COLUMNS = 100  # a narrower terminal shows the figures without a bar
tqdm.monitor_interval = 0  # no thread: a process with several threads is not forked
LINE_INTERVAL = 30.0  # seconds between two lines without a terminal


@contextmanager
def display(source: str) -> Iterator[Callable[[Progress, float], None]]:
    """Yield a function that shows the progress of a run of *source*. It takes the progress and the elapsed seconds."""
    if not sys.stderr.isatty():
        yield _Lines(source)
        return
    # No percentage, because it drops with each listing page; no rate of tqdm, because delays make it vary.
    bar = " |{bar:12}|" if _columns() >= MIN_BAR_COLUMNS else ""
    form = f"{{desc}} {{n_fmt}}/{{total_fmt}}{bar} {{elapsed}}{{postfix}}"
    with tqdm(total=0, desc=source, bar_format=form, leave=False, dynamic_ncols=True, file=sys.stderr) as progress_bar:

        def show(progress: Progress, seconds: float) -> None:
            progress_bar.total, progress_bar.n = progress.wanted, min(progress.fetched, progress.wanted)
            progress_bar.set_postfix_str("", refresh=False)
            rest = _columns() - len(progress_bar.format_meter(**progress_bar.format_dict).rstrip()) - 3
            progress_bar.set_postfix_str(describe(progress, seconds, rest), refresh=True)

        yield show


def _columns() -> int:
    return os.get_terminal_size(sys.stderr.fileno()).columns


def describe(progress: Progress, seconds: float, columns: int = 1000) -> str:
    """Write the progress after *seconds* on one line, with the parts that *columns* characters can hold."""
    rate = 60 * progress.fetched / seconds if seconds else 0.0
    parts = [
        f"{progress.written} written", f"{progress.rejected} rejected", f"{progress.found} found", f"{rate:.0f}/min",
        f"{progress.unchanged} unchanged",
    ]  # fmt: skip
    if progress.pictures:
        parts.insert(1, f"{progress.pictures} pictures")
    if progress.waits:
        parts.insert(0, f"waits for {progress.waits}")
    while len(parts) > 1 and len(", ".join(parts)) > columns:
        parts.pop()
    return ", ".join(parts)


class _Lines:
    """Print the progress as a line, at most every `LINE_INTERVAL` seconds."""

    def __init__(self, source: str) -> None:
        self.source, self.next = source, LINE_INTERVAL

    def __call__(self, progress: Progress, seconds: float) -> None:
        if seconds >= self.next:
            self.next = seconds + LINE_INTERVAL
            print(f"{self.source}: {seconds:.0f} s: {describe(progress, seconds)}", file=sys.stderr, flush=True)
