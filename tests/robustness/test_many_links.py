"""Tens of thousands of links on one page: databases limit the variables of a statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.corpus.entries import OPEN
from crawler.reading.limits import MOST_MARKS
from tests.corpus.corpora import link, opened
from tests.support.toy_site import Site, written

NUMBER, ADDED = 120_000, 70_000
LISTED = MOST_MARKS // 4 - 10  # each link has three tags, and a URL without quotes counts as three attributes


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


def test_ledger_finds_and_adds_many_links(tmp_path: Path, url: str) -> None:
    links = [link(f"{number}") for number in range(NUMBER)]
    with opened(tmp_path, url) as corpus:
        assert corpus.find(links) == {}
        corpus.add_open(links[:ADDED])
        found = corpus.find(links)
        assert len(found) == ADDED
        assert {entry.state for entry in found.values()} == {OPEN}
        corpus.ledger.articles.reopen("toy", (each.id for each in links))


def test_listing_with_many_links_is_crawled(site: Site, url: str) -> None:
    names = [f"a{number}" for number in range(LISTED)]
    items = "".join(f"<li><a href=/a/{name}.html>{name}</a>" for name in names)  # few tags: see `limits`
    site.page("news", f"<html><body><ul>{items}</ul></body></html>")
    for name in names[:2]:
        site.article(name, body=f"<p>text of {name}.</p>")
    run = site.crawl("-s", f"LEDGER_URL={url}", "-a", "limit=2")
    assert run.exit_code == 0, run.log
    assert written(run) == {"a0", "a1"}
    assert f"links.over_limit={LISTED - 2}" in run.log
