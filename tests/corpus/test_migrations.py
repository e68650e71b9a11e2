"""Schema versions of the ledger, in SQLite and PostgreSQL."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.corpus import migrations
from crawler.corpus.database import damage_marker
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.replacements import Replacement
from crawler.corpus.runs import Run, Verdict
from crawler.health.judgement import judge
from tests.corpus import version_1
from tests.corpus.version_1 import DAY, FAR, FIGURES, ROWS, START, VERDICTS, snapshot
from tests.support.mirror import ROOT, scrapy
from tests.support.toy_site import Site, written

FIGURES_2 = {
    "asked": {}, "job": True, "newest": "2025-02-11 08:00:00",
    "links.new": 3, "links.known": 4, "links.repeated": 1, "links.revisit": 5, "links.not_article": 6,
    "links.filtered": 7, "links.over_limit": 8, "links.not_fetched": 9, "links.forbidden": 2, "pages.article": 3,
    "pages.listing": 1, "pages.filtered": 10, "records.not_article": 11, "articles.written": 2,
    "articles.duplicate": 12, "fields.title": 3, "refused.gone": 1, "body.characters": 900, "charset.utf-8": 3,
    "internal_errors": 2, "verdict": FIGURES["verdict"],
}  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def old(url: str) -> str:
    """The URL of a ledger of version 1."""
    version_1.create(url)
    return url


def execute(url: str, *statements: str) -> Any:
    """Execute statements; return the first column of the last one's first row, if any."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in statements:
            result = connection.exec_driver_sql(statement)
        return result.scalar() if result.returns_rows else None


def version(url: str) -> int:
    query = "PRAGMA user_version" if url.startswith("sqlite") else "SELECT version FROM schema_version"
    return int(execute(url, query))


def set_version(url: str, number: int) -> None:
    execute(url, f"PRAGMA user_version = {number}" if url.startswith("sqlite") else
            f"UPDATE schema_version SET version = {number}")  # fmt: skip


def schema(url: str) -> dict[str, Any]:
    """Return columns, primary keys and indexes of all tables."""
    inspector = sa.inspect(sa.create_engine(url, poolclass=sa.NullPool))
    return {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table)["constrained_columns"],
            sorted((str(index["name"]), index["column_names"]) for index in inspector.get_indexes(table)),
        )
        for table in inspector.get_table_names()
    }


# Version 1 ----------------------------------------------------------------------------------------------------------


def test_migration_keeps_all_rows_and_renames(old: str) -> None:
    Ledger(old).close()
    found = snapshot(old)
    assert found.keys() == {
        *ROWS, "replacements", "sources",
        "deletions", "signatures", "near_duplicates", "pictures", "captures", "capture_indexes", "robots",
        "properties",
    }  # fmt: skip
    columns = {"tries": "attempts", "seen": "first_seen_at", "changed": "updated_at"}
    articles = [
        {columns.get(name, name): value for name, value in row.items()} | {"walk": 0, "change_number": 0}
        for row in ROWS["articles"]
    ]
    next(row for row in articles if row["id"] == "a4")["kind"] = "duplicate"
    assert found["articles"] == sorted(articles, key=lambda row: (str(row["source"]), str(row["id"])))
    assert found["notices"] == [{**ROWS["notices"][0], "kind": "stale"}, ROWS["notices"][1]]
    for table in ("folders", "hosts"):
        assert found[table] == ROWS[table]
    assert found["walks"] == []  # each listing is read to its end once more
    written = {"hibor": 0, "iyiou": 0, "qq": 1, "toy": 1, "woshipm": 0}
    assert found["sources"] == [{"source": source, "written": number} for source, number in written.items()]
    old_runs, runs = [{**run, "day": None, "last_change": None} for run in ROWS["runs"]], found["runs"]
    assert [{**run, "figures": None} for run in runs] == [{**run, "figures": None} for run in old_runs]
    assert runs[0]["figures"] == FIGURES_2
    assert runs[1]["figures"]["verdict"]["kind"] == "stale"
    assert runs[15]["figures"] == {"asked": {"limit": "2"}, "why": "No space left on device", "links.revisit": 1}
    assert [run["figures"] for run in runs if run["number"] in (15, 17)] == [None, None]
    assert version(old) == migrations.newest_version() == 6


def test_migrated_schema_equals_new_schema(old: str) -> None:
    Ledger(old).close()
    migrated = schema(old)
    execute(old, *(f"DROP TABLE {table}" for table in migrated))
    if old.startswith("sqlite"):
        set_version(old, 0)
    Ledger(old).close()
    assert schema(old) == migrated
    assert version(old) == 6


def test_migrated_ledger_is_readable_through_all_tables(old: str) -> None:
    with closing(Ledger(old)) as ledger:
        entry = ledger.articles.find("toy", ["a3"])["a3"]
        assert (entry.attempts, entry.retry_at, entry.walk) == (2, FAR, 0)
        assert [entry.id for entry in ledger.articles.due("toy")] == ["a2"]
        assert ledger.articles.count_written("toy") == 1
        assert 0 not in ledger.walks.coverage("toy", "GET http://toy.example/news", 3, "")
        assert ledger.hosts.paused_until() == {"paused.example": FAR}
        assert ledger.folders.times("toy") == {"toy/2025/02": START * 10**9}
        assert ledger.notices.get("qq")["told"] == ["mailto", "slack 2"]
        run = ledger.runs.last("toy")[0]
        assert (run.listed, run.count("internal_errors"), run.count("articles.duplicate")) == (21, 2, 12)
        assert ledger.runs.start("toy") == 18


def test_next_run_is_judged_by_the_migrated_history(old: str) -> None:
    """The history has 40 links for each listing page, most of them in renamed counts."""
    with closing(Ledger(old)) as ledger:
        history = ledger.runs.last("hibor")
    figures = {**history[-1].figures, "links.filtered": 1, "links.not_article": 1}
    del figures["verdict"]
    run = Run(99, "hibor", START + 20 * DAY, START + 20 * DAY + 60, "finished", figures)
    why = "7 links per listing page; the lowest number so far is 40"
    assert judge(run, history) == Verdict("changed", why, alarm=True)
    usual = replace(run, figures={**figures, "links.filtered": 20, "links.not_article": 15})
    assert judge(usual, history).is_fine


def test_health_gives_the_verdicts_of_version_1(old: str, tmp_path: Path) -> None:
    done = scrapy("health", "--json", "-s", f"OUTPUT_DIR={tmp_path}/output", "-s", f"LEDGER_URL={old}")
    assert "Traceback" not in done.stderr
    states = {state["source"]: state for state in json.loads(done.stdout)}
    assert {
        name: {key: state[key] for key in ("wrong", "kind", "why", "alarm")} for name, state in states.items()
    } == VERDICTS
    assert states["toy"]["last_run"]["links.filtered"] == 7
    assert done.returncode == 1


def test_crawl_continues_in_a_migrated_ledger(url: str, tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.listing("news", "a1", "a4", "a6")
    for name in ("a1", "a2", "a6"):
        site.article(name, body=f"<p>text of {name}.</p>")
    site.crawl("-a", "limit=1")
    assert written(site.crawl("-a", "limit=1")) >= {"a1"}
    shutil.rmtree(site.output / ".state")
    for path in site.output.rglob("a[26].md"):
        path.unlink()
    version_1.create(url)
    run = site.crawl("-s", f"LEDGER_URL={url}")
    assert run.exit_code == 0, run.log
    assert written(run) == {"a1", "a2", "a6"}
    assert "links.known=2 links.new=1 links.revisit=1 pages.article=2 pages.listing=1" in run.log
    with closing(Ledger(url)) as ledger:
        assert [run.number for run in ledger.runs.last("toy")] == [1, 18]
        assert ledger.runs.last("toy")[-1].verdict.is_fine
    query = "SELECT first_seen_at FROM articles WHERE source = 'toy' AND id = 'a2'"
    assert execute(url, query) == START


def test_version_1_without_some_tables_is_completed(old: str) -> None:
    """A process of the old release can have been killed while it created the tables."""
    execute(old, "DROP TABLE runs", "DROP TABLE walks", "DROP INDEX articles_by_retry")
    with closing(Ledger(old)) as ledger:
        assert ledger.runs.last("toy") == []
        assert ledger.articles.count_written("toy") == 1
    assert ("articles_by_retry", ["source", "state", "retry_at", "id"]) in schema(old)["articles"][2]


# Version 3 ----------------------------------------------------------------------------------------------------------


def test_version_3_gets_the_table_of_replacements_and_keeps_all_rows(old: str) -> None:
    Ledger(old).close()
    execute(old, "DROP TABLE replacements", "UPDATE articles SET walk = 7 WHERE id = 'a1'")
    set_version(old, 3)
    before = snapshot(old)
    with closing(Ledger(old)) as ledger:
        assert ledger.replacements.of("toy", "a1") == []
        for number in (1, 2):
            ledger.replacements.put("toy", "a1", Replacement(START, f"old {number}", f"new {number}"))
        assert [row.new_hash for row in ledger.replacements.of("toy", "a1")] == ["new 1", "new 2"]
    assert {table: rows for table, rows in snapshot(old).items() if table != "replacements"} == before
    assert version(old) == 6
    assert ("replacements_by_article", ["source", "id", "number"]) in schema(old)["replacements"][2]


# Crashes and concurrency --------------------------------------------------------------------------------------------


def test_interrupted_migration_leaves_version_1(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = snapshot(old), schema(old)

    def fail(connection: sa.Connection, tables: set[str]) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, fail))
        with pytest.raises(KeyboardInterrupt):
            Ledger(old)
    assert (snapshot(old), schema(old)) == before
    Ledger(old).close()
    assert version(old) == 6


KILLED = """
import os, signal, sys
from crawler.corpus import migrations
from crawler.corpus.ledger import Ledger
rename, done = migrations._rename_figures, []
def kill_in_second_batch(figures):
    done.append(figures)
    if len(done) == 800:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(figures)
migrations._rename_figures = kill_in_second_batch
Ledger(sys.argv[1])
"""


def test_killed_migration_leaves_version_1(url: str) -> None:
    version_1.create(url, more_runs=1200)
    before = snapshot(url), schema(url)
    done = subprocess.run([sys.executable, "-c", KILLED, url], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (snapshot(url), schema(url)) == before
    Ledger(url).close()
    assert all(run["figures"] == FIGURES_2 for run in snapshot(url)["runs"] if run["source"] == "many")


OPENER = """
import sys
from crawler.corpus.ledger import Ledger
print("ready", flush=True)
sys.stdin.readline()
ledger = Ledger(sys.argv[1])
print(len(ledger.runs.last("many", 9999)), ledger.articles.find("toy", ["a3"])["a3"].attempts, flush=True)
ledger.close()
"""


def test_processes_that_open_version_1_at_once_migrate_it_once(url: str) -> None:
    version_1.create(url, more_runs=3000)
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, url], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    for opener in openers:
        assert opener.stdout
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    assert [opener.communicate(timeout=60)[0] for opener in openers] == ["3000 2\n"] * 3
    assert [opener.returncode for opener in openers] == [0, 0, 0]
    runs = [run["figures"] for run in snapshot(url)["runs"] if run["source"] == "many"]
    assert len(runs) == 3000
    assert all(figures == FIGURES_2 for figures in runs)


def test_opening_waits_for_a_writer_in_another_journal_mode(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("CREATE TABLE other (a)")
        writer.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.5, writer.execute, ["COMMIT"])
        end.start()
        Ledger(f"sqlite:///{tmp_path}/ledger.db").close()
        end.join()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_opening_names_a_writer_that_does_not_end(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as writer:
        writer.execute("CREATE TABLE other (a)")
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="database is locked"):
            Ledger(f"sqlite:///{tmp_path}/ledger.db?timeout=0.2")


# Newer versions -----------------------------------------------------------------------------------------------------


def test_newer_version_is_refused_and_left_unchanged(old: str) -> None:
    Ledger(old).close()
    execute(old, "ALTER TABLE articles RENAME COLUMN url TO address")
    set_version(old, 7)
    before = snapshot(old), schema(old)
    with pytest.raises(LedgerError) as raised:
        Ledger(old)
    assert str(raised.value).endswith(
        ": the ledger has schema version 7, this press-corpus supports versions up to 6: upgrade press-corpus"
    )
    assert "\n" not in str(raised.value)
    assert not raised.value.is_damage
    assert (snapshot(old), schema(old), version(old)) == (*before, 7)


@pytest.mark.parametrize("is_suspect", [False, True])
def test_newer_file_is_never_set_aside(tmp_path: Path, is_suspect: bool) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(tmp_path, "").close()
    set_version(f"sqlite:///{path}", 99)
    if is_suspect:  # by a run of the newer release
        damage_marker(path).touch()
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(LedgerError, match="schema version 99"):
            open_ledger(tmp_path, "")
    assert path.read_bytes() == before
    assert damage_marker(path).exists() == is_suspect
    assert not list(tmp_path.glob("ledger.damaged-*"))


@pytest.mark.parametrize(
    "words",
    [["health"], ["ledger", "check"], ["ledger", "rebuild", "toy"], ["rejected"], ["crawl", "toy"], ["job", "toy"]],
)
def test_commands_report_a_newer_version_with_exit_code_6(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_URL", "")
    path = tmp_path / ".state" / "ledger.db"
    open_ledger(path.parent, "").close()
    set_version(f"sqlite:///{path}", 99)
    before = path.read_bytes()
    done = scrapy(*words, "-s", f"OUTPUT_DIR={tmp_path}", "-s", "SPIDER_MODULES=tests.support.toy")
    assert done.returncode == 6
    assert (done.stdout + done.stderr).count("upgrade press-corpus") == (2 if words[0] == "job" else 1)  # log, line
    assert "Traceback" not in done.stdout + done.stderr
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*damaged*"))
    assert not damage_marker(path).exists()


# Damage -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["SELECT future FROM articles", "SELECT * FROM future", "UPDATE runs SET future = 1", "nonsense"]
)
def test_unknown_columns_and_tables_are_no_damage(tmp_path: Path, statement: str) -> None:
    with closing(open_ledger(tmp_path, "")) as ledger, pytest.raises(LedgerError) as raised:
        ledger.database.change(sa.text(statement))
    assert not raised.value.is_damage
    assert not damage_marker(tmp_path / "ledger.db").exists()


def test_additional_columns_and_tables_are_no_damage(tmp_path: Path) -> None:
    open_ledger(tmp_path, "").close()
    execute(f"sqlite:///{tmp_path}/ledger.db", "ALTER TABLE articles ADD COLUMN extra TEXT", "CREATE TABLE extra (x)")
    with closing(open_ledger(tmp_path, "")) as ledger:
        ledger.articles.mark_written("toy", [], 1)
        assert ledger.articles.find("toy", ["a1", "a2"]) == {}
    assert not list(tmp_path.glob("ledger.damaged-*"))


@pytest.mark.parametrize("statement", ["DROP TABLE walks", "ALTER TABLE runs DROP COLUMN reason"])
def test_missing_parts_of_the_own_version_are_damage(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "ledger.db"
    open_ledger(tmp_path, "").close()
    execute(f"sqlite:///{path}", statement)
    with pytest.raises(LedgerError, match="the database is cut: ") as raised:
        Ledger(f"sqlite:///{path}")
    assert raised.value.is_damage
    open_ledger(tmp_path, "").close()
    assert len(list(tmp_path.glob("ledger.damaged-*.db"))) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda ledger: ledger.articles.find("toy", ["a1"]),
        lambda ledger: ledger.articles.find("toy", ["a1", "a2"]),
    ],
    ids=["prepared", "not prepared"],
)
def test_table_that_is_lost_in_a_run_is_damage(tmp_path: Path, call: Callable[[Ledger], object]) -> None:
    path = tmp_path / "ledger.db"
    with closing(open_ledger(tmp_path, "")) as ledger:
        execute(f"sqlite:///{path}", "DROP TABLE articles")
        with pytest.raises(LedgerError, match="no such table: articles") as raised:
            call(ledger)
    assert raised.value.is_damage
    assert damage_marker(path).exists()


def test_file_that_is_migrated_in_a_run_is_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing(open_ledger(tmp_path, "")) as ledger:
        execute(f"sqlite:///{path}", "ALTER TABLE articles RENAME COLUMN title TO headline", "PRAGMA user_version = 7")
        with pytest.raises(LedgerError, match=r"schema version 7, .* upgrade press-corpus") as raised:
            ledger.articles.find("toy", ["a1"])
    assert not raised.value.is_damage
    assert not damage_marker(path).exists()


def test_damage_marker_of_release_0_1_does_not_count_for_a_migrated_ledger(tmp_path: Path) -> None:
    """A run of release 0.1 that is active during the migration leaves it: the columns that it uses are renamed."""
    path = tmp_path / "ledger.db"
    version_1.create(f"sqlite:///{path}")
    open_ledger(tmp_path, "").close()
    old_marker = tmp_path / "ledger.db-suspect"
    old_marker.touch()
    with closing(open_ledger(tmp_path, "")) as ledger:
        assert ledger.runs.last("toy")
    assert not old_marker.exists()
    assert not list(tmp_path.glob("ledger.damaged-*"))


def test_damage_marker_of_release_0_1_counts_for_its_ledger(tmp_path: Path) -> None:
    version_1.create(f"sqlite:///{tmp_path}/ledger.db")
    (tmp_path / "ledger.db-suspect").touch()
    with closing(open_ledger(tmp_path, "")) as ledger:
        assert not ledger.runs.last("toy")
    assert list(tmp_path.glob("ledger.damaged-*"))


@pytest.mark.parametrize("figures", ["{'broken", b"\xff\xfe", b'"\xff"', "[" * 100_000])
def test_figures_that_are_not_json_do_not_stop_the_migration(tmp_path: Path, figures: str | bytes) -> None:
    path = tmp_path / "ledger.db"
    version_1.create(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET figures = CAST(? AS TEXT) WHERE number = 1", (figures,))
        connection.commit()
    with closing(open_ledger(tmp_path, "")) as ledger:
        assert ledger.sources()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT count(*) FROM runs WHERE figures LIKE '%links.again%'").fetchone()
    assert rows == (0,)


def test_copy_without_a_version_is_opened(tmp_path: Path) -> None:
    """`sqlite3 ledger.db .dump` does not write the version."""
    path = tmp_path / "ledger.db"
    version_1.create(f"sqlite:///{path}")
    open_ledger(tmp_path, "").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
    with closing(open_ledger(tmp_path, "")) as ledger:
        assert ledger.runs.last("toy")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (6,)
