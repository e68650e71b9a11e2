"""`press-corpus corpus backup`, and crawls that continue in the copy."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.support.mirror import Run, crawl, scrapy
from tests.support.toy_site import TOY, Site, written


def backup(site: Site, target: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return scrapy("corpus", "backup", str(target), *TOY, "-s", f"OUTPUT_DIR={site.output}", *options)


def check(folder: Path) -> str:
    return scrapy("ledger", "check", *TOY, "-s", f"OUTPUT_DIR={folder}").stdout


def figures(run: Run) -> str:
    return str(re.findall(r"run source=toy (.*)", run.log)[-1])


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
@pytest.mark.parametrize("layout", ["hugo", "gitbook"])
def test_crawl_continues_in_the_copy_and_fetches_nothing_twice(
    site: Site, tmp_path: Path, name: str, layout: str
) -> None:
    site.listing("news", "a1", "a2", "bad")
    for each in ("a1", "a2", "a3"):
        site.article(each, body=f"<p>text of {each}.</p>")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    site.crawl("-s", f"LAYOUT={layout}")
    done = scrapy("corpus", "remove", "a2", "--reason", "x", *TOY, "-s", f"OUTPUT_DIR={site.output}")
    assert done.returncode == 0
    target = tmp_path / name
    done = backup(site, target)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(rf"{re.escape(str(target))}: \d+ files, [\d.]+ MB\n", done.stdout)
    moved = tmp_path / "moved"
    if target.is_dir():
        shutil.copytree(target, moved)
    else:
        with tarfile.open(target) as tar:
            tar.extractall(moved, filter="data")
    shutil.rmtree(site.output)
    assert check(moved) == "toy: no problems found\n"
    site.listing("news", "a3", "a1", "a2", "bad")
    run = crawl("toy", moved, *TOY, "-s", f"REPLAY={site.folder}", "-s", f"LAYOUT={layout}")
    assert written(run) - {"README", "SUMMARY"} == {"a1", "a3"}
    counts = "links.known=1 links.new=1 links.removed=1 links.repeated=1 links.revisit=1 pages.article=1"
    assert counts in figures(run)
    assert check(moved) == "toy: no problems found\n"


def test_wrong_targets_have_exit_code_2_and_a_full_disk_5(site: Site, tmp_path: Path) -> None:
    site.listing("news", "a1")
    site.article("a1")
    site.crawl()
    for target, message in {
        tmp_path: "exists: choose a new name",
        site.output / "copy": "is inside the corpus",
        tmp_path / "none/copy": "create it first",
        tmp_path / "copy.zip": "a backup is a folder, or a file",
    }.items():
        done = backup(site, target)
        assert (done.returncode, message in done.stderr.splitlines()[-1]) == (2, True), done.stderr
        assert "Traceback" not in done.stderr
    assert scrapy("corpus", "backup", *TOY, "-s", f"OUTPUT_DIR={site.output}").returncode == 2
    (site.output / "notes.txt").write_bytes(bytes(800_000))
    before = set(tmp_path.iterdir())
    done = scrapy(
        *("corpus", "backup", str(tmp_path / "copy.tar"), *TOY, "-s", f"OUTPUT_DIR={site.output}"), first=limit_files
    )
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert set(tmp_path.iterdir()) == before


def limit_files() -> None:
    """Let the process write no file of more than 400 kB, as on a full disk."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))


@pytest.mark.xdist_group("postgres")
def test_postgresql_ledger_is_named_with_its_dump_command(site: Site, tmp_path: Path, postgres: str) -> None:
    site.listing("news", "a1")
    site.article("a1")
    site.crawl("-s", f"LEDGER_URL={postgres}")
    done = backup(site, tmp_path / "copy", "-s", f"LEDGER_URL={postgres}")
    assert done.returncode == 0, done.stderr
    assert "The ledger is in PostgreSQL and is not part of this backup. Dump it BEFORE each backup:" in done.stdout
    assert "pg_dump --format=custom --file=ledger.dump 'postgresql://postgres@/ledger_" in done.stdout
    run = crawl("toy", tmp_path / "copy", *TOY, "-s", f"REPLAY={site.folder}")
    assert "links.known=1" in figures(run)
