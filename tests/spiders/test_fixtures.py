"""Fixtures: read each recorded page and compare the result with the expectation beside it.

    article.md   the corpus file of an article page
    links.txt    the links of a listing page
    error.txt    kind and message of the `PageError` of any other page

If the expectation is missing, the test writes it and fails: review the file, then run the test again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.items import Article, Listing
from crawler.layouts import hugo
from crawler.pipelines.normalize import normalize
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.recordings.cases import load_case

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(path.parent.relative_to(FIXTURES) for path in FIXTURES.rglob("page.json"))
LOADER = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))


def replay(source: type[Source], page: Page) -> tuple[str, str]:
    """Return the name of the expectation file and its content."""
    try:
        if page.link is None:
            return "links.txt", describe(read_listing(source, page))
        article = read_article(source, page)
        assert isinstance(article, Article), f"{page.url} needs a second response: record it as page.2.*"
        return "article.md", hugo.render(normalize(article, source.title_suffixes), source.extra_keys)
    except PageError as error:
        return "error.txt", f"{error.kind}\n{error}\n"


def describe(listing: Listing) -> str:
    lines = [" | ".join((link.id, link.url, link.date or "-", link.title or "-")) for link in listing.links]
    lines += [f"next: {request.method} {request.url} {request.body.decode()}".rstrip() for request in listing.next]
    lines += [f"passed: {listing.skipped}"] if listing.skipped else []
    return "\n".join(lines or ["nothing"]) + "\n"


def test_every_folder_is_a_case_of_an_existing_source() -> None:
    folders = {path.parent.relative_to(FIXTURES) for path in FIXTURES.rglob("page*.*")}
    assert sorted(folders) == CASES, "a case without page.json"
    assert {case.parts[0] for case in CASES} <= set(LOADER.list())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Path) -> None:
    folder = FIXTURES / case
    source = LOADER.load(case.parts[0])
    assert issubclass(source, Source)
    name, result = replay(source, load_case(folder))
    expected = [path for path in (folder / n for n in ("article.md", "links.txt", "error.txt")) if path.exists()]
    if not expected:
        (folder / name).write_text(result, encoding="utf-8")
        pytest.fail(f"{folder} had no expectation; {name} was written: review it, and run the test again")
    assert [path.name for path in expected] == [name], f"{folder}: the result is {name}: {result}"
    assert expected[0].read_text(encoding="utf-8") == result
