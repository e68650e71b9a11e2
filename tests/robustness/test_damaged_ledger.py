"""Crawl with a damaged or locked ledger, and after a kill: nothing is lost or fetched again."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.robustness.toy_corpus import NAMES, NETWORK, assert_logged_once, crawl_three_articles, ledger_path, slow_site
from tests.support.mirror import ROOT, crawl
from tests.support.server import Answer, play
from tests.support.toy_site import TOY, Site, written


def truncate(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def zero_header(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def overwrite_pages(path: Path) -> None:
    """Overwrite all database pages after the first."""
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * (path.stat().st_size - 4096))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: truncate(path, 0.5), id="truncated to half"),
        pytest.param(lambda path: truncate(path, 0.01), id="truncated at the start"),
        pytest.param(lambda path: truncate(path, 0.95), id="truncated at the end"),
        pytest.param(zero_header, id="header of zeros"),
        pytest.param(overwrite_pages, id="noise"),
        pytest.param(lambda path: path.write_text("no database\n" * 1000), id="text"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
    ],
)
def test_damaged_ledger_is_rebuilt_without_new_requests(site: Site, damage: Callable[[Path], object]) -> None:
    before = crawl_three_articles(site).files("toy")
    damage(ledger_path(site))
    run = site.crawl()
    assert run.exit_code == 0, run.log
    assert "Traceback" not in run.log
    assert "links.known=3 pages.listing=1" in run.log
    assert "pages.article" not in run.log
    assert run.files("toy") == before
    if ledger_path(site).stat().st_size and list(ledger_path(site).parent.glob("ledger.damaged-*.db")):
        assert_logged_once(run, "the ledger is damaged")
    assert "the ledger is damaged" not in site.crawl().log


def crawl_and_kill(site: Callable[[str, int], Answer], output: Path, path: str, *options: str) -> None:
    """Crawl *site* and kill the process after it has requested *path* and stored an article."""
    command = [sys.executable, "-m", "scrapy", "crawl", "toy", "-s", f"OUTPUT_DIR={output}", *TOY, *options]
    with play(site) as played:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **played.environment}, stderr=subprocess.DEVNULL
        )
        for _ in range(1500):
            if path in played.paths and any((output / "toy").rglob("a*.md")):
                break
            time.sleep(0.02)
        process.kill()
        process.wait(10)
        assert path in played.paths


def stalling_site(path: str, number: int) -> Answer:
    """Return a response of `slow_site`; the first response for the second listing page is late."""
    if path == "/news/2" and number == 1:
        time.sleep(20)  # seconds; the run is killed before
    return slow_site(path, number)


def test_run_recovers_from_a_kill_and_a_deleted_wal_file(tmp_path: Path) -> None:
    crawl_and_kill(stalling_site, tmp_path, "/news/2", "-s", "DOWNLOAD_DELAY=0.01")
    wal = tmp_path / ".state" / "ledger.db-wal"
    assert wal.stat().st_size
    wal.unlink()
    stored = {path.stem for path in (tmp_path / "toy").rglob("*.md")}
    with play(slow_site) as played:
        run = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert written(run) == {"a1", "a2", "a3", "a4", "a5"}
    assert stored
    assert not {f"/a/{name}.html" for name in stored} & set(played.paths)
    assert run.exit_code == 0
    assert "Traceback" not in run.log


def test_next_walk_continues_after_a_kill_on_the_second_page(tmp_path: Path) -> None:
    crawl_and_kill(stalling_site, tmp_path, "/news/2", "-s", "DOWNLOAD_DELAY=0.01")
    with play(slow_site) as played:
        run = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert "/news/2" in played.paths
    assert written(run) == {"a1", "a2", "a3", "a4", "a5"}
    assert "Traceback" not in run.log


def test_next_walk_continues_after_a_limit(site: Site) -> None:
    crawl_three_articles(site)
    time.sleep(1.1)  # the ledger's times are in seconds
    site.listing("news", "b1", "b2", following="news/2")
    site.listing("news/2", "b3", *NAMES)
    for name in ("b1", "b2", "b3"):
        site.article(name, body=f"<p>text of {name}.</p>")
    assert written(site.crawl("-a", "limit=2")) == {*NAMES, "b1", "b2"}
    assert written(site.crawl()) == {*NAMES, "b1", "b2", "b3"}
    assert "pages.listing=1 " not in site.crawl("-a", "pages=0").log  # deeper than all earlier walks


def test_ledger_locked_at_the_start_ends_the_run_with_one_log_line(site: Site) -> None:
    crawl_three_articles(site)
    site.listing("news", *NAMES, "a4")
    site.article("a4")
    url = ("-s", f"LEDGER_URL=sqlite:///{ledger_path(site)}?timeout=0.2")
    with closing(sqlite3.connect(ledger_path(site), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        run = site.crawl(*url)
        other.execute("ROLLBACK")
    assert run.exit_code == 6
    assert_logged_once(run, "database is locked")
    assert written(site.crawl(*url)) == {*NAMES, "a4"}


def test_ledger_locked_during_the_run_ends_it_with_one_log_line(tmp_path: Path) -> None:
    connections: list[sqlite3.Connection] = []

    def locking(path: str, number: int) -> Answer:
        if path == "/a/a2.html" and not connections:
            connections.append(
                sqlite3.connect(tmp_path / ".state/ledger.db", isolation_level=None, check_same_thread=False)
            )
            connections[0].execute("BEGIN EXCLUSIVE")
        return slow_site(path, number)

    with play(locking) as played:
        url = ("-s", f"LEDGER_URL=sqlite:///{tmp_path}/.state/ledger.db?timeout=0.2")
        run = crawl("toy", tmp_path, *NETWORK, *url, environment=played.environment)
        connections[0].close()
        assert run.exit_code == 6
        assert_logged_once(run, "the run ends: ledger: ")
        second = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert second.exit_code == 0
    assert written(second) == {"a1", "a2", "a3", "a4", "a5"}
