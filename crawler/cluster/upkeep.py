"""What a worker does for the queue every ten seconds: add the runs that are due, and return the jobs of dead workers.

Of all workers, one does it at a time: the others find its lock in the database. This is a task of the process, not a
job of the queue: a job would wait for long runs, and could be stalled itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.worker import Worker

from crawler.cluster.due import due_runs
from crawler.cluster.queue_jobs import ANALYZE, MANY, source_job
from crawler.cluster.queue_schema import LOCK
from crawler.cluster.queue_state import HEARTBEAT_TIMEOUT, SOURCE_TASK
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING

logger = logging.getLogger(__name__)

INTERVAL = 10.0  # seconds
KEEP_HOURS = 7 * 24  # of the rows of ended jobs
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_BUSY = "SELECT args->>'source' FROM procrastinate_jobs WHERE task_name = %s AND status IN ('todo', 'doing')"
_HANDLED = "INSERT INTO schedule_times VALUES (%s, %s) ON CONFLICT (source) DO UPDATE SET handled = excluded.handled"
_NAME = """
    INSERT INTO worker_names (worker_id, name, concurrency)
    SELECT id, %s, %s FROM procrastinate_workers WHERE id = %s
    ON CONFLICT (worker_id) DO UPDATE SET name = excluded.name RETURNING worker_id
"""

Connection = psycopg.AsyncConnection[Any]


class Upkeep:
    """The upkeep by *worker* with this *name*. *locks* are those of the sources that *schedules* name."""

    def __init__(
        self, app: App, worker: Worker, name: str, schedules: Sequence[Schedule], locks: Mapping[str, str]
    ) -> None:
        assert isinstance(app.connector, PsycopgConnector)
        self._app, self._worker, self._name, self._pool = app, worker, name, app.connector
        self._schedules, self._locks = schedules, locks
        self._handled_minute = self._cleaned = datetime.min.replace(tzinfo=BEIJING)

    async def run(self) -> None:
        """Do the upkeep until this task is cancelled.

        A worker that cannot reach the database for `HEARTBEAT_TIMEOUT` stops: others may run its jobs. One that has
        reached it for less than that returns no jobs of other workers, which may not have had time for a heartbeat
        since the database was lost.
        """
        loop = asyncio.get_running_loop()
        first = last = loop.time()  # of an uninterrupted series of ticks
        while True:
            try:
                await self._tick(loop.time() - first > HEARTBEAT_TIMEOUT)
                last = loop.time()
            except (ConnectorException, psycopg.Error) as error:  # the pool's time-out is an error of psycopg, too
                logger.warning("upkeep of the queue: %s", str(error.__cause__ or error).partition("\n")[0])
                first = loop.time()
                if first - last > HEARTBEAT_TIMEOUT:
                    logger.error("the database is lost: this worker stops its runs and ends")
                    self._worker.stop()  # type: ignore[no-untyped-call]
            await asyncio.sleep(INTERVAL)

    async def _tick(self, may_return: bool) -> None:
        if self._worker.worker_id is None:  # about to register, or to end
            return
        # The worker itself sends no heartbeat while it stops, and its last runs may need a minute to end.
        await self._app.job_manager.update_heartbeat(self._worker.worker_id)
        async with self._pool.pool.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL statement_timeout = '30s'")
            row = (self._name, self._worker.concurrency, self._worker.worker_id)
            if await (await connection.execute(_NAME, row)).fetchone() is None:
                # As after a sleep of the machine: another worker may run the jobs of this one.
                logger.warning("this worker was declared dead: it stops its runs and ends")
                self._worker.stop()  # type: ignore[no-untyped-call]
                return
        async with self._pool.pool.connection() as connection, connection.transaction():
            is_free, now = await _one(connection, "SELECT pg_try_advisory_xact_lock(%s), clock_timestamp()", (LOCK,))
            if is_free:
                if may_return:
                    await self._return_stalled()
                await self._add_due(connection, now.astimezone(BEIJING))
                await self._delete_old(now)

    async def _return_stalled(self) -> None:
        """Return the jobs of dead workers to the queue. If the twin of a job waits there, end the job as failed."""
        jobs = self._app.job_manager
        await jobs.prune_stalled_workers(HEARTBEAT_TIMEOUT)
        for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=HEARTBEAT_TIMEOUT):
            assert job.id
            try:
                await jobs.retry_job(job)
                logger.warning("returned job=%d %s: its worker is dead", job.id, job.queueing_lock)
            except UniqueViolation:
                await jobs.finish_job_by_id_async(job.id, Status.FAILED, delete_job=False)
                logger.warning("ended job=%d %s: its worker is dead, and its twin waits", job.id, job.queueing_lock)
            except ConnectorException as error:  # it has ended by itself
                logger.warning("job=%d is not returned: %s", job.id, str(error.__cause__).partition("\n")[0])

    async def _add_due(self, connection: Connection, now: datetime) -> None:
        """Add the runs that are due, once a minute. Runs and times are recorded in one transaction.

        *now* is the time of the database's clock: those of the workers may differ.
        """
        minute = now.replace(second=0, microsecond=0)
        if minute == self._handled_minute:
            return
        handled = dict(await _all(connection, "SELECT source, handled FROM schedule_times"))
        due, changed = due_runs(self._schedules, handled, now)
        busy = {source for (source,) in await _all(connection, _BUSY, (SOURCE_TASK,))} if due else set()
        async with connection.cursor() as cursor:
            await cursor.executemany(_HANDLED, list(changed.items()))
        new = [run for run in due if run.source not in busy]
        # All or none: if one is added by hand at this moment, the next tick adds the others.
        jobs = [source_job(run.source, self._locks[run.source]).of(self._app) for run in new]
        if jobs:
            await self._app.job_manager.batch_defer_jobs_async(jobs, connection=connection)
        if len(jobs) >= MANY:
            await connection.execute(ANALYZE)
        self._handled_minute = minute
        for run in due:
            what = "skip" if run.source in busy else "due"
            why = ": its run is waiting or in progress" if run.source in busy else ""
            logger.info("%s source=%s due=%s missed=%d%s", what, run.source, run.due.isoformat(), run.missed, why)

    async def _delete_old(self, now: datetime) -> None:
        if now - self._cleaned >= _HOUR:
            self._cleaned = now
            await self._app.job_manager.delete_old_jobs(
                KEEP_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
            )


async def _one(connection: Connection, query: str, values: Sequence[object] = ()) -> Any:
    return await (await connection.execute(query.encode(), values)).fetchone()


async def _all(connection: Connection, query: str, values: Sequence[object] = ()) -> list[Any]:
    return await (await connection.execute(query.encode(), values)).fetchall()
