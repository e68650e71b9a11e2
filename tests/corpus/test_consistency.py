"""Files and ledger stay consistent: edited, moved, deleted and unknown files, kills, wrong clocks, rebuilds."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus import reconcile as module
from crawler.corpus.articles import Articles
from crawler.corpus.check import check
from crawler.corpus.corpus import Corpus
from crawler.corpus.entries import DAY, OPEN, REJECTED, WRITTEN
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.reconcile import rebuild, set_aside
from crawler.corpus.store import Store, ascii_name, safe_name
from crawler.layouts import gitbook
from crawler.reading.errors import LayoutChanged
from tests.corpus.corpora import article, due, files, link, opened, put

A1, MOVED = "toy/2025/02/a1.md", "toy/2025/03/a1.md"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the ledger; "" for the SQLite file of the corpus."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Record the time of a folder also if it has just changed; the runs of a test do not change files meanwhile."""
    monkeypatch.setattr(module, "TICK", 0)


def rebuild_ledger(root: Path, url: str) -> None:
    with closing(open_ledger(root / ".state", url)) as ledger:
        rebuild(Store(root), ledger, open_hashes(root, ledger, "toy"), "toy")


def findings(root: Path, url: str, fix: bool = False) -> set[str]:
    with closing(open_ledger(root / ".state", url)) as ledger:
        found = list(check(Store(root), ledger, open_hashes(root, ledger, "toy"), "toy", fix))
    return {f"{finding.problem}: {finding.path}" for finding in found}


def edit_text(data: bytes) -> bytes:
    return data.replace(b"Text of", b"My text of")


def edit(root: Path, path: str = A1, change: Callable[[bytes], bytes] = edit_text) -> bytes:
    data = change((root / path).read_bytes())
    (root / path).write_bytes(data)
    return data


# Edited files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        edit_text,
        lambda data: data + b"A note after the last line.",
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.rstrip(b"\n"),
        lambda data: b"",
        lambda data: b"\xff\xfe not an article",
    ],
    ids=["text", "note", "CRLF", "BOM", "last line end", "empty", "not an article"],
)
def test_edited_file_is_kept_after_a_rebuild(tmp_path: Path, url: str, change: Callable[[bytes], bytes]) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    edited = edit(tmp_path, A1, change)
    rebuild_ledger(tmp_path, url)
    for _ in range(2):
        with opened(tmp_path, url) as corpus:
            assert put(corpus, "a1", "New text.") == "edited"
            assert (corpus.edited, corpus.unknown) == ([tmp_path / A1], [])
            assert (tmp_path / A1).read_bytes() == edited
            assert corpus.is_stored(link("a1"))
    with opened(tmp_path, url, overwrite_edited=True) as corpus:
        assert put(corpus, "a1", "New text.") == "updated"
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "Newer text.") == "updated"


def test_unedited_file_is_replaced_after_a_rebuild(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a1", "Second text.")
    rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "Third text.") == "updated"
        assert (corpus.edited, corpus.unknown) == ([], [])


def test_edited_file_is_kept_after_the_ledger_was_damaged(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        put(corpus, "a1")
        put(corpus, "a2")
    edited = edit(tmp_path)
    ledger = tmp_path / ".state" / "ledger.db"
    ledger.write_bytes(bytes(100) + ledger.read_bytes()[100:])
    with opened(tmp_path) as corpus:
        assert put(corpus, "a1", "New text.") == "edited"
        assert put(corpus, "a2", "New text.") == "updated"
    assert (tmp_path / A1).read_bytes() == edited


def test_file_without_a_known_hash_is_kept_until_a_fetch_gives_its_bytes(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    (tmp_path / ".state/hashes/toy/2025/02").unlink()
    rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "New text.") == "edited"
        assert (corpus.edited, corpus.unknown) == ([], [tmp_path / A1])
        assert put(corpus, "a1") == "unchanged"
        assert put(corpus, "a1", "New text.") == "updated"
    rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "Newer text.") == "updated"


def test_file_of_another_program_at_the_path_of_a_new_article_is_kept(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:  # after `reconcile`
        (tmp_path / A1).parent.mkdir(parents=True)
        (tmp_path / A1).write_bytes(b"notes")
        assert put(corpus, "a1") == "edited"
        assert corpus.unknown == [tmp_path / A1]
        assert (tmp_path / A1).read_bytes() == b"notes"


def test_deleted_file_is_fetched_and_replaced_again(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    (tmp_path / A1).unlink()
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]
        assert put(corpus, "a1", "Text of a1, again.") == "written"
    edited = edit(tmp_path)
    rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "Newer text.") == "edited"
    assert (tmp_path / A1).read_bytes() == edited


def test_layout_can_change_over_unedited_files(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a2")
    edit(tmp_path)
    rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        outcomes = [corpus.store(article(name), gitbook.render(article(name))) for name in ("a1", "a2")]
    assert outcomes == ["edited", "updated"]


def test_file_of_a_run_that_was_killed_before_the_row_is_replaced(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    killed_run(tmp_path, url, monkeypatch, lambda corpus: put(corpus, "a1", "Second text."))
    assert b"Second text." in (tmp_path / A1).read_bytes()
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "Third text.") == "updated"


class Killed(BaseException):
    """The process ends here."""


def killed_run(root: Path, url: str, monkeypatch: pytest.MonkeyPatch, work: Callable[[Corpus], object]) -> None:
    """Run *work* until it has written a file; neither the row nor the end of the run is recorded."""

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, closing(Corpus(root, "toy", url)) as corpus:
        patch.setattr(Articles, "mark_written", kill)
        with pytest.raises(Killed):
            work(corpus)


# Corpora of release 0.1 ---------------------------------------------------------------------------------------------


def test_lists_of_an_older_corpus_are_created_from_the_ledger(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        for name in ("a1", "a2"):
            put(corpus, name)
        corpus.store(article("u1", chosen={"date": "file"}), "text")
    lists = tmp_path / ".state/hashes"
    before = {path: path.read_bytes() for path in lists.rglob("*") if path.is_file()}
    for path in before:
        path.unlink()
    lists.joinpath("toy/2025").rmdir()
    lists.joinpath("toy").rmdir()
    edited = edit(tmp_path)
    rebuild_ledger(tmp_path, url)  # creates the lists before it forgets the rows
    assert {path: path.read_bytes() for path in lists.rglob("*") if path.is_file()} == before
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "New text.") == "edited"
        assert put(corpus, "a2", "New text.") == "updated"
    assert (tmp_path / A1).read_bytes() == edited


# Moved files --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_rebuilt", [False, True])
@pytest.mark.parametrize("is_edited", [False, True])
@pytest.mark.parametrize("folder", ["2025/01", "2025/03", "undated"])  # before and after 2025/02, in this order
def test_file_that_was_moved_by_hand(tmp_path: Path, url: str, folder: str, is_edited: bool, is_rebuilt: bool) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    moved = f"toy/{folder}/a1.md"
    (tmp_path / moved).parent.mkdir()
    (tmp_path / A1).rename(tmp_path / moved)
    if is_edited:
        edit(tmp_path, moved)
    if is_rebuilt:
        rebuild_ledger(tmp_path, url)
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == []
        assert corpus.is_stored(link("a1"))
    with opened(tmp_path, url) as corpus:
        assert put(corpus, "a1", "New text.") == ("edited" if is_edited else "updated")
    assert list(files(tmp_path)) == [moved if is_edited else A1]
    (tmp_path / (moved if is_edited else A1)).unlink()
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]


def test_copied_file_is_set_aside(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    (tmp_path / MOVED).parent.mkdir()
    for text in (b"first copy", b"second copy"):
        (tmp_path / MOVED).write_bytes(text)
        with opened(tmp_path, url):
            assert list(files(tmp_path)) == [A1]
    aside = tmp_path / ".state/set-aside/toy/2025/03"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {
        "a1.md": b"first copy",
        "a1-2.md": b"second copy",
    }


def test_set_aside_keeps_every_earlier_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(3):
        store.replace(tmp_path / A1, b"%d" % number)
        set_aside(store, A1)
    aside = tmp_path / ".state/set-aside/toy/2025/02"
    assert {path.name: path.read_bytes() for path in aside.iterdir()} == {
        "a1.md": b"0",
        "a1-2.md": b"1",
        "a1-3.md": b"2",
    }


@pytest.mark.parametrize("is_recorded", [False, True])
def test_kill_while_an_article_changes_its_month_leaves_one_file(
    tmp_path: Path, url: str, is_recorded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a2", date="2025-03-01")  # the folder of March exists and is recorded
    with opened(tmp_path, url):
        pass
    if is_recorded:
        with closing(Corpus(tmp_path, "toy", url)) as corpus, monkeypatch.context() as patch:
            patch.setattr(Path, "unlink", lambda path, **_: kill_at_unlink(path))
            with pytest.raises(Killed):
                put(corpus, "a1", date="2025-03-02")
    else:
        killed_run(tmp_path, url, monkeypatch, lambda corpus: put(corpus, "a1", date="2025-03-02"))
    assert sorted(files(tmp_path)) == [A1, MOVED, "toy/2025/03/a2.md"]
    with opened(tmp_path, url):
        pass
    assert sorted(files(tmp_path)) == ([MOVED, "toy/2025/03/a2.md"] if is_recorded else [A1, "toy/2025/03/a2.md"])
    assert findings(tmp_path, url) == set()


def kill_at_unlink(path: Path) -> None:
    if path.name == "a1.md":
        raise Killed


# Folder times -------------------------------------------------------------------------------------------------------


def test_unchanged_folders_are_not_read(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a2", date="2025-03-01")
    read: list[str] = []
    agree = module.agree

    def spy(store: Store, ledger: Ledger, folder: str) -> bool:
        read.append(folder)
        return agree(store, ledger, folder)

    monkeypatch.setattr(module, "agree", spy)
    with opened(tmp_path, url):
        assert read == []
    (tmp_path / A1).unlink()
    with opened(tmp_path, url):
        assert read == ["toy/2025/02"]


@pytest.mark.parametrize("is_touched", [False, True])
def test_file_that_is_deleted_during_a_run_is_fetched_by_the_next(tmp_path: Path, url: str, is_touched: bool) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a2")
    with opened(tmp_path, url) as corpus:
        if is_touched:
            put(corpus, "a3")
        (tmp_path / A1).unlink()
        put(corpus, "a4", date="2025-03-01" if not is_touched else "2025-02-12")
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]


def test_file_that_is_renamed_or_added_during_a_run_is_handled_by_the_next(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        put(corpus, "a2")
        (tmp_path / A1).rename(tmp_path / "toy/2025/02/b1.md")
        (tmp_path / "toy/2025/02/b2.md").write_bytes((tmp_path / "toy/2025/02/a2.md").read_bytes())
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a1"]
        assert corpus.is_stored(link("b1"))
        assert corpus.is_stored(link("b2"))


def test_deleted_folder_is_noticed_once(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    (tmp_path / A1).unlink()
    (tmp_path / A1).parent.rmdir()
    for _ in range(2):
        with opened(tmp_path, url) as corpus:
            assert due(corpus) == ["a1"]
            assert corpus.ledger.folders.times("toy") == {}


def test_lost_name_of_a_written_file_is_noticed_after_a_power_failure(tmp_path: Path, url: str) -> None:
    """The row of an article was stored, but not its name in the folder, nor the time of the folder's last change."""
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    with opened(tmp_path, url):
        pass
    before = (tmp_path / A1).parent.stat()
    with closing(Corpus(tmp_path, "toy", url)) as corpus:
        put(corpus, "a2")
        put(corpus, "a3", date="2025-04-01")
    (tmp_path / "toy/2025/02/a2.md").unlink()
    (tmp_path / "toy/2025/04/a3.md").unlink()
    (tmp_path / "toy/2025/04").rmdir()  # the name of a new folder was lost, too
    os.utime((tmp_path / A1).parent, ns=(before.st_atime_ns, before.st_mtime_ns))
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == ["a2", "a3"]


def test_time_of_a_folder_that_has_just_changed_is_not_recorded(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK", 10**12)
    for _ in range(2):
        with opened(tmp_path, url) as corpus:
            put(corpus, "a1")
            assert corpus.ledger.folders.times("toy") == {"toy/2025/02": 0}
    monkeypatch.setattr(module, "TICK", 0)
    with opened(tmp_path, url) as corpus:
        assert corpus.ledger.folders.times("toy") == {"toy/2025/02": (tmp_path / A1).parent.stat().st_ctime_ns}


def test_clock_that_was_set_back_loses_no_article(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time_ns()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: now - 10**15)
        for _ in range(2):
            with opened(tmp_path, url) as corpus:
                put(corpus, "a1")
        (tmp_path / A1).unlink()
        with opened(tmp_path, url) as corpus:
            assert due(corpus) == ["a1"]
            put(corpus, "a1")
    with opened(tmp_path, url) as corpus:
        assert due(corpus) == []
        assert corpus.ledger.folders.times("toy") == {"toy/2025/02": (tmp_path / A1).parent.stat().st_ctime_ns}


def test_times_are_those_of_one_source(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        for source in ("to", "toy-2", "toy2", "toz"):
            corpus.ledger.folders.set_times({f"{source}/2025/02": 1})
        assert set(corpus.ledger.folders.times("toy")) == {"toy/2025/02"}
        corpus.ledger.folders.forget("toy")
        assert set(corpus.ledger.folders.times("toy2")) == {"toy2/2025/02"}


# Other times that a clock wrote -------------------------------------------------------------------------------------


def test_wait_for_a_retry_is_not_longer_than_its_delay(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url, retry_pause=2.0) as corpus:
        for name in ("a1", "a2", "a3", "a4"):
            corpus.add_open([link(name)])
            corpus.refuse(link(name), LayoutChanged("no title"))
        soon, far = int(time.time()) + 60, int(time.time()) + 400 * DAY
        for name, attempts, retry_at in (("a1", 1, far), ("a2", 2, far), ("a3", 6, far), ("a4", 3, soon)):
            corpus.ledger.articles.set("toy", name, attempts=attempts, retry_at=retry_at)
        corpus.ledger.articles.set("toy", "a4", retry_at=soon)
    with opened(tmp_path, url, retry_pause=2.0) as corpus:
        entries = corpus.ledger.articles.find("toy", ["a1", "a2", "a3", "a4"])
        waits = {name: entry.retry_at - time.time() for name, entry in entries.items() if entry.retry_at is not None}
        assert due(corpus) == ["a1"]
        assert waits == {
            "a1": pytest.approx(0, abs=100),
            "a2": pytest.approx(2 * 3600, abs=100),
            "a3": pytest.approx(14 * DAY, abs=100),
            "a4": pytest.approx(60, abs=100),
        }
        assert {entry.state for entry in entries.values()} == {REJECTED}


def test_pause_of_a_host_is_not_longer_than_a_day(tmp_path: Path, url: str) -> None:
    now = int(time.time())
    with opened(tmp_path, url) as corpus:
        for host, seconds in (("a.example", 400 * DAY), ("b.example", 3600), ("c.example", DAY)):
            corpus.ledger.hosts.pause(host, now + seconds)
    with opened(tmp_path, url) as corpus:
        pauses = corpus.ledger.hosts.paused_until()
    assert pauses == {"a.example": pytest.approx(now + DAY, abs=200), "b.example": now + 3600, "c.example": now + DAY}


# Check --------------------------------------------------------------------------------------------------------------


def test_check_lists_edited_files_that_are_no_fault(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        for name in ("a1", "a2"):
            put(corpus, name)
    assert findings(tmp_path, url) == set()
    edit(tmp_path)
    assert findings(tmp_path, url) == {f"edited by hand, not overwritten: {A1}"}


def test_check_fixes_two_files_without_a_row(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
        corpus.ledger.articles.forget("toy")
        (tmp_path / MOVED).parent.mkdir()
        (tmp_path / MOVED).write_bytes((tmp_path / A1).read_bytes())
    expected = {f"file without a row: {A1}", f"second file of one article: {MOVED}"}
    assert findings(tmp_path, url) == expected
    assert findings(tmp_path, url, fix=True) == expected
    assert findings(tmp_path, url) == set()
    assert list(files(tmp_path)) == [A1]


def test_check_keeps_the_sound_file_if_the_file_of_the_row_is_broken(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1", date="2025-03-01")
    (tmp_path / A1).parent.mkdir()
    (tmp_path / A1).write_bytes((tmp_path / MOVED).read_bytes())
    (tmp_path / MOVED).write_bytes(b"broken")
    assert f"front matter: it does not load, or title, date or link is missing: {MOVED}" in findings(
        tmp_path, url, fix=True
    )
    assert list(files(tmp_path)) == [A1]
    assert findings(tmp_path, url) == set()


def test_files_in_other_folders_are_checked(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        put(corpus, "a1")
    for folder in ("toy", "toy/notes", "toy/2025/02/deep/er"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / f"{folder[-2:]}.md").write_bytes((tmp_path / A1).read_bytes())
        (tmp_path / folder / ".x.tmp").write_bytes(b"half")
    expected = {"toy/oy.md", "toy/notes/es.md", "toy/2025/02/deep/er/er.md"}
    found = findings(tmp_path, url, fix=True)
    assert {line.removeprefix("file without a row: ") for line in found if "row" in line} == expected
    assert len(found) == 6
    assert findings(tmp_path, url) == set()
    with opened(tmp_path, url) as corpus:  # files and rows of a month folder also agree with deeper folders
        put(corpus, "a2")
    with opened(tmp_path, url) as corpus:
        assert corpus.ledger.folders.times("toy") == {"toy/2025/02": (tmp_path / A1).parent.stat().st_ctime_ns}
        assert {entry.state for entry in corpus.find([link("a1"), link("er")]).values()} == {WRITTEN}
        assert OPEN not in {entry.state for entry in corpus.ledger.articles.in_state("toy", WRITTEN)}


def test_a_file_with_text_after_its_link_is_edited_and_stays(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        put(corpus, "a1")
    (name,) = files(tmp_path)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write("\n我的批注\n")
    assert findings(tmp_path, "", fix=True) == {f"edited by hand, not overwritten: {name}"}
    with opened(tmp_path) as corpus:
        assert put(corpus, "a1") == "edited"
    assert files(tmp_path)[name].decode().endswith("我的批注\n")


@pytest.mark.parametrize("has_ledger", [True, False])
def test_an_article_with_a_name_of_an_earlier_release_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_ledger: bool
) -> None:
    with monkeypatch.context() as patch, opened(tmp_path) as corpus:
        patch.setattr("crawler.corpus.corpus.safe_name", ascii_name)
        put(corpus, "副刊/春天-txt")
    (name,) = files(tmp_path)
    assert name.isascii()
    if not has_ledger:
        shutil.rmtree(tmp_path / ".state")
    with opened(tmp_path, overwrite_edited=True) as corpus:
        assert corpus.is_stored(link("副刊/春天-txt"))
        assert put(corpus, "副刊/春天-txt", "A new text.") == "updated"
        assert put(corpus, "副刊/夏天-txt", "Summer.") == "written"
    assert sorted(files(tmp_path)) == [name, f"toy/2025/02/{safe_name('副刊/夏天-txt')}.md"]
