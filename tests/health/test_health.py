"""Tests of `scrapy health` and of the table and the JSON that it prints."""

from __future__ import annotations

import json
import os
import time
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.runs import KINDS, NEVER_RUN, Run, Verdict
from crawler.health.judgement import judge
from crawler.health.table import SourceHealth, advice, ago, as_json, iso_time, source_health, table
from crawler.text.dates import BEIJING
from tests.support.mirror import scrapy

HOUR, DAY = 3600, 86400
NOW = int(datetime(2026, 11, 22, 21, 0, tzinfo=BEIJING).timestamp())
FINE, CHANGED = Verdict("fine"), Verdict("changed", "9 of 9 pages changed (title)", alarm=True)
OUTAGE = Verdict("unreachable", "no listing page could be read: no response")


def run(hours: float, verdict: Verdict | None = FINE, new: int = 4, ended: bool = True, **more: Any) -> Run:
    """Create a run that started *hours* ago and took a minute."""
    started = int(NOW - hours * HOUR)
    figures = {"links.new": new, **more} | ({"verdict": asdict(verdict)} if verdict else {})
    return Run(1, "qq", started, started + 60 if ended else None, "finished" if ended else "", figures)


# States without the command -----------------------------------------------------------------------------------------


def test_since_is_the_first_run_of_the_current_state() -> None:
    runs = [run(60), run(48, CHANGED), run(36), run(24, OUTAGE), run(12, CHANGED)]
    state = source_health("qq", runs, 70)
    assert (state.verdict, state.since, state.last) == (CHANGED, runs[3].started, runs[4])
    assert state.is_wrong
    well = source_health("qq", runs[:3], 70)
    assert (well.verdict, well.since, well.is_wrong) == (FINE, runs[2].started, False)


def test_a_run_in_progress_does_not_count() -> None:
    state = source_health("qq", [run(12), run(0, None, ended=False)], 70)
    assert (state.verdict, state.is_wrong) == (FINE, False)
    assert source_health("qq", [run(0, None, ended=False)], 0).last is None


def test_a_source_that_never_ran() -> None:
    state = source_health("qq", [], 0)
    assert (state.is_wrong, state.since, state.trend) == (False, 0, "steady")
    assert table([state], NOW)[1].split() == ["qq", "never", "run", "-", "-", "-", "0", "steady", "0"]
    assert as_json(state)["last_run"] is None
    assert as_json(state)["since"] is None


def test_an_overdue_source_is_wrong_even_after_a_fine_run() -> None:
    state = source_health("qq", [run(30)], 70, overdue="2026-11-22 07:00")
    assert state.is_wrong
    assert table([state], NOW)[1].split()[1] == "overdue"
    assert advice(state) == ["", "qq: overdue: a run was due at 2026-11-22 07:00: check that the scheduler is running"]


@pytest.mark.parametrize(
    ("before", "recent", "trend"), [(4, 4, "steady"), (4, 6, "steady"), (4, 7, "up"), (6, 4, "steady"), (7, 4, "down"),
                                    (0, 0, "steady"), (0, 1, "up"), (1, 0, "down")],
)  # fmt: skip
def test_the_trend_compares_the_last_seven_fine_runs_with_those_before(before: int, recent: int, trend: str) -> None:
    runs = (
        [run(200, new=before)] * 9 + [run(90, new=recent)] * 3 + [run(80, CHANGED, new=99)] + [run(70, new=recent)] * 4
    )
    state = source_health("qq", runs, 70)
    assert (state.usual, state.recent, state.trend) == (before, recent, trend)


def test_few_runs_have_no_trend() -> None:
    assert source_health("qq", [run(30, new=100), run(20, new=1), run(10, new=1)], 70).trend == "steady"


def test_table_lists_problems_first_and_advice_below() -> None:
    states = [
        source_health("a", [run(12)], 1),
        source_health("b", [run(13, CHANGED, new=9)], 12_345),
        source_health("c", [], 0),
    ]
    assert table(states, NOW) == [
        "source  state      since     last run  new  usually  trend   stored",
        "b       changed    13 h ago  13 h ago  9    0        steady  12345",
        "a       fine       12 h ago  12 h ago  4    4        steady  1",
        "c       never run  -         -         -    0        steady  0",
        "",
        "b: changed: 9 of 9 pages changed (title)",
        f"b: next: {KINDS['changed']}",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_has_advice(kind: str) -> None:
    lines = advice(source_health("qq", [run(1, Verdict(kind, "why", alarm=True))], 0))
    assert lines == ["", f"qq: {kind}: why", f"qq: next: {KINDS[kind]}"]


def test_as_json() -> None:
    state = source_health("qq", [run(12, CHANGED, asked={}, newest="2026-11-22 08:00:00")], 70)
    converted = json.loads(json.dumps(as_json(state)))
    assert converted["last_run"].pop("verdict") == asdict(CHANGED)
    assert converted == {
        "source": "qq", "wrong": True, "kind": "changed", "why": CHANGED.why, "alarm": True,
        "since": "2026-11-22T09:00:00+08:00", "next": KINDS["changed"], "overdue": "", "articles": 70,
        "new_usually": 0.0, "new_recently": 0.0, "trend": "steady",
        "last_run": {
            "started": "2026-11-22T09:00:00+08:00", "seconds": 60, "end": "finished", "links.new": 4, "asked": {},
            "newest": "2026-11-22 08:00:00",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("elapsed", "text"), [(0, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7199, "119 min ago"),
                         (7200, "2 h ago"), (DAY - 1, "23 h ago"), (DAY, "1 d ago"), (40 * DAY, "40 d ago"),
                         (-9, "0 s ago")],
)  # fmt: skip
def test_ago(elapsed: int, text: str) -> None:
    assert ago(NOW - elapsed, NOW) == text
    assert (ago(0, NOW), iso_time(0)) == ("-", None)


VERDICTS = st.none() | st.sampled_from([FINE, CHANGED, OUTAGE])


@given(st.lists(st.tuples(VERDICTS, st.integers(0, 500), st.booleans()), max_size=20), st.integers(0, 10**6))
def test_any_history_has_a_state(runs: list[tuple[Verdict | None, int, bool]], articles: int) -> None:
    history = [
        run(99 - turn, verdict, new, ended or verdict is not None) for turn, (verdict, new, ended) in enumerate(runs)
    ]
    state = source_health("qq", history, articles)
    lines = table([state], NOW)
    assert lines[1].startswith("qq ")
    assert len(lines) == (5 if state.is_wrong else 2)
    assert not any("\n" in line for line in lines)
    json.dumps(as_json(state))


# The command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def output(tmp_path: Path) -> Path:
    (tmp_path / ".state").mkdir()
    return tmp_path


def opened(output: Path) -> Ledger:
    return open_ledger(output / ".state", os.environ.get("LEDGER_URL", ""))


def add_run(output: Path, source: str, hours: float, verdict: Verdict = FINE, **figures: object) -> None:
    """Add a run of *source* that started *hours* ago to the ledger, as `scrapy job` does."""
    started = int(time.time() - hours * HOUR)
    recorded = {"links.new": 3, "asked": {}, "job": True, "verdict": asdict(verdict), **figures}
    with closing(opened(output)) as ledger:
        ledger.runs.add(Run(0, source, started, started + 60, "finished", recorded))


def health(output: Path, *words: str, folder: Path | None = None) -> CompletedProcess[str]:
    first = partial(os.chdir, folder) if folder else None
    return scrapy("health", *words, "-s", f"OUTPUT_DIR={output}", first=first)


def test_fine_sources_have_exit_code_0(output: Path) -> None:
    add_run(output, "iyiou", 30)
    add_run(output, "iyiou", 3)
    add_run(output, "qq", 3)
    done = health(output)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["source", "state"], ["iyiou", "fine"], ["qq", "fine"],
    ]  # fmt: skip


def test_a_problem_has_exit_code_1(output: Path) -> None:
    add_run(output, "iyiou", 3)
    add_run(output, "qq", 3, CHANGED)
    done = health(output)
    assert done.returncode == 1
    assert done.stdout.splitlines()[1].split()[:2] == ["qq", "changed"]
    assert f"qq: next: {KINDS['changed']}" in done.stdout
    assert health(output, "iyiou").returncode == 0
    one = health(output, "qq", "--json")
    assert one.returncode == 1
    assert [(state["source"], state["kind"], state["wrong"]) for state in json.loads(one.stdout)] == [
        ("qq", "changed", True)
    ]


def test_an_empty_ledger(output: Path) -> None:
    done = health(output)
    assert (done.returncode, done.stdout) == (0, "no run recorded\n")
    assert json.loads(health(output, "--json").stdout) == []


def test_an_unknown_source_is_a_usage_error(output: Path) -> None:
    add_run(output, "qq", 3)
    done = health(output, "qq", "q")
    assert done.returncode == 2
    assert "no run recorded for q" in done.stderr
    assert health(output, "--accept", "q").returncode == 2


def test_html_writes_a_file(output: Path) -> None:
    add_run(output, "qq", 3, CHANGED)
    done = health(output, "--html", f"{output}/health.html")
    assert (done.returncode, done.stdout) == (1, "")
    page = html.document_fromstring((output / "health.html").read_text(encoding="utf-8"))
    assert "qq" in page.xpath("string(//main)")
    assert CHANGED.why in page.text_content()


def test_an_unwritable_page_has_exit_code_5(output: Path) -> None:
    add_run(output, "qq", 3)
    done = health(output, "--html", f"{output}/nowhere/health.html")
    assert done.returncode == 5
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr


def test_accept_makes_a_source_fine(output: Path) -> None:
    add_run(output, "qq", 15)
    add_run(output, "qq", 3, CHANGED)
    add_run(output, "iyiou", 3, CHANGED)
    done = health(output, "--accept", "qq")
    assert (done.returncode, done.stdout) == (0, "qq: accepted; later runs are compared with its last run\n")
    assert health(output, "qq").returncode == 0
    assert health(output, "iyiou").returncode == 1
    with closing(opened(output)) as ledger:
        assert ledger.runs.last("qq")[-1].verdict == Verdict("fine", "accepted")


def test_an_accepted_source_stays_fine_if_it_does_not_change(output: Path) -> None:
    """Uses the ledger, as real runs do."""
    usual: dict[str, Any] = {"pages.listing": 1, "pages.article": 9, "fields.title": 9, "fields.author": 9}
    for turn in range(20, 0, -1):
        add_run(output, "qq", 12 * turn, **usual)
    without = {**usual, "fields.author": 0}

    def run_and_judge() -> Verdict:
        with closing(opened(output)) as ledger:
            number = ledger.runs.start("qq")
            ledger.runs.finish(number, "finished", {"asked": {}, "links.new": 3, **without})
            *before, last = ledger.runs.last("qq")
            verdict = judge(last, before)
            ledger.runs.update(number, {**last.figures, "verdict": asdict(verdict)})
        return verdict

    assert run_and_judge().why == "9 of 9 articles without author; usually 0 of 180"
    assert run_and_judge().alarm
    health(output, "--accept", "qq")
    assert run_and_judge().is_fine


def test_a_source_without_scheduled_runs_is_overdue(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = 0 */2 * * *\n")
    for hours in (12, 10, 8):
        add_run(output, "qq", hours)
        add_run(output, "iyiou", hours, job=False)  # not by a job
    done = health(output, "--json", folder=folder)
    states = {state["source"]: state for state in json.loads(done.stdout)}
    assert done.returncode == 1
    due = datetime.strptime(states["qq"]["overdue"], "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)
    assert timedelta(hours=5.5) < datetime.now(BEIJING) - due < timedelta(hours=8.1)
    assert (states["qq"]["wrong"], states["iyiou"]["wrong"]) == (True, False)
    add_run(output, "qq", 1)
    assert health(output, "qq", folder=folder).returncode == 0


def test_an_unusable_ledger_has_exit_code_6(output: Path) -> None:
    done = health(output, "-s", f"LEDGER_URL=sqlite:///{output}/nowhere/ledger.db")
    assert done.returncode == 6
    assert done.stderr.startswith("error: ")


def test_an_invalid_schedule_is_a_usage_error(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = at noon\n")
    for hours in (12, 10, 8):
        add_run(output, "qq", hours)
    done = health(output, folder=folder)
    assert done.returncode == 2
    assert "'at noon' has 2 fields" in done.stderr
    assert "Traceback" not in done.stderr


def test_states_are_compared_by_value() -> None:
    assert source_health("qq", [], 0) == SourceHealth("qq", 0, None, NEVER_RUN, 0, 0.0, 0.0)


def test_advice_for_a_run_whose_listings_are_all_skipped() -> None:
    figures: dict[str, Any] = {"listings.skipped": 2, "example.skipped": "a video page"}
    verdict = judge(run(1, None, new=0, **figures), [])
    state = source_health("qq", [run(1, verdict)], 0)
    assert any("qq: skipped: no listing page could be read: a video page" in line for line in advice(state))
