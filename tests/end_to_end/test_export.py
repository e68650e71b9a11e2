"""`press-corpus corpus export`: what the files contain, and that nothing changed is missed."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from warcio.archiveiterator import ArchiveIterator

from crawler.corpus.ledger import open_ledger
from crawler.corpus.tables import NEAR_DUPLICATES
from crawler.data.export_files import zstd
from crawler.data.export_rows import ARTICLE_COLUMNS, CHUNK_COLUMNS
from crawler.layouts import hugo
from tests.end_to_end.test_backup import limit_files
from tests.support.mirror import ROOT, crawl, scrapy
from tests.support.server import Answer, play
from tests.support.toy_site import TOY, Site


def export(site: Site, target: object, *options: str, **arguments: Any) -> subprocess.CompletedProcess[str]:
    return scrapy("corpus", "export", str(target), *TOY, "-s", f"OUTPUT_DIR={site.output}", *options, **arguments)


def rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        table: list[dict[str, Any]] = pq.read_table(path).to_pylist()
        return table
    data = path.read_bytes()
    data = zstd.decompress(data) if path.suffix == ".zst" else gzip.decompress(data) if path.suffix == ".gz" else data
    return list(map(json.loads, data.decode().splitlines()))


def following(done: subprocess.CompletedProcess[str]) -> str:
    return str(re.findall(r"next export: --since-run (\S+)", done.stdout + done.stderr)[0])


@pytest.fixture
def corpus(site: Site) -> Site:
    site.listing("news", "a1", "a2", "a3")
    site.article("a1", "2025-02-11", body="<p>第一篇。</p><p><b>粗体</b></p>")
    site.article("a2", body="<p>第二篇。</p>", title='有 "引号" 的标题')
    site.article("a3", "2025-03-01 09:00:00", body="<p>第三篇。</p>")
    site.crawl()
    return site


@pytest.mark.parametrize("name", ["x.parquet", "x.jsonl", "x.jsonl.zst", "x.jsonl.gz"])
def test_rows_are_those_of_the_files(corpus: Site, tmp_path: Path, name: str) -> None:
    done = export(corpus, tmp_path / name)
    assert (done.returncode, done.stderr) == (0, "")
    found = rows(tmp_path / name)
    assert [row["id"] for row in found] == ["toy/a1", "toy/a2", "toy/a3"]
    for row in found:
        assert list(row) == list(ARTICLE_COLUMNS)
        assert all(type(value) is ARTICLE_COLUMNS[key] for key, value in row.items())
        [path] = corpus.output.glob(f"toy/*/*/{row['id'].removeprefix('toy/')}.md")
        metadata, body = hugo.load(path.read_text(encoding="utf-8"))
        assert (row["title"], row["published"], row["language"]) == (metadata["title"], metadata["date"], "zh-CN")
        assert body.strip("\n").startswith(row["markdown"])
        assert row["chars"] == len(row["text"])
    assert [row["date_precision"] for row in found] == ["day", "second", "second"]
    assert found[0]["text"] == "第一篇。\n\n粗体"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", found[0]["fetched"])
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [name]
    [query] = duckdb.connect().execute(f"SELECT count(*), sum(chars), max(title) FROM '{tmp_path / name}'").fetchall()
    assert query == (3, sum(row["chars"] for row in found), max(row["title"] for row in found))


def test_standard_output_and_a_broken_pipe(corpus: Site) -> None:
    done = export(corpus, "-")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == ["toy/a1", "toy/a2", "toy/a3"]
    assert "next export: --since-run 1@" in done.stderr


def test_days_sources_and_passages(corpus: Site, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    export(corpus, path, "--since", "2025-02-11", "--until", "2025-02-11")
    assert [row["id"] for row in rows(path)] == ["toy/a1", "toy/a2"]
    export(corpus, path, "--since", "2025-02-12", "--source", "toy")
    assert [row["id"] for row in rows(path)] == ["toy/a3"]
    done = export(corpus, path, "--chunks")
    assert "3 passages of 3 articles" in done.stdout
    found = rows(path)
    assert list(found[0]) == list(CHUNK_COLUMNS)
    assert [row["id"] for row in found] == ["toy/a1#0", "toy/a2#0", "toy/a3#0"]
    assert found[0]["text"] == "第一篇。\n\n粗体"
    assert export(corpus, path, "--source", "none").returncode == 2


def test_since_run_has_what_changed_and_names_what_is_lost(corpus: Site, tmp_path: Path) -> None:
    path, lost = tmp_path / "x.jsonl", tmp_path / "x.jsonl.removed.jsonl"
    number = following(export(corpus, path))
    done = export(corpus, path, "--since-run", number)
    assert (done.returncode, rows(path), rows(lost)) == (0, [], [])
    corpus.listing("news", "a4", "a1")
    corpus.article("a4", body="<p>新的文章。</p>")
    corpus.article("a1", "2025-02-11", body="<p>改过的文章。</p>")
    run = corpus.crawl("-a", "refresh=99999")
    assert "updated" in run.log, run.log[-3000:]
    scrapy("corpus", "remove", "a2", "--reason", "x", *TOY, "-s", f"OUTPUT_DIR={corpus.output}")
    (corpus.output / "toy/2025/03/a3.md").unlink()
    done = export(corpus, path, "--since-run", number)
    assert [row["id"] for row in rows(path)] == ["toy/a1", "toy/a4"]
    found = rows(lost)
    assert [(row["id"], row["state"]) for row in found] == [("toy/a2", "removed"), ("toy/a3", "deleted")]
    assert found[0]["removed_at"] > found[1]["removed_at"] == ""
    assert "removed: toy/a2  http://toy.example/a/a2.html" in done.stdout
    done = export(corpus, path)
    assert [row["id"] for row in rows(path)] == ["toy/a1", "toy/a4"]
    assert "1 article without a file: left out" in done.stdout
    for wrong in ("99", "x", "-1", "1@00000000"):
        done = export(corpus, path, f"--since-run={wrong}")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), wrong
    assert export(corpus, path, "--since-run", "0").returncode == 0
    assert len(rows(path)) == 2


def test_a_run_in_progress_is_not_the_number_to_pass(corpus: Site, tmp_path: Path) -> None:
    with closing(open_ledger(corpus.output / ".state", "")) as ledger:
        run = ledger.runs.start("toy")
        number = following(export(corpus, tmp_path / "x.parquet"))
        assert number.startswith("1@")
        # The run in progress replaces an article after the export, and ends.
        ledger.articles.set("toy", "a1", file_hash="other")
        ledger.runs.finish(run, "finished", {})
    path = tmp_path / "y.parquet"
    export(corpus, path, "--since-run", number)
    assert [row["id"] for row in rows(path)] == ["toy/a1"]
    metadata = pq.read_metadata(path).metadata
    assert metadata[b"press-corpus.next_since_run"].decode().startswith("2@")
    assert metadata[b"press-corpus.since_run"] == number.encode()


def test_wrong_targets_and_a_full_disk(corpus: Site, tmp_path: Path) -> None:
    for target in ("x.csv", "x", ".parquet", "none/x.parquet", ""):
        done = export(corpus, tmp_path / target)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert export(corpus, tmp_path / "x.jsonl", "--since", "2025-2-1").returncode == 2
    assert export(corpus, "-", "--since-run", "0").returncode == 2
    old = {"x.parquet": b"old", "x.jsonl": b"old"}
    path = corpus.output / "toy/2025/03/a3.md"
    noise = "".join(Random(1).choices([chr(code) for code in range(0x4E00, 0x9E00)], k=300_000))
    path.write_text(path.read_text(encoding="utf-8").replace("第三篇。", noise), encoding="utf-8")
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
        done = export(corpus, tmp_path / name, first=limit_files)
        assert (done.returncode, done.stderr.count("\n")) == (5, 1), done.stderr
        assert (tmp_path / name).read_bytes() == data
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == set(old)


@pytest.mark.parametrize("name", ["x.parquet", "x.jsonl.zst"])
def test_a_killed_export_leaves_the_old_file(corpus: Site, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_bytes(b"old")
    fifo = corpus.output / "toy/2025/03/a3.md"  # the export waits for its writer
    text = fifo.read_bytes()
    fifo.unlink()
    os.mkfifo(fifo)
    command = [
        sys.executable,
        "-m",
        "scrapy",
        "corpus",
        "export",
        str(target),
        *TOY,
        "-s",
        f"OUTPUT_DIR={corpus.output}",
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(f".{name}.*.tmp")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.glob(".*.tmp"))
    fifo.unlink()
    fifo.write_bytes(text)
    assert export(corpus, target).returncode == 0
    assert len(rows(target)) == 3
    assert not list(tmp_path.glob(".*.tmp"))


def test_edited_unreadable_and_undated_files(corpus: Site, tmp_path: Path) -> None:
    first, second, third = sorted(corpus.output.glob("toy/*/*/*.md"))
    text = first.read_text(encoding="utf-8").replace("第一篇。", "改过。")
    first.write_text(text.replace('sidebar: "right"', 'sidebar: "right"\nauthor: "某人"'), encoding="utf-8")
    second.write_bytes(b"")
    third.write_bytes("标题".encode("gbk"))
    done = export(corpus, tmp_path / "x.jsonl")
    assert done.returncode == 0
    assert "2 files that cannot be read as an article: left out" in done.stdout
    [row] = rows(tmp_path / "x.jsonl")
    assert (row["author"], row["text"]) == ("某人", "改过。\n\n粗体")


def test_near_duplicates_name_the_first_article(corpus: Site, tmp_path: Path) -> None:
    with closing(open_ledger(corpus.output / ".state", "")) as ledger:
        pairs = [("a1", "a3"), ("a3", "a1"), ("a2", "a3"), ("a3", "a2")]
        values = [{"source": "toy", "id": one, "other_source": "toy", "other_id": other, "similarity": 0.9}
                  for one, other in pairs]  # fmt: skip
        ledger.database.change(sa.insert(NEAR_DUPLICATES), values)
    export(corpus, tmp_path / "x.jsonl")
    assert [row["same_as"] for row in rows(tmp_path / "x.jsonl")] == ["", "", "toy/a1"]


def test_gitbook_pages_have_the_time_of_the_ledger(site: Site, tmp_path: Path) -> None:
    site.listing("news", "a1")
    site.article("a1")
    site.crawl("-s", "LAYOUT=gitbook")
    export(site, tmp_path / "x.jsonl")
    [row] = rows(tmp_path / "x.jsonl")
    assert (row["published"], row["text"], row["language"]) == ("2025-02-11 08:00:00", "text.", "zh-CN")


@pytest.mark.xdist_group("postgres")
def test_postgresql(site: Site, tmp_path: Path, postgres: str) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1")
    site.article("a2", body="<p>other.</p>")
    ledger = ("-s", f"LEDGER_URL={postgres}")
    site.crawl(*ledger)
    number = following(export(site, tmp_path / "x.jsonl", *ledger))
    assert [row["id"] for row in rows(tmp_path / "x.jsonl")] == ["toy/a1", "toy/a2"]
    assert export(site, tmp_path / "x.jsonl", "--since-run", number, *ledger).returncode == 0
    assert rows(tmp_path / "x.jsonl") == []


def answer(path: str, number: int) -> Answer:
    if path == "/robots.txt":
        return Answer("User-agent: GPTBot\nDisallow: /\n", headers={"Content-Type": "text/plain"})
    if path == "/news":
        return Answer('<html><body><ul><li><a href="/a/a1.html">about a1</a></li></ul></body></html>')
    html = (
        '<html><head><title>About a1_Toy</title><meta name="copyright" content="某报"></head><body><h1>About a1</h1>'
        "<time>2025-02-11</time><article><p>text.</p></article></body></html>"
    )
    return Answer(html, headers={"TDM-Reservation": "1"})


@pytest.mark.parametrize("ending", [".warc", ".warc.gz"])
def test_rights_robots_and_the_record_of_the_page(tmp_path: Path, ending: str) -> None:
    warc, output, path = tmp_path / f"r{ending}", tmp_path / "output", tmp_path / "x.jsonl"
    options = (*TOY, "-s", "DOWNLOAD_DELAY=0")
    with play(answer) as played:
        crawl("toy", output, *options, "-s", f"RECORD={warc}", environment=played.environment)
    assert scrapy("corpus", "export", str(path), *TOY, "-s", f"OUTPUT_DIR={output}").returncode == 0
    [row] = rows(path)
    assert row["rights"] == "某报"
    assert row["tdm"] == ("tdm-reservation: 1\nrobots.txt of http://toy.example:\nUser-agent: GPTBot\nDisallow: /")
    name, _, offset = row["warc"].partition(":")
    assert name == warc.name
    with warc.open("rb") as file:
        file.seek(int(offset))
        record = next(iter(ArchiveIterator(file)))
        assert (record.rec_type, record.rec_headers.get_header("WARC-Target-URI")) == ("response", row["url"])
        assert b"<p>text.</p>" in record.content_stream().read()
    crawl("toy", tmp_path / "again", *TOY, "-a", "from=archive", "-s", f"REPLAY={warc}")
    assert scrapy("corpus", "export", str(path), *TOY, "-s", f"OUTPUT_DIR={tmp_path / 'again'}").returncode == 0
    [again] = rows(path)
    assert {**again, "tdm": row["tdm"]} == row
    assert again["tdm"] == "tdm-reservation: 1"  # an archive has no requests, and no robots.txt for them


def test_a_page_that_is_only_fetched_again_does_not_change_its_file(site: Site) -> None:
    keys = ("-s", "EXTRA_KEYS=fetched tdm warc rights")
    site.listing("news", "a1")
    site.article("a1")
    first = site.crawl(*keys).files("toy")["a1"]
    assert b'\nfetched: "' in first
    cases: tuple[tuple[dict[str, str], bool], ...] = (({"tdm-reservation": "1"}, True), ({}, False))
    for headers, is_same in cases:
        mark = "" if is_same else '<meta name="copyright" content="某报">'
        html = f"<title>About a1_Toy</title>{mark}</head><body><h1>About a1</h1><time>2025-02-11 08:00:00</time>"
        page = f"<html><head>{html}<article><p>text.</p></article></body></html>"
        site.page("a/a1.html", page, 200, **headers)
        run = site.crawl(*keys, "-a", "refresh=99999")
        assert (run.files("toy")["a1"] == first) == is_same
