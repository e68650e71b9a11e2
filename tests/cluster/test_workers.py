"""Workers as commands: who runs what, and what happens when a worker, its child or the database ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from crawler.cluster.queue_schema import connection_info
from crawler.cluster.queue_state import SCHEMA
from crawler.corpus.ledger import Ledger
from crawler.project import command_line
from tests.cluster.generated.sources import SCHEDULED, article, listing
from tests.support.mirror import ROOT, scrapy
from tests.support.server import Answer, Played, play

ARTICLES = 3
MODULES = ("-s", "SPIDER_MODULES=tests.cluster.generated")
FAST = ("-s", "DOWNLOAD_DELAY=0.1", "-s", "BLOCK_BACKOFF=0.05", "-s", "RETRY_TIMES=0")
JOBS = f"SELECT *, coalesce(args->>'source', args->>'file') AS name FROM {SCHEMA}.procrastinate_jobs ORDER BY id"


@dataclass
class Cluster:
    """A site, a database, and workers. The second article of the sources in *slow* has no response until *release*."""

    folder: Path
    url: str
    played: Played | None = None
    slow: set[str] = field(default_factory=set)
    release: threading.Event = field(default_factory=threading.Event)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __call__(self, path: str, number: int) -> Answer:
        if not (match := re.fullmatch(r"/(gen\d\d)/(?:news|a/(\w+)\.html)", path)):
            return Answer("not found", 404)
        if match[2] is None:
            return Answer(listing(match[1], (f"{match[1]}x{each}" for each in range(ARTICLES))))
        if match[1] in self.slow and match[2].endswith("x1"):
            self.release.wait(60)
        return Answer(article(match[2]))

    @property
    def environment(self) -> dict[str, str]:
        assert self.played
        output = str(self.folder / "corpus")
        return {**self.played.environment, "LEDGER_URL": self.url, "OUTPUT_DIR": output, "NOTICE_URLS": ""}

    def command(self, *words: str, code: int = 0) -> str:
        done = scrapy(*words, *MODULES, environment=self.environment)
        assert done.returncode == code, done.stderr
        return done.stdout

    def start(self, concurrency: int = 2) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until it is registered."""
        alive = len(self.rows(f"SELECT id FROM {SCHEMA}.procrastinate_workers"))
        with (self.folder / "workers.log").open("ab") as log:
            self.workers.append(subprocess.Popen(
                command_line("worker", "--concurrency", str(concurrency), *MODULES, *FAST),
                cwd=ROOT, env={**os.environ, **self.environment, "PYTHONPATH": str(ROOT)}, stdout=log, stderr=log,
            ))  # fmt: skip
        self.until(lambda: len(self.rows(f"SELECT id FROM {SCHEMA}.procrastinate_workers")) > alive)
        return self.workers[-1]

    def rows(self, query: str) -> list[Any]:
        with (
            psycopg.connect(connection_info(self.url), autocommit=True) as connection,
            connection.cursor(row_factory=psycopg.rows.namedtuple_row) as cursor,
        ):
            cursor.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def states(self) -> list[tuple[str, str]]:
        """Return the names and states of all jobs, in the order of their numbers."""
        return [(job.name, job.status) for job in self.rows(JOBS)]

    def until(self, condition: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.states(), self.log)
            time.sleep(0.1)

    def until_empty(self) -> None:
        self.until(lambda: not {"todo", "doing"} & {state for _, state in self.states()})

    @property
    def log(self) -> str:
        return (self.folder / "workers.log").read_text()

    def requested(self, name: str, number: int = 1) -> bool:
        """Return whether article x1 of the source *name* was requested *number* times."""
        assert self.played
        return self.played.paths.count(f"/{name}/a/{name}x1.html") >= number

    def files(self) -> Counter[str]:
        corpus = self.folder / "corpus"
        return Counter(path.relative_to(corpus).parts[0] for path in corpus.glob("*/[0-9]*/*/*.md"))


@pytest.fixture
def cluster(postgres: str, tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, postgres)
    with ExitStack() as stack:
        made.played = stack.enter_context(play(made))
        try:
            yield made
        finally:
            made.release.set()
            for worker in made.workers:
                with suppress(psutil.NoSuchProcess):
                    for child in psutil.Process(worker.pid).children(recursive=True):
                        child.kill()
                worker.kill()
                worker.wait()


def tree(worker: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return list(psutil.Process(worker.pid).children(recursive=True))


def test_two_workers_share_the_sources(cluster: Cluster) -> None:
    assert cluster.command("enqueue", "gen00", "gen01", "gen20", "--priority", "3").splitlines() == [
        "queued: gen00 (job 1)", "queued: gen01 (job 2)", "queued: gen20 (job 3)",
    ]  # fmt: skip
    added = cluster.command("enqueue", "gen01", "gen21")
    assert re.fullmatch(r"already queued: gen01\nqueued: gen21 \(job \d+\)\n", added)
    assert {job.priority for job in cluster.rows(JOBS)} == {0, 3}
    text = cluster.command("health", code=1)
    assert "queue: 0 workers, 4 waiting, 0 doing, 0 stalled" in text
    assert "queue: no worker is alive: start `press-corpus worker` on a machine" in text
    # A source that was due yesterday and today, while no worker ran
    missed = f"INSERT INTO {SCHEMA}.schedule_times VALUES ('{SCHEDULED}', now() - interval '2 days')"
    cluster.rows(missed)
    workers = [cluster.start(), cluster.start()]
    cluster.until(lambda: len(cluster.rows(f"SELECT * FROM {SCHEMA}.procrastinate_workers")) == len(workers))
    cluster.until(lambda: len(cluster.rows(JOBS)) == 5)
    cluster.until_empty()
    time.sleep(0.5)
    assert sorted(cluster.states()) == [(name, "succeeded") for name in ("gen00", "gen01", "gen20", "gen21", SCHEDULED)]
    assert cluster.files() == dict.fromkeys(("gen00", "gen01", "gen20", "gen21", SCHEDULED), ARTICLES)
    assert cluster.played
    articles = [path for path in cluster.played.paths if "/a/" in path]
    assert len(articles) == len({*articles}) == 5 * ARTICLES
    # The two sources of a host: one after the other
    order = [path[1:6] for path in cluster.played.paths if path[1:6] in ("gen00", "gen01")]
    assert order == sorted(order, key=lambda name: name != order[0])
    assert "missed=1" in cluster.log
    with closing(Ledger(cluster.url)) as ledger:
        assert {name: [run.verdict.kind for run in ledger.runs.last(name)] for name in ("gen00", SCHEDULED)} == {
            "gen00": ["fine"], SCHEDULED: ["fine"],
        }  # fmt: skip
    shown = json.loads(cluster.command("health", "--json", "--html", str(cluster.folder / "health.html")))
    assert len(shown["sources"]) == 5
    assert [(worker["concurrency"], worker["is_dead"]) for worker in shown["queue"]["workers"]] == [(2, False)] * 2
    assert "Queue: 2 workers, 0 waiting, 0 doing, 0 stalled" in (cluster.folder / "health.html").read_text()
    for worker in workers:
        worker.terminate()
        assert worker.wait(60) == 0
    assert cluster.rows(f"SELECT * FROM {SCHEMA}.procrastinate_workers") == []


def test_the_jobs_of_a_killed_worker_return_also_if_a_twin_waits(cluster: Cluster) -> None:
    cluster.slow = {"gen20", "gen21"}
    cluster.command("enqueue", "gen20", "gen21")
    worker = cluster.start()
    cluster.until(lambda: cluster.requested("gen20") and cluster.requested("gen21"))
    assert cluster.command("enqueue", "gen20") == "queued: gen20 (job 3)\n"
    started = tree(worker)
    assert len(started) >= 4  # the jobs and their crawls
    worker.kill()
    cluster.start()
    killed = time.monotonic()
    cluster.release.set()
    _, left = psutil.wait_procs(started, 30)
    assert left == []
    cluster.until_empty()
    assert time.monotonic() - killed < 110  # the limit of a minute, and the runs, on a busy machine
    assert cluster.states() == [("gen20", "failed"), ("gen21", "succeeded"), ("gen20", "succeeded")]
    assert cluster.files() == {"gen20": ARTICLES, "gen21": ARTICLES}
    assert "its worker is dead, and its twin waits" in cluster.log
    assert "failed: gen20 (job 1" in scrapy("health", *MODULES, environment=cluster.environment).stdout


def test_the_jobs_of_a_stopped_worker_and_of_a_killed_child_are_run_again(cluster: Cluster) -> None:
    cluster.slow = {"gen20"}
    cluster.command("enqueue", "gen20")
    worker = cluster.start(1)
    cluster.until(lambda: cluster.requested("gen20"))
    worker.terminate()
    time.sleep(1)
    cluster.release.set()
    assert worker.wait(100) == 0
    assert cluster.states() == [("gen20", "aborted"), ("gen20", "todo")]
    cluster.slow, cluster.release = {"gen21"}, threading.Event()
    cluster.command("enqueue", "gen21")
    worker = cluster.start(1)
    cluster.until(lambda: cluster.requested("gen21"))
    (job,) = psutil.Process(worker.pid).children()
    crawls = job.children()
    job.send_signal(signal.SIGKILL)
    cluster.release.set()
    assert psutil.wait_procs(crawls, 60)[1] == []
    cluster.until_empty()
    assert cluster.states()[1:] == [("gen20", "succeeded"), ("gen21", "succeeded")]
    assert "code=-9" in cluster.log
    assert cluster.files() == {"gen20": ARTICLES, "gen21": ARTICLES}
    # The database is gone: the worker ends without an error, for the supervisor to restart it.
    name = psycopg.conninfo.conninfo_to_dict(connection_info(cluster.url))["dbname"]
    with psycopg.connect(connection_info(cluster.url), autocommit=True, dbname="postgres") as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    assert worker.wait(100) == 0
    assert "ended, the database is lost" in cluster.log


def test_an_archive_whose_source_is_locked_is_read_again(cluster: Cluster, tmp_path: Path) -> None:
    archive = tmp_path / "gen22.warc.gz"
    cluster.command("crawl", "gen22", *FAST, "-s", f"RECORD={archive}", "-s", f"OUTPUT_DIR={tmp_path}/first")
    assert cluster.command("enqueue", "--archive", str(tmp_path)) == f"queued: {archive} (job 1)\n"
    assert cluster.command("enqueue", "--archive", str(archive)) == f"already queued: {archive}\n"
    with closing(Ledger(cluster.url)) as ledger:
        ledger.lock("gen22")
        cluster.start()
        cluster.until(lambda: len(cluster.states()) == 2)
    cluster.until_empty()
    first, *others = cluster.rows(JOBS)
    assert (first.lock, first.priority, first.status) == (None, -10, "succeeded")
    assert {(job.lock, job.priority, job.status) for job in others} == {("archives", -11, "succeeded")}
    assert cluster.files() == {"gen22": ARTICLES}


def test_an_archive_is_read_for_the_named_sources_and_days(cluster: Cluster, tmp_path: Path) -> None:
    archive = tmp_path / "gen23.warc.gz"
    cluster.command("crawl", "gen23", *FAST, "-s", f"RECORD={archive}", "-s", f"OUTPUT_DIR={tmp_path}/first")
    for options in ("--source gen24", "--until 2000-01-01 --source gen23"):
        words = ("enqueue", "--archive", str(archive), *options.split())
        assert cluster.command(*words).startswith(f"queued: {archive} (job ")
        assert cluster.command(*words) == f"already queued: {archive}\n"
    cluster.start()
    cluster.until_empty()
    assert cluster.files() == {}
    cluster.command("enqueue", "--archive", str(archive), "--since", "2000-01-01", "--source", "gen23", "gen24")
    cluster.until(cluster.files)
    cluster.until_empty()
    assert cluster.files() == {"gen23": ARTICLES}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("worker now", "takes no arguments"),
        ("worker --concurrency 0", "--concurrency takes a number above 0"),
        ("worker", "the queue needs a PostgreSQL ledger: LEDGER_URL=postgresql+psycopg://"),
        ("worker -s LEDGER_URL=sqlite:///a.db", "the queue needs a PostgreSQL ledger"),
        ("enqueue", "name sources or archives, or use --all"),
        ("enqueue toy", "the queue needs a PostgreSQL ledger"),
        ("enqueue nobody", "unknown source 'nobody'"),
        ("enqueue toy limit=5", "press-corpus enqueue toy -a limit=5"),
        ("enqueue toy --all", "--all takes no sources"),
        ("enqueue --archive missing.warc.gz", "missing.warc.gz"),
        ("enqueue --archive x -a limit=1", "archives have no spider arguments; use --since"),
        ("enqueue toy --since 2025-01-01", "--source, --since and --until are options of --archive"),
        ("enqueue --archive x --source nobody", "unknown source 'nobody'"),
        ("enqueue --archive x --since soon", "since='soon'"),
    ],
)
def test_the_correct_form_is_printed(words: str, message: str, tmp_path: Path) -> None:
    options = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", f"OUTPUT_DIR={tmp_path}/output")
    done = scrapy(*words.split(), *options, environment={"LEDGER_URL": ""})
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]


def without_procrastinate() -> None:
    import importlib.util
    from unittest.mock import patch

    real = importlib.util.find_spec
    patch("importlib.util.find_spec", lambda name, *rest: None if name == "procrastinate" else real(name)).start()


def test_a_missing_extra_is_named(tmp_path: Path) -> None:
    done = scrapy("worker", "-s", f"OUTPUT_DIR={tmp_path}", first=without_procrastinate)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(
        "the queue needs further packages: pip install 'press-corpus[cluster]'"
    )


def test_an_unreachable_database_is_one_line(tmp_path: Path) -> None:
    url = "postgresql+psycopg://me:secret@127.0.0.1:1/corpus"
    done = scrapy("worker", "-s", f"OUTPUT_DIR={tmp_path}", environment={"LEDGER_URL": url})
    assert done.returncode == 6
    assert "secret" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
