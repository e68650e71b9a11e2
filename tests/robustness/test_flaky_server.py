"""Crawl a server that sends each fault once. `python -m tests.support.flaky_server` crawls a larger site."""

from __future__ import annotations

import math
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.ledger import Ledger
from crawler.items import Link
from tests.download.test_throttle import TOY, good
from tests.support.flaky_server import FAULTS, OPTIONS, Failing
from tests.support.mirror import crawl
from tests.support.server import Answer, play


def crawl_with_faults(faults: list[str], folder: Path) -> None:
    fault_of = {f"/a/a{number}.html": name for number, name in enumerate(faults)}
    site = Failing(len(faults), lambda path, number: fault_of.get(path, "") if number == 1 else "")
    expected = site.files(folder / "expected")
    with play(site) as played:
        timeout = ("-s", "DOWNLOAD_TIMEOUT=1")
        run = crawl("toy", folder / "crawled", *OPTIONS, *timeout, environment=played.environment)
    assert run.files("toy") == expected
    assert set(site.failed) == set(faults)
    assert run.exit_code == 0
    assert (site.early, site.forbidden) == (0, 0)
    assert "Traceback" not in run.log


def test_crawl_recovers_from_every_fault(tmp_path: Path) -> None:
    faults, sites = list(FAULTS), 3  # in parallel, because a crawl waits most of the time
    with ThreadPoolExecutor(sites) as pool:
        list(pool.map(lambda site: crawl_with_faults(faults[site::sites], tmp_path / str(site)), range(sites)))


def test_next_runs_respect_retry_after(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        busy = Answer("slow", 429, {"Retry-After": "5000"})
        return busy if path == "/a/a2.html" and number == 1 else good(path, number)

    with play(site) as played:
        options = (*TOY, "-s", "DOWNLOAD_DELAY=0.01")
        assert crawl("toy", tmp_path, *options, environment=played.environment).exit_code in (1, 7)
        assert played.paths[-1] == "/a/a2.html"
        number = len(played.asked)
        run = crawl("toy", tmp_path, *options, environment=played.environment)
        assert len(played.asked) == number
        assert run.exit_code in (1, 7)
        assert "links.not_fetched=" in run.log
        rest = 2
        with closing(sqlite3.connect(tmp_path / ".state/ledger.db")) as ledger:
            ledger.execute("UPDATE hosts SET rests_until = ?", [math.ceil(time.time()) + rest])
            ledger.commit()
        start = time.monotonic()
        run = crawl("toy", tmp_path, *options, environment=played.environment)
        assert played.asked[number][0] - start >= rest
    assert set(run.files("toy")) == {"a1", "a2", "a3", "a4"}
    assert run.exit_code == 0


def test_robots_txt_applies_to_all_requests_that_wait_for_it(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("User-agent: *\nDisallow: /a/a4") if path == "/robots.txt" else good(path, number)

    urls = ",".join(f"http://toy.example/a/a{number}.html" for number in (1, 2, 3, 4))
    with play(site) as played:
        run = crawl(
            "toy", tmp_path, *TOY, "-s", "DOWNLOAD_DELAY=0", "-a", f"url={urls}", environment=played.environment
        )
    assert set(run.files("toy")) == {"a1", "a2", "a3"}
    assert "/a/a4.html" not in played.paths


@pytest.mark.parametrize("status", [429, 503])
def test_robots_txt_is_requested_again_after_an_error(tmp_path: Path, status: int) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("busy", status) if path == "/robots.txt" and number < 3 else good(path, number)

    with play(site) as played:
        run = crawl("toy", tmp_path, *TOY, "-s", "DOWNLOAD_DELAY=0", environment=played.environment)
    assert set(run.files("toy")) == {"a1", "a2", "a3", "a4"}


def test_unreachable_pages_do_not_count_as_attempts(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.articles.add_open("toy", [Link("a1", "http://toy.example/a/a1.html")], 1)
    for _ in range(9):
        ledger.articles.refuse("toy", "a1", "unreachable", "no answer")
    ledger.articles.refuse("toy", "a1", "incomplete", "cut")
    assert [entry.id for entry in ledger.articles.due("toy")] == ["a1"]
    ledger.close()
