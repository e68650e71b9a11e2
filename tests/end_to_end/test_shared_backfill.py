"""Several `backfill` processes that fill the same sources at the same time, with one PostgreSQL ledger."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from crawler.corpus.corpus import Corpus
from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.ledger import Ledger
from crawler.items import Article, Link
from crawler.project import command_line
from tests.corpus.test_postgres import cut, fetch_all
from tests.support.archives import TWO_SOURCES, station, toy, tree, write
from tests.support.mirror import ROOT, scrapy

pytestmark = pytest.mark.xdist_group("postgres")  # the tests share one server
LINK = Link("a", "http://toy.example/a/a.html")
NUMBER = 60  # articles of each source in an archive


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three archives. Each contains articles of both sources, and some of the same as the next one."""
    folder = tmp_path_factory.mktemp("archives")
    paths = []
    for part in range(3):
        numbers = [str(number % (3 * 50)) for number in range(part * 50, part * 50 + NUMBER)]
        pages = [page for number in numbers for page in (toy(f"t{number}"), station(f"s{number}"))]
        paths.append(write(folder / f"{part}.warc.gz", *pages))
    return paths


@pytest.fixture(scope="module", params=["hugo", "gitbook"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def expected(archives: list[Path], layout: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the corpus that one pass makes of all archives."""
    output = tmp_path_factory.mktemp("expected") / "output"
    done = scrapy("backfill", *map(str, archives), *options(output, layout))
    assert done.returncode == 0, done.stderr
    return comparable(output)


def options(output: Path, layout: str = "hugo") -> tuple[str, ...]:
    return (*TWO_SOURCES, "-s", f"OUTPUT_DIR={output}", "-s", f"LAYOUT={layout}")


def comparable(output: Path) -> dict[str, object]:
    """Return the corpus without the order of the lines in the lists of hashes, which is that of the writing."""
    return {
        name: sorted({*data.splitlines()}) if name.startswith(".state/hashes") else data
        for name, data in tree(output).items()
    }


def start(archive: Path, ledger: str, output: Path, layout: str = "hugo") -> subprocess.Popen[str]:
    return subprocess.Popen(
        command_line("backfill", str(archive), *options(output, layout), "--processes", "1"),
        cwd=ROOT, env={**os.environ, "LEDGER_URL": ledger}, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def assert_consistent(output: Path, ledger: str) -> None:
    for source in ("toy", "stations"):
        check = scrapy("ledger", "check", source, *options(output), environment={"LEDGER_URL": ledger})
        assert check.stdout == f"{source}: no problems found\n"


def test_passes_over_different_archives_store_what_one_pass_stores(
    archives: list[Path], layout: str, expected: dict[str, object], postgres: str, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    passes = [start(archive, postgres, output, layout) for archive in archives]
    logs = [each.communicate(timeout=120)[1] for each in passes]
    assert [each.returncode for each in passes] == [0, 0, 0], logs
    assert comparable(output) == expected
    assert fetch_all(postgres, "SELECT count(*), min(reason), max(reason) FROM runs") == [(6, "finished", "finished")]
    assert_consistent(output, postgres)


def test_passes_that_are_killed_lose_nothing(
    archives: list[Path], layout: str, expected: dict[str, object], postgres: str, tmp_path: Path
) -> None:
    chance, output = random.Random(layout), tmp_path / "output"
    for _ in range(4):
        passes = [start(archive, postgres, output, layout) for archive in archives]
        before = len(list(output.rglob("*.md")))
        wanted = before + chance.randint(5, 60)
        deadline = time.monotonic() + 60
        while len(list(output.rglob("*.md"))) < wanted and any(each.poll() is None for each in passes):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for each in chance.sample(passes, 2):  # the third one continues
            with suppress(ProcessLookupError):  # it has ended
                os.killpg(each.pid, signal.SIGKILL)
        for each in passes:
            each.communicate(timeout=120)
        assert {each.returncode for each in passes} <= {0, -signal.SIGKILL}
    done = scrapy("backfill", *map(str, archives), *options(output, layout), environment={"LEDGER_URL": postgres})
    assert done.returncode == 0, done.stderr
    assert comparable(output) == expected
    assert_consistent(output, postgres)


# The lock ------------------------------------------------------------------------------------------------------------


def article(name: str) -> Article:
    return Article(
        id=name, url=f"http://toy.example/a/{name}.html", title=f"About {name}", date="2025-02-11 08:00:00",
        markdown=f"Text of {name}.", source="toy", fetched="2026-11-22 08:00:00", origin="archive",
    )  # fmt: skip


def shared(folder: Path, ledger: str) -> Corpus:
    return Corpus(folder, "toy", ledger, shared=True)


def test_a_crawl_and_a_pass_exclude_each_other(tmp_path: Path, postgres: str) -> None:
    one, two = shared(tmp_path, postgres), shared(tmp_path, postgres)
    for folder in (tmp_path, tmp_path / "another machine"):
        with pytest.raises(LockedError, match="another run of toy is active: process"):
            Corpus(folder, "toy", postgres)
    one.close()
    with pytest.raises(LockedError):
        Corpus(tmp_path, "toy", postgres)
    two.close()
    crawl = Corpus(tmp_path, "toy", postgres)
    for folder in (tmp_path, tmp_path / "another machine"):
        with pytest.raises(LockedError):
            shared(folder, postgres)
    crawl.close()
    last = shared(tmp_path, postgres)
    assert [run.reason for run in last.run_history()] == ["killed", "killed", "killed", ""]
    last.close()


def test_a_pass_that_starts_or_ends_meanwhile_is_not_part_of_the_history(tmp_path: Path, postgres: str) -> None:
    one = shared(tmp_path, postgres)
    two = shared(tmp_path, postgres)
    two.finish_run("finished", {})
    assert [run.number for run in one.run_history()] == [one.run]
    assert [run.number for run in two.run_history()] == [two.run]
    one.finish_run("finished", {})
    one.close()
    two.close()
    assert fetch_all(postgres, "SELECT DISTINCT reason FROM runs") == [("finished",)]


def test_one_article_is_stored_at_a_time(tmp_path: Path, postgres: str) -> None:
    one, two = shared(tmp_path, postgres), shared(tmp_path, postgres)
    outcomes: list[str] = []
    thread = threading.Thread(target=lambda: outcomes.append(two.store(article("a"), "the text\n")))
    with one.storing():
        thread.start()
        thread.join(1)
        assert thread.is_alive()
        assert not list(tmp_path.rglob("*.md"))
    thread.join(10)
    assert outcomes == ["written"]
    assert one.store(article("a"), "the text\n") == "unchanged"
    assert one.find([LINK])["a"].state == "written"
    one.close()
    two.close()


def test_an_article_is_not_stored_after_the_connection_was_lost_meanwhile(tmp_path: Path, postgres: str) -> None:
    one, two = shared(tmp_path, postgres), shared(tmp_path, postgres)
    with one.storing():
        cut(postgres)
        with pytest.raises(LedgerError):
            one.find([LINK])
        with pytest.raises(LedgerError, match="the connection was lost while an article was stored"):
            one.find([LINK])
    with pytest.raises(LedgerError):  # of `two`, whose connection was cut, too
        two.store(article("a"), "the text\n")
    assert two.store(article("a"), "the text\n") == "written"
    assert one.store(article("a"), "the text\n") == "unchanged"
    one.close()
    two.close()


def test_with_sqlite_a_pass_excludes_another_one(tmp_path: Path) -> None:
    one = Corpus(tmp_path, "toy", "", shared=True)
    with pytest.raises(LockedError):
        Corpus(tmp_path, "toy", "", shared=True)
    one.close()


@pytest.mark.parametrize("shares", [True, False])
def test_a_pass_waits_for_the_one_that_makes_files_and_ledger_consistent(postgres: str, shares: bool) -> None:
    """If that one fails, the pass that waited is alone, and does it itself."""
    one, two = Ledger(postgres), Ledger(postgres)
    assert one.lock("toy", shared=True)
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(two.lock("toy", shared=True)))
    thread.start()
    thread.join(1)
    assert thread.is_alive()
    if shares:
        one.share_lock("toy")
    else:
        one.close()
    thread.join(10)
    assert results == [not shares]
    one.close()
    two.close()
