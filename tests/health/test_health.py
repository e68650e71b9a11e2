"""`scrapy health`: how each source does, and what to do next."""

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
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.corpus.tables import RUNS
from crawler.health.judgement import judge
from crawler.health.table import SourceHealth, advice, ago, as_json, moment, state_of, table
from crawler.text.dates import BEIJING
from tests.support.mirror import scrapy

HOUR, DAY = 3600, 86400
NOW = int(datetime(2026, 11, 22, 21, 0, tzinfo=BEIJING).timestamp())
FINE, CHANGED = Verdict("fine"), Verdict("changed", "9 of 9 pages changed (title)", alarm=True)
OUTAGE = Verdict("unreachable", "no listing page could be read: no answer")


def run(hours: float, verdict: Verdict | None = FINE, new: int = 4, ended: bool = True, **more: Any) -> Run:
    """A run that began so many *hours* ago and took a minute."""
    began = int(NOW - hours * HOUR)
    figures = {"links.new": new, **more} | ({"verdict": asdict(verdict)} if verdict else {})
    return Run(1, "qq", began, began + 60 if ended else None, "finished" if ended else "", figures)


# States, pure -------------------------------------------------------------------------------------------------------


def test_a_source_is_in_its_state_since_the_first_of_the_runs_that_are_alike() -> None:
    runs = [run(60), run(48, CHANGED), run(36), run(24, OUTAGE), run(12, CHANGED)]
    state = state_of("qq", runs, 70)
    assert (state.verdict, state.since, state.last) == (CHANGED, runs[3].started, runs[4])
    assert state.is_wrong
    well = state_of("qq", runs[:3], 70)
    assert (well.verdict, well.since, well.is_wrong) == (FINE, runs[2].started, False)


def test_a_run_that_is_at_work_does_not_count() -> None:
    state = state_of("qq", [run(12), run(0, None, ended=False)], 70)
    assert (state.verdict, state.is_wrong) == (FINE, False)
    assert state_of("qq", [run(0, None, ended=False)], 0).last is None


def test_a_source_that_never_ran() -> None:
    state = state_of("qq", [], 0)
    assert (state.is_wrong, state.since, state.trend) == (False, 0, "steady")
    assert table([state], NOW)[1].split() == ["qq", "never", "run", "-", "-", "-", "0", "steady", "0"]
    assert as_json(state)["last_run"] is None
    assert as_json(state)["since"] is None


def test_a_source_that_is_overdue_is_wrong_though_its_last_run_was_fine() -> None:
    state = state_of("qq", [run(30)], 70, overdue="2026-11-22 07:00")
    assert state.is_wrong
    assert table([state], NOW)[1].split()[1] == "overdue"
    assert advice(state) == ["", "qq: overdue: it should have run at 2026-11-22 07:00: is the scheduler at work?"]


@pytest.mark.parametrize(
    ("before", "recent", "trend"), [(4, 4, "steady"), (4, 6, "steady"), (4, 7, "up"), (6, 4, "steady"), (7, 4, "down"),
                                    (0, 0, "steady"), (0, 1, "up"), (1, 0, "down")],
)  # fmt: skip
def test_the_trend_compares_the_last_seven_fine_runs_with_those_before(before: int, recent: int, trend: str) -> None:
    runs = (
        [run(200, new=before)] * 9 + [run(90, new=recent)] * 3 + [run(80, CHANGED, new=99)] + [run(70, new=recent)] * 4
    )
    state = state_of("qq", runs, 70)
    assert (state.usual, state.recent, state.trend) == (before, recent, trend)


def test_few_runs_have_no_trend() -> None:
    assert state_of("qq", [run(30, new=100), run(20, new=1), run(10, new=1)], 70).trend == "steady"


def test_what_is_wrong_stands_first_and_what_to_do_below() -> None:
    states = [state_of("a", [run(12)], 1), state_of("b", [run(13, CHANGED, new=9)], 12_345), state_of("c", [], 0)]
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
def test_there_is_something_to_do_for_every_class(kind: str) -> None:
    lines = advice(state_of("qq", [run(1, Verdict(kind, "why", alarm=True))], 0))
    assert lines == ["", f"qq: {kind}: why", f"qq: next: {KINDS[kind]}"]


def test_for_programs_it_is_json() -> None:
    state = state_of("qq", [run(12, CHANGED, asked={}, newest="2026-11-22 08:00:00")], 70)
    said = json.loads(json.dumps(as_json(state)))
    assert said["last_run"].pop("verdict") == asdict(CHANGED)
    assert said == {
        "source": "qq", "wrong": True, "kind": "changed", "why": CHANGED.why, "alarm": True,
        "since": "2026-11-22T09:00:00+08:00", "next": KINDS["changed"], "overdue": "", "articles": 70,
        "new_usually": 0.0, "new_recently": 0.0, "trend": "steady",
        "last_run": {
            "started": "2026-11-22T09:00:00+08:00", "seconds": 60, "end": "finished", "links.new": 4, "asked": {},
            "newest": "2026-11-22 08:00:00",
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("passed", "said"), [(0, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7199, "119 min ago"),
                         (7200, "2 h ago"), (DAY - 1, "23 h ago"), (DAY, "1 d ago"), (40 * DAY, "40 d ago"),
                         (-9, "0 s ago")],
)  # fmt: skip
def test_how_long_ago(passed: int, said: str) -> None:
    assert ago(NOW - passed, NOW) == said
    assert (ago(0, NOW), moment(0)) == ("-", None)


VERDICTS = st.none() | st.sampled_from([FINE, CHANGED, OUTAGE])


@given(st.lists(st.tuples(VERDICTS, st.integers(0, 500), st.booleans()), max_size=20), st.integers(0, 10**6))
def test_any_history_has_a_state(runs: list[tuple[Verdict | None, int, bool]], articles: int) -> None:
    history = [
        run(99 - turn, verdict, new, ended or verdict is not None) for turn, (verdict, new, ended) in enumerate(runs)
    ]
    state = state_of("qq", history, articles)
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


def note(output: Path, source: str, hours: float, verdict: Verdict = FINE, **figures: object) -> None:
    """Note a run of *source* that began so many *hours* ago, as a job does."""
    began = int(time.time() - hours * HOUR)
    noted = {"links.new": 3, "asked": {}, "job": True, "verdict": asdict(verdict), **figures}
    values = {"source": source, "started": began, "ended": began + 60, "reason": "finished", "figures": noted}
    with closing(opened(output)) as ledger:
        ledger.database.change(sa.insert(RUNS).values(**values))


def health(output: Path, *words: str, folder: Path | None = None) -> CompletedProcess[str]:
    first = partial(os.chdir, folder) if folder else None
    return scrapy("health", *words, "-s", f"OUTPUT_DIR={output}", first=first)


def test_all_is_well(output: Path) -> None:
    note(output, "iyiou", 30)
    note(output, "iyiou", 3)
    note(output, "qq", 3)
    done = health(output)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["source", "state"], ["iyiou", "fine"], ["qq", "fine"],
    ]  # fmt: skip


def test_what_is_wrong_has_exit_code_1(output: Path) -> None:
    note(output, "iyiou", 3)
    note(output, "qq", 3, CHANGED)
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


def test_no_run_so_far(output: Path) -> None:
    done = health(output)
    assert (done.returncode, done.stdout) == (0, "no run so far\n")
    assert json.loads(health(output, "--json").stdout) == []


def test_a_source_that_is_not_known(output: Path) -> None:
    note(output, "qq", 3)
    done = health(output, "qq", "q")
    assert done.returncode == 2
    assert "no run is known of q" in done.stderr
    assert health(output, "--accept", "q").returncode == 2


def test_the_page_is_a_file(output: Path) -> None:
    note(output, "qq", 3, CHANGED)
    done = health(output, "--html", f"{output}/health.html")
    assert (done.returncode, done.stdout) == (1, "")
    page = html.document_fromstring((output / "health.html").read_text(encoding="utf-8"))
    assert "qq" in page.xpath("string(//main)")
    assert CHANGED.why in page.text_content()


def test_a_page_that_cannot_be_written_is_said(output: Path) -> None:
    note(output, "qq", 3)
    done = health(output, "--html", f"{output}/nowhere/health.html")
    assert done.returncode == 5
    assert "error: " in done.stdout
    assert "Traceback" not in done.stderr


def test_what_a_person_accepts_is_usual_from_then_on(output: Path) -> None:
    note(output, "qq", 15)
    note(output, "qq", 3, CHANGED)
    note(output, "iyiou", 3, CHANGED)
    done = health(output, "--accept", "qq")
    assert (done.returncode, done.stdout) == (0, "qq: what its last run met is usual from now on\n")
    assert health(output, "qq").returncode == 0
    assert health(output, "iyiou").returncode == 1
    with closing(opened(output)) as ledger:
        assert ledger.runs.last("qq")[-1].verdict == Verdict("fine", "accepted")


def test_a_source_that_stays_as_it_was_accepted_stays_fine(output: Path) -> None:
    """Through the ledger, as runs go."""
    usual: dict[str, Any] = {"pages.listing": 1, "pages.article": 9, "fields.title": 9, "fields.author": 9}
    for turn in range(20, 0, -1):
        note(output, "qq", 12 * turn, **usual)
    without = {**usual, "fields.author": 0}

    def verdict() -> Verdict:
        with closing(opened(output)) as ledger:
            number = ledger.runs.start("qq")
            ledger.runs.finish(number, "finished", {"asked": {}, "links.new": 3, **without})
            *before, last = ledger.runs.last("qq")
            said = judge(last, before)
            ledger.runs.update(number, {**last.figures, "verdict": asdict(said)})
        return said

    assert verdict().why == "9 of 9 articles without author; usually 0 of 180"
    assert verdict().alarm
    health(output, "--accept", "qq")
    assert verdict().is_fine


def test_a_source_whose_runs_stay_away_is_overdue(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = 0 */2 * * *\n")
    for hours in (12, 10, 8):
        note(output, "qq", hours)
        note(output, "iyiou", hours, job=False)  # by hand
    done = health(output, "--json", folder=folder)
    states = {state["source"]: state for state in json.loads(done.stdout)}
    assert done.returncode == 1
    due = datetime.strptime(states["qq"]["overdue"], "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)
    assert timedelta(hours=5.5) < datetime.now(BEIJING) - due < timedelta(hours=8.1)
    assert (states["qq"]["wrong"], states["iyiou"]["wrong"]) == (True, False)
    note(output, "qq", 1)
    assert health(output, "qq", folder=folder).returncode == 0


def test_a_ledger_that_cannot_be_used_is_said(output: Path) -> None:
    done = health(output, "-s", f"LEDGER_URL=sqlite:///{output}/nowhere/ledger.db")
    assert done.returncode == 6
    assert done.stdout.startswith("error: ")


def test_a_schedule_that_cannot_be_read_is_said(output: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "scrapy.cfg").write_text("[settings]\ndefault = crawler.settings\n[schedule]\nqq = at noon\n")
    for hours in (12, 10, 8):
        note(output, "qq", hours)
    done = health(output, folder=folder)
    assert done.returncode == 2
    assert "'at noon' has 2 fields" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_is_a_value() -> None:
    assert state_of("qq", [], 0) == SourceHealth("qq", 0, None, Verdict("fine", "never run"), 0, 0.0, 0.0)
