"""Crawl a source whose lists contain whole articles: it requests lists only, and resumes them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.robustness.crash_recovery.moments import kill_at
from tests.support.mirror import FAST, Run, crawl, scrapy
from tests.support.server import Answer, Played, play

OPTIONS = ("-s", "SPIDER_MODULES=tests.support.entries", *FAST)
ALL = {f"e{number}" for number in range(12)}
PER_PAGE = 4


class EntriesSite:
    """A site, for `play`, with twelve entries on three lists and an empty fourth one."""

    def __init__(self) -> None:
        self.contents = {name: f"<p>Text of {name}, which is long enough.</p>" for name in sorted(ALL)}

    def __call__(self, path: str, number: int) -> Answer:
        if not path.startswith("/list"):
            return Answer("not found", 404)
        page = int(path[6:] or 1)
        rows = [self.row(number) for number in range(12)[(page - 1) * PER_PAGE : page * PER_PAGE]]
        return Answer(json.dumps({"rows": rows}), headers={"Content-Type": "application/json"})

    def row(self, number: int) -> dict[str, str]:
        name = f"e{number}"
        time = f"2025-02-11 08:{59 - number}:00"
        return {"id": name, "title": f"About {name}", "time": time, "content": self.contents[name]}


@pytest.fixture
def site() -> EntriesSite:
    return EntriesSite()


@pytest.fixture
def played(site: EntriesSite) -> Iterator[Played]:
    with play(site) as played:
        yield played
    assert not [path for path in played.paths if path.startswith("/a/")], "an article page was requested"


def run(played: Played, output: Path, *options: str) -> Run:
    return crawl("entries", output, *OPTIONS, *options, environment=played.environment)


def written(done: Run) -> set[str]:
    return set(done.files("entries"))


def test_each_list_is_requested_once_and_no_article_page(played: Played, tmp_path: Path) -> None:
    done = run(played, tmp_path)
    assert done.exit_code == 0, done.log
    assert written(done) == ALL
    assert [path for path in played.paths if path != "/robots.txt"] == ["/list", "/list/2", "/list/3", "/list/4"]
    text = done.files("entries")["e7"].decode()
    assert "Text of e7, which is long enough." in text
    assert text.endswith("[entries](http://entries.example/a/e7)\n")


def test_runs_with_a_limit_resume_until_all_entries_are_written(played: Played, tmp_path: Path) -> None:
    expected = run(played, tmp_path / "at once").files("entries")
    output, numbers = tmp_path / "limited", []
    for _ in range(3):
        done = run(played, output, "-a", "limit=5")
        numbers.append(len(written(done)))
    assert numbers == [5, 10, 12], done.log
    assert done.files("entries") == expected


@pytest.mark.parametrize(
    ("moment", "number"), [("links are recorded", 2), ("a file is half written", 6), ("a row is written", 3)]
)
def test_a_killed_run_is_resumed(played: Played, tmp_path: Path, moment: str, number: int) -> None:
    expected = run(played, tmp_path / "at once").files("entries")
    output = tmp_path / "killed"
    killed = scrapy(
        *("crawl", "entries", "-s", f"OUTPUT_DIR={output}", *OPTIONS),
        environment=played.environment,
        first=partial(kill_at, moment, number),
    )
    assert killed.returncode == -signal.SIGKILL
    again = run(played, output)
    assert again.exit_code == 0, again.log
    assert again.files("entries") == expected


def test_refused_entry_is_kept_and_read_again_from_the_list(site: EntriesSite, played: Played, tmp_path: Path) -> None:
    good = site.contents["e2"]
    site.contents |= {"e2": "<p> </p>", "e3": '<p><img src="/only-a-picture.png"></p>'}
    done = run(played, tmp_path)
    assert done.exit_code == 0  # one of ten
    assert written(done) == ALL - {"e2", "e3"}
    assert "pages.changed=1" in done.log
    assert "pages.skipped=1" in done.log
    kept = tmp_path / ".rejected/entries/e2"
    assert json.loads((kept / "page.bin").read_text())["title"] == "About e2"
    assert json.loads((kept / "page.json").read_text())["link"]["id"] == "e2"
    site.contents["e2"] = good
    again = run(played, tmp_path)
    assert written(again) == ALL - {"e3"}
    assert not kept.exists()


def test_a_truncated_list_is_requested_again(site: EntriesSite, tmp_path: Path) -> None:
    def cut_once(path: str, number: int) -> Answer:
        answer = site(path, number)
        if path == "/list/2" and number == 1:
            answer.cut = True
        return answer

    with play(cut_once) as played:
        done = run(played, tmp_path)
    assert done.exit_code == 0, done.log
    assert written(done) == ALL
    assert played.paths.count("/list/2") == 2
