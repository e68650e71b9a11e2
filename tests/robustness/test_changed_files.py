"""Crawl after changes of corpus files and of pages: files that are deleted, edited, refreshed or duplicated."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.robustness.toy_corpus import NAMES, NETWORK, assert_logged_once, crawl_three_articles, slow_site
from tests.support.mirror import crawl
from tests.support.server import Answer, play
from tests.support.toy_site import Site, written


def test_deleted_file_is_fetched_again_without_a_link_in_the_listing(site: Site) -> None:
    run = crawl_three_articles(site)
    before = run.files("toy")
    site.listing("news", "a4")
    site.article("a4")
    site.crawl()
    for path in (site.output / "toy").rglob("a[12].md"):
        path.unlink()
    second = site.crawl()
    assert second.exit_code == 0
    assert {**before, "a4": second.files("toy")["a4"]} == second.files("toy")
    shutil.rmtree(site.output / "toy")
    assert written(site.crawl()) == {*NAMES, "a4"}


def test_edited_file_is_kept_and_logged(site: Site) -> None:
    crawl_three_articles(site)
    path = site.output / "toy/2025/02/a2.md"
    path.write_bytes(path.read_bytes().replace(b"text of", b"my text of"))
    for name in ("a1", "a2"):
        site.article(name, body="<p>new.</p>")
    site.article("a3", body="<p>other.</p>")
    run = site.crawl("-a", "refresh=100000")
    assert "articles.edited=1 articles.updated=2" in run.log
    assert_logged_once(run, f"edited by hand, not overwritten: {path}")
    assert b"my text of a2" in path.read_bytes()
    run = site.crawl("-a", "refresh=100000", "-s", "OVERWRITE_EDITED=True")
    assert "articles.updated=1" in run.log
    assert b"\nnew.\n" in path.read_bytes()


def test_refresh_replaces_only_changed_articles(site: Site) -> None:
    before = crawl_three_articles(site).files("toy")
    site.article("a2", body="<p>changed.</p>")
    run = site.crawl("-a", "refresh=100000")
    assert "articles.unchanged=2 articles.updated=1" in run.log
    after = run.files("toy")
    assert b"changed" in after["a2"]
    assert {name: after[name] for name in ("a1", "a3")} == {name: before[name] for name in ("a1", "a3")}
    assert "pages.article" not in site.crawl("-a", "refresh=1").log  # all articles are older than a day


def test_refused_page_keeps_the_stored_article(site: Site) -> None:
    before = crawl_three_articles(site).files("toy")
    site.page("a/a1.html", "not found", 404)
    site.page("a/a2.html", "<html><body>nothing here</body></html>")
    assert site.crawl("-a", "refresh=100000").files("toy") == before
    assert "links.known=3" in site.crawl().log


def test_refresh_sends_conditional_requests(tmp_path: Path) -> None:
    def site_with_etags(path: str, number: int) -> Answer:
        response = slow_site(path, number)
        if path.startswith("/a/"):
            response.headers |= {"ETag": f'"{path}"', "Last-Modified": "Tue, 11 Feb 2025 00:00:00 GMT"}
            if played.headers[-1].get("if-none-match") == f'"{path}"':
                assert played.headers[-1]["if-modified-since"] == "Tue, 11 Feb 2025 00:00:00 GMT"
                return Answer(status=304)
        return response

    with play(site_with_etags) as played:
        first = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
        run = crawl("toy", tmp_path, *NETWORK, "-a", "refresh=100000", environment=played.environment)
    assert run.exit_code == 0
    assert "pages.listing=1 pages.unchanged=5" in run.log
    assert run.files("toy") == first.files("toy")


def test_same_text_at_a_second_url_is_stored_once(site: Site) -> None:
    crawl_three_articles(site)
    site.listing("news", *NAMES, "twin")
    html = (site.folder / "a-a1-html/page.html").read_text()
    site.page("a/twin.html", html)
    run = site.crawl()
    assert written(run) == set(NAMES)
    assert "articles.duplicate=1" in run.log
    assert run.exit_code == 0
    assert "links.known=4" in site.crawl().log


def test_same_text_of_two_days_is_two_articles(site: Site) -> None:
    """A daily note with a fixed text."""
    site.listing("news", "a1", "a2")
    for name, day in (("a1", "2025-09-01"), ("a2", "2025-09-02")):
        site.page(
            f"a/{name}.html",
            f"<html><body><h1>Daily note</h1><time>{day}</time><article><p>No change.</p></article></body></html>",
        )
    assert written(site.crawl()) == {"a1", "a2"}
