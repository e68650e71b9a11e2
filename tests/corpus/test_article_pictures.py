"""The pictures of stored articles: rows, files and links, without requests."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.article_pictures import ArticlePictures
from crawler.corpus.check import check
from crawler.corpus.corpus import Corpus
from crawler.corpus.database import timestamp
from crawler.corpus.entries import RETRY_DELAYS
from crawler.corpus.hashes import open_hashes
from crawler.corpus.picture_files import read_addresses, with_local_links, with_original_links
from crawler.corpus.picture_table import FAILED, FETCHED, LONGEST_ADDRESS, OPEN, STORED
from crawler.corpus.store import digest
from crawler.corpus.tables import PICTURES
from crawler.corpus.takedown import take_down
from crawler.markdown.picture_links import picture_addresses
from tests.corpus.corpora import opened, put

ONE, TWO, OTHER = (f"http://img.example/{name}.png" for name in ("1", "2", "other"))
TEXT = f"Text.\n\n![图]({ONE})\n\n![]({TWO})\n\n![]({OTHER})"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def corpus(tmp_path: Path, url: str) -> Iterator[Corpus]:
    """Yield a corpus that stores all pictures but that with the address OTHER, with an article "a1"."""
    with opened(tmp_path, url, wants_picture=lambda address: address != OTHER) as corpus:
        put(corpus, "a1", TEXT)
        yield corpus


def states(corpus: Corpus, name: str = "a1") -> dict[str, str]:
    return {address: row.state for address, row in corpus.ledger.pictures.of("toy", name).items()}


def text(corpus: Corpus, name: str = "a1") -> str:
    [path] = corpus.files.root.glob(f"toy/*/*/{name}.md")
    return path.read_text(encoding="utf-8").partition("\n---\n")[2]


def pending(corpus: Corpus) -> dict[str, list[str]]:
    return {article.id: [each.address for each in article.pictures] for article in corpus.pictures.pending()}


def file_name(data: bytes) -> str:
    return f"{digest(data)[:16]}.png"


def test_the_links_follow_the_pictures(corpus: Corpus) -> None:
    assert pending(corpus) == {"a1": [ONE, TWO]}
    before = text(corpus)
    corpus.pictures.write("a1", ONE, b"one", "png")
    assert text(corpus) == before
    assert states(corpus) == {ONE: FETCHED, TWO: OPEN}
    assert corpus.pictures.link("a1") == "linked"
    assert text(corpus) == before.replace(ONE, f"a1/{file_name(b'one')}")
    assert states(corpus) == {ONE: STORED, TWO: OPEN}
    assert corpus.pictures.link("a1") == "unchanged"
    assert put(corpus, "a1", TEXT) == "unchanged"
    assert put(corpus, "a1", f"New.\n\n![]({ONE})") == "updated"
    assert f"![](a1/{file_name(b'one')})" in text(corpus)
    assert states(corpus) == {ONE: STORED}  # the other one is not in the article any longer
    assert pending(corpus) == {}


def test_an_article_with_an_interrupted_link_is_pending(corpus: Corpus) -> None:
    corpus.pictures.write("a1", ONE, b"one", "png")
    corpus.pictures.fail(corpus.ledger.pictures.of("toy", "a1")[TWO], "HTTP 404", is_final=True)
    assert pending(corpus) == {"a1": []}
    assert corpus.pictures.link("a1") == "linked"
    assert pending(corpus) == {}


def test_failed_pictures_are_retried_with_growing_delays(corpus: Corpus) -> None:
    for attempt, delay in enumerate(RETRY_DELAYS, start=1):
        picture = corpus.ledger.pictures.of("toy", "a1")[ONE]
        corpus.pictures.fail(picture, f"HTTP {500 + attempt}", is_final=False)
        row = corpus.ledger.pictures.of("toy", "a1")[ONE]
        assert (row.state, row.attempts, row.reason) == (FAILED, attempt, f"HTTP {500 + attempt}")
        assert row.retry_at is not None
        assert 0 <= timestamp() + delay - row.retry_at <= 5
        assert (ONE in pending(corpus)["a1"]) == (delay == 0)
    corpus.pictures.fail(row, "HTTP 500", is_final=False)
    assert corpus.ledger.pictures.of("toy", "a1")[ONE].retry_at is None


def test_a_wait_by_a_wrong_clock_is_shortened(corpus: Corpus) -> None:
    corpus.pictures.fail(corpus.ledger.pictures.of("toy", "a1")[ONE], "HTTP 500", is_final=False)
    far = timestamp() + 10**9
    corpus.ledger.database.change(sa.update(PICTURES).values(retry_at=far))
    corpus.ledger.pictures.limit_delays("toy", 1.0)
    assert (corpus.ledger.pictures.of("toy", "a1")[ONE].retry_at or far) <= timestamp() + RETRY_DELAYS[-1]


def test_long_addresses_are_not_stored(corpus: Corpus) -> None:
    long = "http://img.example/" + "图" * LONGEST_ADDRESS
    put(corpus, "a2", f"![]({long})\n\n![]({ONE})")
    assert states(corpus, "a2") == {ONE: OPEN}


@pytest.mark.parametrize("error", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP])
def test_a_file_system_without_hard_links_gets_copies(
    corpus: Corpus, error: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(error, os.strerror(error))

    put(corpus, "a2", f"![]({ONE})")
    corpus.pictures.write("a1", ONE, b"same", "png")
    monkeypatch.setattr(os, "link", fail)
    corpus.pictures.write("a2", ONE, b"same", "png")
    files = list(corpus.files.root.rglob(file_name(b"same")))
    assert [path.read_bytes() for path in files] == [b"same", b"same"]
    assert len({path.stat().st_ino for path in files}) == 2


def test_an_altered_file_is_not_linked_again(corpus: Corpus) -> None:
    put(corpus, "a2", f"![]({ONE})")
    corpus.pictures.write("a1", ONE, b"same", "png")
    [path] = corpus.files.root.rglob(file_name(b"same"))
    path.write_bytes(b"altered")
    corpus.pictures.write("a2", ONE, b"same", "png")
    [copy] = corpus.files.root.glob(f"toy/*/*/a2/{file_name(b'same')}")
    assert (copy.read_bytes(), path.read_bytes()) == (b"same", b"altered")
    corpus.pictures.write("a1", ONE, b"same", "png")
    assert path.read_bytes() == b"same"


def test_no_picture_is_written_through_a_symbolic_link(
    corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (corpus.files.root / "toy/2025/02/a1").symlink_to(outside)
    with pytest.raises(OSError, match="leads out of"):
        corpus.pictures.write("a1", ONE, b"one", "png")
    assert not list(outside.iterdir())


def test_pictures_follow_an_article_that_a_user_moves(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url, wants_picture=bool) as corpus:
        put(corpus, "a1", TEXT)
        corpus.pictures.write("a1", ONE, b"one", "png")
        corpus.pictures.link("a1")
    (tmp_path / "toy/2025/03").mkdir()
    (tmp_path / "toy/2025/02/a1.md").rename(tmp_path / "toy/2025/03/a1.md")
    with opened(tmp_path, url, wants_picture=bool) as corpus:
        assert read_addresses(corpus.files, "toy/2025/03/a1") == {file_name(b"one"): [ONE]}
        assert (tmp_path / "toy/2025/03/a1" / file_name(b"one")).read_bytes() == b"one"
        assert not (tmp_path / "toy/2025/02/a1").exists()
        assert states(corpus)[ONE] == STORED


def test_a_takedown_deletes_no_month_with_the_same_name(tmp_path: Path, url: str) -> None:
    """The folder of the pictures of the article "02" is beside its file, and not the month 02."""
    with opened(tmp_path, url, wants_picture=bool) as corpus:
        for name in ("02", "2025", "a1"):
            put(corpus, name, f"{name} ![]({ONE})")
            corpus.pictures.write(name, ONE, b"one", "png")
            corpus.pictures.link(name)
        for name in ("02", "2025"):
            done = take_down(corpus.files, corpus.ledger, "toy", name, "x")
            assert done.deleted == [f"toy/2025/02/{name}.md", f"toy/2025/02/{name}"]
            assert states(corpus, name) == {}
        assert f"![](a1/{file_name(b'one')})" in text(corpus)
        assert [path.parent.name for path in tmp_path.rglob("*.png")] == ["a1"]


def test_local_links_are_only_in_the_body() -> None:
    page = f'---\ntitle: "![a]({ONE})"\n---\n\n![a]({ONE}) `![a]({ONE})`\n'
    local = with_local_links(page, "a1", {ONE: "x.png"})
    assert local == f'---\ntitle: "![a]({ONE})"\n---\n\n![a](a1/x.png) `![a]({ONE})`\n'
    assert with_original_links(local, "a1", {"x.png": [ONE]}) == page
    book = f"# ![a]\\({ONE})\n\n---\n\n![a]({ONE})\n"
    assert with_local_links(book, "a1", {ONE: "x.png"}).endswith("![a](a1/x.png)\n")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{", b'{"a": 1}', b"\xff", b'{"0123456789abcdef.png": "x"}', b"[" * 99999]
)
def test_a_damaged_file_of_addresses_is_ignored(corpus: Corpus, data: bytes) -> None:
    path = corpus.files.root / "toy/2025/02/a1/.pictures.json"
    path.parent.mkdir()
    path.write_bytes(data)
    assert read_addresses(corpus.files, "toy/2025/02/a1") == {}
    corpus.pictures.write("a1", ONE, b"one", "png")
    assert read_addresses(corpus.files, "toy/2025/02/a1") == {file_name(b"one"): [ONE]}


def store_pictures(corpus: Corpus) -> None:
    for address in (ONE, TWO):
        corpus.pictures.write("a1", address, address.encode(), "png")
    corpus.pictures.link("a1")


def found_by_check(corpus: Corpus) -> list[tuple[str, bool]]:
    hashes = open_hashes(corpus.files.root, corpus.ledger, "toy")
    return [(each.problem, each.fixed) for each in check(corpus.files, corpus.ledger, hashes, "toy", fix=True)]


@pytest.mark.parametrize("state", ["open", "rejected"])
def test_the_pictures_of_an_article_that_is_fetched_again_stay(corpus: Corpus, state: str) -> None:
    store_pictures(corpus)
    before = text(corpus)
    (corpus.files.root / "toy/2025/02/a1.md").unlink()
    assert found_by_check(corpus) == [("row without a file", True)]
    if state == "rejected":
        corpus.ledger.articles.refuse("toy", "a1", "incomplete", "x")
        assert corpus.ledger.articles.find("toy", ["a1"])["a1"].state == state
    assert found_by_check(corpus) == []
    put(corpus, "a1", TEXT)
    assert text(corpus) == before
    assert pending(corpus) == {}


def test_a_stored_article_opens_the_pictures_that_have_lost_their_files(corpus: Corpus) -> None:
    store_pictures(corpus)
    shutil.rmtree(corpus.files.root / "toy/2025/02/a1")
    put(corpus, "a1", TEXT)
    assert states(corpus) == {ONE: OPEN, TWO: OPEN}
    assert picture_addresses(text(corpus)) == [ONE, TWO, OTHER]
    store_pictures(corpus)
    assert picture_addresses(text(corpus)) == [f"a1/{file_name(each.encode())}" for each in (ONE, TWO)] + [OTHER]


@pytest.mark.parametrize("lost", ["all", "one"])
def test_find_repairs_articles_that_have_lost_pictures(corpus: Corpus, lost: str) -> None:
    store_pictures(corpus)
    before, folder = text(corpus), corpus.files.root / "toy/2025/02/a1"
    if lost == "all":
        shutil.rmtree(folder)
    else:
        (folder / file_name(ONE.encode())).unlink()
    expected = [ONE, TWO] if lost == "all" else [ONE]
    assert [*corpus.pictures.find(lambda address: address != OTHER)] == [1]
    assert pending(corpus) == {"a1": expected}
    assert [each for each in picture_addresses(text(corpus)) if each[:2] != "a1"] == [*expected, OTHER]
    corpus.pictures.write("a1", ONE, b"other bytes", "png")
    if lost == "all":
        corpus.pictures.write("a1", TWO, TWO.encode(), "png")
    corpus.pictures.link("a1")
    assert text(corpus) == before.replace(file_name(ONE.encode()), file_name(b"other bytes"))
    assert found_by_check(corpus) == []


def test_a_lost_picture_of_an_edited_article_is_reported_until_its_link_may_change(corpus: Corpus) -> None:
    store_pictures(corpus)
    path = corpus.files.root / "toy/2025/02/a1.md"
    path.write_text(path.read_text(encoding="utf-8").replace("Text.", "Edited."), encoding="utf-8")
    shutil.rmtree(path.with_suffix(""))
    for _ in range(2):
        assert found_by_check(corpus).count(("missing picture", False)) == 2
    pictures = ArticlePictures(corpus.changes, 1.0, overwrite_edited=True)
    assert [*pictures.find(bool)] == [1]
    assert picture_addresses(text(corpus)) == [ONE, TWO, OTHER]
    assert "Edited." in text(corpus)


def test_a_check_leaves_the_waits_of_failed_pictures(tmp_path: Path, url: str) -> None:
    """The setting REJECTED_BACKOFF_FACTOR of the runs can be longer than that of the check."""
    with opened(tmp_path, url, retry_pause=10.0, wants_picture=bool) as corpus:
        put(corpus, "a1", f"![]({ONE})\n\n![]({TWO})")
        corpus.pictures.write("a1", ONE, b"one", "png")
        corpus.pictures.link("a1")
        for _ in RETRY_DELAYS:
            corpus.pictures.fail(corpus.ledger.pictures.of("toy", "a1")[TWO], "HTTP 500", is_final=False)
        wait = corpus.ledger.pictures.of("toy", "a1")[TWO].retry_at
        assert wait
        shutil.rmtree(tmp_path / "toy/2025/02/a1")
        assert found_by_check(corpus) == [("missing picture", True)]
        assert corpus.ledger.pictures.of("toy", "a1")[TWO].retry_at == wait
