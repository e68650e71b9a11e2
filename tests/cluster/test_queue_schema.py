"""The schema of the queue: created once by several workers, migrated by a newer release, refused by an older one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from crawler.cluster.queue_schema import QueueVersionError, _migration, connection_info, migrations, prepare_queue
from crawler.cluster.queue_state import SCHEMA
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger

COLUMNS = f"""
    SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = '{SCHEMA}'
    AND table_name LIKE 'procrastinate%' ORDER BY 1, 2
"""
FUNCTIONS = f"""
    SELECT proname, pg_get_function_arguments(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE nspname = '{SCHEMA}' ORDER BY 1, 2
"""


def rows(url: str, *queries: str) -> list[object]:
    with psycopg.connect(connection_info(url)) as connection:
        return [connection.execute(query.encode()).fetchall() for query in queries]


def test_workers_create_the_schema_at_the_same_time(postgres: str) -> None:
    Ledger(postgres).close()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(prepare_queue, [postgres] * 8))
    assert rows(postgres, f"SELECT * FROM {SCHEMA}.queue_version") == [[(migrations()[-1],)]]
    public = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public' AND table_name ~ 'procrast'"
    assert rows(postgres, public) == [[(0,)]]


def test_an_older_schema_is_migrated(postgres: str) -> None:
    prepare_queue(postgres)
    new = rows(postgres, COLUMNS, FUNCTIONS)
    older = [name for name in migrations() if name < "03.03"]
    with psycopg.connect(connection_info(postgres)) as connection:
        connection.execute(
            f"DROP SCHEMA {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; SET search_path TO {SCHEMA}".encode()
        )
        for name in older:
            connection.execute(_migration(name))
        connection.execute("CREATE TABLE queue_version AS SELECT %s AS migration", (older[-1],))
        connection.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    with pytest.raises(LedgerError, match=r"stop all workers first \(1 alive\)"):
        prepare_queue(postgres)
    with psycopg.connect(connection_info(postgres)) as connection:
        connection.execute(
            f"UPDATE {SCHEMA}.procrastinate_workers SET last_heartbeat = now() - interval '1 h'".encode()
        )
    prepare_queue(postgres)
    assert rows(postgres, COLUMNS, FUNCTIONS) == new


def test_the_schema_of_a_newer_release_is_refused(postgres: str) -> None:
    prepare_queue(postgres)
    rows(postgres, f"UPDATE {SCHEMA}.queue_version SET migration = '99.00.00_01_x.sql' RETURNING 1")
    with pytest.raises(LedgerError, match="upgrade procrastinate") as caught:
        prepare_queue(postgres)
    assert isinstance(caught.value.__cause__, QueueVersionError)
