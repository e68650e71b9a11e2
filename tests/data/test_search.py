"""Searches: what is found, in which order, and that the index follows the ledger, takedowns, damage and kills."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from crawler.corpus.backup import SEARCH_INDEX
from crawler.corpus.check import check
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.removal_journal import Journal
from crawler.corpus.removals import Removal
from crawler.corpus.store import Store
from crawler.corpus.takedown import put_back, take_down
from crawler.data import index_update, search_index
from crawler.data.bigrams import tokens
from crawler.data.index_update import purge_removed, rebuild_index, update_after_run, update_index
from crawler.data.search import LONGEST, QueryError, Results, search
from crawler.data.search_index import SearchIndex, delete_index, has_index, index_lock
from crawler.layouts import gitbook, hugo
from tests.corpus.corpora import article, link, opened, put


def found(root: Path, *words: str, url: str = "", **options: Any) -> Results:
    with closing(open_ledger(root / ".state", url)) as ledger:
        return search(Store(root), ledger, root / ".state", words, **options)


def ids(root: Path, *words: str, url: str = "", **options: Any) -> list[str]:
    return [result.id for result in found(root, *words, url=url, **options).shown]


def update(root: Path, limit: int = 0) -> None:
    with closing(open_ledger(root / ".state", "")) as ledger:
        update_index(Store(root), ledger, root / ".state", limit=limit)


def removed(root: Path, name: str, url: str = "", purges: bool = True) -> None:
    with closing(open_ledger(root / ".state", url)) as ledger:
        take_down(Store(root), ledger, "toy", name, "asked")
    if purges:
        purge_removed(Store(root), [("toy", name)])


def stored(root: Path, texts: dict[str, str], url: str = "", day: str = "2025-02-11") -> None:
    with opened(root, url) as corpus:
        for name, text in texts.items():
            put(corpus, name, text, f"{day} 08:00:00")


def documents_of(root: Path, text: str) -> set[int]:
    """Return the documents that have any token of *text* in the index, also those that no query finds."""
    with closing(sqlite3.connect(root / ".state" / SEARCH_INDEX)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, bigrams, instance)")
        rows = connection.execute("SELECT doc, term FROM temp.terms").fetchall()
    wanted = set(tokens(text).split())
    return {number for number, term in rows if term in wanted}


# What is found ------------------------------------------------------------------------------------------------------


def test_results_have_the_metadata_of_the_file_and_the_newest_comes_first(tmp_path: Path, url: str) -> None:
    for day, name, text in [
        ("2025-02-11", "a1", "央行**宣布**降准。A 股大涨，A股成交额创新高。"),
        ("2025-03-01", "a2", "第二篇说[Ａ股](https://b.example/降准)。"),
        ("2025-03-02", "a3", "港股。"),
    ]:
        stored(tmp_path, {name: text}, url, day)
    results = found(tmp_path, "A股", url=url)
    assert [result.id for result in results.shown] == ["a2", "a1"]
    assert (results.total, results.is_exact) == (2, True)
    first = results.shown[1]
    assert (first.source, first.title, first.date) == ("toy", "About a1", "2025-02-11 08:00:00")
    assert (first.url, first.path, first.hits) == (link("a1").url, "toy/2025/02/a1.md", 2)
    assert first.snippet.text == "央行宣布降准。A 股大涨，A股成交额创新高。"
    assert [first.snippet.text[slice(*span)] for span in first.snippet.spans] == ["A 股", "A股"]
    assert ids(tmp_path, "a股", "降准", url=url) == ["a1"]  # all words; not the target of a link
    assert ids(tmp_path, "A股", url=url, sort="hits") == ["a1", "a2"]
    assert ids(tmp_path, "about A1", url=url) == ["a1"]  # the title
    assert found(tmp_path, "欧股", url=url) == Results([], 0, True)
    assert ids(tmp_path, "toy", url=url) == []  # the line with the link to the article


def test_day_and_source_and_limit_restrict_the_results(tmp_path: Path) -> None:
    for day in range(10, 20):
        stored(tmp_path, {f"a{day}": "同样的人工智能文字"}, day=f"2025-02-{day}")
    assert ids(tmp_path, "文字", since="2025-02-12", until="2025-02-14") == ["a14", "a13", "a12"]
    assert ids(tmp_path, "文字", sources=["other"]) == []
    assert ids(tmp_path, "文字", sources=["other", "toy"], limit=1) == ["a19"]
    results = found(tmp_path, "文字", limit=4)
    assert (len(results.shown), results.total, results.is_exact) == (4, 10, True)
    results = found(tmp_path, "人工智能", limit=4)
    assert (len(results.shown), results.total, results.is_exact) == (4, 10, False)
    results = found(tmp_path, "人工智能", limit=0)
    assert (len(results.shown), results.total, results.is_exact) == (10, 10, True)


def test_longer_words_are_compared_with_the_text(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "半导体的导体", "a2": "半导，导体", "a3": "半导\n\n导体"})
    assert ids(tmp_path, "半导体") == ["a1"]
    assert ids(tmp_path, "半导") == ["a1", "a2", "a3"]
    assert ids(tmp_path, "体") == ["a1", "a2", "a3"]


@pytest.mark.parametrize("words", [[], ["，"], ["好", "*"], ['"'], ["\x00"], ["\udcff"], ["字" * (LONGEST + 1)], [" "]])
def test_words_that_cannot_be_searched_are_errors(tmp_path: Path, words: list[str]) -> None:
    stored(tmp_path, {"a1": "文字"})
    with pytest.raises(QueryError) as raised:
        found(tmp_path, *words)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    "word",
    ["NOT", "a OR b", "a*", '"a"', "tokens:a", "-a", "^a", "NEAR(a b)", "a\x00b", "(a", "a'; --", "{a}", "a\udcff"],
)
def test_syntax_of_the_database_has_no_effect(tmp_path: Path, word: str) -> None:
    stored(tmp_path, {"a1": "a b", "a2": "not here"})
    assert ids(tmp_path, word) == (["a2"] if word == "NOT" else ["a1", "a2"] if word == "-a" else [])


def test_text_of_a_page_cannot_change_the_terminal(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "前\u202e文字\x9b31m\u200b后"})
    [result] = found(tmp_path, "文字").shown
    assert result.snippet.text.isprintable()


def test_gitbook_and_undated_articles_are_found(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        page = article("a1", "第一篇文字")
        corpus.store(page, gitbook.render(page))
        page = article("a2", "第二篇文字", "2025-03-01 08:00:00", chosen={"date": "file"})
        corpus.store(page, hugo.render(page))
    results = found(tmp_path, "文字").shown
    assert [result.path for result in results] == ["toy/undated/a2.md", "toy/2025/02/a1.md"]
    assert [result.title for result in results] == ["About a2", "About a1"]


# Changes of articles ------------------------------------------------------------------------------------------------


def test_index_follows_new_replaced_moved_and_deleted_articles(tmp_path: Path, url: str) -> None:
    stored(tmp_path, {"a1": "旧的文字", "a2": "文字"}, url)
    assert ids(tmp_path, "文字", url=url) == ["a1", "a2"]
    stored(tmp_path, {"a1": "新的内容", "a3": "文字"}, url)
    assert ids(tmp_path, "文字", url=url) == ["a2", "a3"]
    assert found(tmp_path, "文字", url=url).total == 2
    assert ids(tmp_path, "内容", url=url) == ["a1"]
    stored(tmp_path, {"a2": "文字"}, url, day="2025-04-01")
    assert ids(tmp_path, "文字", url=url, since="2025-03-01") == ["a2"]
    (tmp_path / "toy/2025/02/a3.md").unlink()
    assert ids(tmp_path, "文字", url=url) == ["a2"]
    with opened(tmp_path, url):
        pass
    assert found(tmp_path, "文字", url=url).total == 1
    stored(tmp_path, {"a3": "文字"}, url)
    assert ids(tmp_path, "文字", url=url) == ["a2", "a3"]


def test_edits_by_hand_are_respected_and_indexed_by_a_rebuild(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "文字", "a2": "文字", "a3": "文字", "a4": "文字", "a5": "文字"})
    update(tmp_path)
    folder = tmp_path / "toy/2025/02"
    for name, data in {
        "a1": (folder / "a1.md").read_bytes().replace("文字".encode(), "内容".encode()),
        "a2": b"",
        "a3": "文字".encode("gbk"),
    }.items():
        (folder / f"{name}.md").write_bytes(data)
    (folder / "a4.md").unlink()
    (folder / "a4.md").mkdir()
    assert ids(tmp_path, "文字") == ["a5"]
    assert found(tmp_path, "文字").total == 1
    assert ids(tmp_path, "内容") == []
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        assert rebuild_index(Store(tmp_path), ledger, tmp_path / ".state") == 2
    assert ids(tmp_path, "内容") == ["a1"]
    assert ids(tmp_path, "文字") == ["a5"]


def test_an_unchanged_corpus_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, {"a1": "文字", "a2": "文字"})
    update(tmp_path)
    read = Mock(return_value=("", ""))
    monkeypatch.setattr(index_update, "title_and_markdown", read)
    update(tmp_path)
    monkeypatch.setattr(SearchIndex, "progress", lambda self: ("", -1))  # the last batch of a killed process
    update(tmp_path)
    monkeypatch.undo()
    assert read.call_count == 0
    assert len(ids(tmp_path, "文字")) == 2


def test_a_limit_leaves_the_rest_to_the_next_update(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, {f"a{number}": f"文字{number}" for number in range(7)})
    monkeypatch.setattr(index_update, "BATCH", 2)
    counts = []
    for _ in range(5):
        update(tmp_path, limit=2)
        with closing(SearchIndex(tmp_path / ".state")) as index:
            counts.append(index.count())
    assert (counts[0], sorted(counts), counts[-1]) == (2, counts, 7)
    assert counts[1] < 7


def test_a_new_ledger_and_too_many_replaced_documents_build_the_index_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "_REPLACED", 1)
    for text in ("第一", "第二"):
        stored(tmp_path, {"a1": text})
        update(tmp_path)
    assert len(documents_of(tmp_path, "第一")) == 1
    stored(tmp_path, {"a1": "第三"})
    update(tmp_path)
    update(tmp_path)
    assert documents_of(tmp_path, "第一") == set()
    (tmp_path / ".state/ledger.db").unlink()
    with opened(tmp_path):
        pass
    stored(tmp_path, {"a2": "第四"})
    assert ids(tmp_path, "第三") == ["a1"]
    assert ids(tmp_path, "第四") == ["a2"]


# Takedowns ----------------------------------------------------------------------------------------------------------


def test_a_takedown_deletes_all_bigrams_of_all_versions(tmp_path: Path, url: str) -> None:
    stored(tmp_path, {"a1": "龘靐秘密", "a2": "公开的文字"}, url)
    assert ids(tmp_path, "秘密", url=url) == ["a1"]
    stored(tmp_path, {"a1": "鱻麤换过"}, url)
    assert ids(tmp_path, "换过", url=url) == ["a1"]
    path = tmp_path / "toy/2025/02/a1.md"
    path.write_bytes(path.read_bytes().replace("换过".encode(), "手改".encode()))
    assert len(documents_of(tmp_path, "龘靐 鱻麤")) == 2
    removed(tmp_path, "a1", url)
    assert documents_of(tmp_path, "龘靐 鱻麤 秘密 换过 a1") == set()
    data = (tmp_path / ".state" / SEARCH_INDEX).read_bytes()
    assert not [text for text in ("龘靐", "鱻麤", "秘密", "toy/2025/02/a1") if text.encode()[2:] in data]
    assert len(documents_of(tmp_path, "公开的文字")) == 1
    assert ids(tmp_path, "文字", url=url) == ["a2"]
    assert found(tmp_path, "换过", url=url) == Results([], 0, True)


@pytest.mark.parametrize("is_in_ledger", [True, False])
def test_an_interrupted_takedown_is_completed_by_the_next_search(tmp_path: Path, is_in_ledger: bool) -> None:
    stored(tmp_path, {"a1": "秘密", "a2": "文字"})
    update(tmp_path)
    if is_in_ledger:
        removed(tmp_path, "a1", purges=False)
    else:
        Journal(tmp_path, "toy").remove(Removal("toy", "a1", link("a1").url, 1_700_000_000, "asked"))
    assert found(tmp_path, "秘密") == Results([], 0, True)
    if is_in_ledger:
        assert documents_of(tmp_path, "秘密") == set()
    removed(tmp_path, "a1")
    assert documents_of(tmp_path, "秘密") == set()
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        put_back(Store(tmp_path), ledger, "toy", "a1")
    stored(tmp_path, {"a1": "秘密"})
    assert ids(tmp_path, "秘密") == ["a1"]


def test_an_index_that_cannot_be_purged_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(tmp_path, {"a1": "秘密"})
    update(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(SearchIndex, "purge", Mock(side_effect=OSError(28, "No space left on device")))
        removed(tmp_path, "a1")
    assert not has_index(tmp_path / ".state")
    assert ids(tmp_path, "秘密") == []


# Damage, kills, and other processes ---------------------------------------------------------------------------------


def damage(path: Path, kind: str) -> None:
    if kind in ("garbage", "empty"):
        path.write_bytes(b"garbage" * 1000 if kind == "garbage" else b"")
        return
    if kind in ("truncated", "overwritten"):
        data = path.read_bytes()
        half = len(data) // 2
        path.write_bytes(data[:half] if kind == "truncated" else data[:4096] + b"\x99" * (len(data) - 4096))
        return
    statement = {
        "version": "PRAGMA user_version = 99",
        "no version": "PRAGMA user_version = 0",
        "no table": "DROP TABLE documents",
        "no index": "DROP TABLE bigrams",
    }[kind]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize(
    "kind",
    ["garbage", "empty", "truncated", "overwritten", "version", "no version", "no table", "no index"],
)
@pytest.mark.parametrize("is_changed", [False, True])
def test_a_damaged_index_is_built_again(tmp_path: Path, kind: str, is_changed: bool) -> None:
    stored(tmp_path, {f"a{number}": f"文字{number}" for number in range(5)})
    update(tmp_path)
    damage(tmp_path / ".state" / SEARCH_INDEX, kind)
    if is_changed:
        stored(tmp_path, {"a5": "文字"})
    assert len(ids(tmp_path, "文字")) == 5 + is_changed
    update(tmp_path)
    assert len(ids(tmp_path, "文字")) == 5 + is_changed


KILL = """
import os, signal, sys
from contextlib import closing
from pathlib import Path
from crawler.corpus.ledger import open_ledger
from crawler.corpus.store import Store
from crawler.data import index_update
from crawler.data.search_index import SearchIndex

root, method, number = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
original = getattr(SearchIndex, method)

def killed(self, *args):
    global number
    if not number:
        os.kill(os.getpid(), signal.SIGKILL)
    number -= 1
    return original(self, *args)

if method == "purge":
    import sqlite3
    class Connection(sqlite3.Connection):
        def execute(self, sql, *args):
            if sql == "VACUUM":
                os.kill(os.getpid(), signal.SIGKILL)
            return super().execute(sql, *args)
    connect = sqlite3.connect
    sqlite3.connect = lambda *args, **options: connect(*args, factory=Connection, **options)
else:
    setattr(SearchIndex, method, killed)
index_update.BATCH = 2
with closing(open_ledger(root / ".state", "")) as ledger:
    index_update.update_index(Store(root), ledger, root / ".state")
"""


@pytest.mark.slow
@pytest.mark.parametrize(("method", "number"), [("put", 0), ("put", 3), ("set_progress", 1), ("set_progress", 3)])
def test_an_update_after_a_kill_completes_the_index(tmp_path: Path, method: str, number: int) -> None:
    stored(tmp_path, {f"a{number}": f"文字{number}" for number in range(5)})
    done = subprocess.run([sys.executable, "-c", KILL, str(tmp_path), method, str(number)], timeout=60)
    assert done.returncode == -signal.SIGKILL
    results = found(tmp_path, "文字")
    assert (sorted(result.id for result in results.shown), results.total) == ([f"a{number}" for number in range(5)], 5)


@pytest.mark.slow
def test_a_purge_after_a_kill_is_completed(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "龘靐", "a2": "文字"})
    update(tmp_path)
    removed(tmp_path, "a1", purges=False)
    done = subprocess.run([sys.executable, "-c", KILL, str(tmp_path), "purge", "0"], timeout=60)
    assert done.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(tmp_path / ".state" / SEARCH_INDEX)) as connection:
        assert connection.execute("SELECT is_purging FROM state").fetchone() == (1,)
    update(tmp_path)
    with closing(sqlite3.connect(tmp_path / ".state" / SEARCH_INDEX)) as connection:
        assert connection.execute("SELECT is_purging FROM state").fetchone() == (0,)
    assert "龘靐".encode()[2:] not in (tmp_path / ".state" / SEARCH_INDEX).read_bytes()


def test_a_run_updates_only_an_existing_index_that_no_other_process_updates(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "文字"})
    state = tmp_path / ".state"
    with closing(open_ledger(state, "")) as ledger:
        update_after_run(Store(tmp_path), ledger)
        assert not has_index(state)
        update(tmp_path)
        stored(tmp_path, {"a2": "文字"})
        with index_lock(state):
            update_after_run(Store(tmp_path), ledger)
        with closing(SearchIndex(state)) as index:
            assert index.count() == 1
        update_after_run(Store(tmp_path), ledger)
        with closing(SearchIndex(state)) as index:
            assert index.count() == 2


def test_a_search_waits_for_the_update_of_another_process(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "文字"})
    results: list[Sequence[str]] = []
    with index_lock(tmp_path / ".state"):
        thread = threading.Thread(target=lambda: results.append(ids(tmp_path, "文字")))
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
    thread.join(30)
    assert results == [["a1"]]


def test_a_failure_after_a_run_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stored(tmp_path, {"a1": "文字"})
    update(tmp_path)
    stored(tmp_path, {"a2": "文字"})

    for error in (OSError(28, "No space left on device"), ZeroDivisionError("x")):
        caplog.clear()
        with monkeypatch.context() as patched, closing(open_ledger(tmp_path / ".state", "")) as ledger:
            patched.setattr(SearchIndex, "put", Mock(side_effect=error))
            update_after_run(Store(tmp_path), ledger)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert ids(tmp_path, "文字") == ["a1", "a2"]


def test_the_ledger_check_ignores_the_index(tmp_path: Path) -> None:
    stored(tmp_path, {"a1": "文字"})
    update(tmp_path)
    with closing(open_ledger(tmp_path / ".state", "")) as ledger:
        assert list(check(Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy"), "toy", fix=False)) == []
    with index_lock(tmp_path / ".state"):
        delete_index(tmp_path / ".state")
    assert not has_index(tmp_path / ".state")
