"""A ledger of schema version 1 with rows in every table. Frozen: do not adapt it to later versions."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

SCHEMA = """
CREATE TABLE articles (source TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, title TEXT NOT NULL,
  date TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, tries INTEGER NOT NULL,
  retry_at BIGINT, seen BIGINT NOT NULL, changed BIGINT NOT NULL, path TEXT NOT NULL, file_hash TEXT NOT NULL,
  content_hash TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL, details JSON, PRIMARY KEY (source, id));
CREATE INDEX articles_by_content ON articles (source, content_hash, state);
CREATE INDEX articles_by_date ON articles (source, state, date, id);
CREATE INDEX articles_by_retry ON articles (source, state, retry_at, id) WHERE retry_at IS NOT NULL;
CREATE INDEX articles_by_state ON articles (source, state, id);
CREATE TABLE folders (path TEXT NOT NULL, mtime_ns BIGINT NOT NULL, PRIMARY KEY (path));
CREATE TABLE hosts (host TEXT NOT NULL, rests_until BIGINT NOT NULL, PRIMARY KEY (host));
CREATE TABLE notices (source TEXT NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL, since BIGINT NOT NULL,
  told JSON NOT NULL, PRIMARY KEY (source));
CREATE TABLE runs (number INTEGER NOT NULL, source TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT,
  reason TEXT NOT NULL, figures JSON, PRIMARY KEY (number));
CREATE INDEX runs_by_source ON runs (source, started);
CREATE TABLE walks (source TEXT NOT NULL, entrance TEXT NOT NULL, pages BIGINT NOT NULL, since TEXT NOT NULL,
  ended BIGINT NOT NULL, PRIMARY KEY (source, entrance))
"""
POSTGRES = {" TEXT NOT NULL": ' TEXT COLLATE "C" NOT NULL', "number INTEGER NOT NULL": "number SERIAL NOT NULL"}

DAY, START = 86400, 1_740_000_000
FAR = 4_000_000_000  # a time in the future
FINE = {"kind": "fine", "why": "", "alarm": False}
STALE = {"kind": "nothing new", "why": "no new article for 11.0 days", "alarm": True}
BUG = {"kind": "bug", "why": "2 faults of our own: see the log", "alarm": True}

# Every count that version 2 renames, and others that it keeps.
FIGURES: dict[str, Any] = {
    "asked": {}, "job": True, "newest": "2025-02-11 08:00:00",
    "links.new": 3, "links.known": 4, "links.repeated": 1, "links.again": 5, "links.passed": 6, "links.outside": 7,
    "links.left": 8, "links.open": 9, "links.forbidden": 2, "pages.article": 3, "pages.listing": 1, "pages.outside": 10,
    "records.passed": 11, "articles.written": 2, "articles.same": 12, "fields.title": 3, "refused.gone": 1,
    "body.characters": 900, "charset.utf-8": 3, "faults": 2, "verdict": BUG,
}  # fmt: skip
USUAL: dict[str, Any] = {
    "asked": {}, "job": False, "links.new": 5, "links.outside": 20, "links.passed": 15, "pages.listing": 1,
    "pages.article": 5, "articles.written": 5, "fields.title": 5, "body.characters": 5000, "verdict": FINE,
}  # fmt: skip


def article(name: str, state: str, source: str = "toy", **values: object) -> dict[str, object]:
    return {
        "source": source, "id": name, "url": f"http://toy.example/a/{name}.html", "title": f"关于 {name}",
        "date": "2025-02-11 08:00:00", "state": state, "kind": "", "reason": "", "tries": 0, "retry_at": None,
        "seen": START, "changed": START + 5, "path": "", "file_hash": "", "content_hash": "", "etag": "",
        "modified": "", "details": None, **values,
    }  # fmt: skip


def run(number: int, source: str, started: int, figures: object, **values: object) -> dict[str, object]:
    return {
        "number": number, "source": source, "started": started, "ended": started + 60, "reason": "finished",
        "figures": figures, **values,
    }  # fmt: skip


ROWS: dict[str, list[dict[str, object]]] = {
    "articles": [
        article("a1", "written", path="toy/2025/02/a1.md", content_hash="c1", etag='"e"', details={"author": "某人"}),
        article("a2", "open", kind="unreachable", reason="timeout"),
        article("a3", "rejected", kind="changed", reason="no title", tries=2, retry_at=FAR),
        article("a4", "skipped", kind="same", reason="the same text as a1"),
        article("a5", "gone", kind="gone", reason="HTTP 404", tries=1),
        article("b1", "written", source="qq", path="qq/2025/02/b1.md", content_hash="c1"),
    ],
    "folders": [{"path": "toy/2025/02", "mtime_ns": START * 10**9}],
    "hosts": [{"host": "paused.example", "rests_until": FAR}],
    "notices": [
        {"source": "qq", "kind": "nothing new", "why": STALE["why"], "since": START, "told": ["mailto", "slack 2"]},
        {"source": "toy", "kind": "", "why": "", "since": START, "told": []},
    ],
    "runs": [
        run(1, "toy", START, FIGURES),
        run(2, "qq", START, {**USUAL, "verdict": STALE}),
        *(run(number, "hibor", START + number * DAY, USUAL) for number in range(3, 15)),
        run(15, "iyiou", START, None, reason="killed"),
        run(16, "iyiou", START + DAY, {"asked": {"limit": "2"}, "why": "No space left on device", "links.again": 1},
            reason="disk"),
        run(17, "woshipm", START, None, ended=None, reason=""),
    ],
    "walks": [
        {"source": "toy", "entrance": "GET http://toy.example/news", "pages": 0, "since": "", "ended": START + 9},
    ],
}  # fmt: skip

# What `scrapy health --json` prints for these rows. The last release with version 1 called the runs without a verdict
# fine, and the run without an end did not count; "stale" is a new name.
VERDICTS = {
    "hibor": {"wrong": False, **FINE},
    "iyiou": {"wrong": True, "kind": "disk", "why": "No space left on device", "alarm": False},
    "qq": {"wrong": True, **STALE, "kind": "stale"},
    "toy": {"wrong": True, **BUG},
    "woshipm": {"wrong": True, "kind": "bug", "why": "its process was killed", "alarm": False},
}


def create(url: str, more_runs: int = 0) -> None:
    """Create the ledger in the empty database at *url*, with *more_runs* additional runs of the source "many"."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    schema = SCHEMA
    for sqlite, postgres in POSTGRES.items() if engine.dialect.name == "postgresql" else ():
        schema = schema.replace(sqlite, postgres)
    rows = {**ROWS, "runs": [*ROWS["runs"], *(run(100 + n, "many", START + n, FIGURES) for n in range(more_runs))]}
    with engine.begin() as connection:
        for statement in schema.split(";"):
            connection.exec_driver_sql(statement)
        for table, values in rows.items():
            insert = sa.text(f"INSERT INTO {table} VALUES ({', '.join(f':{name}' for name in values[0])})")
            connection.execute(insert, [{name: stored(name, value) for name, value in row.items()} for row in values])
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT setval('runs_number_seq', (SELECT max(number) FROM runs))")


def stored(name: str, value: object) -> object:
    return json.dumps(value) if name in ("figures", "details", "told") else value


def snapshot(url: str) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables of any schema version, JSON parsed."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    tables = sorted(set(sa.inspect(engine).get_table_names()) - {"schema_version"})
    with engine.connect() as connection:
        return {
            table: [
                {name: json.loads(value) if name in ("figures", "details", "told") and isinstance(value, str) else value
                 for name, value in row.items()}
                for row in connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2")).mappings()
            ]
            for table in tables
        }  # fmt: skip
