"""Crawl with a full disk, or with files and folders at the paths of others."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.robustness.toy_corpus import NAMES, assert_logged_once, crawl_three_articles
from tests.support.mirror import ROOT, Run
from tests.support.toy_site import TOY, Site, written


def create_folder(path: Path) -> None:
    path.mkdir(parents=True)


def create_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")


@pytest.mark.parametrize(
    ("name", "create", "code", "message"),
    [
        (".state/ledger.db", create_folder, 6, "the run ends: ledger: "),
        (".state/ledger.lock", create_folder, 5, "the run ends: disk: "),
        (".state/toy.lock", create_folder, 5, "the run ends: disk: "),
        (".state", create_file, 5, "the run ends: disk: "),
        ("toy/2025", create_file, 5, "the run ends: disk: "),
        ("toy/2025/02/a2.md", create_folder, 2, "cannot be used"),
    ],
)
def test_file_or_folder_at_a_required_path_is_logged_in_one_line(
    site: Site, name: str, create: Callable[[Path], None], code: int, message: str
) -> None:
    site.output.mkdir()
    path = site.output / name
    create(path)
    run = crawl_three_articles(site)
    assert run.exit_code == code, run.log
    assert_logged_once(run, message)
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()
    second = site.crawl()
    assert second.exit_code == 0
    assert written(second) == set(NAMES)


@pytest.mark.parametrize("blocks", [1, 40, 90])
def test_full_disk_ends_the_run_with_one_log_line_and_without_partial_files(site: Site, blocks: int) -> None:
    """Limit the size of files to *blocks* KiB: with the smallest limit the ledger fails, with others the articles."""
    site.listing("news", *NAMES)
    for name in NAMES:
        site.article(name, body=f"<p>text of {name}.</p>" + "<p>long</p>" * 12000)
    options = ["-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}"]
    shell = f'ulimit -f {blocks} && exec "$@"'
    process = subprocess.run(
        ["bash", "-c", shell, "-", sys.executable, "-m", "scrapy", "crawl", "toy", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    run = Run(site.output, process.stderr, process.returncode)
    assert run.exit_code in (5, 6), run.log
    assert len(re.findall("the run ends: (?:disk|ledger): ", run.log)) == 1, run.log
    assert "Traceback" not in run.log
    assert not list(site.output.rglob("*.tmp"))
    assert all(text.rstrip().endswith(b".html)") for text in run.files("toy").values())
    second = site.crawl()
    assert second.exit_code == 0, second.log
    assert written(second) == set(NAMES)
