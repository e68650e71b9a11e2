"""A capture of an archive never replaces a newer article."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.corpus import Corpus, Outcome
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import open_ledger
from crawler.corpus.reconcile import rebuild
from crawler.corpus.store import Store
from crawler.layouts import hugo
from tests.corpus.corpora import article, files, opened

OLD, NEW, NEWER = "2020-01-01 08:00:00", "2025-03-01 08:00:00", "2026-03-01 08:00:00"
A1 = "toy/2025/02/a1.md"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the ledger; "" for the SQLite file of the corpus."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


def store(corpus: Corpus, text: str, origin: str, fetched: str, **values: str) -> Outcome:
    stored = article("a1", text, fetched=fetched, origin=origin, **values)
    outcome = corpus.store(stored, hugo.render(stored))
    assert outcome != "older" or corpus.is_superseded("a1", fetched, origin)
    return outcome


@pytest.mark.parametrize("origin", ["archive", "commoncrawl", "wayback"])
def test_older_capture_does_not_replace_the_article_of_the_site(tmp_path: Path, url: str, origin: str) -> None:
    with opened(tmp_path, url) as corpus:
        assert store(corpus, "live", "", NEW) == "written"
        before = files(tmp_path)
        assert store(corpus, "old", origin, OLD) == "older"
        assert store(corpus, "same time", origin, NEW) == "older"
        assert store(corpus, "time unknown", origin, "") == "older"
        assert files(tmp_path) == before
        assert corpus.ledger.articles.details("toy", "a1")["origin"] == ""
        assert store(corpus, "newer", origin, NEWER) == "updated"
        assert b"newer" in files(tmp_path)[A1]


def test_older_capture_with_another_date_leaves_no_second_file(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        store(corpus, "live", "", NEW)
        assert store(corpus, "old", "wayback", OLD, date="2019-12-31") == "older"
    assert [*files(tmp_path)] == [A1]


def test_captures_replace_older_captures_in_any_order(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        assert store(corpus, "new", "wayback", NEW) == "written"
        assert store(corpus, "old", "commoncrawl", OLD) == "older"
        assert store(corpus, "newer", "commoncrawl", NEWER) == "updated"
        assert store(corpus, "read again", "commoncrawl", NEWER) == "updated"


def test_the_live_site_replaces_any_capture(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        store(corpus, "capture", "archive", NEWER)
        assert store(corpus, "live", "", NEW) == "updated"  # the clock of the archive may be wrong


def test_rebuilt_article_counts_as_one_of_the_site(tmp_path: Path, url: str) -> None:
    with opened(tmp_path, url) as corpus:
        store(corpus, "live", "", OLD)
    with closing(open_ledger(tmp_path / ".state", url)) as ledger:
        rebuild(Store(tmp_path), ledger, open_hashes(tmp_path, ledger, "toy"), "toy")
    with opened(tmp_path, url) as corpus:
        assert store(corpus, "capture", "archive", NEW) == "older"


def test_capture_restores_a_file_that_is_lost(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        store(corpus, "live", "", NEW)
    (tmp_path / A1).unlink()
    with opened(tmp_path) as corpus:
        assert store(corpus, "old", "archive", OLD) == "written"


def test_origin_in_the_front_matter_does_not_rewrite_a_file(tmp_path: Path) -> None:
    with opened(tmp_path) as corpus:
        for origin, expected in (("archive", "written"), ("", "unchanged")):
            stored = article("a1", fetched=NEW, origin=origin)
            assert corpus.store(stored, hugo.render(stored, ("fetched", "origin"))) == expected
        assert b'origin: "archive"' in files(tmp_path)[A1]
        assert corpus.ledger.articles.details("toy", "a1")["origin"] == ""
