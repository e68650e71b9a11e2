"""Near-duplicates in the ledger: updates, changes, takedowns and kills, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.corpus.database import Database
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.store import Store
from crawler.corpus.takedown import put_back
from crawler.data import near_duplicates
from crawler.data.near_duplicates import Update, near, same_as, update_near_duplicates
from tests.data.corpora import put, put_all, remove, run
from tests.data.stories import EDITS, Writer

WRITER = Writer(5)
STORIES = [WRITER.text() for _ in range(6)]


@pytest.fixture
def update(tmp_path: Path, ledger: Ledger) -> Callable[..., Update]:
    return lambda *words, **options: update_near_duplicates(Store(tmp_path), ledger, *words, **options)


def pairs(ledger: Ledger) -> set[tuple[str, str]]:
    """Return each pair of the table in both directions; check that both rows agree."""
    rows = ledger.database.rows(sa.text("SELECT source, id, other_source, other_id, similarity FROM near_duplicates"))
    found = {(f"{row[0]}/{row[1]}", f"{row[2]}/{row[3]}"): row[4] for row in rows}
    assert all(found[other, one] == similarity for (one, other), similarity in found.items())
    return {(one, other) for one, other in found if one < other}


def signatures(ledger: Ledger) -> set[str]:
    return {f"{row[0]}/{row[1]}" for row in ledger.database.rows(sa.text("SELECT source, id FROM signatures"))}


def test_the_same_story_is_found_across_sources_and_within_one(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "sina", "s1", STORIES[0], "2025-02-11 09:00:00")
    put(tmp_path, url, "qq", "q1", EDITS["frame"](STORIES[0], WRITER), "2025-02-12 08:00:00")
    put(tmp_path, url, "qq", "q2", EDITS["cut"](STORIES[0], WRITER), "2025-02-12 07:00:00")
    put(tmp_path, url, "qq", "q3", STORIES[1], "2025-02-12 07:00:00")
    assert update() == Update(days=3, read=4, short=0, lost=0)
    assert pairs(ledger) == {("qq/q1", "qq/q2"), ("qq/q1", "sina/s1"), ("qq/q2", "sina/s1")}
    assert same_as(ledger, "qq") == {"q1": "sina/s1", "q2": "sina/s1"}
    assert same_as(ledger, "sina") == {}
    found = near(ledger, "qq", "q1")
    assert {(source, name) for source, name, _ in found} == {("sina", "s1"), ("qq", "q2")}
    assert [similarity for *_, similarity in found] == sorted((similarity for *_, similarity in found), reverse=True)
    assert all(0.5 <= similarity <= 1 for *_, similarity in found)
    assert near(ledger, "qq", "q3") == near(ledger, "qq", "unknown") == []
    assert update() == Update(days=3, read=0, short=0, lost=0)


def test_of_equal_dates_source_and_id_decide_and_a_day_precedes_its_times(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "b", "x", STORIES[0], "2025-02-11 09:00:00")
    put(tmp_path, url, "a", "y", STORIES[0], "2025-02-11 09:00:00")
    put(tmp_path, url, "c", "z", STORIES[0], "2025-02-11")
    update()
    assert [same_as(ledger, source) for source in "abc"] == [{"y": "c/z"}, {"x": "c/z"}, {}]
    remove(tmp_path, ledger, "c", "z")
    assert [same_as(ledger, source) for source in "abc"] == [{}, {"x": "a/y"}, {}]


def test_updates_in_any_order_give_the_result_of_one(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    days = ["2025-02-14", "2025-02-10", "2025-02-12", "2025-02-17", "2025-02-09"]
    for number, day in enumerate(days):
        put(tmp_path, url, "toy", f"a{number}", STORIES[0] + f"\n\n第{number}版", f"{day} 08:00:00")
        assert update().read == 1
    expected = {("toy/a0", "toy/a2"), ("toy/a0", "toy/a3"), ("toy/a1", "toy/a2"), ("toy/a1", "toy/a4"),
                ("toy/a2", "toy/a4")}  # fmt: skip
    assert pairs(ledger) == expected
    assert update(rebuild=True).read == 5
    assert pairs(ledger) == expected


def test_another_number_of_days_compares_everything_again_and_is_kept(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    for number in range(4):
        put(tmp_path, url, "toy", f"a{number}", STORIES[0] + f"\n\n第{number}版", f"2025-02-1{number}")
    update(1)
    assert pairs(ledger) == {("toy/a0", "toy/a1"), ("toy/a1", "toy/a2"), ("toy/a2", "toy/a3")}
    assert update(2) == Update(days=2, read=0, short=0, lost=0)
    assert len(pairs(ledger)) == 5
    assert update().days == 2
    update(0)
    assert pairs(ledger) == set()


def test_a_changed_text_replaces_its_pairs(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0])
    put(tmp_path, url, "other", "b1", STORIES[0])
    put(tmp_path, url, "other", "b2", STORIES[1])
    update()
    assert pairs(ledger) == {("other/b1", "toy/a1")}
    put(tmp_path, url, "toy", "a1", EDITS["lead"](STORIES[1], WRITER))
    assert update().read == 1
    assert pairs(ledger) == {("other/b2", "toy/a1")}
    put(tmp_path, url, "toy", "a1", "短。")
    assert update() == Update(days=3, read=1, short=1, lost=0)
    assert (pairs(ledger), "toy/a1" in signatures(ledger)) == (set(), False)


def test_a_changed_date_moves_the_article(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0], "2025-02-11 08:00:00")
    put(tmp_path, url, "other", "b1", STORIES[0], "2025-02-11 08:00:00")
    update()
    put(tmp_path, url, "toy", "a1", STORIES[0], "2025-03-20 08:00:00")
    update()
    assert pairs(ledger) == set()


def test_a_takedown_deletes_signature_and_pairs_at_once(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0])
    put(tmp_path, url, "other", "b1", STORIES[0])
    update()
    remove(tmp_path, ledger, "toy", "a1")
    assert (pairs(ledger), signatures(ledger)) == (set(), {"other/b1"})
    assert update() == Update(days=3, read=0, short=0, lost=1)
    put_back(Store(tmp_path), ledger, "toy", "a1")
    assert update().read == 0
    put(tmp_path, url, "toy", "a1", STORIES[0])
    update()
    assert pairs(ledger) == {("other/b1", "toy/a1")}


def test_a_takedown_during_an_update_leaves_nothing(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the file is read, and after the signatures are compared."""
    put(tmp_path, url, "toy", "a1", STORIES[0])
    put(tmp_path, url, "other", "b1", STORIES[0])
    table = ledger.near_duplicates
    record, add_pairs = table.record, table.add_pairs

    def remove_first(*words: Any) -> None:
        with closing(open_ledger(tmp_path / ".state", url)) as other:
            remove(tmp_path, other, "toy", "a1")
        record(*words)

    monkeypatch.setattr(table, "record", remove_first)
    update()
    assert (pairs(ledger), signatures(ledger)) == (set(), {"other/b1"})
    monkeypatch.undo()

    def remove_later(found: Any) -> None:
        with closing(open_ledger(tmp_path / ".state", url)) as other:
            remove(tmp_path, other, "other", "b1")
        add_pairs(found)

    put_back(Store(tmp_path), ledger, "toy", "a1")
    put(tmp_path, url, "toy", "a1", STORIES[0])
    monkeypatch.setattr(table, "add_pairs", remove_later)
    update()
    assert (pairs(ledger), signatures(ledger)) == (set(), {"toy/a1"})


def test_lost_files_and_articles_without_a_row_lose_their_pairs(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0])
    put(tmp_path, url, "toy", "a2", STORIES[0] + "完")
    put(tmp_path, url, "other", "b1", STORIES[0])
    update()
    assert len(pairs(ledger)) == 3
    (tmp_path / "toy/2025/02/a1.md").unlink()
    with run(tmp_path, url, "toy"):
        pass
    assert same_as(ledger, "toy") == {"a2": "other/b1"}  # already before the update
    assert update().lost == 1
    assert pairs(ledger) == {("other/b1", "toy/a2")}
    ledger.articles.forget("toy")
    assert near(ledger, "other", "b1") == []
    update()
    assert (pairs(ledger), signatures(ledger)) == (set(), {"other/b1"})


def test_files_that_cannot_be_compared(tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]) -> None:
    """Missing files, empty files, files that are not UTF-8, undated articles and impossible dates."""
    put_all(tmp_path, url, "toy", {name: STORIES[0] + name for name in ("a1", "a2", "a3", "a4", "a5")})
    put(tmp_path, url, "toy", "u1", STORIES[0], undated=True)
    put(tmp_path, url, "toy", "u2", STORIES[0] + "完", undated=True)
    ledger.database.change(sa.text("UPDATE articles SET date = '2025-02-31' WHERE id = 'a5'"))
    (tmp_path / "toy/2025/02/a1.md").unlink()
    (tmp_path / "toy/2025/02/a2.md").write_bytes(b"")
    (tmp_path / "toy/2025/02/a3.md").write_bytes("---\ntitle: 灯".encode("gbk"))
    assert update() == Update(days=3, read=7, short=6, lost=0)
    assert signatures(ledger) == {"toy/a4"}


def test_layouts_are_compared_with_each_other(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0])
    put(tmp_path, url, "other", "b1", STORIES[0], layout="gitbook")
    update()
    assert near(ledger, "toy", "a1") == [("other", "b1", 1.0)]


def test_listed_yields_each_pair_once_in_pages(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update]
) -> None:
    texts = {f"a{number}": STORIES[0] + f"\n\n第{number}版" for number in range(4)}
    put_all(tmp_path, url, "toy", texts, "2025-02-11 08:00:00")
    put(tmp_path, url, "other", "b1", STORIES[0], "2025-02-12")
    update()
    listed = ledger.near_duplicates.listed
    found = [(pair.source, pair.id, pair.other_source, pair.other_id) for pair in listed(size=3)]
    assert len(found) == len(set(found)) == 10
    assert found == [(pair.source, pair.id, pair.other_source, pair.other_id) for pair in listed()]
    assert [pair.other_id for pair in listed("other")] == ["a0", "a1", "a2", "a3"]
    assert len(list(listed(until="2025-02-11"))) == 6
    assert len(list(listed(since="2025-02-12"))) == 4
    assert {(pair.date, pair.title, pair.other_date) for pair in listed("other")} == {
        ("2025-02-12", "About b1", "2025-02-11 08:00:00")
    }


@pytest.mark.slow
@pytest.mark.parametrize("change", ["fill", "change"])
def test_an_update_that_is_killed_at_any_transaction_is_completed_by_the_next(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update], change: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The process ends before or after each transaction: the database is the same as after a kill."""
    monkeypatch.setattr(near_duplicates, "BATCH", 3)
    monkeypatch.setattr(near_duplicates, "CHUNK", 2)
    monkeypatch.setattr(near_duplicates, "PAIRS", 2)
    change_rows = Database.change_rows

    def fill() -> None:
        for number in range(3):
            texts = {f"a{number}{other}": STORIES[number] + f"\n\n第{other}版" for other in range(3)}
            put_all(tmp_path, url, "toy", texts, f"2025-02-1{number}")

    def edit() -> None:
        put(tmp_path, url, "toy", "a00", STORIES[2], "2025-02-10")
        put(tmp_path, url, "toy", "a21", STORIES[1], "2025-02-12")
        remove(tmp_path, ledger, "toy", "a11")

    fill()
    if change == "change":
        update()
        edit()
    tables = ["properties", "signatures", "near_duplicates"]
    start = {name: ledger.database.rows(sa.text(f"SELECT * FROM {name}")) for name in tables}
    update()
    expected, count = pairs(ledger), 0
    for is_after in (False, True):
        for number in range(1000):
            restore(ledger, start)
            count = 0

            def killed(self: Database, changes: Any, number: int = number, is_after: bool = is_after) -> None:
                nonlocal count
                count += 1
                if count == number + 1 and not is_after:
                    raise KeyboardInterrupt
                change_rows(self, changes)
                if count == number + 1:
                    raise KeyboardInterrupt

            monkeypatch.setattr(Database, "change_rows", killed)
            try:
                update()
                is_killed = False
            except KeyboardInterrupt:
                is_killed = True
            monkeypatch.setattr(Database, "change_rows", change_rows)
            update()
            assert pairs(ledger) == expected, (number, is_after)
            assert update().read == 0
            if not is_killed:
                break
        assert number > 5
    assert expected


def restore(ledger: Ledger, rows: dict[str, Any]) -> None:
    """Set the tables to *rows*."""
    names = {"properties": "name, value", "signatures": "source, id, day, signature, compared",
             "near_duplicates": "source, id, other_source, other_id, similarity"}  # fmt: skip
    changes: list[tuple[Any, Any]] = []
    for table, columns in names.items():
        changes.append((sa.text(f"DELETE FROM {table}"), None))
        values = ", ".join(f":{name}" for name in columns.split(", "))
        parameters = [dict(zip(columns.split(", "), row, strict=True)) for row in rows[table]]
        changes.append((sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), parameters))
    ledger.database.change_rows(changes)


def test_rows_of_a_ledger_without_change_numbers_are_all_read(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migrated ledger has the number 0 in all old rows; the process ends after the first batch."""
    monkeypatch.setattr(near_duplicates, "BATCH", 2)
    put_all(tmp_path, url, "toy", {f"a{number}": STORIES[number] for number in range(6)})
    ledger.database.change(sa.text("UPDATE articles SET change_number = 0"))
    record = ledger.near_duplicates.record

    def killed(*words: Any) -> None:
        record(*words)
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger.near_duplicates, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        update()
    monkeypatch.setattr(ledger.near_duplicates, "record", record)
    update()
    assert signatures(ledger) == {f"toy/a{number}" for number in range(6)}


def test_signatures_of_another_form_are_read_again(
    tmp_path: Path, url: str, ledger: Ledger, update: Callable[..., Update], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, url, "toy", "a1", STORIES[0])
    update()
    monkeypatch.setattr(near_duplicates, "form", lambda: "another")
    assert update().read == 1
    assert update().read == 0


def test_an_empty_corpus(ledger: Ledger, update: Callable[..., Update]) -> None:
    assert update() == Update(days=3, read=0, short=0, lost=0)
    assert (list(ledger.near_duplicates.listed()), same_as(ledger, "toy")) == ([], {})


def test_a_lost_ledger_is_an_error(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path / ".state", "")
    ledger.database.change(sa.text("DROP TABLE signatures"))
    with closing(ledger), pytest.raises(LedgerError):
        update_near_duplicates(Store(tmp_path), ledger)
