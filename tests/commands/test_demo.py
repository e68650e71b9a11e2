"""`press-corpus demo`: all sources in one process, in a folder that no live run uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.support.mirror import press_corpus
from tests.support.server import Answer, play


def test_demo_crawls_all_sources_into_its_own_folder(tmp_path: Path) -> None:
    ledger = f"sqlite:///{tmp_path}/mine.db"
    done = press_corpus(tmp_path, "demo", environment={"LEDGER_URL": ledger})
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo"]
    sources = sorted(path.name for path in FIXTURES.iterdir())
    reported = re.findall(r"^\[ ?\d+/\d+\] (\S+) +(\d+) new articles", done.stdout, re.M)
    assert [name for name, _ in reported] == sources
    assert all(int(number) for _, number in reported)
    files = [str(path.relative_to(tmp_path)) for path in (tmp_path / "demo").glob("[!.]*/**/*.md")]
    assert sum(int(number) for _, number in reported) == len(files)
    assert set(files) <= set(done.stdout.splitlines())
    assert "demo/.rejected/" in done.stdout
    log = (tmp_path / "demo" / ".state" / "demo.log").read_text()
    assert len(re.findall(" INFO run source=", log)) == len(sources)


def test_demo_of_one_source_twice(tmp_path: Path) -> None:
    first = press_corpus(tmp_path, "demo", "woshipm", "-s", "OUTPUT_DIR=here")
    assert first.returncode == 0
    assert "[ 1/1] woshipm" in first.stdout
    again = press_corpus(tmp_path, "demo", "woshipm", "-s", "OUTPUT_DIR=here")
    assert again.returncode == 0
    assert "0 new articles of 1 source in" in again.stdout
    unknown = press_corpus(tmp_path, "demo", "nosuch")
    assert unknown.returncode == 2
    assert "no recording of 'nosuch'" in unknown.stderr


def test_demo_does_not_write_to_a_corpus(tmp_path: Path) -> None:
    replay = ("-s", f"REPLAY={FIXTURES / 'c114'}")
    assert press_corpus(tmp_path, "crawl", "c114", *replay).returncode == 0
    before = sorted((tmp_path / "output").rglob("*"))
    done = press_corpus(tmp_path, "demo", "c114", "-s", "OUTPUT_DIR=output")
    assert done.returncode == 2
    assert "output is a corpus; choose a new folder" in done.stderr
    assert sorted((tmp_path / "output").rglob("*")) == before


@pytest.mark.parametrize("words", [("crawl", "woshipm"), ("rejected", "retry"), ("job", "woshipm")])
def test_no_live_run_requests_pages_of_the_demo(words: tuple[str, ...], tmp_path: Path) -> None:
    assert press_corpus(tmp_path, "demo", "woshipm").returncode == 0

    def answer(path: str, number: int) -> Answer:
        return Answer("not here", status=404)

    with play(answer) as server:
        done = press_corpus(tmp_path, *words, "-s", "OUTPUT_DIR=demo", environment=server.environment)
        assert done.returncode == 2
        assert "has invented articles of the demo" in done.stderr + done.stdout
        assert server.urls == []
    # The ledger of the default folder has no page of the demo.
    assert press_corpus(tmp_path, "rejected").stdout == "no rejected pages\n"
