"""A day of the schedule in a minute: real processes that overlap, crash and hang, on a clock that runs fast and is set.

    python -m tests.jobs.schedule_simulation [SECONDS]

Says how many runs there were, and every run that was doubled, or missed without a line: there must be none.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise, takewhile
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

from crawler.jobs.cron import Cron
from crawler.jobs.scheduler import Scheduler
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING

MORNING = datetime(2026, 11, 23, tzinfo=BEIJING)  # a Monday
LINE = re.compile(r"(?P<what>\w+) source=(?P<source>\S+) (?P<rest>.*)")
MOMENT = re.compile(r"(due|first|last)=([\dT:-]+\+08:00)")

# Source: expression, host, minutes that a run takes, how it ends: an exit code, or "crash".
SOURCES: dict[str, tuple[str, str, float, int | str]] = {
    "quick": ("*/15 * * * *", "a.example", 2, 0),
    "neighbour": ("*/20 * * * *", "a.example", 3, 0),  # of one host with quick: they wait for each other
    "other": ("7,37 * * * *", "b.example", 4, 1),
    "crashes": ("*/30 * * * *", "c.example", 1, "crash"),
    "overlaps": ("*/30 * * * *", "d.example", 40, 0),  # longer than its interval
    "hangs": ("5 */3 * * *", "e.example", 60, 7),  # until the job's own time limit
    "beside": ("25 * * * *", "e.example", 2, 3),  # waits for the one that hangs
    "daily": ("30 8,20 * * *", "f.example", 20, 0),
    "weekend": ("0 9 * * sat,sun", "g.example", 5, 0),  # not today
}

# What a run does: the mark says whether another of the same source, or host, is at work. ($0 is the source's name.)
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


@contextmanager
def clock_is(now: Callable[[], datetime]) -> Iterator[None]:
    """APScheduler reads this clock."""

    played = SimpleNamespace(now=lambda zone: now().astimezone(zone))
    with patch("apscheduler.schedulers.base.datetime", played):
        yield


@dataclass
class FastClock:
    """The time, *speed* times as fast as it is, which may be set."""

    speed: float
    began: float = field(default_factory=time.monotonic)
    shift: timedelta = timedelta()

    def now(self) -> datetime:
        return MORNING + self.shift + timedelta(seconds=(time.monotonic() - self.began) * self.speed)


@dataclass(frozen=True)
class Line:
    """A line of the scheduler's, and when it was said by a clock that nobody sets, in seconds."""

    text: str
    at: float


class Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(Line(record.getMessage(), time.monotonic()))


@contextmanager
def listening() -> Iterator[list[Line]]:
    """What the scheduler says."""
    listener, logger = Listener(), logging.getLogger("crawler.jobs.scheduler")
    level = logger.level
    logger.addHandler(listener)
    logger.setLevel(logging.INFO)
    try:
        yield listener.lines
    finally:
        logger.removeHandler(listener)
        logger.setLevel(level)


def told(lines: list[Line], all_schedules: Sequence[Schedule]) -> dict[tuple[str, datetime], list[tuple[str, float]]]:
    """What the lines say of each run that was due, and when: start, skip, missed."""
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


def faults(
    lines: list[Line], all_schedules: Sequence[Schedule], begin: datetime, end: datetime, speed: float = 1
) -> list[str]:
    """The runs between *begin* and *end* of which the lines say nothing, and those that begun twice for one time. (A
    clock that is set back by more than an interval shows a time twice.)"""
    found, wrong = told(lines, all_schedules), []
    for schedule in all_schedules:
        for due in takewhile(lambda time: time <= end, schedule.times(begin)):
            said = found[schedule.source, due]
            if not said:
                wrong.append(f"missed without a line: {schedule.source} {due}")
            starts = [at for what, at in said if what == "start"]
            if any(
                (second - first) * speed < schedule.cron.interval.total_seconds() / 2
                for first, second in pairwise(starts)
            ):
                wrong.append(f"begun twice: {schedule.source} {due}")
    return wrong


def play(hours: float, seconds: float, steps: dict[float, float], folder: Path) -> tuple[list[Line], list[str]]:
    """So many *hours* in so many *seconds*, with the clock set at some hour by some hours -> the lines, the faults."""
    clock = FastClock(hours * 3600 / seconds)
    minute = 60 / clock.speed

    def command(source: str) -> list[str]:
        _, host, minutes, end = SOURCES[source]
        return ["sh", "-c", JOB, source, str(folder), host, f"{minutes * minute:.3f}", str(end)]

    last = {"daily": MORNING - timedelta(hours=20)}  # that of half past eight in the evening was missed
    with clock_is(clock.now), listening() as lines:
        scheduler = Scheduler(schedules(), last, command, folder, now=clock.now, beat=0.5 * minute, processes=6)
        beats, looked = scheduler.beats, MORNING
        begin = scheduler.served["quick"]  # when the scheduler first read the clock

        def noted() -> float:
            nonlocal looked
            moment = clock.now()
            wait = beats()
            looked = moment  # up to which all has been said
            return wait

        scheduler.beats = noted  # type: ignore[method-assign]

        def conduct() -> None:
            for hour, step in sorted(steps.items()):
                time.sleep(max(0.0, clock.began + hour * 60 * minute - time.monotonic()))
                clock.shift += timedelta(hours=step)
            time.sleep(max(0.0, clock.began + seconds - time.monotonic()))
            os.kill(os.getpid(), signal.SIGTERM)

        conductor = threading.Thread(target=conduct)
        conductor.start()
        scheduler.work()
        conductor.join()
    stop = next(line.at for line in lines if line.text.startswith("stop"))
    wrong = faults(lines, schedules(), begin, looked, clock.speed)
    journal = (folder / "journal").read_text().splitlines()
    wrong += [line for line in journal if line.startswith("doubled")]
    runs = sum(line.startswith("run ") for line in journal)
    starts, ends = (sum(line.text.startswith(word) for line in lines) for word in ("start ", "end "))
    early = sum(" code=-15 " in line.text for line in lines)  # told to end before it could note that it runs
    if starts != ends or not 0 <= starts - runs <= early:
        wrong.append(f"{starts} starts, {runs} runs, {ends} ends")
    wrong += [f"after the stop: {line.text}" for line in lines if line.at > stop and line.text.startswith("start")]
    return lines, wrong


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    # The machine sleeps for 50 minutes; the clock is set back by 20; it goes wrong by three hours, and is mended.
    steps = {4.0: 50 / 60, 9.0: -20 / 60, 14.0: 3.0, 16.0: -3.0}
    with tempfile.TemporaryDirectory() as folder:
        lines, wrong = play(24, seconds, steps, Path(folder))
    print(*(line.text for line in lines if not line.text.startswith(("start", "end"))), sep="\n")
    for name in SOURCES:
        whats = [what for (source, _), said in told(lines, schedules()).items() if source == name for what, _ in said]
        ends = [re.search(rf"end source={name} .* code=(-?\d+)", line.text) for line in lines]
        print(f"{name:10} {dict(Counter(whats))} exit codes {dict(Counter(end[1] for end in ends if end))}")
    print(f"24 hours in {seconds:.0f} s: {len(wrong)} faults", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
