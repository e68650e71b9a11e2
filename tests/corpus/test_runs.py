"""Tests of the verdict of a run, and of the table of runs: damaged figures, and runs that are summed up by day."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from crawler.corpus import run_table
from crawler.corpus.ledger import Ledger
from crawler.corpus.run_sums import beijing_day, day_start, group_runs, sum_runs
from crawler.corpus.runs import KINDS, RUNNING, Run, Verdict
from crawler.corpus.tables import RUNS
from crawler.health.judgement import judge

HOUR, DAY = 3600, 86400
NOW = int(time.time())
FINE, CHANGED = asdict(Verdict("fine")), asdict(Verdict("changed", "no title", alarm=True))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def ledger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("ledger")
    is_sqlite = request.param == "sqlite"
    ledger = Ledger(f"sqlite:///{folder}/ledger.db" if is_sqlite else request.getfixturevalue("postgres"))
    yield ledger
    ledger.close()


def a_run(started: int, source: str = "toy", reason: str = "finished", seconds: int = 60, **figures: Any) -> Run:
    named = {name.replace("__", "."): value for name, value in figures.items()}
    return Run(0, source, started, started + seconds, reason, {"asked": {}, "job": True, "verdict": FINE, **named})


def days(ledger: Ledger) -> dict[int, str | None]:
    return {row.number: row.day for row in ledger.database.rows(sa.select(RUNS.c.number, RUNS.c.day))}


# Verdicts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("disk", "disk"), ("ledger", "ledger"), ("blocked", "blocked"), ("locked", "unfinished"), ("killed", "bug"),
        ("crashed", "bug"), ("time limit", "unfinished"), ("shutdown", "unfinished"),
        ("closespider_timeout", "unfinished"), ("memusage_exceeded", "unfinished"), ("cancelled", "unfinished"),
        ("", "unfinished"), ("Finished", "unfinished"),
    ],
)  # fmt: skip
def test_a_run_that_did_not_finish_is_never_fine(reason: str, kind: str) -> None:
    for figures in ({}, {"verdict": FINE}, {"verdict": None}):
        run = Run(1, "toy", NOW, NOW, reason, figures)
        assert (run.verdict.kind, run.verdict.alarm) == (kind, False)
        assert run.verdict.why
        verdict = judge(run, [])
        assert verdict.kind == kind
        assert verdict.why


@pytest.mark.parametrize(
    "verdict",
    [None, "fine", 1, [], {}, {"kind": ""}, {"kind": "fine", "why": 1}, {"kind": "fine", "alarm": 1},
     {"kind": "fine", "alarm": True}, {"kind": None}, {"why": "fine"}],
)  # fmt: skip
def test_a_run_without_a_valid_verdict_is_not_fine_and_no_alarm(verdict: object) -> None:
    run = Run(1, "toy", NOW, NOW, "finished", {"verdict": verdict})
    assert run.verdict == Verdict("unfinished", "it ended without a verdict")


def test_a_run_in_progress_is_not_fine_and_no_failure() -> None:
    run = Run(1, "toy", NOW, None, "", {"verdict": FINE})
    assert run.verdict == RUNNING
    assert not RUNNING.is_fine
    assert not RUNNING.is_failure


@pytest.mark.parametrize("value", ["3", None, [], {}, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["pages.article", "refused.changed", "fields.title", "odd", "runs", "retries.article"])
def test_a_count_that_is_not_a_number_is_a_bug(name: str, value: object) -> None:
    history = [a_run(NOW - turn * DAY, pages__listing=1, pages__article=9) for turn in range(20, 0, -1)]
    run = a_run(NOW, pages__listing=1, pages__article=9)
    assert judge(run, history).is_fine
    broken = replace(run, figures={**run.figures, name: value})
    assert judge(broken, history) == Verdict("bug", f"the figure {name!r} is not a number", alarm=True)
    assert judge(run, [*history, broken]).is_fine


class Unreadable(dict[str, Any]):
    """Figures that raise an error."""

    def get(self, *_: object) -> Any:
        raise RuntimeError("no figures")


def test_a_run_that_cannot_be_judged_is_a_bug() -> None:
    verdict = judge(Run(1, "toy", NOW, NOW, "finished", Unreadable(a=1)), [])
    assert (verdict.kind, verdict.alarm) == ("bug", True)
    assert "RuntimeError" in verdict.why


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null", '"fine"', "\\xff", "[" * 100_000])
def test_figures_that_cannot_be_read_are_empty(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    ledger.runs.add(a_run(NOW))
    value = b"\xff\xfe" if text == "\\xff" else text
    ledger.database.change(sa.text("UPDATE runs SET figures = :value"), {"value": value})
    (run,) = ledger.runs.last("toy")
    assert run.figures == {}
    assert not run.verdict.is_fine
    ledger.close()


# Runs of a day ------------------------------------------------------------------------------------------------------


def test_old_runs_are_summed_up_by_day_once(ledger: Ledger) -> None:
    first_day = beijing_day(NOW) - 62
    for day in range(first_day, first_day + 5):
        for hour in (0, 7, 19, 23):  # 0: the first second of the Beijing day
            run = a_run(day_start(day) + hour * HOUR, seconds=10 + hour, links__new=hour, newest=f"2026-01-0{hour % 9}")
            ledger.runs.add(replace(run, figures={**run.figures, "example.gone": "a page", "why": "text"}))
    ledger.runs.add(a_run(day_start(first_day), "other"))
    before = ledger.runs.last("toy")
    ledger.runs.sum_up("toy")
    after = ledger.runs.last("toy")
    assert [run.number for run in after] == [4, 8, *range(9, 21)]
    assert after[2:] == before[8:]  # the runs of the last 60 days are as they were
    assert list(days(ledger).values()).count(None) == 13
    first = after[0]
    assert (first.started, first.ended) == (before[0].started, before[3].ended)
    assert first.figures == {
        "asked": {}, "job": True, "verdict": FINE, "links.new": 49, "newest": "2026-01-07", "runs": 4, "duration": 89,
    }  # fmt: skip
    assert (first.runs, first.seconds, first.verdict) == (4, 22, Verdict("fine"))
    for _ in range(2):
        ledger.runs.sum_up("toy")
        assert ledger.runs.last("toy") == after
    assert len(ledger.runs.last("other")) == 1


def test_runs_of_different_arguments_ends_and_classes_are_not_summed_up(ledger: Ledger) -> None:
    start = day_start(beijing_day(NOW) - 90)
    kinds: list[dict[str, Any]] = [
        {},
        {"asked": {"limit": "3"}},
        {"verdict": CHANGED},
        {"reason": "disk"},
        {"job": False},
    ]
    for turn in range(10):
        ledger.runs.add(a_run(start + turn * HOUR, links__new=1, **kinds[turn % 5]))
    ledger.runs.sum_up("toy")
    runs = ledger.runs.last("toy")
    assert [(run.number, run.runs) for run in runs] == [(7, 2), (8, 2), (9, 2), (10, 4)]
    assert [run.verdict.kind for run in runs] == ["fine", "changed", "disk", "fine"]
    assert runs[1].verdict.alarm
    assert "job" not in runs[3].figures  # the runs do not agree


def test_an_accepted_run_stays_the_baseline(ledger: Ledger) -> None:
    start = day_start(beijing_day(NOW) - 90)
    for turn in range(10):
        ledger.runs.add(a_run(start + turn * HOUR, fields__title=9, fields__author=9 if turn < 6 else 0))
    accepted = ledger.runs.last("toy")[6]
    ledger.runs.update(accepted.number, {**accepted.figures, "accepted": True})
    usual: dict[str, Any] = {"pages__listing": 1, "pages__article": 9, "fields__title": 9}
    assert judge(a_run(NOW, **usual), ledger.runs.last("toy")).is_fine
    ledger.runs.sum_up("toy")
    assert [(run.runs, run.count("fields.author")) for run in ledger.runs.last("toy")] == [(6, 54), (4, 0)]
    assert judge(a_run(NOW, **usual), ledger.runs.last("toy")).is_fine


def test_a_run_without_an_end_is_not_summed_up(ledger: Ledger) -> None:
    start = day_start(beijing_day(NOW) - 90)
    ledger.runs.add(a_run(start))
    number = ledger.runs.start("toy")
    ledger.database.change(sa.update(RUNS).where(RUNS.c.number == number).values(started=start + HOUR))
    ledger.runs.sum_up("toy")
    assert days(ledger)[number] is None
    assert ledger.runs.last("toy")[-1].ended is None


def test_a_wrong_clock_sums_up_nothing_twice(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    day = beijing_day(NOW) - 3
    for hour in range(6):
        ledger.runs.add(a_run(day_start(day) + hour * HOUR, links__new=1, links__known=5))
    monkeypatch.setattr(run_table, "timestamp", lambda: NOW + 400 * DAY)
    ledger.runs.sum_up("toy")
    monkeypatch.undo()
    for hour in range(6, 9):  # later on the same day
        ledger.runs.add(a_run(day_start(day) + hour * HOUR, links__new=1, links__known=5))
    for years in (-1, 1, 100, 0):
        monkeypatch.setattr(run_table, "timestamp", lambda years=years: NOW + years * 365 * DAY)
        ledger.runs.sum_up("toy")
    runs = ledger.runs.last("toy")
    assert [(run.number, run.runs) for run in runs] == [(6, 6), (9, 3)]
    assert sum(run.count("links.new") for run in runs) == 9
    assert sum(run.runs for run in runs) == 9


def test_a_failure_in_the_middle_of_a_day_changes_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    start = day_start(beijing_day(NOW) - 90)
    for hour in range(6):
        ledger.runs.add(a_run(start + hour * HOUR, links__new=1))
    before = ledger.runs.last("toy")

    def broken(groups: Any, day: str) -> Iterator[Any]:
        yield sa.delete(RUNS).where(RUNS.c.number < 4)
        yield sa.text("DELETE FROM nowhere")

    monkeypatch.setattr(run_table, "_replacements", broken)
    with pytest.raises(Exception, match="nowhere"):
        ledger.runs.sum_up("toy")
    assert ledger.runs.last("toy") == before


FIGURES = st.dictionaries(
    st.sampled_from(["links.new", "pages.article", "refused.gone", "fields.title", "body.characters"]),
    st.integers(0, 99),
)


@given(st.lists(st.tuples(FIGURES, st.sampled_from(["finished", "killed", "disk"]), st.booleans()), min_size=1))
def test_sums_lose_no_count_and_no_failure(rows: list[tuple[dict[str, int], str, bool]]) -> None:
    runs = [
        replace(a_run(NOW + n, reason=reason, job=job), number=n + 1, figures={**figures, "job": job, "verdict": FINE})
        for n, (figures, reason, job) in enumerate(rows)
    ]
    sums = [sum_runs(group) for group in group_runs(runs)]
    for name in ("links.new", "pages.article", "refused.gone", "fields.title", "body.characters"):
        assert sum(run.count(name) for run in sums) == sum(run.count(name) for run in runs)
    assert sum(run.runs for run in sums) == len(runs)
    assert {run.verdict.kind for run in sums} == {run.verdict.kind for run in runs} <= {"fine", *KINDS}
    assert max(run.number for run in sums) == len(runs)


# History ------------------------------------------------------------------------------------------------------------


def half_hourly(ledger: Ledger, number: int, news_until: int) -> list[Run]:
    """Record *number* runs that end now, two in an hour; every ninth of those before *news_until* found an article."""
    rows = []
    for turn in range(number, 0, -1):
        started = NOW - turn * 1800
        new = {"links.new": 1} if turn % 9 == 0 and started < news_until else {}
        figures = {"asked": {}, "job": True, "pages.listing": 1, "links.known": 20, **new, "verdict": FINE}
        rows.append(
            {"source": "toy", "started": started, "ended": started + 9, "reason": "finished", "figures": figures}
        )
    ledger.database.change(sa.insert(RUNS), rows)
    return ledger.runs.last("toy")


def test_a_source_with_half_hourly_runs_can_be_stale(ledger: Ledger) -> None:
    before = half_hourly(ledger, 40 * 48, news_until=NOW - 12 * DAY)
    run = a_run(NOW, pages__listing=1, links__known=20)
    verdict = judge(run, before, ledger.runs.news("toy", {}))
    assert (verdict.kind, verdict.alarm) == ("stale", True)
    assert "no new article for 12." in verdict.why
    assert judge(run, before, ledger.runs.news("toy", {"limit": "3"})).is_fine
    with_news = a_run(NOW, pages__listing=1, links__known=20, links__new=1)
    assert judge(with_news, before, ledger.runs.news("toy", {})).is_fine


def test_news_are_those_of_fine_runs_with_the_same_arguments(ledger: Ledger) -> None:
    for figures in (
        {"links__new": 1}, {}, {"links__new": 1, "verdict": CHANGED}, {"links__new": 1, "reason": "shutdown"},
        {"links__new": 1, "asked": {"keyword": "5%_芯"}}, {"links__newer": 1}, {"links__new": 2},
    ):  # fmt: skip
        ledger.runs.add(a_run(NOW, **figures))
    assert [number for number, _ in ledger.runs.news("toy", {})] == [7, 1]
    assert [number for number, _ in ledger.runs.news("toy", {"keyword": "5%_芯"})] == [5]
    assert ledger.runs.news("toy", {"keyword": "5%%芯"}) == []
    assert ledger.runs.news("other", {}) == []


# Costs --------------------------------------------------------------------------------------------------------------


def test_no_query_of_a_run_reads_the_whole_history(tmp_path_factory: pytest.TempPathFactory) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    plans: list[str] = []
    rows = ledger.database.rows

    def explained(statement: Any, parameters: Any = None) -> Any:
        sql = str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
        plans.extend(row[3] for row in rows(sa.text(f"EXPLAIN QUERY PLAN {sql}")))
        return rows(statement, parameters)

    ledger.database.rows = explained  # type: ignore[method-assign]
    ledger.runs.start("toy")
    ledger.runs.sum_up("toy")
    ledger.runs.last("toy")
    ledger.close()
    assert plans == [
        "SEARCH runs USING INDEX runs_by_source (source=?)",  # newest first, with a limit
        "SEARCH runs USING INDEX runs_to_sum_up (source=? AND started<?)",
        "SEARCH runs USING INDEX runs_by_source (source=?)",
    ]
