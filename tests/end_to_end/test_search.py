"""`press-corpus corpus search` and `corpus index`, and the runs, takedowns and backups between them."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.mirror import scrapy
from tests.support.toy_site import TOY, Site, written


def corpus(site: Site, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return scrapy("corpus", *words, *TOY, "-s", f"OUTPUT_DIR={site.output}", **options)  # type: ignore[arg-type]


def search(site: Site, *words: str) -> list[str]:
    """Return the ids that a search finds."""
    done = corpus(site, "search", *words, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line)["id"] for line in done.stdout.splitlines()]


def indexed(site: Site) -> set[str]:
    with closing(sqlite3.connect(site.output / ".state/search.db")) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM documents")}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with three articles, which are stored."""
    site = Site(tmp_path)
    site.listing("news", "a1", "a2", "a3")
    site.article("a1", date="2026-01-05 08:00:00", body="<p>央行<b>宣布</b>降准。</p><p>5G 手机热销。</p>")
    site.article("a2", date="2026-02-05", body='<p>降准对 A股的影响。<a href="http://b.example/x">GPT-4</a></p>')
    site.article("a3", date="2026-03-05 08:00:00", body="<p>another text.</p>")
    assert written(site.crawl()) == {"a1", "a2", "a3"}
    assert not (site.output / ".state/search.db").exists()
    return site


def test_search_prints_the_newest_first_and_json(site: Site) -> None:
    done = corpus(site, "search", "降准")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2026-02-05  toy:a2  About a2",
        "  toy/2026/02/a2.md",
        "  降准对 A股的影响。GPT-4",
        "2026-01-05 08:00:00  toy:a1  About a1",
        "  toy/2026/01/a1.md",
        "  央行宣布降准。 5G 手机热销。",
        "2 articles",
    ]
    done = corpus(site, "search", "5g手机", "--json")
    assert json.loads(done.stdout) == {
        "id": "toy/a1", "source": "toy", "url": "http://toy.example/a/a1.html", "title": "About a1",
        "date": "2026-01-05 08:00:00", "path": "toy/2026/01/a1.md", "snippet": "…5G 手机热销。", "hits": 1,
    }  # fmt: skip
    assert search(site, "降准", "--since", "2026-02-01") == ["toy/a2"]
    assert search(site, "降准", "--until", "2026-02-04", "--source", "toy") == ["toy/a1"]
    assert search(site, "降准", "--limit", "1") == ["toy/a2"]
    assert search(site, "about", "gpt4") == ["toy/a2"]
    assert search(site, "b.example") == []
    done = corpus(site, "search", "降息")
    assert (done.returncode, done.stdout, done.stderr) == (0, "no article has these words\n", "")
    assert "the first 1 are shown" in corpus(site, "search", "降准", "--limit", "1").stdout


def test_invalid_command_lines_have_one_line_and_exit_code_2(site: Site) -> None:
    for words, message in {
        ("search",): "expected: corpus search WORD…",
        ("search", "，"): "has no letter, digit or Chinese character",
        ("search", "x" * 101): "a word can have 100 characters, not 101",
        ("search", "a", "--since", "2026-1-5"): "--since 2026-1-5",
        ("search", "a", "--limit", "-1"): "--limit -1",
        ("search", "a", "--source", "other"): "unknown source 'other'",
        ("index", "a"): "expected: corpus index",
    }.items():
        done = corpus(site, *words)
        assert (done.returncode, message in done.stderr.splitlines()[-1]) == (2, True), done.stderr
        assert "Traceback" not in done.stderr


def test_runs_takedowns_and_backups_agree_with_the_index(site: Site, tmp_path: Path) -> None:
    assert search(site, "降准") == ["toy/a2", "toy/a1"]
    site.listing("news", "a4", "a1", "a2", "a3")
    site.article("a4", date="2026-04-05", body="<p>又降准。</p>")
    assert site.crawl().exit_code == 0
    assert indexed(site) == {"a1", "a2", "a3", "a4"}
    assert corpus(site, "remove", "toy:a1", "--reason", "asked").returncode == 0
    assert indexed(site) == {"a2", "a3", "a4"}
    assert "热销".encode()[2:] not in (site.output / ".state/search.db").read_bytes()
    assert search(site, "降准") == ["toy/a4", "toy/a2"]
    assert corpus(site, "backup", str(tmp_path / "copy")).returncode == 0
    assert not list((tmp_path / "copy/.state").glob("search*"))
    done = scrapy("corpus", "search", "降准", *TOY, "-s", f"OUTPUT_DIR={tmp_path / 'copy'}")
    assert done.stdout.splitlines()[-1] == "2 articles"
    assert scrapy("ledger", "check", *TOY, "-s", f"OUTPUT_DIR={site.output}").stdout == "toy: no problems found\n"
    assert corpus(site, "restore", "toy:a1").returncode == 0
    assert site.crawl().exit_code == 0
    assert search(site, "热销") == ["toy/a1"]


def test_a_run_is_fine_with_a_damaged_index_and_with_one_that_cannot_be_opened(site: Site) -> None:
    database = site.output / ".state/search.db"
    database.write_bytes(b"garbage" * 1000)
    run = site.crawl()
    assert (run.exit_code, "the search index is damaged" in run.log) == (0, True)
    assert indexed(site) == {"a1", "a2", "a3"}
    database.unlink()
    database.mkdir()
    run = site.crawl()
    assert (run.exit_code, run.log.count("the search index was not updated")) == (0, 1)
    assert "Traceback" not in run.log
    done = corpus(site, "search", "降准")
    assert (done.returncode, done.stderr.count("\n"), "search.db" in done.stderr) == (5, 1, True)


def test_index_reads_the_files_again(site: Site) -> None:
    assert search(site, "降准") == ["toy/a2", "toy/a1"]
    path = site.output / "toy/2026/03/a3.md"
    path.write_bytes(path.read_bytes().replace(b"another text", "手写的降准".encode()))
    assert search(site, "手写") == []
    done = corpus(site, "index")
    assert (done.returncode, done.stdout, done.stderr) == (0, "search index: 3 articles\n", "")
    assert search(site, "手写") == ["toy/a3"]


def limit_files() -> None:
    """Let the process write no file of more than 44 kB, as on a full disk."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (44_000, 44_000))


def test_a_full_disk_is_an_error_of_one_line_and_the_next_search_is_complete(site: Site) -> None:
    site.listing("news", "a4", "a1", "a2", "a3")
    characters = "的一是了我不人在他有这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去"
    site.article("a4", body=f"<p>{''.join(one + other for one in characters for other in characters)}。</p>")
    assert "a4" in written(site.crawl())
    done = corpus(site, "search", "降准", first=limit_files)
    assert (done.returncode, done.stdout) == (5, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert search(site, "降准") == ["toy/a2", "toy/a1"]


@pytest.mark.xdist_group("postgres")
def test_postgresql_ledger(site: Site, postgres: str) -> None:
    url = ("-s", f"LEDGER_URL={postgres}")
    assert site.crawl(*url).exit_code == 0
    assert search(site, "降准", *url) == ["toy/a2", "toy/a1"]
    site.listing("news", "a4", "a1", "a2", "a3")
    site.article("a4", date="2026-04-05", body="<p>又降准。</p>")
    assert site.crawl(*url).exit_code == 0
    assert indexed(site) == {"a1", "a2", "a3", "a4"}
    assert search(site, "降准", *url) == ["toy/a4", "toy/a2", "toy/a1"]
