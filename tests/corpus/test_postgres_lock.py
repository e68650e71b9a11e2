"""Two machines that share one PostgreSQL ledger: one run of a source at a time, also after lost connections."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.corpus.corpus import Corpus
from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.ledger import Ledger
from crawler.items import Link
from tests.corpus.test_postgres import crawl, cut, fetch_all
from tests.support.mirror import ROOT, scrapy
from tests.support.toy_site import Site, written

pytestmark = pytest.mark.xdist_group("postgres")  # the tests share one server
LINK = Link("a1", "http://toy.example/a/a1.html")
HOLD = """
import sys, time
from crawler.corpus.ledger import Ledger
ledger = Ledger(sys.argv[1])
ledger.lock("toy")
print("locked", flush=True)
time.sleep(60)
"""


def test_one_run_of_a_source_at_a_time_on_all_machines(tmp_path: Path, postgres: str) -> None:
    one = Corpus(tmp_path / "machine-1", "toy", postgres)
    with pytest.raises(LockedError, match=rf"another run of toy is active: process {os.getpid()} on \S+ since 20"):
        Corpus(tmp_path / "machine-2", "toy", postgres)
    Corpus(tmp_path / "machine-2", "other", postgres).close()
    assert len(one.run_history()) == 1  # the refused run did not mark it as killed
    one.close()
    Corpus(tmp_path / "machine-2", "toy", postgres).close()


def test_a_crawl_on_another_machine_exits_with_4(site: Site, postgres: str) -> None:
    site.listing("news", "a1")
    assert written(crawl(site, postgres)) == set()
    site.article("a1")
    ledger = Ledger(postgres)
    ledger.lock("toy")
    run = crawl(site, postgres)
    assert run.exit_code == 4
    assert "another run of toy is active: process" in run.log
    assert "Traceback" not in run.log
    done = scrapy("ledger", "rebuild", "toy", "-s", f"OUTPUT_DIR={site.output}", "-s", f"LEDGER_URL={postgres}")
    assert done.returncode == 4, done.stderr
    places = ("-s", f"OUTPUT_DIR={site.output}", "-s", f"LEDGER_URL={postgres}")
    done = scrapy("corpus", "remove", "toy:a1", "--reason", "x", *places)
    assert done.returncode == 4, done.stderr
    assert "another run of toy is active: process" in done.stderr
    ledger.close()
    assert written(crawl(site, postgres)) == {"a1"}


def test_the_lock_of_a_killed_process_vanishes(postgres: str) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, postgres], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "locked\n"
    ledger = Ledger(postgres)
    assert ledger.is_locked("toy")
    with pytest.raises(LockedError):
        ledger.lock("toy")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    for _ in range(100):
        if not ledger.is_locked("toy"):
            break
        time.sleep(0.1)
    ledger.lock("toy")
    ledger.unlock("toy")
    assert not ledger.is_locked("toy")
    ledger.close()


def test_a_new_connection_takes_the_lock_again(postgres: str) -> None:
    one, two = Ledger(postgres), Ledger(postgres)
    one.lock("toy")
    cut(postgres)
    with pytest.raises(LedgerError):  # the run ends here, and records its end with the next statement
        one.articles.add_open("toy", [LINK], 1)
    one.articles.add_open("toy", [LINK], 1)
    with pytest.raises(LedgerError):
        two.is_locked("toy")
    with pytest.raises(LockedError):
        two.lock("toy")
    one.close()
    two.lock("toy")
    two.close()


def test_a_run_that_lost_its_lock_to_another_run_changes_nothing(postgres: str) -> None:
    one = Ledger(postgres)
    one.lock("toy")
    cut(postgres)
    two = Ledger(postgres)
    two.lock("toy")
    for _ in range(2):
        with pytest.raises(LedgerError):
            one.articles.add_open("toy", [LINK], 1)
    with pytest.raises(LedgerError, match="the connection was lost, and another run of toy is active"):
        one.articles.find("toy", ["a1"])
    assert two.articles.find("toy", ["a1"]) == {}
    two.close()
    one.articles.add_open("toy", [LINK], 1)  # the lock is free again
    assert one.is_locked("toy")
    one.close()


def test_a_lost_connection_ends_the_run_with_exit_code_6_and_the_next_run_continues(site: Site, postgres: str) -> None:
    site.listing("news", "a1")
    site.article("a1")
    corpus = Corpus(site.output, "toy", postgres)
    corpus.add_open([LINK])
    cut(postgres)
    with pytest.raises(LedgerError):
        corpus.find([LINK])
    corpus.finish_run("ledger", {})
    corpus.close()
    assert written(crawl(site, postgres)) == {"a1"}
    assert fetch_all(postgres, "SELECT reason FROM runs ORDER BY 1") == [("finished",), ("ledger",)]


def test_a_sqlite_ledger_has_no_such_lock(tmp_path: Path) -> None:
    one, two = (Ledger(f"sqlite:///{tmp_path}/ledger.db") for _ in range(2))
    one.lock("toy")
    two.lock("toy")  # the lock file decides
    assert not one.is_locked("toy")
    one.unlock("toy")
    one.close()
    two.close()
