"""The application of procrastinate: the connection to the queue, and the two tasks that a worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason

from crawler.cluster.child import PAUSE, Ended, run_to_end
from crawler.cluster.queue_jobs import ARCHIVE_LOCK, ARCHIVE_PRIORITY, HeldJobs, add_again
from crawler.cluster.queue_schema import connection_info
from crawler.cluster.queue_state import ARCHIVE_TASK, SCHEMA, SOURCE_TASK
from crawler.crawl.exit_codes import Exit

logger = logging.getLogger(__name__)

CONNECTIONS = 4  # of the pool; a worker has one more, on which it waits for new jobs
# A job with another exit code was run, and its run was judged: its verdict is in the ledger.
FAILED = (Exit.USAGE, Exit.DISK, Exit.LEDGER)


class JobFailed(Exception):
    """The command of a job could not do its work."""


def create_app(url: str) -> App:
    """Return the application for the queue in the database of the ledger at *url*. Its tasks are added by `add_tasks`.

    Raises ValueError if the ledger is not a PostgreSQL database.
    """
    connector = PsycopgConnector(
        conninfo=connection_info(url), min_size=1, max_size=CONNECTIONS, timeout=10, configure=_set_search_path
    )
    app = App(connector=connector)
    app.job_manager = HeldJobs(connector)
    return app


def is_lost(error: BaseException | None) -> bool:
    """Return whether *error* means that the database cannot be reached."""
    cause = error.__cause__ if isinstance(error, ConnectorException) else error
    return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError)


async def _set_search_path(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make a new connection find the queue. Not by a start-up option, which connection poolers refuse."""
    await connection.execute(f"SET search_path TO {SCHEMA}")
    await connection.commit()


def add_tasks(app: App, folder: Path, options: Sequence[str]) -> None:
    """Add the tasks, which run commands in *folder* with *options* before those of the job."""

    async def source(context: JobContext, source: str, options: Sequence[str]) -> None:
        await _run(context, ["job", source, *own, *options])

    async def archive(context: JobContext, file: str, options: Sequence[str]) -> None:
        await _run(context, ["backfill", file, *own, *options])

    async def _run(context: JobContext, words: Sequence[str]) -> None:
        try:
            await _run_job(context, words, folder)
        except asyncio.CancelledError:
            if context.abort_reason() != AbortReason.USER_REQUEST:
                await _give_back(context)
            raise

    own = list(options)
    app.task(name=SOURCE_TASK, pass_context=True)(source)
    app.task(name=ARCHIVE_TASK, pass_context=True)(archive)


async def _run_job(context: JobContext, words: Sequence[str], folder: Path) -> None:
    """Run the command of a job. Raises `JobFailed`.

    Another run of the source may be in progress (exit code 4): by hand, or the crawl of a killed worker that is about
    to end. A source then waits, and at last leaves the work to that run. An archive, which only a crawl locks out, is
    read again by a new job after all other archives; one of these jobs runs at a time.
    """
    job, is_archive = context.job, context.job.task_name == ARCHIVE_TASK
    label = f"job={job.id} {' '.join(words[:2])}"
    logger.info("start %s", label)
    try:
        ended = await run_to_end(words, folder, waits=not is_archive)
    except OSError as error:
        ended = Ended(Exit.DISK, f": {error}")
    level = logging.WARNING if ended.code else logging.INFO
    logger.log(level, "end %s code=%d%s", label, ended.code, ended.line)
    if is_archive and ended.code == Exit.LOCKED:
        if job.lock:  # read again in vain: the run that has locked the source may be a crawl of minutes
            await asyncio.sleep(PAUSE)
        await add_again(context.app, job, ARCHIVE_LOCK, min(job.priority, ARCHIVE_PRIORITY - 1))
        logger.info("queued again %s: another run had locked a source of the archive", label)
    elif ended.code < 0 or ended.code in FAILED:
        raise JobFailed(f"{label} code={ended.code}")


async def _give_back(context: JobContext) -> None:
    """Add the work of a job again, whose worker stops. Without the database, its job is stalled soon."""
    try:
        await add_again(context.app, context.job)
        logger.info("queued again job=%d: the worker stops", context.job.id)
    except ConnectorException as error:
        logger.warning("job=%d returns to the queue when this worker counts as dead: %s", context.job.id, error)
