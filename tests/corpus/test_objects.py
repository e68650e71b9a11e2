"""Races and kills of writers to object storage."""

from __future__ import annotations

import io
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Barrier
from typing import Any

import pyarrow.parquet as pq
import pytest

from crawler.corpus.object_corpus import ObjectCorpus
from crawler.corpus.objects import ObjectChangedError, ObjectStore
from crawler.items import Article, Link
from crawler.layouts import hugo
from tests.support.mirror import scrapy
from tests.support.object_server import Bucket, object_server
from tests.support.toy_site import TOY, Site

WRITERS, KILLS, SHARD_KILLS = 16, 20, 9
PATH = "toy/2026/01/a1.md"


@pytest.fixture(scope="module")
def new_bucket() -> Iterator[Callable[[], Bucket]]:
    with object_server() as new:
        yield new


@pytest.fixture
def bucket(new_bucket: Callable[[], Bucket], monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = new_bucket()
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    return bucket


def at_once(write: Callable[[int], Any]) -> list[Any]:
    """Call *write* in 16 threads at the same time, and return the results."""
    barrier = Barrier(WRITERS)

    def wait(number: int) -> Any:
        barrier.wait(60)
        return write(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(wait, range(WRITERS)))


def test_one_of_many_writers_creates_and_replaces_an_object(bucket: Bucket, tmp_path: Path) -> None:
    stores = [ObjectStore(bucket.url, tmp_path) for _ in range(WRITERS)]

    def write(number: int) -> bool:
        try:
            stores[number].write(PATH, f"text {turn} {number}".encode())
        except ObjectChangedError:
            return False
        return True

    for turn in range(3):  # first it is created, then replaced by writers that have read the same version
        for store in stores:
            store.read([PATH])
        results = at_once(write)
        assert Counter(results) == {True: 1, False: WRITERS - 1}
        assert bucket.read(PATH) == f"text {turn} {results.index(True)}".encode()


def test_many_runs_store_one_article(bucket: Bucket, tmp_path: Path) -> None:
    article = Article(
        source="toy", id="a1", url="http://toy.example/a/a1.html", title="A", date="2026-01-02", markdown="x"
    )
    text = hugo.render(article)
    corpora = [ObjectCorpus(bucket.url, tmp_path / str(number), "toy", "") for number in range(WRITERS)]
    for corpus in corpora:
        corpus.close()

    def store(number: int) -> str:
        with closing(ObjectCorpus(bucket.url, tmp_path / str(number), "toy", "")) as corpus:
            corpus.add_open([Link("a1", article.url)])
            started.wait(60)
            return corpus.store(article, text)

    started = Barrier(WRITERS)
    assert Counter(at_once(store)) == {"written": 1, "unchanged": WRITERS - 1}
    assert bucket.files() == {PATH: text.encode()}


def end_at_write(module: str, function: str, number: int, delay: float) -> None:
    """End this process *delay* seconds after the call of a function with this *number*, as SIGKILL does.

    The default action of SIGALRM ends a process at once, without its handlers.
    """
    owner: Any = import_module(module)
    put, left = getattr(owner, function), number

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, delay)
        return put(*arguments, **options)

    setattr(owner, function, counted)


def test_killed_runs_lose_nothing(
    site: Site, bucket: Bucket, new_bucket: Callable[[], Bucket], postgres: str, tmp_path: Path
) -> None:
    names = [f"a{number:03}" for number in range(100)]
    site.listing("news", *names)
    for number, name in enumerate(names):
        site.article(name, date=f"2025-0{number % 3 + 1}-11", body=f"<p>{name}.</p>" * 40)
    expected = {f"toy/2025/0{number % 3 + 1}/{name}.md" for number, name in enumerate(names)}
    whole = {f"{path}": data for path, data in local_files(site).items()}
    assert {*whole} == expected
    options = (
        *TOY, "-s", f"REPLAY={site.folder}", "-s", f"OUTPUT_DIR={bucket.url}", "-s", f"LEDGER_URL={postgres}",
        "-s", f"STATE_DIR={tmp_path / 'state'}",
    )  # fmt: skip
    chance = random.Random(29)
    for kill in range(KILLS):
        first = partial(end_at_write, "obstore", "put", chance.randint(1, 6), chance.uniform(0.0005, 0.02))
        process = scrapy("crawl", "toy", *options, first=first)
        assert process.returncode == -signal.SIGALRM, (kill, process.stderr)
        found = bucket.files()
        assert found.items() <= whole.items()
    process = scrapy("crawl", "toy", *options)
    assert process.returncode == 0, process.stderr
    assert bucket.files() == whole
    process = scrapy("ledger", *options, "check", "--content")
    assert process.stdout == "toy: no problems found\n"


def test_killed_runs_with_shards_lose_nothing(site: Site, bucket: Bucket, postgres: str, tmp_path: Path) -> None:
    names = [f"a{number:03}" for number in range(60)]
    site.listing("news", *names)
    for name in names:
        site.article(name, body=f"<p>{name}.</p>" * 40)
    options = (
        *TOY, "-s", f"REPLAY={site.folder}", "-s", f"OUTPUT_DIR={bucket.url}", "-s", f"LEDGER_URL={postgres}",
        "-s", f"STATE_DIR={tmp_path / 'state'}", "-s", "OBJECT_LAYOUT=shards",
    )  # fmt: skip
    chance = random.Random(29)
    # Before and after an article is in the spool, while its shard is written, and before the ledger has its articles.
    moments = [("crawler.corpus.shards", "append_line"), ("obstore", "put"), ("crawler.corpus.shard_corpus", "rows_of")]
    for kill in range(SHARD_KILLS):
        module, function = moments[kill % len(moments)]
        number = chance.randint(1, 8) if function == "append_line" else 1
        first = partial(end_at_write, module, function, number, chance.uniform(0.0005, 0.01))
        process = scrapy("crawl", "toy", *options, first=first)
        assert process.returncode in (0, -signal.SIGALRM), (kill, process.stderr)
        stored_texts(bucket)  # each shard is whole
    process = scrapy("crawl", "toy", *options)
    assert process.returncode == 0, process.stderr
    assert sorted(stored_texts(bucket)) == sorted(local_files(site).values())  # each article is once in one shard
    process = scrapy("ledger", *options, "check", "--content")
    assert process.stdout == "toy: no problems found\n"
    assert not list((tmp_path / "state").rglob("*.jsonl"))


def stored_texts(bucket: Bucket) -> list[bytes]:
    """Return the texts in all shards."""
    tables = (pq.read_table(io.BytesIO(shard)) for shard in bucket.files().values())
    return [text.encode() for table in tables for text in table.column("text").to_pylist()]


def local_files(site: Site) -> dict[str, bytes]:
    """Return the files of an undisturbed local run, by path."""
    run = site.crawl()
    return {str(path.relative_to(run.output)): path.read_bytes() for path in run.output.glob("toy/*/*/*.md")}
