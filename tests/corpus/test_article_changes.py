"""The numbers of changes show what a reader of the corpus has to read again, in SQLite and in PostgreSQL."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.corpus.ledger import Ledger
from crawler.corpus.removals import Removal
from tests.corpus.test_ledger import ledger, link, row, url  # noqa: F401  # fixtures


def written(ledger: Ledger, after: int = -1) -> list[str]:  # noqa: F811
    return [entry.id for entry in ledger.changes.written(after)]


def lost(ledger: Ledger, after: int = -1) -> dict[str, str]:  # noqa: F811
    return {loss.id: loss.state for loss in ledger.changes.lost(after)}


def removal(name: str) -> Removal:
    return Removal("toy", name, link(name).url, 1_700_000_000, "asked")


def test_each_change_of_a_stored_article_has_a_later_number(ledger: Ledger) -> None:  # noqa: F811
    assert ledger.changes.last() == 0
    ledger.articles.add_open("toy", [link("a1"), link("a2")], 1)
    assert ledger.changes.last() == 0
    ledger.articles.mark_written("toy", [row("a1")], 1)
    ledger.articles.mark_written("toy", [row("a2"), row("a3")], 1)
    assert written(ledger) == ["a1", "a2", "a3"]
    last = ledger.changes.last()
    assert last >= 3
    ledger.articles.mark_written("toy", [row("a1")], 1)  # fetched again without a change
    ledger.articles.set("toy", "a2", kind="gone", reason="404")
    assert written(ledger, last) == []
    last = ledger.changes.last()
    ledger.articles.mark_written("toy", [row("a1") | {"file_hash": "g"}], 1)
    ledger.articles.mark_written("toy", [row("a3") | {"path": "toy/2025/03/a3.md"}], 1)
    assert written(ledger, last) == ["a1", "a3"]
    assert lost(ledger, last) == {}


def test_takedowns_and_lost_files_are_losses_until_the_article_is_back(ledger: Ledger) -> None:  # noqa: F811
    ledger.articles.mark_written("toy", [row(f"a{number}") for number in range(5)], 1)
    last = ledger.changes.last()
    ledger.removals.add(removal("a1"))
    ledger.removals.add(removal("unseen"))
    ledger.articles.reopen("toy", ["a2"])
    assert lost(ledger, last) == {"a1": "removed", "a2": "deleted", "unseen": "removed"}
    assert lost(ledger, ledger.changes.last()) == {}
    ledger.articles.mark_written("toy", [row("a2")], 1)
    ledger.removals.restore("toy", "a1")
    assert lost(ledger, last) == {"a1": "deleted", "unseen": "removed"}
    assert written(ledger, last) == ["a2"]
    last = ledger.changes.last()
    ledger.articles.forget("toy")
    assert lost(ledger, last) == dict.fromkeys(("a0", "a2", "a3", "a4"), "deleted")
    ledger.articles.mark_written("toy", [row("a3")], 1)
    assert lost(ledger, last) == dict.fromkeys(("a0", "a2", "a4"), "deleted")
    assert written(ledger, last) == ["a3"]


def test_written_reads_in_pages(ledger: Ledger) -> None:  # noqa: F811
    ledger.articles.mark_written("toy", [row(f"{number:02}") for number in range(10)], 1)
    assert [entry.id for entry in ledger.changes.written(-1, size=3)] == [f"{number:02}" for number in range(10)]
    assert [entry.id for entry in ledger.changes.written(7, size=3)] == ["07", "08", "09"]


def test_dated_is_ordered_by_date(ledger: Ledger) -> None:  # noqa: F811
    dates = ["2025-02-11 10:00:00", "2025-02-10", "2025-02-11", "2025-03-01"]
    rows = [row(f"a{number}", date) | {"details": {"author": "某人"}} for number, date in enumerate(dates)]
    ledger.articles.mark_written("toy", rows, 1)
    found = list(ledger.changes.dated("toy", size=2))
    assert [entry.id for entry in found] == ["a1", "a2", "a0", "a3"]
    assert found[0].details == {"author": "某人"}
    assert [entry.id for entry in ledger.changes.dated("toy", "2025-02-11", "2025-02-11")] == ["a2", "a0"]
    assert list(ledger.changes.dated("other")) == []
    ledger.articles.mark_written("toy", [row("edited", "昨天")], 1)  # by hand
    assert [entry.id for entry in ledger.changes.dated("toy")][-1] == "edited"


def test_a_run_records_the_last_change_at_its_end(ledger: Ledger) -> None:  # noqa: F811
    assert ledger.changes.of_run(1) is None
    first = ledger.runs.start("toy")
    ledger.articles.mark_written("toy", [row("a1")], 1)
    assert ledger.changes.of_run(first) is None
    ledger.runs.finish(first, "finished", {})
    ledger.articles.mark_written("toy", [row("a2")], 1)
    second = ledger.runs.start("toy")
    assert (ledger.changes.of_run(first), ledger.changes.of_run(second)) == (1, 1)
    ledger.runs.finish(second, "finished", {})
    assert ledger.changes.of_run(second) == ledger.changes.last() > 1
    assert written(ledger, ledger.changes.of_run(first) or 0) == ["a2"]


def test_a_ledger_has_a_name_and_properties(ledger: Ledger) -> None:  # noqa: F811
    name = ledger.changes.ledger_id()
    assert len(name) == 32
    assert ledger.changes.ledger_id() == name
    assert ledger.changes.property("x") == ""
    ledger.changes.set_property("x", "1")
    ledger.changes.set_property("x", "2")
    assert ledger.changes.property("x") == "2"


@pytest.mark.xdist_group("postgres")
def test_last_change_waits_for_the_transactions_of_other_machines(postgres: str) -> None:
    """A transaction that has an earlier number than the last one may still be open."""
    ledger = Ledger(postgres)  # noqa: F811
    ledger.articles.add_open("other", [link("a1")], 1)
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    found: list[Any] = []
    with engine.connect() as other:
        other.exec_driver_sql("UPDATE articles SET state = 'written' WHERE id = 'a1'")
        ledger.articles.mark_written("toy", [row("a2")], 1)
        reader = threading.Thread(target=lambda: found.append(ledger.changes.last()), daemon=True)
        reader.start()
        reader.join(0.5)
        assert not found
        other.commit()
        reader.join(10)
    assert found[0] >= 2
    assert written(ledger) == ["a1", "a2"]
    ledger.close()
