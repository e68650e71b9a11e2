"""Scheduler in the foreground: start the run of each source at its times, each run in a process of its own.

One loop in one thread. `Scheduler.tick` collects the runs that have ended, queues the sources that are due, and starts
the queued runs that may start. A signal (a stop signal, or SIGCHLD after a run has ended) interrupts the wait between
two ticks. Every run that is started, ended, skipped or missed is one log line. A failed run never ends the scheduler.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import IO

from crawler.crawl.fork import Process
from crawler.jobs.schedules import Schedule, groups
from crawler.text.dates import BEIJING

logger = logging.getLogger(__name__)

CLOCK_CHECK = 30.0  # seconds: longest wait between two ticks, because the clock may be set or the machine may sleep
MAX_PROCESSES = 4  # runs at the same time
LONG_RUN = timedelta(hours=2)  # the time limit of `press-corpus job` should have ended a run before that
CATCH_UP = timedelta(days=40)  # runs that were missed earlier than that are ignored
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class RunningJob:
    """A run in progress. *output* receives its standard output and its standard error."""

    process: Process
    due: datetime
    output: IO[bytes]
    started: float = field(default_factory=time.monotonic)
    is_reported_long: bool = False

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Scheduler:
    """Runs *schedules* until a stop signal arrives.

    *last_runs* are the times of the last run of each source, if any. One catch-up run replaces the runs missed since.
    *start* starts the run of a source in a session of its own, with its output in a file. It may raise OSError.
    *now* returns the time with a time zone. At most *max_processes* runs are in progress at the same time, and only one
    of the sources that share a host. *clock_check* is the longest wait between two ticks, in seconds.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        last_runs: Mapping[str, datetime],
        start: Callable[[str, IO[bytes]], Process],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(BEIJING),
        clock_check: float = CLOCK_CHECK,
        max_processes: int = MAX_PROCESSES,
    ) -> None:
        self.schedules = {schedule.source: schedule for schedule in schedules}
        self.start, self.now = start, now
        self.clock_check, self.max_processes = clock_check, max_processes
        self.host_group = {each.source: number for number, group in enumerate(groups(schedules)) for each in group}
        self.waiting: dict[str, datetime] = {}  # source -> due time, in the order of the queue
        self.running: dict[str, RunningJob] = {}
        self.signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # its `put` is safe in a signal handler
        began = now()
        # Last due time that was handled (run, skipped or reported missed).
        self.handled = {
            source: max(min(last_runs.get(source, began), began), began - CATCH_UP) for source in self.schedules
        }
        self.next_due = {
            source: next(schedule.times(self.handled[source])) for source, schedule in self.schedules.items()
        }

    def run(self) -> None:
        """Run until a signal of `STOP_SIGNALS` arrives, then terminate the runs in progress and wait for their end.

        A second stop signal kills them. Must be called in the main thread.
        """
        numbers = (*STOP_SIGNALS, signal.SIGCHLD)
        handlers = {number: signal.signal(number, lambda number, _: self.signals.put(number)) for number in numbers}
        self._log_next_runs()
        try:
            while not self._wait_for_stop(self.tick()):
                pass
            self._stop()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def tick(self) -> float:
        """Handle what has happened since the last call. Returns the seconds until the next call is due."""
        self._collect_ended()
        self._report_long_runs()
        self._replan_after_step_back()
        self._queue_due()
        self._start_waiting()
        until_due = (min(self.next_due.values()) - self.now()).total_seconds() if self.next_due else self.clock_check
        return min(max(until_due, 0.0), self.clock_check)

    def _log_next_runs(self) -> None:
        """Log when each source runs next: a wait of hours must not look like a failure."""
        now = self.now()
        for due, source in sorted((due, source) for source, due in self.next_due.items()):
            logger.info("next source=%s due=%s%s", source, _iso(due), " (missed: it starts now)" if due <= now else "")

    def _wait_for_stop(self, seconds: float) -> bool:
        """Wait until a signal arrives, at most *seconds*. Returns whether it is a stop signal."""
        with suppress(queue.Empty):
            return self.signals.get(timeout=seconds) in STOP_SIGNALS
        return False

    # Due times ----------------------------------------------------------------------------------------------------

    def _replan_after_step_back(self) -> None:
        """Replan the sources whose next run is too far away after the clock was set back.

        A source keeps its planned time, which prevents two runs for one due time, unless that is more than two of its
        intervals away. Then its next run is the first one that is at least half an interval away. (A step forward needs
        no handling: the due times it skips are late.)
        """
        now = self.now()
        for source, schedule in self.schedules.items():
            planned = self.next_due[source]
            interval = planned - self.handled[source]
            if planned - now > 2 * interval:
                self.handled[source] = now
                replanned = next(schedule.times(now + interval / 2))
                if replanned < planned:
                    logger.warning(
                        "clock source=%s: set back to %s: next run at %s instead of %s",
                        source, _iso(now), _iso(replanned), _iso(planned),
                    )  # fmt: skip
                    self.next_due[source] = replanned

    def _queue_due(self) -> None:
        """Queue the sources that are due, in the order of their due times; skip those that still run or wait."""
        now = self.now()
        for planned, source in sorted((planned, source) for source, planned in self.next_due.items()):
            if planned > now:
                break
            times = self.schedules[source].times(planned)
            due = max([planned, *takewhile(lambda time: time <= now, times)])  # one run for all times that have passed
            self.next_due[source] = next(self.schedules[source].times(due))
            if source in self.running or source in self.waiting:
                self._mark_handled(source, due, "the run in progress takes longer than the interval")
                self._log_skip(source, due)
            else:
                self._mark_handled(source, due, "one catch-up run replaces them")
                self.waiting[source] = due

    def _mark_handled(self, source: str, due: datetime, why: str) -> None:
        """Log the due times before *due* that were not handled, with the reason."""
        missed = list(takewhile(lambda time: time < due, self.schedules[source].times(self.handled[source])))
        if missed:
            first, last = _iso(missed[0]), _iso(missed[-1])
            logger.warning("missed source=%s runs=%d first=%s last=%s: %s", source, len(missed), first, last, why)
        self.handled[source] = due

    def _log_skip(self, source: str, due: datetime) -> None:
        run = self.running.get(source)
        state = f"has been running for {run.seconds:.0f} s" if run else "is waiting for its host or a free process"
        earlier = run.due if run else self.waiting[source]
        logger.warning("skip source=%s due=%s: the run due at %s %s", source, _iso(due), _iso(earlier), state)

    # Runs ---------------------------------------------------------------------------------------------------------

    def _start_waiting(self) -> None:
        """Start the queued runs whose hosts are free, up to *max_processes* runs in progress."""
        busy = {self.host_group[source] for source in self.running}
        for source, due in list(self.waiting.items()):
            if len(self.running) >= self.max_processes:
                return
            if self.host_group[source] in busy:
                continue
            del self.waiting[source]
            try:
                self.running[source] = self._start(source, due)
                busy.add(self.host_group[source])
            except OSError as error:
                logger.error("end source=%s due=%s: could not be started: %s", source, _iso(due), error)

    def _start(self, source: str, due: datetime) -> RunningJob:
        """Start a run. Raises OSError."""
        logger.info("start source=%s due=%s late=%.0f", source, _iso(due), (self.now() - due).total_seconds())
        output = tempfile.TemporaryFile()  # noqa: SIM115  # `_collect_ended` closes it
        try:
            process = self.start(source, output)
        except OSError:
            output.close()
            raise
        return RunningJob(process, due, output)

    def _collect_ended(self) -> None:
        """Log and remove the runs whose process has ended."""
        for source, run in list(self.running.items()):
            code = run.process.poll()
            if code is None:
                continue
            del self.running[source]
            with run.output:
                logger.log(
                    logging.WARNING if code else logging.INFO, "end source=%s due=%s code=%d seconds=%.0f%s",
                    source, _iso(run.due), code, run.seconds, last_line(run.output),
                )  # fmt: skip

    def _report_long_runs(self) -> None:
        for source, run in self.running.items():
            if run.seconds > LONG_RUN.total_seconds() and not run.is_reported_long:
                run.is_reported_long = True
                logger.warning("long source=%s due=%s: still running after %s", source, _iso(run.due), LONG_RUN)

    def _stop(self) -> None:
        self._collect_ended()
        logger.info("stop: no more runs are started; still running: %s", ", ".join(self.running) or "none")
        for source, due in self.waiting.items():
            logger.warning("skip source=%s due=%s: the scheduler stops", source, _iso(due))
        self.waiting.clear()
        for run in self.running.values():
            run.process.terminate()  # not its process group: `press-corpus job` ends the processes that it has started
        while self.running:
            if self._wait_for_stop(self.clock_check):
                logger.warning("killed: %s", ", ".join(self.running))
                for run in self.running.values():
                    with suppress(ProcessLookupError):
                        os.killpg(run.process.pid, signal.SIGKILL)
            self._collect_ended()


def _iso(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def last_line(output: IO[bytes], max_length: int = 300) -> str:
    """Return the last line of *output* that is not blank, after ": "; or ""."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 4096))
    lines = output.read().decode(errors="replace").split("\n")
    line = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {line[:max_length]}" if line else ""
