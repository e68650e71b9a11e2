"""Crawls whose ledger is on a PostgreSQL server, and what only a server can do to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import OPEN, Ledger
from crawler.items import Link
from tests.support.mirror import Run
from tests.support.toy_site import Site, written

pytestmark = pytest.mark.xdist_group("postgres")  # one server for all
LINK = Link("a1", "http://toy.example/a/a1.html")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def crawl(site: Site, url: str, *options: str) -> Run:
    return site.crawl("-s", f"LEDGER_URL={url}", *options)


def figures(run: Run) -> str:
    """The run's last line."""
    return str(re.findall(r"run source=toy (.*)", run.log)[-1])


def test_the_second_run_stops_where_everything_is_known(site: Site, postgres: str) -> None:
    site.listing("news", "a1", "a2", following="news/2")
    site.listing("news/2", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    run = crawl(site, postgres)
    assert run.exit_code == 0, run.log
    assert written(run) == {"a1", "a2", "a3"}
    again = crawl(site, postgres)
    assert again.exit_code == 0
    assert "pages.article" not in again.log
    assert not list((site.output / ".state").glob("*.db"))


def test_what_was_refused_is_tried_again_and_what_was_deleted_is_fetched_again(site: Site, postgres: str) -> None:
    site.listing("news", "a1", "bad", "gone")
    site.article("a1")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    site.page("a/gone.html", "not found", 404)
    run = crawl(site, postgres)
    assert (run.exit_code, set(run.refused.values())) == (1, {"changed", "gone"})
    site.article("bad")
    (site.output / "toy/2025/02/a1.md").unlink()
    again = crawl(site, postgres)
    assert written(again) == {"a1", "bad"}
    assert "1 files of toy/2025/02 are gone and will be fetched again" in again.log
    assert again.refused == {}


def test_a_refresh_asks_again_for_what_is_stored(site: Site, postgres: str) -> None:
    site.listing("news", "a1")
    site.article("a1", date="2026-01-05 08:00:00", body="<p>before.</p>")
    crawl(site, postgres)
    site.article("a1", date="2026-01-05 08:00:00", body="<p>after.</p>")
    run = crawl(site, postgres, "-a", "refresh=100000")
    assert b"after" in run.files("toy")["a1"]
    assert "articles.updated=1" in figures(run)


def test_a_ledger_that_is_made_anew_knows_every_file(site: Site, postgres: str) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1")
    site.article("a2")
    site.crawl()  # with a ledger of its own
    run = crawl(site, postgres)
    assert "links.known=2" in figures(run)
    assert "pages.article" not in figures(run)


def test_a_server_that_cannot_be_reached_ends_the_run_with_an_exit_code_of_its_own(site: Site) -> None:
    pytest.importorskip("psycopg")
    site.listing("news", "a1")
    run = crawl(site, "postgresql+psycopg://user:secret@127.0.0.1:1/ledger")
    assert run.exit_code == 6
    assert run.log.count("the run ends: ledger: ") == 1
    assert "Traceback" not in run.log
    assert "secret" not in run.log


def test_a_connection_that_was_cut_is_made_anew(postgres: str) -> None:
    ledger = Ledger(postgres)
    ledger.note("toy", [LINK])
    asks: list[Callable[[], object]] = [
        lambda: ledger.find("toy", ["a1"]),
        lambda: ledger.find("toy", ["a1", "a2"]),
        lambda: ledger.find_with_same("toy", "a1", "c"),
        lambda: ledger.note("toy", [LINK]),
    ]
    for ask_ledger in asks:
        cut(postgres)
        with pytest.raises(LedgerError):
            ask_ledger()
        ask_ledger()
        assert ledger.find("toy", ["a1"])["a1"].state == OPEN
    cut(postgres)
    ledger.close()


def test_the_ledger_holds_no_transaction_open_while_pages_are_fetched(postgres: str) -> None:
    ledger = Ledger(postgres)
    ledger.note("toy", [LINK])
    ledger.find("toy", ["a1"])
    next(ledger.due("toy"))
    with pytest.raises(LedgerError):
        ledger.set("toy", "a1", state=None)
    assert "idle in transaction" not in str(ask(postgres, "SELECT state FROM pg_stat_activity"))
    ledger.close()


def test_text_is_sorted_and_compared_by_code_point_whatever_the_server_s_language(postgres: str) -> None:
    Ledger(postgres).close()
    query = "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"
    assert set(ask(postgres, query)) == {("C",)}


def cut(url: str) -> None:
    """End all other connections to the database, as a server does that is started anew."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    ask(url, f"{query} AND pid <> pg_backend_pid()")


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]
