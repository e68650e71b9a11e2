"""Run one source in a process of its own, with its progress, a time limit and a log file."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crawler.corpus.aside import reserve
from crawler.crawl.progress import PROGRESS_FD, Progress
from crawler.jobs.parent import PARENT
from crawler.project import child_environment, command_line
from crawler.text.dates import BEIJING

GRACE_PERIOD = 60.0  # seconds between SIGTERM and SIGKILL
POLL_INTERVAL = 0.5  # seconds


@dataclass(frozen=True)
class ProcessResult:
    """How a process ended."""

    code: int  # exit code; if negative, the number of the signal that killed it
    seconds: float
    timed_out: bool  # stopped at its time limit
    interrupted: bool  # this process received SIGTERM or SIGINT


def run(
    source: str, options: Sequence[str], limit: float, log: Path, watch: Callable[[Progress, float], None]
) -> ProcessResult:
    """Run `press-corpus crawl SOURCE` with *options* in the current folder, its output in *log*, for at most *limit* s.

    Calls *watch* at least every `POLL_INTERVAL` with the progress and the elapsed seconds. SIGTERM and SIGINT are
    passed on as SIGTERM. A process that does not end within `GRACE_PERIOD` is killed. Raises OSError.
    """
    read_fd, write_fd = os.pipe()
    started = time.monotonic()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output, os.fdopen(read_fd, "rb", buffering=0), _received_signals() as signals:
        process = subprocess.Popen(  # noqa: S603 (our own command line)
            command_line("crawl", source, *options), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            env=child_environment({PROGRESS_FD: str(write_fd), PARENT: str(os.getpid())}),
            pass_fds=(write_fd,), start_new_session=True,
        )  # fmt: skip
        os.close(write_fd)
        timed_out, terminated_at = False, 0.0
        reports = _progress_reports(read_fd)
        while process.poll() is None:
            watch(next(reports), time.monotonic() - started)
            timed_out = timed_out or time.monotonic() - started > limit
            if (timed_out or signals) and not terminated_at:
                terminated_at = time.monotonic()
                _signal_group(process, signal.SIGTERM)
            elif terminated_at and time.monotonic() - terminated_at > GRACE_PERIOD:
                _signal_group(process, signal.SIGKILL)
        watch(next(reports), time.monotonic() - started)
    return ProcessResult(process.returncode, time.monotonic() - started, timed_out, bool(signals))


def new_log(folder: Path, source: str, keep: int) -> Path:
    """Create the empty log of a run that starts now; delete all but the newest *keep* - 1 logs of *source*.

    Two processes with the same id, as in two containers, never share a log. Raises OSError.
    """
    for old in sorted(folder.glob(f"{source}.[0-9]*.log"))[: -(keep - 1) or None]:
        old.unlink(missing_ok=True)
    return reserve(folder / f"{source}.{datetime.now(BEIJING):%Y%m%d-%H%M%S}-{os.getpid()}.log")


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process and to the processes that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def _received_signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT in a list instead of handling them; restore the handlers at the end."""
    received: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    handlers = [signal.signal(number, lambda number, frame: received.append(number)) for number in numbers]
    try:
        yield received
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)


def _progress_reports(descriptor: int) -> Iterator[Progress]:
    """Yield the newest progress from a pipe, at least every `POLL_INTERVAL`, without end.

    A report is one line with a JSON object of the fields of `Progress`.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        incomplete, progress = b"", Progress()
        while True:
            if selector.select(POLL_INTERVAL):
                data = os.read(descriptor, 65536)
                if not data:
                    time.sleep(POLL_INTERVAL / 10)  # end of file: the process has closed the pipe and is about to end
                *lines, incomplete = (incomplete + data).split(b"\n")
                if lines:
                    progress = Progress(**json.loads(lines[-1]))
            yield progress
