"""What a run is judged to be: silence in quiet nights, the right class when a site changes."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.corpus.runs import KINDS, Run, Verdict
from crawler.health.judgement import judge

HOUR, DAY = 3600, 86400


class History:
    """The runs of a made-up source, each judged as it ends."""

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
        """A run with so many new articles, as this site has them: one in ten without an author, one in thirty cut."""
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
        """Two runs a day: fewer articles at night, next to none at weekends, none in a holiday of eight days."""
        verdicts = []
        for day in range(days):
            for hour in (7, 19):
                lively = (3 if hour == 7 else 10) * (0.1 if day % 7 in (5, 6) else 1.0) * (1 + growth * day)
                number = 0 if 20 <= day < 28 else int(self.chance.gauss(lively, lively / 3) + 0.5)
                verdicts.append(self.usual(max(number, 0), 1_760_000_000 + day * DAY + hour * HOUR))
        return verdicts


@pytest.mark.parametrize("seed", range(30))
def test_no_false_alarm_in_forty_days_of_nights_weekends_a_holiday_and_growth(seed: int) -> None:
    verdicts = History(seed).weeks(40, growth=0.05 if seed % 2 else 0.0)
    assert [verdict for verdict in verdicts if not verdict.is_fine] == []


FAULTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a title that nobody finds": (
        "changed", "title", {"pages__article": 0, "fields__title": 0, "fields__time": 0, "fields__author": 0,
         "reader__page": 0, "chosen__title__h1": 0, "charset__utf-8": 0, "refused__changed": 6, "at__title": 6,
         "refused__incomplete": 0, "example__changed": "title is missing"},
    ),
    "a title from elsewhere": ("changed", "'og:title'", {"chosen__title__h1": 0, "chosen__title__og:title": 6}),
    "no author any more": ("changed", "without author", {"fields__author": 0}),
    "an empty listing": (
        "changed", "leads to no article", {"pages__listing": 0, "links__new": 0, "links__known": 0,
         "listings__changed": 1, "example__changed": "the listing leads to no article"},
    ),
    "a listing of three links": ("changed", "never led to fewer", {"links__new": 1, "links__known": 2}),
    "captcha pages": ("blocked", "a captcha", {"refused__blocked": 6, "example__blocked": "a captcha"}),
    "a captcha in the place of the listing": (
        "blocked", "a captcha", {"pages__listing": 0, "listings__blocked": 1, "example__blocked": "a captcha"},
    ),
    "half the pages cut": (
        "incomplete", "pages incomplete", {"refused__incomplete": 3, "pages__article": 3, "fields__title": 3},
    ),
    "articles of one line": ("incomplete", "characters", {"body__characters": 600}),
    "another charset": ("changed", "'gb18030'", {"charset__utf-8": 0, "charset__gb18030": 6}),
    "robots.txt that fails": ("unreachable", "robots.txt", {"pages__listing": 0, "robots__failed": 1}),
    "a site that is gone": (
        "unreachable", "refused", {"pages__listing": 0, "listings__unreachable": 1,
         "example__unreachable": "connection refused"},
    ),
    "a login": ("login", "pages login", {"refused__login": 6}),
    "deleted articles": ("gone", "pages gone", {"refused__gone": 6}),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", range(5))
def test_a_fault_is_found_in_the_second_run_at_the_latest_and_over_when_it_is_over(fault: str, seed: int) -> None:
    kind, why, figures = FAULTS[fault]
    history = History(seed)
    history.weeks(40)
    verdicts = [history.usual(6, **figures) for _ in range(20)]
    found = [verdict for verdict in verdicts[:2] if verdict.alarm]
    assert found, verdicts[:2]
    assert {verdict.kind for verdict in verdicts if verdict.alarm} == {kind}
    assert why in found[0].why
    assert all(verdict.alarm for verdict in verdicts[1:]), "what is broken does not become what is usual"
    later = [history.usual(6) for _ in range(3)]
    assert later[-1].is_fine
    assert not later[-2].alarm or later[-2].kind == kind


def test_one_odd_page_is_no_alarm() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, refused__changed=1, at__title=1).is_fine
    assert history.usual(6).is_fine


def test_a_site_that_is_down_once_is_no_alarm_but_has_its_class() -> None:
    history = History()
    history.weeks(40)
    down = {"pages__listing": 0, "listings__unreachable": 1}
    assert history.usual(0, **down) == Verdict("unreachable", "no listing page could be read: no answer", alarm=False)
    assert history.usual(3).is_fine


def test_a_first_run_is_judged_by_what_is_broken_in_any_run() -> None:
    assert History().usual(40, refused__skipped=12, refused__gone=3, fields__author=0).is_fine
    assert History().usual(3, refused__changed=1, pages__article=2).is_fine
    broken = History().run(pages__listing=1, refused__changed=20, links__new=20)
    assert (broken.kind, broken.alarm) == ("changed", True)


def test_a_run_that_did_not_come_to_its_end() -> None:
    for reason, kind, alarm in (
        ("disk", "disk", True), ("ledger", "ledger", True), ("blocked", "blocked", True), ("killed", "bug", True),
        ("time limit", "unfinished", False), ("shutdown", "unfinished", False),
    ):  # fmt: skip
        verdict = History().run(reason=reason)
        assert (verdict.kind, verdict.alarm) == (kind, alarm)
    assert History().run(internal_errors=1, pages__listing=1).kind == "bug"


def test_nothing_new_for_unusually_long() -> None:
    history = History()
    history.weeks(40)
    verdicts = [history.usual(0) for _ in range(60)]
    assert verdicts[0].is_fine
    assert verdicts[-1].kind == "stale"
    assert "no new article for" in verdicts[-1].why
    assert history.usual(2).is_fine


def test_runs_with_other_arguments_are_judged_by_their_like() -> None:
    history = History()
    history.weeks(40)
    backfill = replace(history.runs[-1], number=99, figures={
        **history.runs[-1].figures, "asked": {"pages": "0"}, "chosen.title.h1": 0, "chosen.title.og:title": 50,
    })  # fmt: skip
    assert judge(backfill, history.runs).is_fine


def test_what_a_person_accepted_is_usual_from_then_on() -> None:
    history = History()
    history.weeks(40)
    assert history.usual(6, fields__author=0).alarm
    last = history.runs[-1]
    history.runs[-1] = replace(last, figures={**last.figures, "accepted": True, "verdict": asdict(Verdict("fine"))})
    assert history.usual(6, fields__author=0).is_fine


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
