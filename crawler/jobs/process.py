"""One run of a source in a process of its own: watched, ended at its limit, its log kept."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.crawl.progress import PROGRESS_FD, Progress
from crawler.text.dates import BEIJING

PROJECT = Path(__file__).parent.parent.parent
GRACE = 60.0  # seconds that a run which is told to end may take
TICK = 0.5  # seconds


@dataclass(frozen=True)
class ProcessResult:
    """How the process ended."""

    code: int  # its exit code; below 0 the signal that killed it
    seconds: float
    timed_out: bool  # whether it was ended at its limit
    interrupted: bool  # whether a signal to us ended it


def run(
    source: str, options: Sequence[str], limit: float, log: Path, watch: Callable[[Progress, float], None]
) -> ProcessResult:
    """Run `scrapy crawl SOURCE`, its output in *log*, for *limit* seconds at most.

    *watch* is called with its progress and the seconds so far. A signal that ends us ends it, too. Raises OSError.
    """
    command = [sys.executable, "-m", "scrapy", "crawl", source, *options]
    reading, writing = os.pipe()
    began = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, os.fdopen(reading, "rb", buffering=0) as pipe, _told() as told:
        process = subprocess.Popen(  # noqa: S603 (our own command line)
            command, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env={**os.environ, PROGRESS_FD: str(writing)}, pass_fds=(writing,), start_new_session=True,
        )  # fmt: skip
        os.close(writing)
        was_late, asked_at = False, 0.0
        lines = _lines(pipe)
        while process.poll() is None:
            watch(next(lines), time.monotonic() - began)
            was_late = was_late or time.monotonic() - began > limit
            if (was_late or told) and not asked_at:
                asked_at = time.monotonic()
                _signal(process, signal.SIGTERM)
            elif asked_at and time.monotonic() - asked_at > GRACE:
                _signal(process, signal.SIGKILL)
        watch(next(lines), time.monotonic() - began)
    return ProcessResult(process.returncode, time.monotonic() - began, was_late, bool(told))


def new_log(folder: Path, source: str, keep: int) -> Path:
    """A log for a run that begins now; of those before it the newest *keep* - 1 stay. Raises OSError."""
    for old in sorted(folder.glob(f"{source}.[0-9]*.log"))[: -(keep - 1) or None]:
        old.unlink(missing_ok=True)
    return folder / f"{source}.{datetime.now(BEIJING):%Y%m%d-%H%M%S}-{os.getpid()}.log"


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)  # with all that it may have started


@contextmanager
def _told() -> Iterator[list[int]]:
    """The signals that told us to end meanwhile."""
    told: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, lambda number, frame: told.append(number)) for number in numbers]
    try:
        yield told
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _lines(pipe: object) -> Iterator[Progress]:
    """The last that was said on *pipe*, every TICK at least; for ever."""
    descriptor = pipe.fileno()  # type: ignore[attr-defined]
    waiting = selectors.DefaultSelector()
    waiting.register(descriptor, selectors.EVENT_READ)
    said, progress = b"", Progress()
    while True:
        if waiting.select(TICK):
            part = os.read(descriptor, 65536)
            if not part:
                time.sleep(TICK / 10)  # the other end is closed: the process is about to end
            *whole, said = (said + part).split(b"\n")
            if whole:
                progress = Progress(**json.loads(whole[-1]))
        yield progress
