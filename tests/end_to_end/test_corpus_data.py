"""`press-corpus corpus duplicates` and `corpus stats`, as a user runs them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from lxml import html

from crawler.corpus.ledger import open_ledger
from tests.data.corpora import put, put_all
from tests.data.stories import EDITS, Writer
from tests.support.mirror import ROOT, scrapy
from tests.support.toy_site import TOY, Site

WRITER = Writer(8)
STORY = WRITER.text()


def corpus(root: Path, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
    return scrapy("corpus", *words, *TOY, "-s", f"OUTPUT_DIR={root}", **options)  # type: ignore[arg-type]


@pytest.fixture
def url() -> str:
    """The URL of the ledger: that of a PostgreSQL server if all tests use one."""
    return os.environ.get("LEDGER_URL", "")


def test_duplicates_are_listed_as_text_and_as_json(tmp_path: Path, url: str) -> None:
    put(tmp_path, url, "toy", "a1", STORY, "2025-02-11 08:00:00")
    put(tmp_path, url, "other", "b1", EDITS["frame"](STORY, WRITER), "2025-02-12 09:00:00")
    done = corpus(tmp_path, "duplicates")
    assert done.returncode == 0
    assert re.fullmatch(r"2025-02-12  0\.\d\d  other:b1  toy:a1  About b1\n", done.stdout)
    assert done.stderr == "near-duplicates within 3 days: 2 new or changed articles read, 0 removed or lost\n"
    done = corpus(tmp_path, "duplicates", "--json", "--source", "toy", "--since", "2025-02-12", "--until", "2025-02-12")
    [line] = done.stdout.splitlines()
    values = json.loads(line)
    assert 0.5 < values.pop("similarity") < 1
    assert values == {
        "source": "other", "id": "b1", "date": "2025-02-12 09:00:00", "title": "About b1",
        "other_source": "toy", "other_id": "a1", "other_date": "2025-02-11 08:00:00", "other_title": "About a1",
    }  # fmt: skip
    done = corpus(tmp_path, "duplicates", "--days", "0")
    assert (done.returncode, done.stdout) == (0, "no near-duplicates\n")
    assert "within 0 days" in corpus(tmp_path, "duplicates").stderr
    assert corpus(tmp_path, "duplicates", "--since", "2025-02-13", "--json").stdout == ""


def test_wrong_command_lines_of_duplicates(tmp_path: Path, url: str) -> None:
    put(tmp_path, url, "toy", "a1", STORY)
    for words, message in {
        ("--days", "-1"): "expected a number from 0 to 366",
        ("--days", "many"): "invalid int value",
        ("--since", "yesterday"): "--since yesterday: expected a day in the form YYYY-MM-DD",
        ("--until", "2025-02-30"): "--until 2025-02-30: expected a day in the form YYYY-MM-DD",
        ("--since", "20250211"): "--since 20250211: expected a day",
        ("--since", "2025-02-12", "--until", "2025-02-11"): "--since 2025-02-12 is after --until 2025-02-11",
        ("--source", "x"): "unknown source 'x'",
        ("toy",): "expected: corpus duplicates",
    }.items():
        done = corpus(tmp_path, "duplicates", *words)
        assert (done.returncode, message in done.stderr) == (2, True), (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert corpus(tmp_path / "none", "duplicates").returncode == 2


def without_rensa() -> None:
    sys.modules["rensa"] = None  # type: ignore[assignment]


def test_a_missing_package_is_named_with_its_command(tmp_path: Path, url: str) -> None:
    put(tmp_path, url, "toy", "a1", STORY)
    done = corpus(tmp_path, "duplicates", first=without_rensa)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("rensa is not installed: pip install 'press-corpus[data]'")


def test_one_update_at_a_time(tmp_path: Path, url: str) -> None:
    put(tmp_path, url, "toy", "a1", STORY)
    with (tmp_path / ".state" / "near-duplicates.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = corpus(tmp_path, "duplicates")
    assert done.returncode == 4
    assert done.stderr.startswith("error: another run of near-duplicates is active")


def limit_files() -> None:
    """Let the process write no file of more than 300 kB, as on a full disk."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def test_a_full_disk_leaves_a_state_from_which_the_next_call_continues(tmp_path: Path) -> None:
    put_all(tmp_path, "", "toy", {f"a{number}": STORY + f"\n\n第{number}版" for number in range(60)})
    done = corpus(tmp_path, "duplicates", first=limit_files)
    assert done.returncode in (5, 6), done.stderr
    assert done.stderr.count("\n") == 1
    done = corpus(tmp_path, "duplicates")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 60 * 59 // 2


def test_killed_processes_leave_a_state_from_which_the_next_call_continues(tmp_path: Path) -> None:
    put_all(tmp_path, "", "toy", {f"a{number}": STORY + f"\n\n第{number}版" for number in range(60)})
    command = [sys.executable, "-m", "crawler", "corpus", "duplicates", *TOY, "-s", f"OUTPUT_DIR={tmp_path}"]
    for delay in (0.0, 0.05, 0.1, 0.2):
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        lock = tmp_path / ".state" / "near-duplicates.lock"
        while process.poll() is None and not lock.exists():
            time.sleep(0.01)
        time.sleep(delay)
        process.kill()
        process.wait()
        lock.unlink(missing_ok=True)
    assert len(corpus(tmp_path, "duplicates").stdout.splitlines()) == 60 * 59 // 2
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        assert len(ledger.near_duplicates.near("toy", "a7")) == 59


def test_statistics_as_text_and_as_json(tmp_path: Path, url: str) -> None:
    put(tmp_path, url, "toy", "a1", "渡口的灯", "2025-02-11 08:00:00", author="张三丰", keywords=("灯",))
    put(tmp_path, url, "other", "b1", "天气", "2025-03-12 09:00:00", author="O\x1bk")
    done = corpus(tmp_path, "stats")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2 articles, 6 characters",
        "",
        "source  articles  characters",
        "other          1           2",
        "toy            1           4",
        "",
        "month    articles  characters",
        "2025-02         1           4",
        "2025-03         1           2",
        "",
        "author  articles  characters",
        "O\ufffdk            1           2",
        "张三丰         1           4",
        "",
        "keyword  articles  characters",
        "灯              1           4",
    ]
    done = corpus(tmp_path, "stats", "toy", "--by", "author")
    assert done.stdout.splitlines()[2:] == ["author  articles  characters", "张三丰         1           4"]
    values = json.loads(corpus(tmp_path, "stats", "--json", "--until", "2025-02-28").stdout)
    assert values["sources"] == [{"name": "toy", "articles": 1, "characters": 4}]
    assert (values["articles"], values["gaps"], values["without_file"]) == (1, [], 0)
    assert corpus(tmp_path, "stats", "--since", "2026").returncode == 2
    assert corpus(tmp_path, "stats", "unknown").returncode == 2
    assert corpus(tmp_path, "stats", "--by", "weather").returncode == 2


def test_page_of_statistics_is_self_contained_and_text_stays_text(tmp_path: Path, url: str) -> None:
    root, page = tmp_path / "corpus", tmp_path / "stats.html"
    hostile = "<script>alert(1)</script>"
    put(root, url, "toy", "a1", "渡口的灯", "2024-11-11", author=hostile, keywords=(f"灯{hostile}", "\x00\u202e"))
    put(root, url, "toy", "a2", "渡口的灯又亮了", "2025-02-11")
    done = corpus(root, "stats", "--html", str(page))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert hostile in html.fromstring(text).text_content()
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert not re.findall(r'(?:src|href)="(?!#)', text)
    assert len(html.fromstring(text).findall(".//svg")) == 3
    assert ">2024-11</text>" in text
    done = corpus(root, "stats", "--html", str(tmp_path / "none/stats.html"))
    assert (done.returncode, done.stderr.count("\n")) == (5, 1)


def test_write_adds_the_key_and_crawls_leave_the_files_as_they_are(site: Site) -> None:
    keys = ("-s", "EXTRA_KEYS=fetched same_as author")
    site.listing("news", "a1")
    site.article("a1", body="".join(f"<p>{part}</p>" for part in STORY.split("\n\n")))
    site.crawl(*keys)
    put(site.output, os.environ.get("LEDGER_URL", ""), "other", "b1", STORY, "2025-02-10 08:00:00")
    path = site.output / "toy/2025/02/a1.md"
    assert 'same_as: ""' in path.read_text(encoding="utf-8")
    done = corpus(site.output, "duplicates", "--write")
    assert (done.returncode, "--write needs the key same_as in EXTRA_KEYS" in done.stderr) == (2, True)
    done = corpus(site.output, "duplicates", "--write", *keys)
    assert (done.returncode, done.stdout) == (
        0, "other: 1 file written, 0 unchanged\ntoy: 1 file written, 0 unchanged\n"
    )  # fmt: skip
    before = path.read_bytes()
    assert b'same_as: "other/b1"' in before
    run = site.crawl(*keys, "-a", "refresh=10000")
    assert "articles.unchanged=1" in run.log
    assert path.read_bytes() == before
