"""The schedule of a draft."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crawler.jobs.cron import Cron
from crawler.scaffold.schedule import schedule_of


def dates(hours: float, number: int = 20, form: str = "%Y-%m-%d %H:%M:%S") -> list[str]:
    start = datetime(2026, 11, 27, 12)
    return [(start - timedelta(hours=hours * each)).strftime(form) for each in range(number)]


@pytest.mark.parametrize(
    ("hours", "runs"), [(0.2, 17), (0.9, 9), (2, 6), (6, 4), (24, 2), (24 * 10, 1)], ids=lambda value: str(value)
)
def test_more_articles_need_more_runs(hours: float, runs: int) -> None:
    cron = Cron.parse(schedule_of("www.site.example", dates(hours)))
    assert len(cron.hours) == runs
    assert len(cron.minutes) == 1


def test_days_without_times() -> None:
    assert len(Cron.parse(schedule_of("www.site.example", dates(24, form="%Y-%m-%d"))).hours) == 2
    assert len(Cron.parse(schedule_of("www.site.example", ["2026-11-27"] * 30)).hours) == 9


def test_rate_is_unknown_with_few_dates() -> None:
    assert schedule_of("a.example", []) == schedule_of("a.example", ["2026-11-27", "", "2026-11-26"])


def test_pinned_old_article_does_not_count() -> None:
    assert schedule_of("a.example", [*dates(2), "2019-01-01 00:00:00"]) == schedule_of("a.example", dates(2))


def test_minutes_of_hosts_differ() -> None:
    minutes = {schedule_of(f"www.site{number}.example", []).split()[0] for number in range(100)}
    assert len(minutes) > 30
    assert schedule_of("a.example", []) == schedule_of("a.example", [])
