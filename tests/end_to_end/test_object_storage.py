"""Crawl the toy site to object storage, and compare objects and ledger with commands."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.mirror import ROOT, Run, scrapy
from tests.support.object_server import KEY, SECRET, Bucket, object_server
from tests.support.toy_site import TOY, Site


@pytest.fixture(scope="module")
def new_bucket() -> Iterator[Callable[[], Bucket]]:
    with object_server() as new:
        yield new


@dataclass
class Objects:
    """A corpus in object storage, with a site."""

    site: Site
    bucket: Bucket
    ledger: str
    state: Path

    @property
    def options(self) -> tuple[str, ...]:
        return (
            *TOY, "-s", f"REPLAY={self.site.folder}", "-s", f"OUTPUT_DIR={self.bucket.url}",
            "-s", f"LEDGER_URL={self.ledger}", "-s", f"STATE_DIR={self.state}",
        )  # fmt: skip

    def run(self, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        process = scrapy(
            words[0], *self.options, *words[1:], environment={**self.bucket.environment, **(environment or {})}
        )
        assert "Traceback" not in process.stderr
        assert SECRET not in process.stderr + process.stdout
        assert not (ROOT / "s3:").exists()
        return process

    def crawl(self, *options: str, environment: dict[str, str] | None = None) -> Run:
        process = self.run("crawl", "toy", *options, environment=environment)
        return Run(self.state, process.stderr, process.returncode)

    def check(self, *options: str, code: int = 0) -> str:
        process = self.run("ledger", "check", "toy", *options)
        assert process.returncode == code, process.stdout + process.stderr
        return process.stdout

    def writes(self) -> list[str]:
        """Return the writing requests since the last call."""
        return [each for each in self.bucket.requests() if each.startswith(("PUT", "POST", "DELETE"))]

    def publish(self, *names: str, **values: str) -> None:
        self.site.listing("news", *names)
        for name in names:
            self.site.article(name, **{"body": f"<p>text of {name}.</p>", **values})


@pytest.fixture
def objects(site: Site, new_bucket: Callable[[], Bucket], postgres: str, tmp_path: Path) -> Objects:
    return Objects(site, new_bucket(), postgres, tmp_path / "state")


A1 = "toy/2025/02/a1.md"


def test_objects_are_the_files_of_a_local_corpus(objects: Objects) -> None:
    objects.publish("a1", "a2", "a3")
    run = objects.crawl()
    assert run.exit_code == 0
    assert "articles.written=3" in run.log
    local = objects.site.crawl()
    assert objects.bucket.files() == {f"toy/2025/02/{name}.md": data for name, data in local.files("toy").items()}
    requests = objects.bucket.requests()
    assert sorted(each.split("?")[0].split("/")[0] for each in requests) == ["GET ", "PUT ", "PUT ", "PUT "], requests
    assert not list(objects.state.glob("toy/**/*.md"))


def test_second_run_writes_nothing(objects: Objects) -> None:
    objects.publish("a1", "a2")
    objects.crawl()
    assert len(objects.writes()) == 2
    assert "links.known=2" in objects.crawl().log
    assert "articles.unchanged=2" in objects.crawl("-a", "refresh=100000").log
    assert objects.writes() == []
    assert objects.check() == "toy: no problems found\n"


def test_changed_article_replaces_the_object(objects: Objects) -> None:
    objects.publish("a1")
    objects.crawl()
    objects.publish("a1", body="<p>newer.</p>")
    assert "articles.updated=1" in objects.crawl("-a", "refresh=100000").log
    assert b"newer." in objects.bucket.read(A1)
    objects.publish("a1", date="2025-03-11 08:00:00")
    assert "articles.updated=1" in objects.crawl("-a", "refresh=100000").log
    assert list(objects.bucket.files()) == ["toy/2025/03/a1.md"]
    assert objects.check() == "toy: no problems found\n"


def test_object_of_another_writer_stays(objects: Objects) -> None:
    objects.publish("a1")
    objects.crawl()
    edited = objects.bucket.read(A1) + b"edited\n"
    objects.bucket.write(A1, edited)
    assert objects.check() == f"toy: edited by another writer, not overwritten: {A1}\ntoy: no problems found\n"
    objects.publish("a1", body="<p>newer.</p>")
    run = objects.crawl("-a", "refresh=100000")
    assert f"edited by hand, not overwritten: {objects.bucket.url}/{A1}" in run.log
    assert objects.bucket.read(A1) == edited
    assert "articles.updated=1" in objects.crawl("-a", "refresh=100000", "-s", "OVERWRITE_EDITED=True").log
    assert b"newer." in objects.bucket.read(A1)
    assert objects.check() == "toy: no problems found\n"


def test_unknown_object_at_the_place_of_a_new_article_stays(objects: Objects) -> None:
    objects.bucket.write(A1, b"of another program\n")
    objects.publish("a1")
    run = objects.crawl()
    assert "articles.edited=1" in run.log
    assert "written by an unknown release, not overwritten" in run.log
    assert objects.bucket.files() == {A1: b"of another program\n"}


def test_check_finds_and_fixes(objects: Objects) -> None:
    objects.publish("a1", "a2", "a3")
    objects.crawl()
    found = objects.bucket.read(A1)
    objects.bucket.delete(A1)
    objects.bucket.write("toy/2025/05/a2.md", objects.bucket.read("toy/2025/02/a2.md"))
    objects.bucket.write("toy/2025/02/new.md", found.replace(b"a1", b"new"))
    objects.bucket.write("toy/2025/02/bad.md", b"---\ntitle: [\n---\n\ntext\n")
    findings = {
        f"toy: row without an object: {A1}", "toy: second object of one article: toy/2025/05/a2.md",
        "toy: object without a row: toy/2025/02/new.md",
        "toy: front matter: it does not load, or title, date or link is missing: toy/2025/02/bad.md",
    }  # fmt: skip
    assert set(objects.check(code=1).splitlines()) == {*findings, "toy: 4 findings, 4 not fixed"}
    fixed = set(objects.check("--fix").splitlines())
    assert fixed == {*(f"{each} (fixed)" for each in findings), "toy: 4 findings, 0 not fixed"}
    aside = objects.state / ".state" / "set-aside"
    assert {str(path.relative_to(aside)) for path in aside.rglob("*.md")} == {"toy/2025/05/a2.md", "toy/2025/02/bad.md"}
    assert objects.check() == "toy: no problems found\n"
    assert "articles.written=1" in objects.crawl().log
    assert sorted(objects.bucket.files()) == [f"toy/2025/02/{name}.md" for name in ("a1", "a2", "a3", "new")]


def test_content_is_read_only_with_the_option(objects: Objects) -> None:
    objects.publish("a1", "a2")
    objects.crawl()
    objects.bucket.requests()
    objects.check()
    assert all("list-type=2" in each for each in objects.bucket.requests())
    objects.check("--content")
    assert len([each for each in objects.bucket.requests() if "list-type=2" not in each]) == 2


def test_ledger_is_built_from_the_objects(objects: Objects, postgres_copy: str) -> None:
    objects.publish("a1", "a2")
    objects.crawl()
    objects.ledger = postgres_copy
    assert "links.known=2" in objects.crawl().log  # a new ledger is filled at the start of the run
    process = objects.run("ledger", "rebuild", "toy")
    assert process.stdout.startswith("toy: 2 articles recorded in ")
    assert objects.check() == "toy: no problems found\n"
    objects.publish("a1", "a2", body="<p>newer.</p>")
    assert "articles.updated=1\n" in objects.crawl("-a", "refresh=100000", "-a", "limit=1").log


@pytest.fixture
def postgres_copy(postgres_server: object, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a second empty database."""
    from tests.conftest import postgres

    yield from postgres.__wrapped__(postgres_server)  # type: ignore[attr-defined]


def test_conflict_and_lost_answer_are_repeated(objects: Objects) -> None:
    objects.publish("a1", "a2")
    objects.bucket.disturb(conflicts=2)
    assert "articles.written=2" in objects.crawl().log
    objects.publish("a1", "a2", body="<p>newer.</p>")
    objects.site.article("a2", body="<p>newer a2.</p>")
    objects.bucket.disturb(conflicts=2)
    assert "articles.updated=2" in objects.crawl("-a", "refresh=100000").log
    objects.publish("a3")
    objects.bucket.disturb(lost_answers=1)
    run = objects.crawl()
    assert run.exit_code == 0
    assert "articles.unchanged=1" in run.log  # the repeated request found the object of the first one
    assert objects.check() == "toy: no problems found\n"


def test_wrong_credentials_end_the_run_before_a_request_to_the_site(objects: Objects) -> None:
    objects.publish("a1")
    run = objects.crawl(environment={"AWS_ACCESS_KEY_ID": "OTHERKEY"})
    assert run.exit_code == 5
    assert f"{objects.bucket.url}/toy: HTTP 403 Forbidden (InvalidAccessKeyId)" in run.log
    assert "Signature" not in run.log
    assert KEY not in run.log
    assert "OTHERKEY" not in run.log
    assert "pages." not in run.log


def test_missing_bucket_and_server_have_a_clear_text(objects: Objects) -> None:
    objects.publish("a1")
    process = objects.run("crawl", "toy", "-s", "OUTPUT_DIR=s3://no-such-bucket/x")
    assert process.returncode == 5
    assert "HTTP 404 Not Found (NoSuchBucket)" in process.stderr
    assert "no-such-bucket" in objects.run("ledger", "check", "-s", "OUTPUT_DIR=s3://no-such-bucket/x").stderr
    run = objects.crawl(environment={"AWS_ENDPOINT": "http://127.0.0.1:1"})
    assert run.exit_code == 5
    assert "the service could not be reached" in run.log
    run = objects.crawl(environment={"AWS_ALLOW_HTTP": ""})
    assert run.exit_code == 5
    assert "set AWS_ALLOW_HTTP=true" in run.log


def test_server_that_ends_during_the_run_ends_the_run(site: Site, postgres: str, tmp_path: Path) -> None:
    with object_server() as new:
        objects = Objects(site, new(), postgres, tmp_path / "state")
        objects.publish("a1", "a2", "a3", "a4")
        objects.site.page("a/a2.html", "<html></html>")  # a bad page costs one page
        objects.bucket.disturb(exit_after=3)
        run = objects.crawl()
    assert run.exit_code == 5
    assert "cannot be stored: s3://" in run.log, run.log
    assert "the service could not be reached" in run.log or "the connection failed" in run.log, run.log
    assert run.log.count("the run ends: disk") == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("crawl", "toy", "-s", "LAYOUT=gitbook"), "does not support LAYOUT=gitbook"),
        (("crawl", "toy", "-s", "STORE_PICTURES=True"), "does not support STORE_PICTURES"),
        (("crawl", "toy", "-s", "KEEP_VERSIONS=True"), "does not support KEEP_VERSIONS"),
        (("crawl", "toy", "-s", "LEDGER_URL="), "needs a ledger in PostgreSQL"),
        (("health", "-s", "LEDGER_URL=sqlite:////tmp/x.db"), "needs a ledger in PostgreSQL"),
        (("crawl", "toy", "-s", "OUTPUT_DIR=ftp://host/x"), "not a URL of the form SCHEME://BUCKET/PREFIX"),
        (("crawl", "toy", "-s", "OUTPUT_DIR=s3://user:hunter2@bucket/x"), "not a URL of the form"),
        (("ledger", "check", "-s", "OUTPUT_DIR=s3://bucket/../x"), "not a URL of the form"),
        (("demo", "toy"), "the demo writes to a local folder"),
        (("site", "build"), "`press-corpus site build` works with a corpus in a folder only"),
        (("crawl", "toy", "-s", "OBJECT_LAYOUT=zip"), "OBJECT_LAYOUT=zip: allowed are files and shards"),
        *(
            (("corpus", *verb), f"`press-corpus corpus {verb[0]}` works with a corpus in a folder only")
            for verb in (
                *(("search", "x"), ("index",), ("export", "x.jsonl"), ("backup", "x"), ("stats",), ("mcp",)),
                *(("versions", "a1"), ("duplicates",), ("pictures",)),
            )
        ),
    ],
)
def test_what_does_not_work_is_refused_in_one_line(words: tuple[str, ...], text: str, tmp_path: Path) -> None:
    options = ("-s", "OUTPUT_DIR=s3://bucket/x", "-s", "LEDGER_URL=postgresql://127.0.0.1:1/x")
    process = scrapy(*words[:1], *options, "-s", f"STATE_DIR={tmp_path}", *TOY, *words[1:])
    assert process.returncode == 2
    assert text in process.stderr
    assert "Traceback" not in process.stderr
    assert "hunter2" not in process.stderr
    assert not (ROOT / "s3:").exists()
    assert not list(tmp_path.iterdir())


def test_other_commands_use_the_local_state(objects: Objects) -> None:
    objects.publish("a1")
    objects.site.page("a/a1.html", "<html></html>")
    process = objects.run("job", "toy")
    assert (objects.state / ".state" / "logs").is_dir(), process.stderr
    assert "toy" in objects.run("health").stdout
    assert "toy" in objects.run("rejected").stdout
    assert (objects.state / ".rejected" / "toy" / "a1" / "error.txt").is_file()
    assert "woshipm" in scrapy("list", "-s", f"OUTPUT_DIR={objects.bucket.url}").stdout
    assert objects.bucket.files() == {}


@pytest.mark.parametrize("layout", ["files", "shards"])
def test_takedown_deletes_the_article(objects: Objects, layout: str) -> None:
    form = ("-s", f"OBJECT_LAYOUT={layout}")
    objects.publish("a1", "a2")
    objects.crawl(*form)
    process = objects.run("corpus", "remove", "a1", "--reason", "court order")
    assert process.stdout.startswith("toy:a1: removed; 1 file deleted\n  deleted: toy/"), process.stderr
    assert b"text of a1" not in b"".join(texts(objects.bucket))
    assert len(texts(objects.bucket)) == 1
    assert "links.removed=1" in objects.crawl(*form).log
    assert "toy:a1" in objects.run("corpus", "removed").stdout
    assert objects.check("--content") == "toy: no problems found\n"
    assert objects.run("corpus", "restore", "a1").returncode == 0
    assert "articles.written=1" in objects.crawl(*form).log
    assert len(texts(objects.bucket)) == 2
    assert objects.check("--content") == "toy: no problems found\n"


def texts(bucket: Bucket) -> list[bytes]:
    """Return the files of all articles, also those in shards."""
    found = []
    for path, data in bucket.files().items():
        is_shard = path.endswith(".parquet")
        found += [row["text"].encode() for row in rows(data)] if is_shard else [data]
    return found


def rows(shard: bytes) -> list[dict[str, str]]:
    import pyarrow.parquet as pq

    return list(pq.read_table(io.BytesIO(shard)).to_pylist())


SHARDS = ("-s", "OBJECT_LAYOUT=shards")


def test_shard_has_the_articles_of_a_run(objects: Objects) -> None:
    objects.publish("a1", "a2", "a3")
    run = objects.crawl(*SHARDS)
    assert (run.exit_code, "articles.written=3" in run.log) == (0, True)
    [(path, shard)] = objects.bucket.files().items()
    assert re.fullmatch(r"toy/(\d{4})/(\d{2})/\1\2\d{2}T\d{6}Z-[0-9a-f]{8}\.parquet", path)
    local = objects.site.crawl().files("toy")
    assert {row["id"]: row["text"].encode() for row in rows(shard)} == local
    assert not list(objects.state.rglob("*.jsonl"))
    objects.writes()
    assert "links.known=3" in objects.crawl(*SHARDS).log
    assert "articles.unchanged=3" in objects.crawl(*SHARDS, "-a", "refresh=100000").log
    assert objects.writes() == []
    assert objects.check("--content") == "toy: no problems found\n"
    assert "has shards: set OBJECT_LAYOUT=shards" in objects.crawl().log


def test_newer_text_is_in_a_later_shard(objects: Objects, postgres_copy: str) -> None:
    objects.publish("a1", "a2")
    objects.crawl(*SHARDS)
    objects.site.article("a1", body="<p>newer.</p>")
    assert "articles.updated=1" in objects.crawl(*SHARDS, "-a", "refresh=100000").log
    first, second = objects.bucket.files().values()
    assert ([row["id"] for row in rows(first)], [row["id"] for row in rows(second)]) == (["a1", "a2"], ["a1"])
    objects.ledger = postgres_copy
    assert objects.run("ledger", "rebuild", "toy").stdout.startswith("toy: 2 articles recorded in ")
    assert objects.check("--content") == "toy: no problems found\n"
    assert "articles.unchanged=2" in objects.crawl(*SHARDS, "-a", "refresh=100000").log


def test_lost_shard_is_found_and_its_articles_are_fetched_again(objects: Objects) -> None:
    objects.publish("a1", "a2")
    objects.crawl(*SHARDS)
    [path] = objects.bucket.files()
    objects.bucket.delete(path)
    assert objects.check(code=1).splitlines()[-1] == "toy: 2 findings, 2 not fixed"
    objects.check("--fix")
    assert "articles.written=2" in objects.crawl(*SHARDS).log
    assert objects.check() == "toy: no problems found\n"


def test_spool_is_finished_after_the_storage_was_down(site: Site, postgres: str, tmp_path: Path) -> None:
    with object_server() as new:
        objects = Objects(site, new(), postgres, tmp_path / "state")
        objects.publish("a1", "a2", "a3")
        objects.bucket.disturb(exit_after=1)
        run = objects.crawl(*SHARDS)
    assert (run.exit_code, "articles.written=3" in run.log) == (5, True)
    assert "the end of the run could not be recorded: s3://" in run.log
    with object_server() as new:
        objects.bucket = new()
        objects.site.page("news", "<html></html>", 500)  # the site is not needed
        run = objects.crawl(*SHARDS)
        assert "3 articles in s3://" in run.log
        assert len(texts(objects.bucket)) == 3
        assert objects.check("--content") == "toy: no problems found\n"


def test_spool_leaves_out_what_another_machine_has_stored(objects: Objects, tmp_path: Path) -> None:
    objects.publish("a1", "a2")
    spool = objects.state / ".state" / "spool" / "toy"
    spool.mkdir(parents=True)
    row = {"id": "a1", "url": "http://toy.example/a/a1.html", "title": "old", "date": "2025-02-11", "file_hash": "x",
           "content_hash": "y", "details": {}}  # fmt: skip
    line = json.dumps({"base": "", "row": row, "text": "old text of a killed run"})
    (spool / "20260101T000000Z-01234567.jsonl").write_text(f"{line}\n{line[:40]}")
    objects.state, own = tmp_path / "other", objects.state
    assert "articles.written=2" in objects.crawl(*SHARDS).log
    objects.state = own
    objects.crawl(*SHARDS)
    assert not list(spool.iterdir())
    assert len(objects.bucket.files()) == 1
    assert b"old text" not in b"".join(texts(objects.bucket))
