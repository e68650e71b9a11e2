"""Simulate a day of the scheduler in a minute, with real processes that overlap, crash and hang, and a fast clock.

    python -m tests.jobs.schedule_simulation [SECONDS]

Prints the number of runs, and every error: a run that was started twice, or missed without a log line. Exits with 1 if
there is an error.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from typing import IO

from crawler.crawl.fork import Process
from crawler.jobs.cron import Cron
from crawler.jobs.scheduler import Scheduler
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING

MORNING = datetime(2026, 11, 23, tzinfo=BEIJING)  # a Monday
LINE = re.compile(r"(?P<what>\w+) source=(?P<source>\S+) (?P<rest>.*)")
MOMENT = re.compile(r"(due|first|last)=([\dT:-]+\+08:00)")

# Source: cron expression, host, minutes that a run takes, exit code or "crash".
SOURCES: dict[str, tuple[str, str, float, int | str]] = {
    "quick": ("*/15 * * * *", "a.example", 2, 0),
    "neighbour": ("*/20 * * * *", "a.example", 3, 0),  # shares a host with quick: they wait for each other
    "other": ("7,37 * * * *", "b.example", 4, 1),
    "crashes": ("*/30 * * * *", "c.example", 1, "crash"),
    "overlaps": ("*/30 * * * *", "d.example", 40, 0),  # longer than its interval
    "hangs": ("5 */3 * * *", "e.example", 60, 7),  # until the time limit of the job
    "beside": ("25 * * * *", "e.example", 2, 3),  # waits for "hangs", which has the same host
    "daily": ("30 8,20 * * *", "f.example", 20, 0),
    "weekend": ("0 9 * * sat,sun", "g.example", 5, 0),  # not today
}

# Shell script of a run. It creates a folder for its source and one for its host, which fails if another run of the
# same source or host is in progress. Arguments: $0 source, $1 folder, $2 host, $3 seconds, $4 exit code or "crash".
JOB = """
for mark in "$1/source-$0" "$1/host-$2"; do mkdir "$mark" 2>/dev/null || echo "doubled $0: $mark" >>"$1/journal"; done
echo "run $0" >>"$1/journal"
trap 'rmdir "$1/source-$0" "$1/host-$2"; exit 9' TERM
sleep "$3" & wait $!
rmdir "$1/source-$0" "$1/host-$2"
[ "$4" = crash ] && kill -KILL $$
exit "$4"
"""


def schedules() -> list[Schedule]:
    return [Schedule(name, frozenset({host}), Cron.parse(text)) for name, (text, host, *_) in SOURCES.items()]


@dataclass
class FastClock:
    """A clock that runs *speed* times as fast as real time and may be set through *shift*."""

    speed: float
    started: float = field(default_factory=time.monotonic)
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return MORNING + self.shift + timedelta(seconds=(time.monotonic() - self.started) * self.speed)


@dataclass(frozen=True)
class Line:
    """A log line of the scheduler; *at* is its time on the monotonic clock, in seconds."""

    text: str
    at: float


class LineHandler(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(Line(record.getMessage(), time.monotonic()))


@contextmanager
def captured_lines() -> Iterator[list[Line]]:
    """Capture the log lines of the scheduler."""
    handler, logger = LineHandler(), logging.getLogger("crawler.jobs.scheduler")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def events_by_due_time(
    lines: list[Line], all_schedules: Sequence[Schedule]
) -> dict[tuple[str, datetime], list[tuple[str, float]]]:
    """Map each source and due time to its events in *lines*: "start", "skip" or "missed", each with its time."""
    found: dict[tuple[str, datetime], list[tuple[str, float]]] = defaultdict(list)
    by_name = {schedule.source: schedule for schedule in all_schedules}
    for line in lines:
        match = LINE.match(line.text)
        if not match or match["what"] not in ("start", "skip", "missed"):
            continue
        moments = {name: datetime.fromisoformat(text) for name, text in MOMENT.findall(match["rest"])}
        first, last = moments.get("first", moments.get("due")), moments.get("last", moments.get("due"))
        assert first
        assert last
        times = by_name[match["source"]].times(first - timedelta(seconds=1))
        while (due := next(times)) <= last:
            found[match["source"], due].append((match["what"], line.at))
    return found


def scheduling_errors(
    lines: list[Line], all_schedules: Sequence[Schedule], begin: datetime, end: datetime, speed: float = 1
) -> list[str]:
    """List the due times between *begin* and *end* without a log line, and those for which two runs were started.

    Two starts for one due time are correct if they are half an interval apart, because a clock that is set back by more
    than an interval shows a due time twice. *speed* is that of the clock.
    """
    events, errors = events_by_due_time(lines, all_schedules), []
    for schedule in all_schedules:
        for due in takewhile(lambda time: time <= end, schedule.times(begin)):
            due_events = events[schedule.source, due]
            if not due_events:
                errors.append(f"missed without a line: {schedule.source} {due}")
            starts = [at for what, at in due_events if what == "start"]
            if any(
                (second - first) * speed < schedule.cron.interval.total_seconds() / 2
                for first, second in pairwise(starts)
            ):
                errors.append(f"started twice: {schedule.source} {due}")
    return errors


def simulate(hours: float, seconds: float, steps: dict[float, float], folder: Path) -> tuple[list[Line], list[str]]:
    """Simulate *hours* of the scheduler in *seconds*. *steps* maps an hour to the hours by which the clock is then set.

    Returns the log lines and the errors.
    """
    clock = FastClock(hours * 3600 / seconds)
    minute = 60 / clock.speed

    def start(source: str, output: IO[bytes]) -> Process:
        _, host, minutes, end = SOURCES[source]
        command = ["sh", "-c", JOB, source, str(folder), host, f"{minutes * minute:.3f}", str(end)]
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    last_runs = {"daily": MORNING - timedelta(hours=20)}  # the run at 20:30 was missed
    with captured_lines() as lines:
        scheduler = Scheduler(schedules(), last_runs, start, now=clock.now, clock_check=0.5 * minute, max_processes=6)
        tick, last_tick = scheduler.tick, MORNING
        begin = scheduler.handled["quick"]  # when the scheduler first read the clock

        def recorded_tick() -> float:
            nonlocal last_tick
            moment = clock.now()
            wait = tick()
            last_tick = moment  # everything that was due until then has a log line
            return wait

        scheduler.tick = recorded_tick  # type: ignore[method-assign]

        def set_clock_and_stop() -> None:
            for hour, step in sorted(steps.items()):
                time.sleep(max(0.0, clock.started + hour * 60 * minute - time.monotonic()))
                clock.shift += timedelta(hours=step)
            time.sleep(max(0.0, clock.started + seconds - time.monotonic()))
            os.kill(os.getpid(), signal.SIGTERM)

        controller = threading.Thread(target=set_clock_and_stop)
        controller.start()
        scheduler.run()
        controller.join()
    stop = next(line.at for line in lines if line.text.startswith("stop"))
    errors = scheduling_errors(lines, schedules(), begin, last_tick, clock.speed)
    journal = (folder / "journal").read_text().splitlines()
    errors += [line for line in journal if line.startswith("doubled")]
    runs = sum(line.startswith("run ") for line in journal)
    starts, ends = (sum(line.text.startswith(word) for line in lines) for word in ("start ", "end "))
    early = sum(" code=-15 " in line.text for line in lines)  # terminated before it wrote to the journal
    if starts != ends or not 0 <= starts - runs <= early:
        errors.append(f"{starts} starts, {runs} runs, {ends} ends")
    errors += [f"after the stop: {line.text}" for line in lines if line.at > stop and line.text.startswith("start")]
    return lines, errors


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    # The machine sleeps for 50 minutes; the clock is set back by 20; it is set 3 hours ahead, and later set right.
    steps = {4.0: 50 / 60, 9.0: -20 / 60, 14.0: 3.0, 16.0: -3.0}
    with tempfile.TemporaryDirectory() as folder:
        lines, errors = simulate(24, seconds, steps, Path(folder))
    print(*(line.text for line in lines if not line.text.startswith(("start", "end"))), sep="\n")
    for name in SOURCES:
        events = events_by_due_time(lines, schedules())
        whats = [what for (source, _), found in events.items() if source == name for what, _ in found]
        ends = [re.search(rf"end source={name} .* code=(-?\d+)", line.text) for line in lines]
        print(f"{name:10} {dict(Counter(whats))} exit codes {dict(Counter(end[1] for end in ends if end))}")
    print(f"24 hours in {seconds:.0f} s: {len(errors)} errors", *errors, sep="\n")
    sys.exit(bool(errors))


if __name__ == "__main__":
    main()
