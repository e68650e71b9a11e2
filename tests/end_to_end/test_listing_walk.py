"""Crawl listings of the toy site: paging, limits, days, and the walk of the next run."""

from __future__ import annotations

from tests.support.toy_site import Site, written


def test_walk_reads_all_pages_and_stores_every_article_once(site: Site) -> None:
    site.listing("news", "a1", "a2", following="news/2")
    site.listing("news/2", "a2", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    run = site.crawl()
    assert written(run) == {"a1", "a2", "a3"}
    assert run.exit_code == 0
    assert "links.new=3 links.repeated=1 pages.article=3 pages.listing=2 articles.written=3" in run.log
    again = site.crawl()
    assert again.exit_code == 0
    assert "links.known=2 pages.listing=1" in again.log  # the first page has no new links, so the walk ends
    assert "pages.article" not in again.log


def test_pages_limits_listing_pages_and_limit_limits_articles(site: Site) -> None:
    site.listing("news", "a1", "bad", "a2", following="news/2")
    site.listing("news/2", "a3", "a4")
    for name in ("a1", "a2", "a3", "a4"):
        site.article(name)
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert written(site.crawl("-a", "pages=1")) == {"a1", "a2"}
    assert written(site.crawl("-a", "limit=1")) == {"a1", "a2", "a3"}


def test_limit_counts_only_articles(site: Site) -> None:
    site.listing("news", "bad", "video", following="news/2")
    site.listing("news/2", "a1", "a2")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    site.page("a/video.html", "<html><body><video></video></body></html>")
    site.article("a1")
    site.article("a2")
    assert len(written(site.crawl("-a", "limit=1"))) == 1


def test_since_and_until_filter_by_the_date_in_the_listing_then_in_the_page(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3", "a4", dates={"a1": "2025-02-14", "a2": "2025-02-12 10:00:00"})
    for name, date in {"a2": "2025-02-12 10:00:00", "a3": "2025-02-13", "a4": "2025-01-01"}.items():
        site.article(name, date)
    run = site.crawl("-a", "since=2025-02-12", "-a", "until=2025-02-13")
    assert written(run) == {"a2", "a3"}
    assert "links.filtered=1" in run.log
    assert "pages.filtered=1" in run.log


def test_walk_ends_after_a_listing_page_before_since(site: Site) -> None:
    site.listing("news", "a1", following="news/2", dates={"a1": "2025-02-14"})
    site.listing("news/2", "a2", following="news/3", dates={"a2": "2025-02-10"})
    site.listing("news/3", "a3")
    site.article("a1")
    run = site.crawl("-a", "since=2025-02-11", "-s", "LOG_LEVEL=DEBUG")
    assert "news/2" in run.log
    assert "news/3" not in run.log


def test_walk_ends_if_the_site_repeats_its_last_page(site: Site) -> None:
    site.listing("news", "a1", following="news/2")
    site.listing("news/2", "a1", following="news/3")
    site.listing("news/3", "a1", following="news/4")
    site.article("a1")
    run = site.crawl("-a", "pages=0", "-s", "LOG_LEVEL=DEBUG")
    assert "pages.listing=2 " in run.log


def test_limit_takes_articles_from_all_listings(site: Site) -> None:
    site.listing("news", "bad")
    site.listing("tech", "a1", "a2")
    site.article("a1")
    site.article("a2")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert len(written(site.crawl("-a", "limit=1", "-a", "channel=news,tech"))) == 1


def test_walk_continues_past_links_found_in_another_listing(site: Site) -> None:
    site.listing("news", "old")
    site.listing("tech", "new1")
    for name in ("old", "new1", "new2"):
        site.article(name, body=f"<p>{name}.</p>")
    site.crawl()
    site.crawl("-a", "channel=tech")
    site.listing("news", "new1", following="news/2")  # all links of this page are known from the other listing
    site.listing("news/2", "new2", "old")
    assert written(site.crawl()) == {"old", "new1", "new2"}


def test_deeper_walk_continues_past_known_links(site: Site) -> None:
    site.listing("news", "a1", following="news/2")
    site.listing("news/2", "a2", following="news/3")
    site.listing("news/3", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name)
    assert written(site.crawl("-a", "pages=1")) == {"a1"}
    assert written(site.crawl("-a", "pages=2")) == {"a1", "a2"}
    assert written(site.crawl("-a", "pages=0")) == {"a1", "a2", "a3"}
    assert "pages.listing=1\n" in site.crawl("-a", "pages=0").log


def test_next_run_fetches_links_beyond_the_limit(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3", following="news/2")
    site.listing("news/2", "a4")
    for name in ("a1", "a2", "a3", "a4"):
        site.article(name)
    assert len(written(site.crawl("-a", "limit=1"))) == 1
    run = site.crawl()
    assert written(run) == {"a1", "a2", "a3", "a4"}
    assert "links.revisit=2" in run.log
