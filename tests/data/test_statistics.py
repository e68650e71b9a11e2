"""Statistics of the corpus: what is counted, in which groups, and what is left out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.ledger import Ledger
from crawler.corpus.removal_journal import Journal
from crawler.corpus.store import Store
from crawler.data.statistics import Statistics, as_json, corpus_statistics, ordered
from crawler.data.stored import read_markdown, read_stored
from tests.data.corpora import put, put_all, remove

TODAY = date(2025, 4, 1)


def statistics(root: Path, ledger: Ledger, since: str = "", until: str = "") -> Statistics:
    return corpus_statistics(Store(root), ledger, ledger.sources(), TODAY, since, until)


def counts(found: Statistics, group: str) -> dict[str, tuple[int, int]]:
    return {name: (each.articles, each.characters) for name, each in found.groups[group].items()}


def test_articles_are_counted_by_source_month_author_and_keyword(tmp_path: Path, url: str, ledger: Ledger) -> None:
    put(tmp_path, url, "toy", "a1", "渡口的灯", "2025-02-11 08:00:00", author="某人", keywords=("灯", "船", "灯"))
    put(
        tmp_path,
        url,
        "toy",
        "a2",
        "**又**亮了[。](http://toy.example/x)",
        "2025-03-01",
        author="某人",
        keywords=("灯",),
    )
    put(tmp_path, url, "other", "b1", "天气", "2025-03-02")
    put(tmp_path, url, "other", "b2", "今天的天气", "2025-03-02", layout="gitbook")
    put(tmp_path, url, "other", "u1", "无日期", "2025-03-02", undated=True)
    found = statistics(tmp_path, ledger)
    assert (found.total.articles, found.total.characters, found.without_file) == (5, 18, 0)
    assert counts(found, "source") == {"toy": (2, 8), "other": (3, 10)}
    assert counts(found, "month") == {"2025-02": (1, 4), "2025-03": (3, 11), "undated": (1, 3)}
    assert counts(found, "author") == {"某人": (2, 8), "": (3, 10)}
    assert counts(found, "keyword") == {"灯": (2, 8), "船": (1, 4)}
    assert [name for name, _ in ordered(found.groups["author"], "author")] == ["", "某人"]
    assert found.days["other"] == {date(2025, 3, 2): 2}


def test_limits_leave_out_undated_articles(tmp_path: Path, url: str, ledger: Ledger) -> None:
    for number, day in enumerate(("2025-02-10", "2025-02-11 23:59:59", "2025-02-12 00:00:00", "2025-02-13")):
        put(tmp_path, url, "toy", f"a{number}", "渡口", day)
    put(tmp_path, url, "toy", "u1", "无日期", "2025-02-12", undated=True)
    assert statistics(tmp_path, ledger).total.articles == 5
    assert statistics(tmp_path, ledger, "2025-02-11", "2025-02-12").total.articles == 2
    assert statistics(tmp_path, ledger, since="2025-02-12").total.articles == 2
    assert statistics(tmp_path, ledger, until="2025-02-10").total.articles == 1


def test_removed_articles_and_lost_files(tmp_path: Path, url: str, ledger: Ledger) -> None:
    put_all(tmp_path, url, "toy", {name: f"渡口{name}" for name in ("a1", "a2", "a3", "a4", "a5")}, author="某人")
    remove(tmp_path, ledger, "toy", "a1")
    removal = next(iter(ledger.removals.of("toy").values()))
    # A process was killed after it had written the journal.
    Journal(tmp_path, "toy").remove(type(removal)("toy", "a2", "http://toy.example/a/a2.html", 1, "asked"))
    (tmp_path / "toy/2025/02/a3.md").unlink()
    (tmp_path / "toy/2025/02/a4.md").write_bytes(b"---\n\xff")
    found = statistics(tmp_path, ledger)
    assert counts(found, "source") == {"toy": (3, 4)}
    assert found.without_file == 2


def test_details_that_other_programs_wrote(tmp_path: Path, url: str, ledger: Ledger) -> None:
    put_all(tmp_path, url, "toy", {name: f"渡口{name}" for name in ("a1", "a2", "a3")})
    for name, details in {
        "a1": '["x"]',
        "a2": '{"author": 7, "keywords": [1, "灯"]}',
        "a3": '{"keywords": "灯"}',
    }.items():
        cast = "" if ledger.database.is_sqlite else "::json"
        ledger.database.change(sa.text(f"UPDATE articles SET details = '{details}'{cast} WHERE id = '{name}'"))
    ledger.database.change(sa.text("UPDATE articles SET date = 'soon' WHERE id = 'a3'"))
    found = statistics(tmp_path, ledger)
    assert counts(found, "author") == {"": (3, 12)}
    assert counts(found, "keyword") == {"灯": (1, 4)}
    assert counts(found, "month") == {"2025-02": (2, 8), "undated": (1, 4)}


def test_gaps_come_from_the_whole_history_and_are_shown_in_the_limits(tmp_path: Path, url: str, ledger: Ledger) -> None:
    rows = [
        {"id": f"a{number}", "url": "u", "title": "t", "date": f"{TODAY - timedelta(number)} 08:00:00",
         "path": f"toy/2025/01/a{number}.md", "file_hash": "f", "content_hash": "c"}
        for number in range(60) if number not in (0, 1, 2, 30)
    ]  # fmt: skip
    ledger.articles.mark_written("toy", rows, 1)
    expected = [
        {"source": "toy", "first": "2025-03-02", "last": "2025-03-02", "days": 1, "open": False},
        {"source": "toy", "first": "2025-03-30", "last": "2025-03-31", "days": 2, "open": True},
    ]
    assert as_json(statistics(tmp_path, ledger))["gaps"] == expected
    assert as_json(statistics(tmp_path, ledger, "2025-03-03"))["gaps"] == expected[1:]
    assert as_json(statistics(tmp_path, ledger, until="2025-03-02"))["gaps"] == expected[:1]


def test_json_of_one_group(tmp_path: Path, url: str, ledger: Ledger) -> None:
    put(tmp_path, url, "toy", "a1", "渡口的灯", "2025-02-11")
    assert as_json(statistics(tmp_path, ledger), "month") == {
        "articles": 1, "characters": 4, "months": [{"name": "2025-02", "articles": 1, "characters": 4}],
    }  # fmt: skip
    assert [*as_json(Statistics())] == [
        "articles", "characters", "sources", "months", "authors", "keywords", "gaps", "without_file",
    ]  # fmt: skip


@pytest.mark.parametrize("layout", ["hugo", "gitbook"])
def test_the_markdown_that_is_read_faster_is_the_same(tmp_path: Path, url: str, ledger: Ledger, layout: str) -> None:
    texts = {"a1": "一。\n\n---\n\n二。", "a2": "[toy](http://toy.example/z)\n\n末", "a3": "x\n---\ny"}
    put_all(tmp_path, url, "toy", texts, layout=layout)
    path = tmp_path / "toy/2025/02/a1.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n后来加的一行\n", encoding="utf-8")
    for entry in ledger.changes.written(-1):
        stored = read_stored(Store(tmp_path), entry)
        assert stored is not None
        assert read_markdown(Store(tmp_path), entry) == stored.markdown
