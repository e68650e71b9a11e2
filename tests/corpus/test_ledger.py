"""The ledger's tables, in a SQLite file and on a PostgreSQL server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.corpus.entries import GONE, OPEN, REJECTED, RETRY_DELAYS, SKIPPED, WRITTEN
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.items import Link
from tests.support.mirror import ROOT


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    ledger = Ledger(url)
    yield ledger
    ledger.close()


def link(name: str, title: str = "", date: str = "") -> Link:
    return Link(name, f"http://toy.example/a/{name}.html", title, date)


def row(name: str, date: str = "2025-02-11", content: str = "") -> dict[str, object]:
    return {
        "id": name, "url": link(name).url, "title": f"About {name}", "date": date, "path": f"toy/2025/02/{name}.md",
        "file_hash": "f", "content_hash": content or name,
    }  # fmt: skip


def state(ledger: Ledger, name: str) -> str:
    return ledger.articles.find("toy", [name])[name].state


def due(ledger: Ledger) -> list[str]:
    return [entry.id for entry in ledger.articles.due("toy")]


# Articles -----------------------------------------------------------------------------------------------------------


def test_add_open_adds_each_link_once(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link("a1", "First", "2025-02-11"), link("a2")], 1)
    ledger.articles.add_open("toy", [link("a1", "Later")], 1)
    ledger.articles.add_open("toy", [], 1)
    found = ledger.articles.find("toy", ["a1", "a2", "a3"])
    assert {name: (entry.state, entry.title) for name, entry in found.items()} == {
        "a1": (OPEN, "First"),
        "a2": (OPEN, ""),
    }
    assert ledger.articles.find("toy", []) == {}
    assert ledger.articles.find("other", ["a1"]) == {}
    assert ledger.sources() == ["toy"]


def test_mark_written_sets_the_file_and_clears_the_refusal(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    ledger.articles.refuse("toy", "a1", "changed", "no title")
    ledger.articles.mark_written("toy", [row("a1") | {"etag": '"e"', "details": {"author": "某人\x00"}}], 1)
    entry = ledger.articles.find("toy", ["a1"])["a1"]
    assert (entry.state, entry.kind, entry.reason, entry.attempts, entry.retry_at) == (WRITTEN, "", "", 0, None)
    assert (entry.title, entry.path, entry.etag, entry.modified) == ("About a1", "toy/2025/02/a1.md", '"e"', "")


def test_mark_written_keeps_the_walk(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    ledger.articles.set("toy", "a1", walk=5)
    ledger.articles.mark_written("toy", [row("a1"), row("a2")], 1)
    ledger.articles.mark_written("toy", [row("a1", date="2025-03-01")], 1)
    entry = ledger.articles.find("toy", ["a1"])["a1"]
    assert (entry.walk, entry.date) == (5, "2025-03-01")


@pytest.mark.parametrize(
    ("kind", "expected", "attempts"),
    [
        ("gone", GONE, 1),
        ("skipped", SKIPPED, 1),
        ("blocked", OPEN, 0),
        ("unreachable", OPEN, 0),
        ("changed", REJECTED, 1),
    ],
)
def test_refuse_sets_state_and_attempts_by_kind(ledger: Ledger, kind: str, expected: str, attempts: int) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    ledger.articles.refuse("toy", "a1", kind, "why")
    entry = ledger.articles.find("toy", ["a1"])["a1"]
    assert (entry.state, entry.kind, entry.reason, entry.attempts) == (expected, kind, "why", attempts)


def test_refuse_delays_each_retry_longer_until_the_last(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    delays: list[float | None] = []
    for _ in range(len(RETRY_DELAYS) + 1):
        ledger.articles.refuse("toy", "a1", "changed", "why", pause=2)
        retry_at = ledger.articles.find("toy", ["a1"])["a1"].retry_at
        delays.append(retry_at and round(retry_at - time.time(), -2))
    assert delays == [pytest.approx(2 * pause, abs=100) for pause in RETRY_DELAYS] + [None]
    assert due(ledger) == []


def test_due_yields_open_articles_then_due_retries(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link(name) for name in ("open", "soon", "later", "left", "done", "longago")], 1)
    ledger.articles.add_open("other", [link("elsewhere")], 1)
    ledger.articles.mark_written("toy", [row("done")], 1)
    for name in ("soon", "later", "left", "longago"):
        ledger.articles.refuse("toy", name, "changed", "why")
    ledger.articles.set("toy", "later", retry_at=int(time.time()) + 60)
    ledger.articles.set("toy", "left", retry_at=None)
    ledger.articles.set("toy", "longago", retry_at=7)
    assert due(ledger) == ["open", "longago", "soon"]


def test_due_yields_each_article_once_if_rows_change_meanwhile(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link(f"{number:04}") for number in range(2500)], 1)
    ledger.articles.add_open("toy", [link("rejected")], 1)
    ledger.articles.refuse("toy", "rejected", "changed", "why")
    found = []
    for entry in ledger.articles.due("toy"):
        found.append(entry.id)
        if len(found) % 7 == 0:
            ledger.articles.refuse("toy", entry.id, "gone", "HTTP 404")
    assert found == [*(f"{number:04}" for number in range(2500)), "rejected"]


def test_dated_orders_by_date_then_by_code_points_of_the_id(ledger: Ledger) -> None:
    dates = {"b": "2025-02-11", "B": "2025-02-11", "-": "2025-02-11", "a": "2025-02-28 23:59:59", "c": "2025-03-01"}
    ledger.articles.mark_written("toy", [row(name, date) for name, date in dates.items()], 1)
    ledger.articles.add_open("toy", [link("open", date="2025-02-12")], 1)
    assert [entry.id for entry in ledger.articles.dated("toy", "2025-02", "2025-02")] == ["-", "B", "b", "a"]
    assert [entry.id for entry in ledger.articles.dated("toy", "2025-02-28")] == ["a", "c"]
    assert [entry.id for entry in ledger.articles.in_state("toy", WRITTEN)] == ["-", "B", "a", "b", "c"]


def test_dated_yields_thousands_of_articles_with_one_date_once(ledger: Ledger) -> None:
    ledger.articles.mark_written("toy", [row(f"{number:04}") for number in range(2100)], 1)
    assert [entry.id for entry in ledger.articles.dated("toy", "2025")] == [f"{number:04}" for number in range(2100)]


def test_find_with_duplicate_finds_the_same_content_under_another_id(ledger: Ledger) -> None:
    ledger.articles.mark_written("toy", [row("a1", content="c"), row("a2", content="d")], 1)
    other = ledger.articles.find_with_duplicate("toy", "a3", "c", "2025-02-11")[1]
    assert other
    assert other.id == "a1"
    found, other = ledger.articles.find_with_duplicate("toy", "a2", "c", "2025-02-11")
    assert found
    assert other
    assert (found.id, other.id) == ("a2", "a1")
    assert ledger.articles.find_with_duplicate("toy", "a1", "c", "2025-02-11")[1] is None
    assert ledger.articles.find_with_duplicate("other", "a3", "c", "2025-02-11")[1] is None
    assert ledger.articles.find_with_duplicate("toy", "a3", "c", "2025-02-12")[1] is None
    ledger.articles.set("toy", "a1", state=OPEN)
    assert ledger.articles.find_with_duplicate("toy", "a3", "c", "2025-02-11")[1] is None


def test_forget_deletes_only_this_source(ledger: Ledger) -> None:
    for source in ("toy", "toy_2"):
        ledger.articles.add_open(source, [link("a1")], 1)
        ledger.folders.set_times({f"{source}/2025/02": 1})
    ledger.articles.forget("toy")
    ledger.folders.forget("toy")
    assert ledger.articles.find("toy", ["a1"]) == {}
    assert ledger.articles.find("toy_2", ["a1"])
    assert ledger.folders.times("toy") == {}
    assert ledger.folders.times("toy_2") == {"toy_2/2025/02": 1}


@pytest.mark.parametrize(
    "title", ["100%", "it's “so”", "a\nb", "\ud83d", "nul\x00", "😀 𠮷", "\\", ":name", "é" * 5000]
)
def test_titles_with_special_characters_are_stored(ledger: Ledger, title: str) -> None:
    ledger.articles.add_open("toy", [link("a1", title)], 1)
    ledger.articles.refuse("toy", "a1", "changed", title)
    entry = ledger.articles.find("toy", ["a1"])["a1"]
    stored = title.replace("\ud83d", "\ufffd").replace("\x00", "\ufffd")
    assert (entry.title, entry.reason) == (stored, stored)


def test_written_articles_are_counted(ledger: Ledger) -> None:
    """The count is kept by triggers."""

    def counts() -> list[int]:
        return [ledger.articles.count_written(source) for source in ("toy", "other")]

    assert counts() == [0, 0]
    ledger.articles.add_open("toy", [link("a1"), link("a2")], 1)
    ledger.articles.add_open("toy", [link("a1")], 1)
    assert counts() == [0, 0]
    ledger.articles.mark_written("toy", [row("a1"), row("a3")], 1)
    ledger.articles.mark_written("toy", [row("a1")], 1)
    ledger.articles.mark_written("other", [row("a1")], 1)
    assert counts() == [2, 1]
    ledger.articles.set("toy", "a2", state=WRITTEN)
    ledger.articles.set("toy", "a2", title="new")
    assert counts() == [3, 1]
    ledger.articles.reopen("toy", ["a1"])
    ledger.articles.refuse("toy", "a1", "gone", "HTTP 404")
    assert counts() == [2, 1]
    ledger.articles.forget("toy")
    assert counts() == [0, 1]
    assert ledger.sources() == ["other", "toy"]


# Walks, hosts, folders, runs ----------------------------------------------------------------------------------------


def test_walk_covers_no_more_pages_and_no_earlier_dates(ledger: Ledger) -> None:
    def covers(pages: int, since: str) -> bool:
        return 0 in ledger.walks.coverage("toy", "GET /news", pages, since)

    assert not covers(1, "")
    ledger.walks.start("toy", "GET /news")
    assert not covers(1, "")
    ledger.walks.finish("toy", "GET /news", None)  # stopped early, without an earlier walk
    assert not covers(1, "")
    ledger.walks.finish("toy", "GET /news", (3, "2025-01-01"))
    ranges = [(3, "2025-01-01"), (2, "2025-02"), (4, "2025-01-01"), (0, "2025-01-01"), (3, "")]
    assert [covers(*walk) for walk in ranges] == [True, True, False, False, False]
    ledger.walks.finish("toy", "GET /news", (0, ""))
    ledger.walks.finish("toy", "GET /news", None)
    assert all(covers(*walk) for walk in ranges)


def covered(ledger: Ledger, entrance: str) -> list[int]:
    """Return the numbers of walks whose links need no second walk of this listing."""
    return [number for number in range(9) if number in ledger.walks.coverage("toy", entrance, 0, "")]


def test_walk_covers_links_of_earlier_runs_and_its_own(url: str) -> None:
    with closing(Ledger(url)) as first_run:
        assert [first_run.walks.start("toy", entrance) for entrance in ("GET /a", "GET /b", "GET /c")] == [1, 2, 3]
        assert covered(first_run, "GET /b") == []
        first_run.walks.finish("toy", "GET /b", (0, ""))
        assert covered(first_run, "GET /b") == [0, 2]  # /a and /c may have found links after /b was read
        assert covered(first_run, "GET /a") == []
        assert first_run.walks.next_number("toy") == 4
        assert first_run.walks.next_number("other") == 1
    with closing(Ledger(url)) as second_run:
        assert [second_run.walks.start("toy", entrance) for entrance in ("GET /b", "GET /a")] == [4, 5]
        assert covered(second_run, "GET /b") == [0, 2]  # its second walk has not finished
        second_run.walks.finish("toy", "GET /a", (0, ""))
        assert covered(second_run, "GET /a") == [0, 1, 2, 3, 5]
        second_run.walks.finish("toy", "GET /b", None)
        assert covered(second_run, "GET /b") == [0, 1, 2, 3, 4]


def test_links_that_no_walk_found_are_not_covered(ledger: Ledger) -> None:
    ledger.walks.start("toy", "GET /news")
    ledger.walks.finish("toy", "GET /news", (0, ""))
    ledger.articles.mark_written("toy", [row("a1")], ledger.walks.next_number("toy"))
    entry = ledger.articles.find("toy", ["a1"])["a1"]
    assert entry.walk not in ledger.walks.coverage("toy", "GET /news", 0, "")


def test_host_is_paused_until_its_time(ledger: Ledger) -> None:
    until = int(time.time()) + 60
    ledger.hosts.pause("a.example", until - 1)
    ledger.hosts.pause("a.example", until)
    ledger.hosts.pause("b.example", 5)
    assert ledger.hosts.paused_until() == {"a.example": until}


def test_folders_have_the_times_set_last(ledger: Ledger) -> None:
    ledger.folders.set_times({})
    ledger.folders.set_times({"toy/2025/01": 1, "toy/2025/02": time.time_ns()})
    ledger.folders.set_times({"toy/2025/01": 2})
    assert ledger.folders.times("toy")["toy/2025/01"] == 2


def test_run_numbers_increase(ledger: Ledger) -> None:
    first = ledger.runs.start("toy")
    second = ledger.runs.start("toy")
    assert second > first
    ledger.runs.finish(second, "finished", {"articles.written": 3})


# Errors, concurrency, query plans -----------------------------------------------------------------------------------


def test_ledger_is_usable_after_an_error(ledger: Ledger) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    with pytest.raises(LedgerError):
        ledger.articles.set("toy", "a1", state=None)  # fails during an update
    with pytest.raises(LedgerError):
        ledger.database.rows(sa.text("SELECT nothing FROM nowhere"))
    assert state(ledger, "a1") == OPEN
    ledger.articles.set("toy", "a1", state=WRITTEN)
    assert state(ledger, "a1") == WRITTEN


def test_mark_written_stores_all_rows_or_none(ledger: Ledger) -> None:
    with pytest.raises(LedgerError):
        ledger.articles.mark_written("toy", [row("a1"), row("a2") | {"url": None}], 1)
    assert ledger.articles.find("toy", ["a1", "a2"]) == {}


def test_changes_are_visible_to_another_connection(ledger: Ledger, url: str) -> None:
    ledger.articles.add_open("toy", [link("a1")], 1)
    other = Ledger(url)
    assert due(other) == ["a1"]
    other.close()


def test_a_closed_ledger_raises_ledger_error(url: str) -> None:
    ledger = Ledger(url)
    ledger.close()
    calls: list[Callable[[], object]] = [
        lambda: ledger.articles.find("toy", ["1"]),
        lambda: ledger.articles.find("toy", ["1", "2"]),
        lambda: ledger.articles.mark_written("toy", [row("1")], 1),
        lambda: ledger.articles.add_open("toy", [link("1")], 1),
    ]
    for call in calls:
        with pytest.raises(LedgerError):
            call()


WRITER = """
import json, sys
from crawler.corpus.ledger import Ledger
from tests.corpus.test_ledger import link, row
ledger = Ledger(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    ledger.articles.add_open(sys.argv[2], [link(f"{number}")], 1)
    ledger.articles.mark_written(sys.argv[2], [row(f"{number}")], 1)
ledger.close()
"""


def test_two_processes_write_at_once(url: str) -> None:
    """Both also create the tables at once."""
    command = [sys.executable, "-c", WRITER, url]
    writers = [
        subprocess.Popen([*command, source], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for source in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.communicate("go\n", timeout=60)
    assert [writer.returncode for writer in writers] == [0, 0]
    ledger = Ledger(url)
    assert [sum(1 for _ in ledger.articles.in_state(source, WRITTEN)) for source in ("one", "two")] == [300, 300]
    ledger.close()


@pytest.mark.parametrize(
    "call",
    [
        lambda ledger: list(ledger.articles.due("toy")),
        lambda ledger: list(ledger.articles.in_state("toy", WRITTEN)),
        lambda ledger: list(ledger.articles.dated("toy", "2025")),
        lambda ledger: ledger.articles.find_with_duplicate("toy", "a1", "c", "2025-02-11")[1],
        lambda ledger: ledger.articles.find("toy", ["a1"]),
        lambda ledger: ledger.articles.find("toy", ["a1", "a2"]),
    ],
    ids=["due", "in_state", "dated", "find_with_duplicate", "find", "find-many"],
)
def test_queries_use_indexes_and_do_not_sort(tmp_path: Path, call: Callable[[Ledger], Any]) -> None:
    """An index has all columns of the condition, except those with few different values."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db")
    ledger.articles.mark_written("toy", [row(f"{number}") for number in range(1500)], 1)  # more than one page of rows
    statements: list[str] = []
    driver: Any = ledger.database._connection.connection.driver_connection
    driver.set_trace_callback(statements.append)
    call(ledger)
    driver.set_trace_callback(None)
    queries = [query for query in statements if query.startswith("SELECT")]
    plans = [" ".join(line[3] for line in driver.execute(f"EXPLAIN QUERY PLAN {query}")) for query in queries]
    assert plans
    for plan in plans:
        assert "SEARCH" in plan
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
    ledger.close()


# URLs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ledger_url", "message"),
    [
        ("nonsense", "LEDGER_URL: Could not parse"),
        ("postgresql+nobody://host/db", "LEDGER_URL: Can't load plugin"),
        ("postgresql+psycopg://user:secret@127.0.0.1:1/db", "user:***@127.0.0.1:1/db: "),
        ("sqlite:////nowhere/at/all.db", "sqlite:////nowhere/at/all.db: unable to open database file"),
    ],
)
def test_invalid_url_is_reported_in_one_line_without_password(ledger_url: str, message: str) -> None:
    if "psycopg" in ledger_url:
        pytest.importorskip("psycopg")
    with pytest.raises(LedgerError) as raised:
        Ledger(ledger_url)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)
    assert not raised.value.is_damage
