"""Runs with `from=commoncrawl` and `from=wayback` against servers with the APIs of both archives."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from signal import SIGINT, SIGKILL

import pytest

from tests.support.mirror import ROOT, Run, crawl, scrapy
from tests.support.public_archives import (
    CRAWL,
    DATA,
    OPTIONS,
    Archives,
    article,
    captured,
    every_fifth_fails,
    repeated,
)
from tests.support.server import Answer
from tests.support.toy_site import Site

TOY = ("-s", "SPIDER_MODULES=tests.support.toy", *OPTIONS)
ARCHIVES = {"commoncrawl": ("-a", "from=commoncrawl", "-a", f"crawl={CRAWL}"), "wayback": ("-a", "from=wayback")}


@pytest.fixture(params=ARCHIVES)
def archive(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run(archives: Archives, archive: str, output: Path, *options: str) -> Run:
    return crawl("toy", output, *TOY, *ARCHIVES[archive], *options, environment=archives.played.environment)


def figures(done: Run) -> dict[str, str]:
    line = done.log.rpartition(" run source=toy ")[2].partition("\n")[0]
    return dict(word.split("=") for word in line.split())


def test_articles_of_an_archive_are_stored_and_fetched_once(tmp_path: Path, archive: str) -> None:
    names = [f"n{number}" for number in range(10)]
    with Archives([captured(name) for name in names], fault=every_fifth_fails).run() as archives:
        done = run(archives, archive, tmp_path, "-s", "EXTRA_KEYS=origin fetched")
        assert set(done.files("toy")) == {*names}
        assert f'origin: "{archive}"\nfetched: "2026-10-10 20:00:00"'.encode() in done.files("toy")["n1"]
        assert done.exit_code == 0, done.log
        assert not repeated(archives.served)
        before = archives.served.copy()
        again = run(archives, archive, tmp_path)
        assert again.exit_code == 0, again.log
        assert all("/cdx/search/" in url for url in archives.served - before)
        assert figures(again)["links.known"] == "10"


# Which captures are fetched -------------------------------------------------------------------------------------------


def replayed(archives: Archives) -> list[str]:
    """Return the captures that were requested, in order: the timestamps, or the ranges."""
    pairs = zip(archives.played.urls, archives.played.headers, strict=True)
    return [headers["range"] if "range" in headers else url.partition("/web/")[2][:14] for url, headers in pairs
            if "range" in headers or "/web/" in url]  # fmt: skip


VERSIONS = [captured("one", f"20{year}1010120000", f"text of {year}") for year in (24, 25, 26)]


def test_the_newest_capture_of_an_article_is_fetched(tmp_path: Path, archive: str) -> None:
    with Archives(VERSIONS).run() as archives:
        done = run(archives, archive, tmp_path)
        assert b"text of 26" in done.files("toy")["one"]
        assert (len(replayed(archives)), figures(done)["captures.listed"]) == (1, "3")


def test_all_captures_are_read_in_the_order_of_their_times(tmp_path: Path, archive: str) -> None:
    options = ("-a", "captures=all", "-s", "KEEP_VERSIONS=True")
    with Archives(VERSIONS[::-1]).run() as archives:
        done = run(archives, archive, tmp_path, *options)
        assert b"text of 26" in done.files("toy")["one"]
        assert (figures(done)["articles.written"], figures(done)["articles.updated"]) == ("1", "2")
        kept = [path.read_text() for path in (tmp_path / ".state/versions/toy/one").iterdir()]
        assert sorted(text.partition("text of ")[2][:2] for text in kept) == ["24", "25"]
        run(archives, archive, tmp_path, *options)
        assert len(replayed(archives)) == 3


def test_all_captures_that_are_older_than_the_stored_article_are_not_fetched(tmp_path: Path, archive: str) -> None:
    with Archives(VERSIONS[:2]).run() as archives:
        run(archives, archive, tmp_path)
        archives.captures.append(VERSIONS[2])
        done = run(archives, archive, tmp_path, "-a", "captures=all")
        assert len(replayed(archives)) == (1 if archive == "commoncrawl" else 2)  # its indexes do not grow
        assert f"text of {25 if archive == 'commoncrawl' else 26}".encode() in done.files("toy")["one"]


def test_a_capture_does_not_replace_the_article_of_the_site(tmp_path: Path, archive: str, site: Site) -> None:
    site.listing("news", "one")
    site.article("one", body="<p>text of the site.</p>")
    live = crawl("toy", tmp_path, *TOY, "-s", f"REPLAY={site.folder}").files("toy")
    with Archives([captured("one"), captured("two")]).run() as archives:
        done = run(archives, archive, tmp_path)
        assert set(done.files("toy")) == {"one", "two"}
        assert done.files("toy")["one"] == live["one"]
        assert len(replayed(archives)) == 1


def test_links_of_an_archive_are_not_requested_from_the_site(tmp_path: Path, archive: str, site: Site) -> None:
    site.listing("news", "one")
    site.article("one")
    with Archives([captured(f"n{number}") for number in range(6)]).run() as archives:
        assert len(run(archives, archive, tmp_path, "-a", "limit=2").files("toy")) == 2
    live = crawl("toy", tmp_path, *TOY, "-s", f"REPLAY={site.folder}")
    assert (live.exit_code, figures(live)["links.new"], "links.revisit" in figures(live)) == (0, "1", False)


def test_limit_leaves_the_other_captures_open(tmp_path: Path, archive: str) -> None:
    with Archives([captured(f"n{number}") for number in range(7)]).run() as archives:
        sizes = [len(run(archives, archive, tmp_path, "-a", "limit=3").files("toy")) for _ in range(3)]
        assert sizes == [3, 6, 7]
        assert not repeated(archives.served)
        assert len(replayed(archives)) == 7


def test_since_and_until_limit_captures_and_articles(tmp_path: Path, archive: str) -> None:
    captures = [
        captured("before", "20250101000000", date="2025-01-01", crawl="CC-MAIN-2025-08"),
        captured("first", "20250210160000", date="2025-02-11", crawl="CC-MAIN-2025-08"),
        captured("last", "20250212155959", date="2025-02-12", crawl="CC-MAIN-2025-08"),
        captured("old", "20250211120000", date="2019-01-01", crawl="CC-MAIN-2025-08"),
        captured("after", "20250212160000", date="2025-02-12", crawl="CC-MAIN-2025-08"),
        captured("late", "20261010000000", date="2025-02-12"),
    ]
    days = ("-a", f"from={archive}", "-a", "since=2025-02-11", "-a", "until=2025-02-12")
    with Archives(captures).run() as archives:
        done = crawl("toy", tmp_path, *TOY, *days, environment=archives.played.environment)
        assert set(done.files("toy")) == {"first", "last"}
        assert figures(done)["pages.filtered"] == "1"
        assert not any("2026-43-index" in url or "2013-20-index" in url for url in archives.urls)
        # An article that the days excluded is fetched again if other days include it.
        since = ("-a", f"from={archive}", "-a", "since=2019-01-01")
        again = crawl("toy", tmp_path, *TOY, *since, environment=archives.played.environment)
        assert set(again.files("toy")) == {"first", "last", "before", "after", "late", "old"}


def test_deleted_files_are_fetched_again(tmp_path: Path, archive: str) -> None:
    with Archives([captured("one"), captured("two")]).run() as archives:
        run(archives, archive, tmp_path)
        next(tmp_path.glob("toy/*/*/one.md")).unlink()
        assert set(run(archives, archive, tmp_path).files("toy")) == {"one", "two"}
        assert len(replayed(archives)) == 3


def test_pages_that_are_no_articles_are_counted(tmp_path: Path, archive: str) -> None:
    others = [replace(captured("x"), url=f"http://toy.example{path}") for path in ("/", "/news", "/a/x.pdf", "/%zz[")]
    pictures = [replace(captured("x"), url="http://toy.example/a/y.html", mime="image/jpeg")]
    ports = [replace(captured("port"), url="http://www.toy.example:80/a/port.html")]
    ports += [replace(captured("port"), url="http://toy.example:80/a/port.html")]
    with Archives([captured("one"), *others, *pictures, *ports]).run() as archives:
        done = run(archives, archive, tmp_path)
        assert set(done.files("toy")) == {"one", "port"}
        assert figures(done)["records.not_article"] == "4"


def test_an_archive_without_captures(tmp_path: Path, archive: str) -> None:
    with Archives().run() as archives:
        done = run(archives, archive, tmp_path)
        assert (done.exit_code, done.files("toy")) == (1, {})
        assert "the run found nothing" in done.log


# Dates ----------------------------------------------------------------------------------------------------------------


def test_missing_dates_come_from_the_time_of_the_capture(tmp_path: Path, archive: str) -> None:
    captures = [
        captured("hours", "20191231170000", date="3小时前"), captured("year", "20200102000000", date="12-31 08:00"),
        captured("none", "20191231170000", date=""),
    ]  # fmt: skip
    with Archives(captures).run() as archives:
        run(archives, archive, tmp_path)
    dates = {
        path.stem: path.read_text().partition("date: ")[2].partition("\n")[0] for path in tmp_path.glob("toy/**/*.md")
    }
    assert dates == {"hours": '"2019-12-31"', "year": '"2019-12-31 08:00:00"', "none": '"2020-01-01"'}
    assert [path.stem for path in (tmp_path / "toy/undated").iterdir()] == ["none"]


def test_pages_keep_their_charset(tmp_path: Path, archive: str) -> None:
    body = article("gbk", "简体中文的正文").decode().encode("gbk")
    encoded = (("Content-Type", "text/html; charset=utf-8"), ("Content-Encoding", "gzip"))
    captures = [captured("gbk", body=body, headers=(("Content-Type", "text/html"),))]
    captures += [captured("packed", body=gzip.compress(article("packed")), headers=encoded)]
    captures += [captured("plain", body=article("plain"), headers=(encoded[0], ("Content-Encoding", "br")))]
    with Archives(captures).run() as archives:
        files = run(archives, archive, tmp_path).files("toy")
    assert "简体中文的正文".encode() in files["gbk"]
    assert set(files) == {"gbk", "packed", "plain"}


# Runs that end early, recordings, verdicts ----------------------------------------------------------------------------


def stopped(archives: Archives, archive: str, output: Path, after: int, signal: int) -> None:
    """Run until the server has received *after* further requests; then send *signal*."""
    wanted = len(archives.urls) + after
    command = [sys.executable, "-m", "scrapy", "crawl", "toy", *TOY, *ARCHIVES[archive]]
    command += ["-s", f"OUTPUT_DIR={output}"]
    environment = {**os.environ, **archives.played.environment}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    while len(archives.urls) < wanted and process.poll() is None:
        time.sleep(0.002)
    process.send_signal(signal)
    process.wait(60)


@pytest.mark.slow
@pytest.mark.parametrize("signal", [SIGKILL, SIGINT])
def test_runs_that_are_stopped_continue(tmp_path: Path, archive: str, signal: int) -> None:
    names = [f"n{number:02}" for number in range(16)]
    with Archives([captured(name) for name in names], fault=every_fifth_fails).run() as archives:
        stops = 4
        for number in range(stops):
            stopped(archives, archive, tmp_path / "stopped", 2 + 2 * number, signal)
        done = run(archives, archive, tmp_path / "stopped")
        assert done.exit_code == 0, done.log
        counts = [number for key, number in archives.served.items() if "/web/" in key or "bytes=" in key]
        # A kill may come between a response and the file: that page is fetched again.
        assert (len(counts), max(counts)) <= (16, 2)
        assert sum(counts) <= 16 + (stops if signal == SIGKILL else 0)
        pages = [number for key, number in archives.served.items() if "page=" in key]
        assert sum(pages) <= len(pages) + (stops if signal == SIGKILL else 0)
    with Archives([captured(name) for name in names]).run() as archives:
        whole = run(archives, archive, tmp_path / "whole")
    assert done.files("toy") == whole.files("toy")
    assert set(whole.files("toy")) == {*names}


def test_a_recorded_run_is_replayed(tmp_path: Path, archive: str) -> None:
    record = tmp_path / "run.warc.gz"
    with Archives([captured(f"n{number}") for number in range(6)], fault=every_fifth_fails).run() as archives:
        live = run(archives, archive, tmp_path / "live", "-s", f"RECORD={record}")
        requests = len(archives.urls)
        replayed = run(archives, archive, tmp_path / "replayed", "-s", f"REPLAY={record}")
        assert len(archives.urls) == requests
    assert len(live.files("toy")) == 6
    assert (replayed.files("toy"), replayed.exit_code) == (live.files("toy"), 0), replayed.log


@pytest.mark.xdist_group("postgres")
def test_a_postgresql_ledger_keeps_the_captures(tmp_path: Path, archive: str, postgres: str) -> None:
    with Archives([captured(f"n{number}") for number in range(5)]).run() as archives:
        run(archives, archive, tmp_path, "-s", f"LEDGER_URL={postgres}", "-a", "limit=2")
        done = run(archives, archive, tmp_path, "-s", f"LEDGER_URL={postgres}")
        assert len(done.files("toy")) == 5
        assert not repeated(archives.served)


def test_the_delays_are_kept(tmp_path: Path, archive: str) -> None:
    delays = ("COMMONCRAWL_INDEX_DELAY=0.5", "COMMONCRAWL_DATA_DELAY=0.25", "WAYBACK_INDEX_DELAY=0.5",
              "WAYBACK_REPLAY_DELAY=0.25")  # fmt: skip
    options = [word for delay in delays for word in ("-s", delay)]
    with Archives([captured(f"n{number}") for number in range(6)]).run() as archives:
        run(archives, archive, tmp_path, *options)
        times = archives.times
    for is_data, delay in ((False, 0.5), (True, 0.25)):
        moments = [moment for moment, url in times if (DATA in url or "/web/" in url) is is_data]
        assert len(moments) >= 3
        assert min(later - earlier for earlier, later in pairwise(moments)) >= delay


def test_a_longer_crawl_delay_of_the_archive_is_obeyed(tmp_path: Path, archive: str) -> None:
    with Archives([captured("one"), captured("two")], robots="User-agent: *\nCrawl-delay: 0.4\n").run() as archives:
        run(archives, archive, tmp_path)
        moments = [moment for moment, url in archives.times if "/crawl-data/" in url or "/web/" in url]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 0.4


def test_health_does_not_show_the_runs_of_archives_as_those_of_the_site(tmp_path: Path, site: Site) -> None:
    site.listing("news", "one")
    site.article("one")
    live = crawl("toy", tmp_path, *TOY, "-s", f"REPLAY={site.folder}")
    assert live.exit_code == 0
    with Archives([captured("two")], fault=lambda number, url: Answer(status=403)).run() as archives:
        assert run(archives, "wayback", tmp_path).exit_code == 3
    state = scrapy("health", "toy", "-s", f"OUTPUT_DIR={tmp_path}", *TOY)
    assert (state.returncode, "blocked" in state.stdout) == (0, False), state.stdout
