"""Local files as pages."""

from __future__ import annotations

import os

import pytest

from crawler.newspapers.files import quote_path
from crawler.spiders.paper import PaperSpider


@pytest.mark.parametrize(
    ("path", "url"),
    [("水库（上）.txt", "水库（上）.txt"), ("a b%.txt", "a%20b%25.txt"), ("x:](y).txt", "x%3A%5D%28y%29.txt"),
     ("\u202e\u3000.txt", "%E2%80%AE%E3%80%80.txt"), (os.fsdecode(b"\xff.txt"), "%FF.txt")],
)  # fmt: skip
def test_quoted_paths_are_urls_of_articles(path: str, url: str) -> None:
    assert quote_path(path) == url
    link = PaperSpider.article_link(url)
    assert link
    assert link.url == url
    assert PaperSpider.article_link(f"file:///{url}") is None
