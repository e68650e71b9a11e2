"""Crawls with a ledger on a PostgreSQL server, and lost connections."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from crawler.corpus.entries import OPEN
from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.items import Link
from tests.support.mirror import Run
from tests.support.toy_site import Site, written

pytestmark = pytest.mark.xdist_group("postgres")  # the tests share one server
LINK = Link("a1", "http://toy.example/a/a1.html")


def crawl(site: Site, url: str, *options: str) -> Run:
    return site.crawl("-s", f"LEDGER_URL={url}", *options)


def figures(run: Run) -> str:
    """Return the figures in the run's last log line."""
    return str(re.findall(r"run source=toy (.*)", run.log)[-1])


def test_second_run_stops_at_the_first_page_without_new_articles(site: Site, postgres: str) -> None:
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


def test_refused_pages_are_retried_and_deleted_files_fetched_again(site: Site, postgres: str) -> None:
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
    assert "1 file missing in toy/2025/02: fetched again" in again.log
    assert again.refused == {}


def test_refresh_fetches_stored_articles_again(site: Site, postgres: str) -> None:
    site.listing("news", "a1")
    site.article("a1", date="2026-01-05 08:00:00", body="<p>before.</p>")
    crawl(site, postgres)
    site.article("a1", date="2026-01-05 08:00:00", body="<p>after.</p>")
    run = crawl(site, postgres, "-a", "refresh=100000")
    assert b"after" in run.files("toy")["a1"]
    assert "articles.updated=1" in figures(run)


def test_empty_ledger_is_filled_from_the_files(site: Site, postgres: str) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1")
    site.article("a2")
    site.crawl()  # with a SQLite ledger
    run = crawl(site, postgres)
    assert "links.known=2" in figures(run)
    assert "pages.article" not in figures(run)


def test_unreachable_server_ends_the_run_with_exit_code_6(site: Site) -> None:
    pytest.importorskip("psycopg")
    site.listing("news", "a1")
    run = crawl(site, "postgresql+psycopg://user:secret@127.0.0.1:1/ledger")
    assert run.exit_code == 6
    assert run.log.count("the run ends: ledger: ") == 1
    assert "Traceback" not in run.log
    assert "secret" not in run.log


def test_lost_connection_is_reopened(postgres: str) -> None:
    ledger = Ledger(postgres)
    ledger.articles.add_open("toy", [LINK], 1)
    calls: list[Callable[[], object]] = [
        lambda: ledger.articles.find("toy", ["a1"]),
        lambda: ledger.articles.find("toy", ["a1", "a2"]),
        lambda: ledger.articles.find_with_duplicate("toy", "a1", "c", ""),
        lambda: ledger.articles.add_open("toy", [LINK], 1),
    ]
    for call in calls:
        cut(postgres)
        with pytest.raises(LedgerError):
            call()
        call()
        assert ledger.articles.find("toy", ["a1"])["a1"].state == OPEN
    cut(postgres)
    ledger.close()


def test_no_transaction_stays_open_between_calls(postgres: str) -> None:
    ledger = Ledger(postgres)
    ledger.articles.add_open("toy", [LINK], 1)
    ledger.articles.find("toy", ["a1"])
    next(ledger.articles.due("toy"))
    with pytest.raises(LedgerError):
        ledger.articles.set("toy", "a1", state=None)
    assert "idle in transaction" not in str(fetch_all(postgres, "SELECT state FROM pg_stat_activity"))
    ledger.close()


def test_text_columns_have_collation_c(postgres: str) -> None:
    Ledger(postgres).close()
    query = "SELECT collation_name FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'text'"
    assert set(fetch_all(postgres, query)) == {("C",)}


def cut(url: str) -> None:
    """End all other connections to the database, like a restart of the server."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    fetch_all(url, f"{query} AND pid <> pg_backend_pid()")


def fetch_all(url: str, query: str) -> list[tuple[object, ...]]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]
