"""Takedowns: what is deleted, and that nothing brings a removed article back, also after kills and a lost ledger."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus import takedown
from crawler.corpus.article_names import ArticleNameError, find_article
from crawler.corpus.book import write_book
from crawler.corpus.check import check
from crawler.corpus.entries import OPEN, REMOVED, SKIPPED, WRITTEN
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.reconcile import rebuild, set_aside
from crawler.corpus.removal_journal import Journal, removals_of, removed_sources
from crawler.corpus.removals import Removals
from crawler.corpus.store import Store, ascii_name, safe_name
from crawler.corpus.takedown import Takedown, put_back, take_down
from crawler.layouts import gitbook, hugo
from crawler.reading.errors import Gone
from tests.corpus.corpora import article, due, files, link, opened, put

A1 = "toy/2025/02/a1.md"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the ledger; "" for the SQLite file of the corpus."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


def ledger_of(root: Path, url: str) -> closing[Ledger]:
    return closing(open_ledger(root / ".state", url))


def remove(root: Path, url: str, name: str = "a1", reason: str = "a court order") -> Takedown:
    with ledger_of(root, url) as ledger:
        return take_down(Store(root), ledger, "toy", name, reason)


def findings(root: Path, url: str, fix: bool = False) -> set[str]:
    with ledger_of(root, url) as ledger:
        found = list(check(Store(root), ledger, open_hashes(root, ledger, "toy"), "toy", fix))
    return {f"{finding.problem}: {finding.path}" for finding in found}


def filled(root: Path, url: str, *names: str) -> None:
    with opened(root, url) as corpus:
        corpus.add_open([link(name) for name in names])
        for name in names:
            put(corpus, name)


def state(root: Path, url: str, name: str) -> str:
    with ledger_of(root, url) as ledger:
        return ledger.articles.find("toy", [name])[name].state


# What is deleted ----------------------------------------------------------------------------------------------------


def test_file_and_metadata_are_deleted_and_the_tombstone_stays(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        stored = article("a1", author="An author", etag='"e"', modified="yesterday")
        corpus.store(stored, hugo.render(stored))
        put(corpus, "a2")
    done = remove(tmp_path, url)
    assert (done.is_new, done.deleted, done.same_text) == (True, [A1], [])
    assert set(files(tmp_path)) == {"toy/2025/02/a2.md"}
    details = sa.text("SELECT details FROM articles WHERE id = 'a1'")
    with ledger_of(tmp_path, url) as ledger:
        entry = ledger.articles.find("toy", ["a1"])["a1"]
        assert (entry.state, entry.reason, entry.url) == (REMOVED, "a court order", link("a1").url)
        assert (entry.title, entry.path, entry.file_hash, entry.etag, entry.modified) == ("", "", "", "", "")
        assert [row.details for row in ledger.database.rows(details)] == [None]
        assert ledger.articles.count_written("toy") == 1
        [removal] = removals_of(tmp_path, ledger, "toy")
        assert removal == done.removal
        assert (removal.id, removal.date, bool(removal.content_hash)) == ("a1", "2025-02-11 08:00:00", True)


def test_metadata_is_overwritten_in_the_file_of_the_ledger(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        stored = article("a1", author="Unmistakable Author", brief="w" * 3000)
        corpus.store(stored, hugo.render(stored))
    remove(tmp_path, "")
    kept = b"".join(path.read_bytes() for path in (tmp_path / ".state").glob("ledger.db*"))
    assert b"Unmistakable Author" not in kept
    assert b"About a1" not in kept


def test_all_kept_copies_are_deleted(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a10", "a1-2")
    text = (tmp_path / A1).read_bytes()
    second = tmp_path / "toy/2025/03/a1.md"
    second.parent.mkdir()
    second.write_bytes(text)
    (tmp_path / "toy/2025/02/.a1.x7.tmp").write_bytes(text)
    (tmp_path / ".rejected/toy/a1").mkdir(parents=True)
    (tmp_path / ".rejected/toy/a1/page.html").write_bytes(text)
    (tmp_path / ".rejected/toy/a10").mkdir()
    versions = tmp_path / ".state/versions/toy"
    for name in ("a1", "a10"):
        (versions / name).mkdir(parents=True)
        (versions / name / "old.md").write_bytes(text.replace(b"a1", name.encode()))
    aside = tmp_path / ".state/set-aside/toy/2025/02"
    aside.mkdir(parents=True)
    for name, data in (("a1", text), ("a1-2", text), ("a1-3", b"broken"), ("a10", text.replace(b"a1", b"a10"))):
        (aside / f"{name}.md").write_bytes(data)
    remove(tmp_path, url)
    assert set(files(tmp_path)) == {"toy/2025/02/a10.md", "toy/2025/02/a1-2.md"}
    assert not list(tmp_path.rglob(".*.tmp"))
    assert [path.name for path in (tmp_path / ".rejected/toy").iterdir()] == ["a10"]
    assert [path.name for path in versions.iterdir()] == ["a10"]
    assert [path.name for path in aside.iterdir()] == ["a10.md"]
    left = [path for path in tmp_path.rglob("*") if path.is_file() and b"Text of a1." in path.read_bytes()]
    assert left == []
    assert findings(tmp_path, url) == set()


def test_set_aside_file_of_an_article_with_a_numbered_id_is_kept(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a1-2")
    set_aside(Store(tmp_path), "toy/2025/02/a1-2.md")
    filled(tmp_path, url, "a1-2")
    remove(tmp_path, url)
    assert [path.name for path in (tmp_path / ".state/set-aside/toy/2025/02").iterdir()] == ["a1-2.md"]
    remove(tmp_path, url, "a1-2")
    assert list((tmp_path / ".state/set-aside/toy/2025/02").iterdir()) == []


def test_article_with_a_name_of_an_older_release_is_removed_with_its_kept_page(tmp_path: Path, url: str) -> None:
    identifier = "2025/头版 新闻"
    old, new = ascii_name(identifier), safe_name(identifier)
    stored = article(identifier)
    with opened(tmp_path, url) as corpus:
        corpus.ledger.articles.add_open("toy", [replace(link(identifier), id=old)], 1)
        corpus.store(stored, hugo.render(stored))
    for name in (new, "another-0123456789abcdef"):
        (tmp_path / ".rejected/toy" / name).mkdir(parents=True)
    with ledger_of(tmp_path, url) as ledger:
        for word in (identifier, old, f"toy:{identifier}"):
            assert find_article(tmp_path, ledger, word, ["toy"]) == ("toy", old)
        assert find_article(tmp_path, ledger, "http://m.toy.example/1", ["toy"], [("toy", identifier)]) == ("toy", old)
    assert set(remove(tmp_path, url, old).deleted) == {f"toy/2025/02/{old}.md", f".rejected/toy/{new}"}
    with opened(tmp_path, url) as corpus:
        assert corpus.is_removed(replace(link("x"), id=identifier))
        assert corpus.store(stored, hugo.render(stored)) == "removed"


def test_moved_file_is_deleted(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1")
    (tmp_path / "toy/2024/12").mkdir(parents=True)
    (tmp_path / A1).rename(tmp_path / "toy/2024/12/a1.md")
    assert remove(tmp_path, url).deleted == ["toy/2024/12/a1.md"]
    assert files(tmp_path) == {}


def test_index_files_of_a_book_have_no_removed_title(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        for name, date in (("a1", "2025-02-11"), ("a2", "2025-02-12"), ("a3", "2024-03-04"), ("a4", "2025-05-05")):
            stored = article(name, date=date)
            corpus.store(stored, gitbook.render(stored))
        write_book(corpus.changes)
    own = tmp_path / "toy/2023/01/README.md"
    own.parent.mkdir(parents=True)
    own.write_text("My notes about this month\n")
    for name in ("a1", "a3", "a4"):
        remove(tmp_path, url, name)
    index = {str(path.relative_to(tmp_path / "toy")): path.read_text() for path in (tmp_path / "toy").rglob("[RS]*.md")}
    assert set(index) == {"SUMMARY.md", "README.md", "2025/README.md", "2025/02/README.md", "2023/01/README.md"}
    assert not [name for name, text in index.items() if any(f"About a{number}" in text for number in (1, 3, 4))]
    assert "About a2" in index["SUMMARY.md"]
    assert findings(tmp_path, url) == set()


@pytest.mark.parametrize("kind", ["open", "gone"])
def test_article_without_a_file_is_removed(tmp_path: Path, url: str, kind: str) -> None:
    with opened(tmp_path, url) as corpus:
        corpus.add_open([link("a1")])
        if kind == "gone":
            corpus.refuse(link("a1"), Gone("HTTP 404"))
    assert remove(tmp_path, url).deleted == []
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == []


# Nothing brings the article back --------------------------------------------------------------------------------------


def test_no_run_wants_or_stores_a_removed_article(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a2")
    remove(tmp_path, url)
    for _ in range(2):
        with opened(tmp_path, url, overwrite_edited=True) as corpus:
            entry = corpus.find([link("a1")])["a1"]
            assert not corpus.wants(replace(link("a1"), date="2025-02-11 08:00:00"), entry)
            assert corpus.is_removed(link("a1"))
            corpus.add_open([link("a1")])
            corpus.refuse(link("a1"), Gone("HTTP 404"))
            corpus.mark_unchanged(link("a1"))
            corpus.mark_filtered(link("a1"), "2020-01-01")
            corpus.count_attempt(link("a1"))
            assert due(corpus) == []
            assert [entry.id for entry in corpus.recent(100_000)] == ["a2"]
            assert put(corpus, "a1") == "removed"
            assert put(corpus, "a1", "Another text.", date="2026-01-01") == "removed"
    assert set(files(tmp_path)) == {"toy/2025/02/a2.md"}
    with ledger_of(tmp_path, url) as ledger:
        [removal] = removals_of(tmp_path, ledger, "toy")
        assert (removal.date, removal.reason) == ("2025-02-11 08:00:00", "a court order")


@pytest.mark.parametrize("date", ["2025-02-11 09:00:00", "2025-07-01"])
def test_same_text_under_another_url_is_not_stored_on_any_day(tmp_path: Path, url: str, date: str) -> None:
    filled(tmp_path, url, "a1")
    remove(tmp_path, url)
    copy = replace(article("copy", "Text of a1.", date), title="About a1")
    with opened(tmp_path, url) as corpus:
        corpus.add_open([link("copy")])
        assert corpus.store(copy, hugo.render(copy)) == "removed"
        other = replace(copy, id="other", title="Another title")
        assert corpus.store(other, hugo.render(other)) == "written"
    assert state(tmp_path, url, "copy") == SKIPPED
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == []


def test_stored_copy_is_named_and_stays_until_it_is_removed(tmp_path: Path, url: str) -> None:
    copy = replace(article("copy", "Text of a1.", "2025-03-01"), title="About a1")
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        corpus.store(copy, hugo.render(copy))
    assert remove(tmp_path, url).same_text == ["copy"]
    with opened(tmp_path, url) as corpus:
        assert corpus.store(copy, hugo.render(copy)) == "unchanged"
        assert put(corpus, "copy", "New text.", "2025-03-01") == "updated"
        assert corpus.store(copy, hugo.render(copy)) == "removed"
    assert b"New text." in files(tmp_path)["toy/2025/03/copy.md"]


def test_rebuild_keeps_the_takedown(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a2")
    data = (tmp_path / A1).read_bytes()
    remove(tmp_path, url)
    (tmp_path / A1).write_bytes(data)
    with ledger_of(tmp_path, url) as ledger:
        assert rebuild(Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy"), "toy") == 1
    assert state(tmp_path, url, "a1") == REMOVED
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1") == "removed"


def test_lost_ledger_is_filled_with_the_takedowns(tmp_path: Path) -> None:
    filled(tmp_path, "", "a1", "a2", "a3")
    before = remove(tmp_path, "").removal
    remove(tmp_path, "", "a3")
    with ledger_of(tmp_path, "") as ledger:
        put_back(Store(tmp_path), ledger, "toy", "a3")
    for path in (tmp_path / ".state").glob("ledger.db*"):
        path.unlink()
    with ledger_of(tmp_path, "") as ledger:
        assert removed_sources(tmp_path, ledger) == ["toy"]
        assert removals_of(tmp_path, ledger, "toy") == [before]
        assert find_article(tmp_path, ledger, before.url, ["toy"]) == ("toy", "a1")
    with opened(tmp_path) as corpus:
        assert corpus.ledger.removals.of("toy") == {"a1": before}
        assert put(corpus, "a1") == "removed"
        assert put(corpus, "a3") == "written"


def test_lost_journal_is_filled_from_the_ledger(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1")
    before = remove(tmp_path, url).removal
    journal = tmp_path / ".state/removed/toy.jsonl"
    journal.unlink()
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1") == "removed"
    with ledger_of(tmp_path, url) as ledger:
        assert removals_of(tmp_path, ledger, "toy") == [before]
    assert len(journal.read_text().splitlines()) == 1


def test_damaged_lines_of_the_journal_are_skipped(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a2")
    remove(tmp_path, url)
    journal = tmp_path / ".state/removed/toy.jsonl"
    journal.write_bytes(
        b'\xff\n{"id": 3}\n[1]\n"id"\n{"future": 1, "id": "a2"}\n' + journal.read_bytes() + b'{"id": "a1", "rest'
    )
    remove(tmp_path, url, "a2")
    with ledger_of(tmp_path, url) as ledger:
        assert [removal.id for removal in removals_of(tmp_path, ledger, "toy")] == ["a1", "a2"]
        assert put_back(Store(tmp_path), ledger, "toy", "a1")
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]


# Kills ----------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    ("owner", "method"),
    [(Journal, "remove"), (Removals, "add"), (takedown, "delete"), (takedown, "write_book")],
)
@pytest.mark.parametrize("layout", [hugo, gitbook])
def test_killed_takedown_is_completed_by_a_second_one(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, owner: object, method: str, layout: object
) -> None:
    with opened(tmp_path, url) as corpus:
        for name in ("a1", "a2"):
            corpus.store(article(name), (hugo if layout is hugo else gitbook).render(article(name)))
        if layout is gitbook:
            write_book(corpus.changes)

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(owner, method, kill)
        if method == "write_book" and layout is hugo:
            remove(tmp_path, url)
        else:
            with pytest.raises(Killed):
                remove(tmp_path, url)
    is_recorded = bool(list((tmp_path / ".state").glob("removed/*.jsonl")))
    assert is_recorded or (tmp_path / A1).is_file()  # no file is deleted before the tombstone exists
    if is_recorded:
        with opened(tmp_path, url) as corpus:
            assert put(corpus, "a1") == "removed"
            assert due(corpus) == []
    left = {f"file of a removed article: {A1}"} if is_recorded and (tmp_path / A1).is_file() else set()
    assert findings(tmp_path, url) == left
    done = remove(tmp_path, url)
    assert done.is_new == (not is_recorded)
    assert set(files(tmp_path)) >= {"toy/2025/02/a2.md"}
    assert not [path for path in (tmp_path / "toy").rglob("*.md") if b"a1" in path.read_bytes()]
    assert findings(tmp_path, url) == set()
    assert remove(tmp_path, url).deleted == []


def test_check_reports_and_deletes_files_of_a_removed_article(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "a2")
    data = (tmp_path / A1).read_bytes()
    remove(tmp_path, url)
    (tmp_path / A1).write_bytes(data)
    (tmp_path / ".rejected/toy/a1").mkdir(parents=True)
    expected = {f"file of a removed article: {path}" for path in (A1, ".rejected/toy/a1")}
    with opened(tmp_path, url):
        pass
    assert findings(tmp_path, url) == expected
    assert findings(tmp_path, url, fix=True) == expected
    assert findings(tmp_path, url) == set()
    assert set(files(tmp_path)) == {"toy/2025/02/a2.md"}
    assert not list(tmp_path.glob(".state/set-aside/**/*.md"))


# Reversal -------------------------------------------------------------------------------------------------------------


def test_restored_article_is_fetched_and_stored_again(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1")
    remove(tmp_path, url)
    with ledger_of(tmp_path, url) as ledger:
        assert put_back(Store(tmp_path), ledger, "toy", "a1")
        assert not put_back(Store(tmp_path), ledger, "toy", "a1")
        assert removals_of(tmp_path, ledger, "toy") == []
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]
        assert put(corpus, "a1") == "written"
    assert state(tmp_path, url, "a1") == WRITTEN
    again = remove(tmp_path, url, reason="once more")
    assert (again.is_new, again.removal.reason) == (True, "once more")
    with ledger_of(tmp_path, url) as ledger:
        assert [removal.reason for removal in removals_of(tmp_path, ledger, "toy")] == ["once more"]


def test_killed_reversal_is_completed_by_the_next_run(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, url, "a1")
    remove(tmp_path, url)

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, ledger_of(tmp_path, url) as ledger:
        patch.setattr(Removals, "restore", kill)
        with pytest.raises(Killed):
            put_back(Store(tmp_path), ledger, "toy", "a1")
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]
    assert state(tmp_path, url, "a1") == OPEN


def test_second_takedown_keeps_time_and_reason_of_the_first(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1")
    first = remove(tmp_path, url, reason="first")
    second = remove(tmp_path, url, reason="second")
    assert (second.is_new, second.deleted, second.removal) == (False, [], first.removal)


# Names ----------------------------------------------------------------------------------------------------------------


def test_articles_are_found_by_id_url_and_source(tmp_path: Path, url: str) -> None:
    filled(tmp_path, url, "a1", "Mixed/Case id")
    with ledger_of(tmp_path, url) as ledger:
        ledger.articles.add_open("other", [link("a1"), link("b1")], 1)

        def find(word: str, *sources: str, **options: object) -> tuple[str, str]:
            return find_article(tmp_path, ledger, word, sources or ("toy", "other"), **options)  # type: ignore[arg-type]

        assert find("b1") == ("other", "b1")
        assert find("toy:a1") == find("a1", "toy") == ("toy", "a1")
        name = find("Mixed/Case id")[1]
        assert find(name) == find("toy:Mixed/Case id") == ("toy", name)
        assert find(link("b1").url) == ("other", "b1")
        assert find("http://m.toy.example/b1", links=[("other", "b1"), ("toy", "b1")]) == ("other", "b1")
        for word in ("a1", link("a1").url):
            with pytest.raises(ArticleNameError, match="ambiguous: name one of other:a1, toy:a1, or add --source"):
                find(word)
        for word in ("a9", "toy:b1", "http://toy.example/a/a9.html", "nosource:a1", ""):
            with pytest.raises(ArticleNameError, match="unknown article"):
                find(word)
