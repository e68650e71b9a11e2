"""The state of the queue, read from its tables through the ledger. Without procrastinate: `health` imports it."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.corpus.ledger import Ledger
from crawler.health.queue import FailedJob, QueuedSource, QueueHealth, WorkerHealth

SCHEMA = "press_corpus_queue"
HEARTBEAT_TIMEOUT = 30.0  # seconds without a heartbeat after which a worker counts as dead; heartbeats come every 10 s
SOURCE_TASK, ARCHIVE_TASK = "source", "archive"

_EXISTS = sa.text(f"SELECT to_regclass('{SCHEMA}.queue_version')")
_DEAD = "w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :timeout)"
# The name of a job is its source or the path of its archive; `since` is the time of its last change of status.
_ACTIVE = sa.text(f"""
    SELECT CASE task_name WHEN '{SOURCE_TASK}' THEN args->>'source' ELSE '' END AS source,
        count(*) FILTER (WHERE status = 'todo') AS waiting,
        count(*) FILTER (WHERE status = 'doing') AS doing,
        count(*) FILTER (WHERE status = 'doing' AND ({_DEAD})) AS stalled
    FROM {SCHEMA}.procrastinate_jobs j LEFT JOIN {SCHEMA}.procrastinate_workers w ON w.id = j.worker_id
    WHERE status IN ('todo', 'doing') GROUP BY 1 ORDER BY 1
""")  # noqa: S608 (constants)
_WORKERS = sa.text(f"""
    SELECT n.name, n.concurrency, extract(epoch FROM now() - w.last_heartbeat)::float AS age, {_DEAD} AS dead,
        (SELECT count(*) FROM {SCHEMA}.procrastinate_jobs j WHERE j.worker_id = w.id AND j.status = 'doing') AS doing
    FROM {SCHEMA}.procrastinate_workers w JOIN {SCHEMA}.worker_names n ON n.worker_id = w.id ORDER BY n.name
""")  # noqa: S608 (constants)
_FAILED = sa.text(f"""
    SELECT j.id, coalesce(args->>'source', args->>'file') AS name,
        (SELECT extract(epoch FROM max(at))::bigint FROM {SCHEMA}.procrastinate_events e WHERE e.job_id = j.id) AS ended
    FROM {SCHEMA}.procrastinate_jobs j WHERE status = 'failed' ORDER BY j.id DESC LIMIT 20
""")  # noqa: S608 (constants)


def read_queue(ledger: Ledger) -> QueueHealth | None:
    """Return the state of the queue; None without a queue. Raises `LedgerError`."""
    database = ledger.database
    if database.is_sqlite or database.rows(_EXISTS)[0][0] is None:
        return None
    timeout = {"timeout": HEARTBEAT_TIMEOUT}
    workers = [
        WorkerHealth(row.name, row.concurrency, row.doing, row.age, row.dead)
        for row in database.rows(_WORKERS, timeout)
    ]
    jobs = [QueuedSource(row.source, row.waiting, row.doing, row.stalled) for row in database.rows(_ACTIVE, timeout)]
    failed = [FailedJob(row.id, row.name or "", row.ended or 0) for row in database.rows(_FAILED)]
    return QueueHealth(workers, jobs, failed)
