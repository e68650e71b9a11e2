"""`scrapy list`."""

from __future__ import annotations

from tests.support.mirror import scrapy


def test_newspapers_are_listed_on_request() -> None:
    sources = scrapy("list").stdout.splitlines()
    assert {"epaper", "hibor", "paper", "qq"} <= set(sources)
    assert not any(name.startswith("epaper-") for name in sources)
    papers = scrapy("list", "epaper").stdout.splitlines()
    assert len(papers) > 60
    assert "epaper-rmrb  人民日报" in papers
    assert "qq" not in papers
    assert scrapy("list", "a", "b").returncode == 2
