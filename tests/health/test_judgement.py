"""Tests of the verdicts: no alarm while a site is quiet, the right class after it has changed."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.corpus.run_sums import group_runs, sum_runs
from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.health.judgement import judge

HOUR, DAY = 3600, 86400


class History:
    """The runs of an invented source, each judged at its end."""

    def __init__(self, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.runs: list[Run] = []

    def run(self, at: int = 0, reason: str = "finished", **figures: Any) -> Verdict:
        started = at or (self.runs[-1].started + 12 * HOUR if self.runs else 1_760_000_000)
        figures = {name.replace("__", "."): value for name, value in figures.items()} | {"asked": {}}
        run = Run(len(self.runs) + 1, "toy", started, started + 60, reason, figures)
        verdict = judge(run, self.runs)
        self.runs.append(replace(run, figures=figures | {"verdict": asdict(verdict)}))
        return verdict

    def usual(self, articles: int, at: int = 0, **others: Any) -> Verdict:
        """Add a usual run with *articles* new articles: one in ten without an author, one in thirty truncated."""
        cut = sum(self.chance.random() < 1 / 30 for _ in range(articles))
        read = articles - cut
        figures = {
            "links__new": articles, "links__known": 40 - min(articles, 40), "pages__listing": 2, "pages__article": read,
            "fields__title": read, "fields__time": read, "body__characters": 1500 * read, "charset__utf-8": read,
            "fields__author": sum(self.chance.random() < 0.9 for _ in range(read)), "reader__page": read,
            "chosen__title__h1": read, "refused__incomplete": cut, "articles__written": read,
        }  # fmt: skip
        return self.run(at, **figures | others)

    def weeks(self, days: int, growth: float = 0.0) -> list[Verdict]:
        """Add two runs per day: fewer articles at night, few at weekends, none in a holiday of eight days."""
        verdicts = []
        for day in range(days):
            for hour in (7, 19):
                expected = (3 if hour == 7 else 10) * (0.1 if day % 7 in (5, 6) else 1.0) * (1 + growth * day)
                number = 0 if 20 <= day < 28 else int(self.chance.gauss(expected, expected / 3) + 0.5)
                verdicts.append(self.usual(max(number, 0), 1_760_000_000 + day * DAY + hour * HOUR))
        return verdicts


@pytest.mark.parametrize("seed", range(30))
def test_no_false_alarm_in_forty_days_of_nights_weekends_a_holiday_and_growth(seed: int) -> None:
    verdicts = History(seed).weeks(40, growth=0.05 if seed % 2 else 0.0)
    assert [verdict for verdict in verdicts if not verdict.is_fine] == []


FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a missing title": (
        "changed", "title", {"pages__article": 0, "fields__title": 0, "fields__time": 0, "fields__author": 0,
         "reader__page": 0, "chosen__title__h1": 0, "charset__utf-8": 0, "refused__changed": 6, "at__title": 6,
         "refused__incomplete": 0, "example__changed": "title is missing"},
    ),
    "times that are not read": ("changed", "time of day that is not read", {"chosen__unread_time__byline": 6}),
    "a title from another source": ("changed", "'og:title'", {"chosen__title__h1": 0, "chosen__title__og:title": 6}),
    "no author": ("changed", "without author", {"fields__author": 0}),
    "an empty listing": (
        "changed", "leads to no article", {"pages__listing": 0, "links__new": 0, "links__known": 0,
         "listings__changed": 1, "example__changed": "the listing leads to no article"},
    ),
    "a listing of three links": ("changed", "links per listing page", {"links__new": 1, "links__known": 2}),
    "captcha pages": ("blocked", "a captcha", {"refused__blocked": 6, "example__blocked": "a captcha"}),
    "a captcha instead of the listing": (
        "blocked", "a captcha", {"pages__listing": 0, "listings__blocked": 1, "example__blocked": "a captcha"},
    ),
    "half of the pages truncated": (
        "incomplete", "pages incomplete", {"refused__incomplete": 3, "pages__article": 3, "fields__title": 3},
    ),
    "articles of one line": ("incomplete", "characters", {"body__characters": 600}),
    "another charset": ("changed", "'gb18030'", {"charset__utf-8": 0, "charset__gb18030": 6}),
    "robots.txt that fails": ("unreachable", "robots.txt", {"pages__listing": 0, "robots__failed": 1}),
    "a site that is down": (
        "unreachable", "refused", {"pages__listing": 0, "listings__unreachable": 1,
         "example__unreachable": "connection refused"},
    ),
    "a login": ("login", "pages login", {"refused__login": 6}),
    "deleted articles": ("gone", "pages gone", {"refused__gone": 6}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(5))
def test_a_fault_raises_an_alarm_within_two_runs_until_it_ends(fault: str, seed: int) -> None:
    kind, why, figures = FAULTS[fault]
    history = History(seed)
    history.weeks(40)
    verdicts = [history.usual(6, **figures) for _ in range(20)]
    found = [verdict for verdict in verdicts[:2] if verdict.alarm]
    assert found, verdicts[:2]
    assert {verdict.kind for verdict in verdicts if verdict.alarm} == {kind}
    assert why in found[0].why
    assert all(verdict.alarm for verdict in verdicts[1:]), "a fault must not become the usual state"
    later = [history.usual(6) for _ in range(3)]
    assert later[-1].is_fine
    assert not later[-2].alarm or later[-2].kind == kind


def test_one_refused_page_raises_no_alarm() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, refused__changed=1, at__title=1).is_fine
    assert history.usual(6).is_fine


def test_a_site_that_is_down_once_raises_no_alarm() -> None:
    history = History()
    history.weeks(40)
    down = {"pages__listing": 0, "listings__unreachable": 1}
    assert history.usual(0, **down) == Verdict("unreachable", "no listing page could be read: no response", alarm=False)
    assert history.usual(3).is_fine


def test_a_first_run_is_judged_without_history() -> None:
    assert History().usual(40, refused__skipped=12, refused__gone=3, fields__author=0).is_fine
    assert History().usual(3, refused__changed=1, pages__article=2).is_fine
    broken = History().run(pages__listing=1, refused__changed=20, links__new=20)
    assert (broken.kind, broken.alarm) == ("changed", True)


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({"links__unrecorded": 2}, "empty"),
        ({"links__forbidden": 1}, "empty"),
        ({"records__not_article": 9}, "empty"),
        ({"records__damaged": 1}, "empty"),
        ({"links__forbidden": 1, "links__known": 3}, "fine"),
        ({"links__unrecorded": 1, "pages__listing": 1}, "fine"),
        ({"records__not_article": 9, "pages__article": 1}, "fine"),
        ({"links__no_issue": 1}, "fine"),
    ],
)
def test_a_run_that_could_request_no_page_is_not_fine(counts: dict[str, Any], kind: str) -> None:
    assert History().run(**counts).kind == kind


def test_an_unfinished_run() -> None:
    for reason, kind, alarm in (
        ("disk", "disk", True), ("ledger", "ledger", True), ("blocked", "blocked", True), ("killed", "bug", True),
        ("time limit", "unfinished", False), ("shutdown", "unfinished", False),
    ):  # fmt: skip
        verdict = History().run(reason=reason)
        assert (verdict.kind, verdict.alarm) == (kind, alarm)
    assert History().run(internal_errors=1, pages__listing=1).kind == "bug"


def test_no_new_article_for_unusually_long() -> None:
    history = History()
    history.weeks(40)
    verdicts = [history.usual(0) for _ in range(60)]
    assert verdicts[0].is_fine
    assert verdicts[-1].kind == "stale"
    assert "no new article for" in verdicts[-1].why
    assert history.usual(2).is_fine


def test_runs_are_compared_with_runs_of_the_same_arguments() -> None:
    history = History()
    history.weeks(40)
    backfill = replace(history.runs[-1], number=99, figures={
        **history.runs[-1].figures, "asked": {"pages": "0"}, "chosen.title.h1": 0, "chosen.title.og:title": 50,
    })  # fmt: skip
    assert judge(backfill, history.runs).is_fine


def test_an_accepted_run_starts_a_new_history() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, fields__author=0).alarm
    last = history.runs[-1]
    history.runs[-1] = replace(last, figures={**last.figures, "accepted": True, "verdict": asdict(Verdict("fine"))})
    assert history.usual(6, fields__author=0).is_fine


# Pages that an earlier run refused ----------------------------------------------------------------------------------

NO_PAGES: dict[str, Any] = {
    "pages__article": 0, "fields__title": 0, "fields__time": 0, "fields__author": 0, "reader__page": 0,
    "chosen__title__h1": 0, "charset__utf-8": 0, "body__characters": 0, "refused__incomplete": 0,
    "articles__written": 0,
}  # fmt: skip


@pytest.mark.parametrize("days", [0, 40])
def test_pages_that_are_only_retried_raise_no_alarm_and_no_end_of_one(days: int) -> None:
    history = History()
    history.weeks(days)
    for kind in ("blocked", "unreachable", "changed", "login", "gone", "skipped", "incomplete", "bug"):
        retried = {f"retries__{kind}": 40, f"pages__{kind}": 40}
        assert history.usual(0, **retried).is_fine
        assert history.usual(3, **retried, refused__incomplete=0, pages__article=3).is_fine


def test_articles_read_when_they_are_retried_do_not_hide_failures() -> None:
    history = History()
    history.weeks(40)
    read = {**NO_PAGES, "pages__article": 90, "retries__article": 80, "retries__stored": 10}
    verdicts = [history.usual(2, **read, refused__blocked=2) for _ in range(2)]
    assert [(verdict.kind, verdict.alarm) for verdict in verdicts] == [("blocked", True)] * 2


def test_an_alarm_about_pages_ends_only_after_an_article_was_read() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, **NO_PAGES | {"refused__blocked": 6}).alarm
    without_evidence: list[dict[str, Any]] = [
        {}, {"retries__blocked": 6}, {"refused__blocked": 1}, {"refused__gone": 1}, {"retries__stored": 1},
        {"pages__listing": 0, "listings__unreachable": 1}, {"reason": "time limit"}, {"reason": "killed"}, {},
    ]  # fmt: skip
    for figures in without_evidence:
        verdict = history.usual(0, **NO_PAGES | figures)
        assert not verdict.is_fine, figures
    assert verdict.kind == "blocked"
    assert verdict.alarm
    assert history.usual(0, **NO_PAGES | {"retries__article": 1, "pages__article": 1}).is_fine


def test_a_run_with_other_arguments_does_not_end_an_alarm() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, **NO_PAGES | {"refused__blocked": 6}).alarm
    other = replace(history.runs[0], number=len(history.runs) + 1)
    history.runs.append(replace(other, figures={**other.figures, "asked": {"limit": "1"}, "verdict": {"kind": "fine"}}))
    assert history.usual(0, **NO_PAGES).kind == "blocked"


def test_an_alarm_about_fields_ends_only_after_an_article_with_the_field() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, fields__author=0).alarm
    retried = NO_PAGES | {"pages__article": 5, "retries__article": 5}
    assert history.usual(0, **retried).alarm
    assert history.usual(3).is_fine


def test_short_articles_end_after_enough_long_ones() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, body__characters=600).kind == "incomplete"
    one = NO_PAGES | {"pages__article": 1, "fields__title": 1, "fields__author": 1, "fields__time": 1}
    one |= {"body__characters": 1500}
    assert [history.usual(1, **one).kind for _ in range(3)] == ["incomplete", "incomplete", "fine"]


def test_a_history_of_summed_runs_judges_like_one_of_single_runs() -> None:
    history = History()
    history.weeks(100)
    old, recent = history.runs[:80], history.runs[80:]
    for kind, _, figures in FAULTS.values():
        summed = History()
        days = [old[first : first + 2] for first in range(0, len(old), 2)]
        summed.runs = [sum_runs(group) for day in days for group in group_runs(day)] + recent
        assert sum(run.runs for run in summed.runs) == len(history.runs)
        verdicts = [summed.usual(6, history.runs[-1].started + (turn + 1) * 12 * HOUR, **figures) for turn in range(2)]
        assert [verdict for verdict in verdicts if verdict.alarm], kind
        assert {verdict.kind for verdict in verdicts if verdict.alarm} == {kind}
    without_fault = History()
    without_fault.runs = summed.runs[:-2]
    assert without_fault.usual(6, history.runs[-1].started + DAY).is_fine


NUMBERS = st.dictionaries(
    st.sampled_from([
        "links.new", "links.known", "pages.listing", "pages.article", "listings.blocked", "refused.changed",
        "refused.gone", "fields.title", "fields.author", "chosen.title.h1", "chosen.title.x", "reader.a",
        "body.characters", "internal_errors", "robots.failed", "charset.utf-8",
    ]),
    st.integers(0, 2000),
)  # fmt: skip


@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["finished", "shutdown", "disk", ""])), max_size=25))
def test_any_history_gives_a_verdict(figures: list[tuple[dict[str, int], str]]) -> None:
    history = History()
    for numbers, reason in figures:
        verdict = history.run(reason=reason, **numbers)
        assert verdict.kind in {"fine", *KINDS}
        assert "\n" not in verdict.why
        assert verdict.is_fine or verdict.why
