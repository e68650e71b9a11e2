"""A worker: takes jobs from the queue and runs them, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psycopg
import sqlalchemy as sa
from procrastinate.exceptions import ConnectorException
from procrastinate.worker import Worker

from crawler.cluster.application import JobFailed, add_tasks, create_app, is_lost
from crawler.cluster.queue_jobs import QUEUES
from crawler.cluster.upkeep import INTERVAL, Upkeep
from crawler.corpus.errors import LedgerError
from crawler.jobs.schedules import Schedule

logger = logging.getLogger(__name__)

# Seconds without a heartbeat after which a worker that starts removes another one. `Upkeep` does so much earlier, but
# not after an outage of the database, in which no worker could send heartbeats.
PRUNE_AT_START = 3600.0


def work(
    url: str,
    folder: Path,
    options: Sequence[str],
    schedules: Sequence[Schedule],
    locks: Mapping[str, str],
    concurrency: int,
) -> None:
    """Run jobs of the queue in the database at *url*, at most *concurrency* at the same time, in *folder*.

    *options* are added to the command line of each run. Adds the runs of *schedules* to the queue when they are due;
    *locks* are the locks of their sources. Ends after SIGTERM or SIGINT, or without the database, after it has stopped
    its runs and returned their jobs to the queue; a second signal does not wait. Must be called in the main thread.
    Raises `LedgerError`.
    """
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    for module in ("manager", "utils", "worker"):
        logging.getLogger(f"procrastinate.{module}").addFilter(_is_news)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    asyncio.run(_work(url, folder, options, schedules, locks, concurrency))


async def _work(
    url: str,
    folder: Path,
    options: Sequence[str],
    schedules: Sequence[Schedule],
    locks: Mapping[str, str],
    concurrency: int,
) -> None:
    app = create_app(url)
    add_tasks(app, folder, options)
    name = f"{socket.gethostname()} process {os.getpid()}"
    try:
        async with app.open_async():
            worker = Worker(
                app, QUEUES, name=None, concurrency=concurrency, shutdown_graceful_timeout=0.0,
                update_heartbeat_interval=INTERVAL, stalled_worker_timeout=PRUNE_AT_START,
            )  # fmt: skip
            upkeep = asyncio.create_task(Upkeep(app, worker, name, schedules, locks).run())
            logger.info("worker %s: up to %d runs at the same time, %d schedules", name, concurrency, len(schedules))
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                upkeep.cancel()
                with suppress(asyncio.CancelledError):
                    await upkeep
        logger.info("worker %s: stopped", name)
    except (ConnectorException, psycopg.Error) as error:
        # Exit code 0, as after a signal: the supervisor must restart a worker in any case.
        cause = error.__cause__ or error
        if is_lost(error):
            logger.error("worker %s: ended, the database is lost: %s", name, str(cause).partition("\n")[0])
        elif isinstance(cause, psycopg.errors.ForeignKeyViolation):
            logger.error("worker %s: ended, because it was declared dead: it had no database for a while", name)
        else:
            raise LedgerError(sa.make_url(url), Exception(str(cause))) from error


def _is_news(record: logging.LogRecord) -> bool:
    """Return whether a line of procrastinate repeats none of this package: about the end of a run, a lost database."""
    error = record.exc_info[1] if record.exc_info else None
    return not (isinstance(error, JobFailed) or is_lost(error))
