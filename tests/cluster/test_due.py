"""Due runs and locks: pure functions of the schedules, the handled times and the hosts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from crawler.cluster.due import DueRun, due_runs
from crawler.cluster.locks import source_locks
from crawler.jobs.cron import Cron
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING
from tests.support.toy.toy import ToySpider

HOURLY = Schedule("toy", frozenset(), Cron.parse("0 * * * *"))
NOON = next(HOURLY.times(datetime(2026, 11, 30, 11, 50, tzinfo=BEIJING)))  # with the delay of the source
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last", "now", "due", "handled"),
    [
        (None, NOON, None, NOON),  # new: due at its first time after now
        (NOON - HOUR, NOON - timedelta(seconds=1), None, None),
        (NOON - HOUR, NOON, DueRun("toy", NOON), NOON),
        (NOON, NOON, None, None),
        (NOON - 5 * HOUR, NOON, DueRun("toy", NOON, 4), NOON),  # one run replaces those of an outage
        (NOON, NOON - HOUR / 2, None, None),  # the clock was set back: not due twice
        (NOON, NOON - 30 * HOUR, None, NOON - 30 * HOUR),  # set back far
        (NOON - timedelta(days=4000), NOON, DueRun("toy", NOON, 40 * 24 - 1), NOON),  # missed runs count for forty days
    ],
)
def test_due(last: datetime | None, now: datetime, due: DueRun | None, handled: datetime | None) -> None:
    found, changed = due_runs([HOURLY], {"toy": last} if last else {}, now)
    assert found == ([due] if due else [])
    assert changed == ({"toy": handled} if handled else {})


def test_no_time_is_due_twice_and_none_is_left_out_if_minutes_are_left_out() -> None:
    handled: dict[str, datetime] = {"toy": NOON - HOUR}
    now, found = NOON - HOUR, []
    while now < NOON + 10 * HOUR:
        due, changed = due_runs([HOURLY], handled, now)
        handled |= changed
        found += [run.due for run in due]
        now += timedelta(minutes=7)
    assert found == [NOON + number * HOUR for number in range(10)]


def source(name: str, *hosts: str) -> type[ToySpider]:
    return type(name, (ToySpider,), {"name": name, "hosts": hosts})


def test_sources_of_a_host_group_have_one_lock_on_every_machine() -> None:
    sources = [source("a", "1", "2"), source("b", "2", "3"), source("c", "3"), source("d", "4"), source("files")]
    locks = source_locks(sources)
    assert locks["a"] == locks["b"] == locks["c"]
    assert len({locks[name] for name in ("a", "d", "files")}) == 3
    assert source_locks(reversed(sources)) == locks
