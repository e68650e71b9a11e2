"""The state of the queue as text, JSON or HTML. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crawler.health.html import Element, element, number_cell, table, time_element
from crawler.health.table import ago, iso_time
from crawler.text.plural import plural

ARCHIVES = "(archives)"


@dataclass(frozen=True)
class WorkerHealth:
    """A worker: a process that runs jobs of the queue."""

    name: str  # machine and process
    concurrency: int  # jobs that it runs at the same time
    doing: int
    heartbeat: float  # seconds since its last heartbeat
    is_dead: bool  # its jobs return to the queue


@dataclass(frozen=True)
class QueuedSource:
    """The jobs of a source, or with *source* "" those of all archives."""

    source: str
    waiting: int
    doing: int
    stalled: int  # of those in progress: their worker is dead


@dataclass(frozen=True)
class FailedJob:
    """A job that could not be run. A run that was judged, with any verdict, has not failed."""

    number: int
    name: str  # source, or path of the archive
    ended: int  # UTC, seconds since 1970; 0 if unknown


@dataclass(frozen=True)
class QueueHealth:
    """The state of the queue. *failed* are the newest jobs of the last days."""

    workers: Sequence[WorkerHealth]
    jobs: Sequence[QueuedSource]
    failed: Sequence[FailedJob]

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.jobs)

    @property
    def doing(self) -> int:
        return sum(each.doing for each in self.jobs)

    @property
    def stalled(self) -> int:
        return sum(each.stalled for each in self.jobs)

    @property
    def alive(self) -> int:
        return sum(not worker.is_dead for worker in self.workers)

    @property
    def problems(self) -> list[str]:
        """What is wrong, and what to do; empty if nothing is. Failed jobs do not count."""
        lines = []
        if not self.alive and (self.waiting or self.doing):
            lines.append("no worker is alive: start `press-corpus worker` on a machine")
        if self.stalled:
            jobs = plural(self.stalled, "job")
            lines.append(f"{jobs} of a dead worker: a worker that is alive returns them to the queue within a minute")
        return lines

    @property
    def summary(self) -> str:
        return f"{plural(self.alive, 'worker')}, {self.waiting} waiting, {self.doing} doing, {self.stalled} stalled"


def queue_lines(queue: QueueHealth, now: int) -> list[str]:
    """Format the queue as lines of text. *now* is UTC, in seconds since 1970."""
    lines = ["", f"queue: {queue.summary}"]
    lines += _columns([("worker", "runs", "of", "heartbeat"), *(
        (worker.name, str(worker.doing), str(worker.concurrency), _age(worker)) for worker in queue.workers
    )])  # fmt: skip
    lines += _columns([("queued", "waiting", "doing", "stalled"), *(
        (each.source or ARCHIVES, str(each.waiting), str(each.doing), str(each.stalled)) for each in queue.jobs
    )])  # fmt: skip
    lines += [f"failed: {job.name} (job {job.number}, {ago(job.ended, now)})" for job in queue.failed]
    return lines + [f"queue: {problem}" for problem in queue.problems]


def queue_json(queue: QueueHealth) -> dict[str, Any]:
    """Convert the queue to a JSON object. Times are ISO 8601 in Beijing time, `heartbeat` is in seconds."""
    return {
        "wrong": bool(queue.problems), "problems": queue.problems,
        "workers": [asdict(worker) for worker in queue.workers],
        "jobs": [asdict(each) for each in queue.jobs],
        "failed": [{"job": job.number, "name": job.name, "ended": iso_time(job.ended)} for job in queue.failed],
    }  # fmt: skip


def queue_section(queue: QueueHealth, now: int) -> Element:
    """Render the section of the queue. *now* is UTC, in seconds since 1970."""
    workers = [
        element("tr", element("th", worker.name, scope="row"), number_cell(worker.doing),
                number_cell(worker.concurrency), element("td", _age(worker)))
        for worker in queue.workers
    ]  # fmt: skip
    jobs = [
        element("tr", element("th", each.source or ARCHIVES, scope="row"), number_cell(each.waiting),
                number_cell(each.doing), number_cell(each.stalled))
        for each in queue.jobs
    ]  # fmt: skip
    failed = [
        element("li", f"failed: {job.name} (job {job.number}) ", time_element(job.ended, now)) for job in queue.failed
    ]
    return element(
        "section",
        element("h2", f"Queue: {queue.summary}", id="queue"),
        element("ul", *(element("li", problem) for problem in queue.problems), *failed) if failed or queue.problems
        else None,
        table("Workers", ("Worker", "Runs", "Of", "Heartbeat"), workers) if workers else None,
        table("Jobs in the queue", ("Source", "Waiting", "Doing", "Stalled"), jobs) if jobs else None,
        class_="source",
        aria_labelledby="queue",
    )  # fmt: skip


def _age(worker: WorkerHealth) -> str:
    return f"{worker.heartbeat:.0f} s ago{' (dead)' if worker.is_dead else ''}"


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Align *rows*, first the heading; no lines without further rows."""
    if len(rows) == 1:
        return []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
