"""The jobs of the queue, and adding them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from procrastinate import App
from procrastinate.connector import BaseConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from crawler.cluster.queue_state import ARCHIVE_TASK, SOURCE_TASK

logger = logging.getLogger(__name__)

QUEUES = ["sources", "archives"]
SOURCE_PRIORITY, ARCHIVE_PRIORITY = 0, -10  # a thousand archives do not delay the sources
ARCHIVE_LOCK = "archives"  # of archives that have to be read again: see `application`
# PostgreSQL needs two seconds for each job that a worker takes if ten thousand were added since it last counted rows.
ANALYZE = "ANALYZE procrastinate_jobs"
MANY = 500  # jobs added in one statement; so many need ANALYZE
# Without a worker: it was declared dead, but the job has not been returned to the queue yet.
_HELD = """
    SELECT id FROM procrastinate_jobs
    WHERE id = %(job_id)s AND status = 'doing' AND (worker_id = %(worker_id)s OR worker_id IS NULL)
"""


@dataclass(frozen=True)
class NewJob:
    """A job to add. *name* is the source or the archive; no two jobs with the same *key* wait in the queue."""

    task: str
    queue: str
    name: str
    key: str
    lock: str | None
    priority: int
    arguments: dict[str, object]

    def of(self, app: App) -> Job:
        """Return the job of procrastinate."""
        return app.configure_task(
            name=self.task, queue=self.queue, lock=self.lock, queueing_lock=f"{self.task} {self.key}",
            priority=self.priority, task_kwargs=dict(self.arguments),
        ).job  # fmt: skip


def source_job(source: str, lock: str, options: Sequence[str] = (), priority: int = SOURCE_PRIORITY) -> NewJob:
    """Return the job of a run of *source* with *options* of `press-corpus job`."""
    return NewJob(SOURCE_TASK, "sources", source, source, lock, priority, {"source": source, "options": list(options)})


def archive_job(file: Path, options: Sequence[str] = (), priority: int = ARCHIVE_PRIORITY) -> NewJob:
    """Return the job that reads *file*, whose path is the same on all machines, with *options* of `backfill`."""
    path = str(file.absolute())
    key = " ".join((path, *options))  # the same archive can be read for other sources or days
    return NewJob(ARCHIVE_TASK, "archives", path, key, None, priority, {"file": path, "options": list(options)})


async def add_jobs(app: App, jobs: Sequence[NewJob]) -> AsyncIterator[tuple[NewJob, int | None]]:
    """Add *jobs* and yield each with its number, or None if a job with its name is waiting already."""
    for start in range(0, len(jobs), MANY):
        batch = jobs[start : start + MANY]
        try:
            added = await app.job_manager.batch_defer_jobs_async([job.of(app) for job in batch])
        except AlreadyEnqueued:  # nothing of the batch was added
            for job in batch:
                try:
                    yield job, (await app.job_manager.defer_job_async(job.of(app))).id
                except AlreadyEnqueued:
                    yield job, None
        else:
            for job, new in zip(batch, added, strict=True):
                yield job, new.id
    if len(jobs) >= MANY:
        await app.connector.execute_query_async(ANALYZE)


class HeldJobs(JobManager):
    """Ends a job only while this worker has it.

    A job of a worker that was declared dead is in the queue again, or another worker runs it: to end it would lose it.
    *unreturned* are the numbers of jobs whose work could not be added again: they stay in progress without a worker,
    and return to the queue as those of a killed one.
    """

    def __init__(self, connector: BaseConnector) -> None:
        super().__init__(connector)
        self.unreturned: set[int] = set()

    async def holds(self, job: Job) -> bool:
        """Return whether the worker that has fetched *job* still has it."""
        rows = await self.connector.execute_query_all_async(_HELD, job_id=job.id, worker_id=job.worker_id)
        return bool(rows)

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        if job.id in self.unreturned:
            return
        if await self.holds(job):
            await super().finish_job(job, status, delete_job)
        else:
            logger.warning("job=%d ended as %s, but it was returned to the queue before", job.id, status.value)


async def add_again(app: App, job: Job, lock: str | None = None, priority: int | None = None) -> None:
    """Add the work of *job*, which is about to end, as a new job, unless it is in the queue already.

    A job never returns to the queue itself while it is in progress: that fails if its twin is waiting there
    (procrastinate issue 1543). Raises `ConnectorException`; then the job stays in progress.
    """
    assert isinstance(app.job_manager, HeldJobs)
    assert job.id
    app.job_manager.unreturned.add(job.id)
    if await app.job_manager.holds(job):
        new = job.evolve(
            id=None, status=None, worker_id=None, scheduled_at=None, attempts=0, lock=lock or job.lock,
            priority=job.priority if priority is None else priority,
        )  # fmt: skip
        with suppress(AlreadyEnqueued):
            await app.job_manager.defer_job_async(new)
    app.job_manager.unreturned.remove(job.id)
