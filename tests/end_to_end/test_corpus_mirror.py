"""Takedowns, versions and backups of a corpus that is crawled from the mirror."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.mirror import Mirror, Run, scrapy, serve

pytestmark = pytest.mark.xdist_group("mirror")
SOURCE = "woshipm"


@pytest.fixture(scope="module")
def mirror(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with serve(shared / "mirror", tmp_path_factory.mktemp("mirror")) as running:
        yield running


def command(output: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = scrapy(*words, "-s", f"OUTPUT_DIR={output}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_removed_article_is_not_requested_again(mirror: Mirror, tmp_path: Path) -> None:
    output, record = tmp_path / "output", tmp_path / "woshipm.warc.gz"
    before = mirror.crawl(SOURCE, output, "-s", f"RECORD={record}").files(SOURCE)
    name, url = next((name, text.decode().rstrip()[:-1].rpartition("](")[2]) for name, text in before.items())
    command(output, "corpus", "remove", url, "--reason", "a court order")
    requests = len(mirror.requests())
    runs = [
        mirror.crawl(SOURCE, output),
        mirror.crawl(SOURCE, output, "-a", "refresh=100000"),
        mirror.crawl(SOURCE, output, "-a", f"url={url}"),
        mirror.crawl(SOURCE, output, "-s", f"REPLAY={record}", "-a", "from=archive"),
    ]
    command(output, "ledger", "rebuild", SOURCE)
    runs.append(mirror.crawl(SOURCE, output))
    assert [str(row["path"]) for row in mirror.requests()[requests:] if name in str(row["path"])] == []
    for run in runs:
        assert run.files(SOURCE).keys() == before.keys() - {name}
        assert "wrong totals" not in run.log
    assert all("links.removed=1" in run.log for run in runs[2:])  # the first two end before its listing page
    [row] = [json.loads(line) for line in command(output, "corpus", "removed", "--json").stdout.splitlines()]
    assert (row["source"], row["id"], row["url"]) == (SOURCE, name, url)
    command(output, "corpus", "restore", f"{SOURCE}:{name}")
    assert mirror.crawl(SOURCE, output).files(SOURCE) == before


def test_backups_during_a_crawl_are_consistent_and_can_be_continued(mirror: Mirror, tmp_path: Path) -> None:
    output, runs = tmp_path / "output", list[Run]()
    crawling = threading.Thread(
        target=lambda: runs.append(mirror.crawl(SOURCE, output, "-s", "DOWNLOAD_DELAY=0.3", "-s", "KEEP_VERSIONS=True"))
    )
    crawling.start()
    copies: list[Path] = []
    while crawling.is_alive() and len(copies) < 3:
        if (output / SOURCE).is_dir():
            copies.append(tmp_path / f"copy-{len(copies)}")
            command(output, "corpus", "backup", str(copies[-1]))
        crawling.join(0.3)
    crawling.join()
    expected = runs[0].files(SOURCE)
    assert copies
    for copy in copies:
        found = Run(copy, "", 0).files(SOURCE)
        assert found.items() <= expected.items()
        assert command(copy, "ledger", "check").stdout == f"{SOURCE}: no problems found\n"
        requests = len(mirror.requests())
        assert mirror.crawl(SOURCE, copy).files(SOURCE) == expected
        paths = [str(row["path"]) for row in mirror.requests()[requests:]]
        assert [path for path in paths if any(name in path for name in found)] == []
