"""Writes at the end of a run, or outside of its articles, that fail: the run fails with the exit code of the disk.

The message is one line with the path and the cause, and `health` shows the run as failed.
"""

from __future__ import annotations

import errno
import importlib
import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.robustness.toy_corpus import NAMES, crawl_three_articles, run_command
from tests.support.mirror import Run, scrapy
from tests.support.toy_site import TOY, Site, written

BOOK = ("-s", "LAYOUT=gitbook")
FULL = "/full/disk"


def fail(owner: str, name: str, code: int = errno.ENOSPC) -> None:
    """Let a function or method fail as with a full disk. *owner*: a module, and the class in it after ":"."""
    module, _, class_name = owner.partition(":")
    found: Any = importlib.import_module(module)

    def failing(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), FULL)

    setattr(getattr(found, class_name) if class_name else found, name, failing)


def crawl(site: Site, *options: str, first: Callable[[], None] | None = None) -> Run:
    words = ("crawl", "toy", "-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}", *options)
    process = scrapy(*words, first=first)
    return Run(site.output, process.stderr, process.returncode)


def assert_failed(site: Site, run: Run, path: str) -> None:
    """Check exit code, log and verdict of a run that could not write *path*."""
    assert run.exit_code == 5, run.log
    errors = [line for line in run.log.splitlines() if re.search(" (ERROR|CRITICAL) ", line)]
    assert [path in line for line in errors] == [True], run.log
    assert "Traceback" not in run.log
    code, printed = run_command(site, "health", "--json")
    (source,) = json.loads(printed)
    assert (code, source["kind"]) == (1, "disk"), printed
    assert path in source["why"]


def folder(path: Path) -> None:
    path.mkdir(parents=True)


def folder_with_files(path: Path) -> None:
    folder(path / "file")


def link_outside(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/nonexistent/file")


@pytest.mark.parametrize(
    ("name", "create"),
    [
        ("SUMMARY.md", folder),
        ("SUMMARY.md", link_outside),
        ("2025/README.md", folder_with_files),
        ("2025/02/README.md", folder),
    ],
)
def test_index_of_a_book_that_cannot_be_written(site: Site, name: str, create: Callable[[Path], None]) -> None:
    for each in NAMES:
        site.article(each, body=f"<p>text of {each}.</p>")
    site.listing("news", *NAMES)
    create(site.output / "toy" / name)
    assert_failed(site, crawl(site, *BOOK), str(site.output / "toy" / name))
    assert_failed(site, crawl(site, *BOOK), str(site.output / "toy" / name))  # without a new article


LATE = [
    pytest.param("crawler.corpus.changes:Changes", "write_indexes", id="index of a book"),
    pytest.param("crawler.corpus.changes:Changes", "finish", id="times of the folders"),
    pytest.param("crawler.pipelines.gitbook:GitBookPipeline", "close_spider", id="pipeline at its end"),
    pytest.param("crawler.pipelines.gitbook:GitBookPipeline", "spider_idle", id="handler of a signal"),
]


@pytest.mark.parametrize(("owner", "name"), LATE)
def test_full_disk_at_the_end_of_the_run(site: Site, owner: str, name: str) -> None:
    site.listing("news", *NAMES)
    for each in NAMES:
        site.article(each, body=f"<p>text of {each}.</p>")
    run = crawl(site, *BOOK, first=partial(fail, owner, name))
    assert_failed(site, run, FULL)
    assert written(run) >= set(NAMES)
    assert crawl(site, *BOOK).exit_code == 0


def test_index_of_a_stopped_run_that_cannot_be_written(site: Site) -> None:
    site.listing("news", *NAMES)
    for each in NAMES:
        site.article(each, body=f"<p>text of {each}.</p>")
    stopped = ("-s", "CLOSESPIDER_ITEMCOUNT=1")
    run = crawl(site, *BOOK, *stopped, first=partial(fail, "crawler.corpus.changes:Changes", "write_indexes"))
    assert_failed(site, run, FULL)


def test_exception_of_a_signal_handler_is_not_fine(site: Site) -> None:
    """Scrapy only logs it."""
    site.listing("news", "a1")
    site.article("a1")
    first = partial(fail_with_bug, "crawler.pipelines.gitbook:GitBookPipeline", "spider_idle")
    run = crawl(site, *BOOK, first=first)
    assert run.exit_code == 1
    assert "ZeroDivisionError" in run.log
    code, printed = run_command(site, "health", "--json")
    assert (code, json.loads(printed)[0]["kind"]) == (1, "bug")


def fail_with_bug(owner: str, name: str) -> None:
    module, _, class_name = owner.partition(":")

    def failing(*_: object, **__: object) -> float:
        return 1 / 0

    setattr(getattr(importlib.import_module(module), class_name), name, failing)


def test_job_without_a_log_is_a_failed_run(site: Site) -> None:
    assert crawl_three_articles(site).exit_code == 0
    (site.output / ".state/logs").write_bytes(b"in the way")
    code, printed = run_command(site, "job", "toy")
    assert code == 5
    assert "class=disk" in printed
    code, printed = run_command(site, "health", "--json")
    (source,) = json.loads(printed)
    assert (code, source["kind"]) == (1, "disk"), printed
    assert str(site.output / ".state/logs") in source["why"]
    (site.output / ".state/logs").unlink()
    assert run_command(site, "job", "toy")[0] == 0


def test_recording_that_cannot_be_closed(site: Site, tmp_path: Path) -> None:
    site.listing("news", "a1")
    site.article("a1")
    first = partial(fail, "crawler.recordings.recorder:Recorder", "close")
    run = crawl(site, "-s", f"RECORD={tmp_path}/record.warc", first=first)
    assert run.exit_code == 5, run.log
    assert run.log.count("record.warc cannot be written: ") == 1
    assert "Traceback" not in run.log


def test_health_page_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    assert crawl_three_articles(site).exit_code == 0
    (tmp_path / "page.html").mkdir()
    words = ("health", "--html", f"{tmp_path}/page.html", "-s", f"OUTPUT_DIR={site.output}", *TOY)
    process = scrapy(*words)
    assert process.returncode == 5, process.stderr
    assert process.stderr.count(f"{tmp_path}/page.html") == 1
    assert "Traceback" not in process.stderr
