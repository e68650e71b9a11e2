"""Write archives with pages of two invented sources, and compare the corpora that are made of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from crawler.recordings.recorder import Exchange, Recorder

TWO_SOURCES = ("-s", "SPIDER_MODULES=tests.support.toy,tests.support.toy_stations")
# Columns of the ledger that depend on the time of a run, or on the file system.
TIMES = {"first_seen_at", "updated_at", "started", "ended", "retry_at", "mtime_ns", "day"}


def page(name: str, body: str = "", title: str = "") -> str:
    """Return an article page of the toy site."""
    return (
        f"<html><head><title>{title or f'About {name}'}_Toy</title></head><body><h1>{title or f'About {name}'}</h1>"
        f"<time>2025-02-11 08:00:00</time><article>{body or f'<p>Text of {name}: 文字。</p>'}</article></body></html>"
    )


def exchange(url: str, body: str, status: int = 200) -> Exchange:
    """Return the response to a GET request for *url*."""
    return Exchange(
        method="GET", url=url, request_headers=[], request_body=b"", status=status, body=body.encode(),
        headers=[("Content-Type", "text/html; charset=utf-8")], time="2026-11-22T00:00:00+00:00",
    )  # fmt: skip


def toy(name: str, body: str = "", status: int = 200) -> Exchange:
    """Return the response with the article *name* of the source `toy`."""
    return exchange(f"http://toy.example/a/{name}.html", page(name, body), status)


def station(name: str, body: str = "") -> Exchange:
    """Return the response with the article *name* of the source `stations`."""
    return exchange(f"http://www.stations.example/a/{name}.html", page(name, body))


def write(path: Path, *exchanges: Exchange) -> Path:
    """Write an archive of *exchanges* to *path*."""
    recorder = Recorder(path, {})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path


def tree(output: Path) -> dict[str, bytes]:
    """Return the bytes of all files of a corpus by path: without the ledger and the locks."""
    files = {path.relative_to(output): path for path in output.rglob("*") if path.is_file()}
    return {
        str(name): path.read_bytes()
        for name, path in files.items()
        if name.parts[0] != ".state" or name.parts[1] == "hashes"
    }


def ledger(output: Path) -> dict[str, list[object]]:
    """Return the rows of each table of an SQLite ledger, without the columns in TIMES."""
    with closing(sqlite3.connect(output / ".state/ledger.db")) as database:
        database.row_factory = sqlite3.Row
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        tables = {}
        for name in names:
            rows = [dict(row) for row in database.execute(f"SELECT * FROM {name}")]
            kept = [{key: value for key, value in row.items() if key not in TIMES} for row in rows]
            tables[name] = sorted(kept, key=lambda row: json.dumps(row, sort_keys=True, default=str))
        return {name: list[object](rows) for name, rows in tables.items()}
