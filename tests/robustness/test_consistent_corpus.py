"""Crawl after kills, manual edits and deletions in a corpus: files and ledger stay consistent."""

from __future__ import annotations

import signal
import subprocess
from functools import partial
from pathlib import Path

import pytest

from tests.robustness.crash_recovery.moments import kill_at
from tests.robustness.toy_corpus import (
    NETWORK,
    assert_logged_once,
    crawl_three_articles,
    ledger_path,
    run_command,
    slow_site,
)
from tests.support.mirror import crawl, scrapy
from tests.support.server import Answer, play
from tests.support.toy_site import TOY, Site, written

REFRESH = ("-a", "refresh=100000")


def test_edited_file_is_kept_after_a_rebuild(site: Site) -> None:
    crawl_three_articles(site)
    path = site.output / "toy/2025/02/a2.md"
    edited = path.read_bytes().replace(b"text of", b"my text of")
    path.write_bytes(edited)
    assert run_command(site, "ledger", "check") == (
        0,
        "toy: edited by hand, not overwritten: toy/2025/02/a2.md\ntoy: no problems found\n",
    )
    assert run_command(site, "ledger", "rebuild")[0] == 0
    for name in ("a1", "a2", "a3"):
        site.article(name, body=f"<p>new text of {name}.</p>")
    run = site.crawl(*REFRESH)
    assert "articles.edited=1 articles.updated=2" in run.log
    assert_logged_once(run, f"edited by hand, not overwritten: {path}")
    assert path.read_bytes() == edited


def test_hashes_of_an_older_corpus_come_from_its_ledger(site: Site) -> None:
    crawl_three_articles(site)
    lists = site.output / ".state/hashes"
    before = (lists / "toy/2025/02").read_bytes()
    (lists / "toy/2025/02").unlink()
    (lists / "toy/2025").rmdir()
    (lists / "toy").rmdir()
    assert run_command(site, "ledger", "rebuild")[0] == 0
    assert sorted((lists / "toy/2025/02").read_bytes().splitlines()) == sorted(before.splitlines())
    subprocess.run(["sha256sum", "--check", lists / "toy/2025/02"], cwd=site.output, check=True, capture_output=True)


def test_unknown_files_are_kept_and_logged(site: Site) -> None:
    crawl_three_articles(site)
    (site.output / ".state/hashes/toy/2025/02").unlink()
    ledger_path(site).unlink()
    site.article("a1", body="<p>new text.</p>")
    run = site.crawl(*REFRESH)
    path = site.output / "toy/2025/02/a1.md"
    assert "articles.edited=1 articles.unchanged=2" in run.log
    assert_logged_once(run, f"edited by hand or written by an unknown release, not overwritten: {path}")
    assert b"text of a1" in path.read_bytes()
    run = site.crawl(*REFRESH, "-s", "OVERWRITE_EDITED=True")
    assert "articles.unchanged=2 articles.updated=1" in run.log


@pytest.mark.parametrize("moment", ["a hash is recorded", "a file is renamed", "a row is written"])
def test_kill_while_an_article_changes_its_month_leaves_one_file(site: Site, moment: str) -> None:
    site.listing("news", "a1", "a2")
    for name in ("a1", "a2"):
        site.article(name, date="2025-02-28", body=f"<p>text of {name}.</p>")
    site.crawl()
    site.article("a1", date="2025-03-01 00:05:00", body="<p>text of a1.</p>")
    site.listing("news", "a1", "a2", dates={"a1": "2025-03-01 00:05:00"})
    options = ("-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}")
    process = scrapy("crawl", "toy", *options, first=partial(kill_at, moment, 1))
    assert process.returncode == -signal.SIGKILL
    assert len(list((site.output / "toy").rglob("a1.md"))) == (1 if moment == "a hash is recorded" else 2)
    run = site.crawl()
    assert run.exit_code == 0, run.log
    assert [path.parent.name for path in (site.output / "toy").rglob("a1.md")] == ["03"]
    assert run_command(site, "ledger", "check") == (0, "toy: no problems found\n")


def test_file_that_is_deleted_during_a_run_is_fetched_by_the_next(tmp_path: Path) -> None:
    deleted: list[Path] = []

    def deleting(path: str, number: int) -> Answer:
        file = tmp_path / "toy/2025/02/a1.md"
        if path == "/a/a3.html" and not deleted:
            file.unlink()
            deleted.append(file)
        return slow_site(path, number)

    with play(deleting) as played:
        first = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
        assert deleted
        assert "a1" not in written(first)
        run = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert "1 file missing in toy/2025/02: fetched again" in run.log
    assert written(run) == {"a1", "a2", "a3", "a4", "a5"}


# GitBook ------------------------------------------------------------------------------------------------------------

BOOK = ("-s", "LAYOUT=gitbook")


def indexes(site: Site) -> dict[str, tuple[int, bytes]]:
    """Return inode and content of each index file."""
    book = site.output / "toy"
    paths = [*book.rglob("README.md"), *book.rglob("SUMMARY.md")]
    return {str(path.relative_to(book)): (path.stat().st_ino, path.read_bytes()) for path in paths}


def test_indexes_are_written_only_after_changes(site: Site) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1", date="2025-02-11")
    site.article("a2", date="2025-03-01")
    assert site.crawl(*BOOK).exit_code == 0
    first = indexes(site)
    assert set(first) == {*("SUMMARY.md", "README.md", "2025/README.md", "2025/02/README.md", "2025/03/README.md")}
    site.crawl(*BOOK)
    assert indexes(site) == first
    (site.output / "toy/2025/README.md").unlink()
    site.crawl(*BOOK)
    assert {name: text for name, (_, text) in indexes(site).items()} == {
        name: text for name, (_, text) in first.items()
    }
    (site.output / "toy/2025/02/a1.md").unlink()
    site.page("a/a1.html", "not found", 404)
    site.crawl(*BOOK)
    last = indexes(site)
    assert b"a1.md" not in last["SUMMARY.md"][1]
    assert b"a2.md" in last["SUMMARY.md"][1]
    assert last["2025/03/README.md"] == first["2025/03/README.md"]
    assert site.crawl(*BOOK).exit_code == 0


def test_index_that_cannot_be_written_ends_the_run_as_disk(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1", date="2025-02-11")
    (site.output / "toy/SUMMARY.md").mkdir(parents=True)
    for _ in range(2):  # the second run changes no page
        run = site.crawl(*BOOK)
        assert run.exit_code == 5, run.log
        assert_logged_once(run, "the run ends: disk: the index files of the book cannot be written: ")
        assert "end=disk" in run.log
    (site.output / "toy/SUMMARY.md").rmdir()
    run = site.crawl(*BOOK)
    assert run.exit_code == 0, run.log
    assert b"a1.md" in indexes(site)["SUMMARY.md"][1]


def test_indexes_of_a_killed_run_are_written_by_the_next(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1", date="2025-02-11")
    site.crawl(*BOOK)
    site.listing("news", "a1", "a2")
    site.article("a2", date="2025-02-12", body="<p>second.</p>")
    options = ("-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}", *BOOK)
    process = scrapy("crawl", "toy", *options, first=partial(kill_at, "a row is written", 1))
    assert process.returncode == -signal.SIGKILL
    assert b"a2.md" not in indexes(site)["SUMMARY.md"][1]
    assert site.crawl(*BOOK).exit_code == 0
    assert b"a2.md" in indexes(site)["SUMMARY.md"][1]
