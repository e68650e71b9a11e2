"""Crawl the toy site from recorded pages: files, layouts, and arguments that choose articles."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.toy_site import Site, written


def test_file_has_front_matter_body_and_link_to_the_source(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1", body="<p>First &lt;b&gt;.</p><p><b>Second</b>.</p>")
    text = site.crawl().files("toy")["a1"].decode()
    assert text.startswith('---\ntitle: "About a1"\ndate: "2025-02-11 08:00:00"\nsummary: "First &lt;b>.Second."\n')
    assert text.endswith("---\n\nFirst &lt;b>.\n\n**Second**.\n\n[toy](http://toy.example/a/a1.html)\n")


def test_keyword_filters_titles_if_the_site_has_no_search(site: Site) -> None:
    site.listing("news", "chip", "bank")
    site.article("chip")
    site.article("bank")
    assert written(site.crawl("-a", "keyword=CHIP")) == {"chip"}


def test_url_is_an_article_or_a_listing(site: Site) -> None:
    site.listing("tech", "a2")
    for name in ("a1", "a2"):
        site.article(name)
    urls = "url=http://toy.example/a/a1.html,http://toy.example/tech"
    assert written(site.crawl("-a", urls)) == {"a1", "a2"}


def test_keyword_without_matches_is_not_an_error(site: Site) -> None:
    site.listing("news", "a1")
    assert site.crawl("-a", "keyword=nobody-writes-this").exit_code == 0


def test_date_without_time_is_completed_from_a_later_listing(site: Site) -> None:
    site.article("a1", date="2025-02-11")
    first = site.crawl("-a", "url=http://toy.example/a/a1.html")
    assert b'date: "2025-02-11"\n' in first.files("toy")["a1"]
    site.listing("news", "a1", dates={"a1": "2025-02-11 09:30:00"})
    second = site.crawl()
    assert b'date: "2025-02-11 09:30:00"\n' in second.files("toy")["a1"]
    assert "articles.updated=1" in second.log
    assert "links.known=1" in site.crawl().log


def test_feed_export_has_a_row_for_each_article(site: Site, tmp_path: Path) -> None:
    site.listing("news", "a1", "bad")
    site.article("a1")
    site.page("a/bad.html", "<html></html>")
    site.crawl("-O", f"{tmp_path}/articles.jsonl")
    [row] = [json.loads(line) for line in (tmp_path / "articles.jsonl").read_text().splitlines()]
    assert (row["id"], row["title"], row["markdown"]) == ("a1", "About a1", "text.")


def test_gitbook_layout_has_pages_and_indexes(site: Site) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1", date="2025-02-11", body="<h2>Head</h2><p>text.</p>")
    site.article("a2", date="2025-03-01")
    run = site.crawl("-s", "LAYOUT=gitbook")
    assert run.exit_code == 0
    book = site.output / "toy"
    assert "\n\n---\n\n## Head\n\ntext.\n" in (book / "2025/02/a1.md").read_text()
    assert (book / "SUMMARY.md").read_text() == (
        "# Summary\n\n* [2025](2025/README.md)\n"
        "  * [2025-03](2025/03/README.md)\n    * [About a2](2025/03/a2.md)\n"
        "  * [2025-02](2025/02/README.md)\n    * [About a1](2025/02/a1.md)\n"
    )
    assert "[About a1](a1.md)" in (book / "2025/02/README.md").read_text()
    assert "links.known=2" in site.crawl("-s", "LAYOUT=gitbook").log


def test_log_names_the_candidates_used(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    assert "read source=toy reader.page=1 chosen.date.time=1 chosen.title.h1=1" in site.crawl().log


def test_temporary_files_of_a_killed_run_are_deleted(site: Site) -> None:
    site.listing("news", "a1")
    site.article("a1")
    leftovers = [site.output / "toy" / name for name in (".SUMMARY.x.tmp", "2025/.README.x.tmp", "2025/02/.a1.x.tmp")]
    for leftover in leftovers:
        leftover.parent.mkdir(parents=True, exist_ok=True)
        leftover.write_text("half")
    assert written(site.crawl()) == {"a1"}
    assert not any(leftover.exists() for leftover in leftovers)
