"""The scheduler in the foreground: APScheduler says when, each run is a process of its own.

One line a run begun, ended, skipped or missed. Nothing that a run does ends the scheduler.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from crawler.jobs.schedules import Schedule, groups
from crawler.text.dates import BEIJING

logger = logging.getLogger(__name__)

BEAT = 30.0  # seconds after which the clock is read again at the latest: it may have been set, the machine have slept
PROCESSES = 4  # runs at a time
LONG = timedelta(hours=2)  # a run's own time limit should have ended it by then
CAUGHT_UP = timedelta(days=40)  # what was missed before that is left
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Running:
    """A run at work."""

    process: subprocess.Popen[bytes]
    due: datetime
    began: float = field(default_factory=time.monotonic)
    was_said: bool = False  # that it takes long

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Scheduler:
    """Runs *schedules* until it is told to stop.

    *last*: when each source last ran, as far as it did: what it has missed since is caught up, once. *command*: a
    source's name -> the command of its run, which is begun in *folder*, in a session of its own. *now* gives the time,
    with its zone; APScheduler has it from `datetime.now`.
    """

    def __init__(
        self,
        schedules: Sequence[Schedule],
        last: Mapping[str, datetime],
        command: Callable[[str], Sequence[str]],
        folder: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(BEIJING),
        beat: float = BEAT,
        processes: int = PROCESSES,
    ) -> None:
        self.schedules = {schedule.source: schedule for schedule in schedules}
        self.command, self.folder, self.now, self.beat = command, folder, now, beat
        self.signals: queue.SimpleQueue[int] = queue.SimpleQueue()  # which a signal's handler may fill; 0: a run ended
        self.due: dict[str, datetime] = {}  # the time for which a source runs, or waits for its host
        self.running: dict[str, Running] = {}
        self.places = threading.BoundedSemaphore(processes)
        self.lock = threading.Lock()  # of `running` and `is_stopping`
        self.is_stopping = False
        begin = now()
        # Up to when nothing is missing: the last time for which a source has run, or a line has said why it did not.
        self.served = {source: max(min(last.get(source, begin), begin), begin - CAUGHT_UP) for source in self.schedules}
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # our lines say it
        self.library = _Library(timezone=BEIJING)
        for number, group in enumerate(groups(schedules)):
            # A thread for each group of hosts: whoever shares a host waits for the others.
            self.library.add_executor(_Executor(self._begins), str(number))
            for schedule in group:
                self.library.add_job(
                    self._run, _Trigger(schedule), [schedule.source], id=schedule.source, executor=str(number),
                    misfire_grace_time=None, coalesce=True, max_instances=1,
                    next_run_time=next(schedule.times(self.served[schedule.source])),
                )  # fmt: skip
        self.library.add_listener(self._skipped, EVENT_JOB_MAX_INSTANCES)

    def work(self) -> None:
        """Run until a signal of STOPS comes, then until the last run has ended, which are told to; a second one kills
        them. Only in the main thread."""
        handlers = {number: signal.signal(number, lambda number, _: self.signals.put(number)) for number in STOPS}
        try:
            self.library.start()
            wait = self.beats()
            while not self._signal(wait):
                wait = self.beats()
            self._stop()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def beats(self) -> float:
        """Begin what is due by now; seconds until it should be asked again."""
        self._look_at_clock()
        for source, run in list(self.running.items()):
            if run.seconds > LONG.total_seconds() and not run.was_said:
                run.was_said = True
                logger.warning("long source=%s due=%s: still at work after %s", source, _said(run.due), LONG)
        return min(self.library.process(), self.beat)

    def _signal(self, wait: float | None) -> int:
        with suppress(queue.Empty):
            return self.signals.get(timeout=wait)
        return 0

    def _look_at_clock(self) -> None:
        """After a step back of the clock a source keeps its planned time, so that none runs twice for one time, unless
        that is now more than twice its interval away: then it is planned anew, half an interval from now or later. (A
        step forward needs nothing: what lies in it is late.)"""
        now = self.now()
        for source, schedule in self.schedules.items():
            planned = self.library.get_job(source).next_run_time
            interval = planned - self.served[source]
            if planned - now > 2 * interval:
                self.served[source] = now
                following = next(schedule.times(now + interval / 2))
                if following < planned:
                    logger.warning(
                        "clock source=%s: set back to %s: next run at %s, not %s",
                        source, _said(now), _said(following), _said(planned),
                    )  # fmt: skip
                    self.library.modify_job(source, next_run_time=following)

    # What APScheduler tells ---------------------------------------------------------------------------------------

    def _begins(self, source: str, due: datetime) -> None:
        self._serve(source, due, "one run makes up for them")
        self.due[source] = due

    def _skipped(self, event: JobSubmissionEvent) -> None:
        source, due = event.job_id, event.scheduled_run_times[-1]
        self._serve(source, due, "the run at work is long")
        run = self.running.get(source)
        why = f"is at work for {run.seconds:.0f} s" if run else "waits for its host"
        logger.warning("skip source=%s due=%s: the run of %s %s", source, _said(due), _said(self.due[source]), why)

    def _serve(self, source: str, due: datetime, why: str) -> None:
        missed = list(takewhile(lambda time: time < due, self.schedules[source].times(self.served[source])))
        if missed:
            first, last = _said(missed[0]), _said(missed[-1])
            logger.warning("missed source=%s runs=%d first=%s last=%s: %s", source, len(missed), first, last, why)
        self.served[source] = due

    # A run --------------------------------------------------------------------------------------------------------

    def _run(self, source: str) -> None:
        """Run *source*, in a thread of its hosts' executor."""
        due = self.due[source]
        try:
            with self.places, tempfile.TemporaryFile() as output:
                if run := self._start(source, due, output):
                    self._wait(source, run, output)
        except OSError as error:
            logger.error("end source=%s due=%s: could not be started: %s", source, _said(due), error)

    def _start(self, source: str, due: datetime, output: Any) -> Running | None:
        with self.lock:  # a run that begins while all are told to stop would not hear of it
            if self.is_stopping:
                logger.warning("skip source=%s due=%s: the scheduler stops", source, _said(due))
                return None
            late = (self.now() - due).total_seconds()
            logger.info("start source=%s due=%s late=%.0f", source, _said(due), late)
            process = subprocess.Popen(  # noqa: S603  # our own command
                self.command(source), cwd=self.folder, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
            self.running[source] = Running(process, due)
            return self.running[source]

    def _wait(self, source: str, run: Running, output: Any) -> None:
        code = run.process.wait()
        with self.lock:
            del self.running[source]
        logger.log(
            logging.WARNING if code else logging.INFO, "end source=%s due=%s code=%d seconds=%.0f%s",
            source, _said(run.due), code, run.seconds, _last_line(output),
        )  # fmt: skip
        self.signals.put(0)

    def _stop(self) -> None:
        with self.lock:
            self.is_stopping = True
            told = dict(self.running)
        logger.info("stop: no run begins any more; at work: %s", ", ".join(told) or "none")
        for run in told.values():
            run.process.terminate()  # it alone: what it has begun, it ends
        self.library.pause()
        while self.running:
            if self._signal(None):
                logger.warning("killed: %s", ", ".join(self.running))
                for run in list(self.running.values()):
                    with suppress(ProcessLookupError):
                        os.killpg(run.process.pid, signal.SIGKILL)
        self.library.shutdown()


class _Trigger(BaseTrigger):  # type: ignore[misc]
    """A schedule, as APScheduler asks for it."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return next(self.schedule.times(previous or now))


class _Executor(ThreadPoolExecutor):  # type: ignore[misc]
    """One run at a time; says first for which time it is."""

    def __init__(self, begins: Callable[[str, datetime], None]) -> None:
        super().__init__(max_workers=1)
        self.begins = begins

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        self.begins(job.id, run_times[-1])
        super()._do_submit_job(job, run_times)


class _Library(BaseScheduler):  # type: ignore[misc]
    """APScheduler without a loop of its own: `Scheduler.beats` is asked at least every BEAT seconds."""

    def wakeup(self) -> None:
        pass

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)

    def process(self) -> float:
        """Begin what is due; seconds until something is due again."""
        wait = self._process_jobs()
        return BEAT if wait is None else float(wait)


def _said(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def _last_line(output: Any, most: int = 300) -> str:
    """The last of what a run has said, for the line of its end."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 4096))
    lines = output.read().decode(errors="replace").split("\n")
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {said[:most]}" if said else ""
