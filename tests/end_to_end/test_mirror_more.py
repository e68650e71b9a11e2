"""Crawl the mirror of nine more sources: real articles in responses that are built like those of the sites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from tests.support.expected import check_exact_files, check_other_files, errors, manifest
from tests.support.mirror import Mirror, Run, serve

# One pytest-xdist worker runs all tests of this file: they share one crawl of each source.
pytestmark = pytest.mark.xdist_group("mirror-more")

ALL = ("jinwucj", "wallstreetcn", "sina", "leinews", "c114", "jin10", "infoq", "bioon", "pingwest")
SOURCES = sorted(set(ALL) & set(get_spider_loader(get_project_settings()).list()))
DUPLICATE = re.compile(r" INFO duplicate: .* \((https?://\S+)\)$", re.MULTILINE)
# Entries of these lists have no text: a deleted or refused page is not requested.
WITHOUT_REQUESTS = ("jinwucj",)


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "mirror-more"


@pytest.fixture(scope="module")
def mirror(shared: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    work = tmp_path_factory.mktemp("mirror-more")
    with serve(folder, work, script=shared / "mirror/serve.py") as running:
        yield running


@pytest.fixture(scope="module")
def crawled(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    output = tmp_path_factory.mktemp("output-more")
    runs = {source: mirror.crawl(source, output) for source in SOURCES}
    (output / "requests.json").write_text(json.dumps(mirror.requests()))
    return runs


def duplicates(folder: Path, run: Run, source: str) -> frozenset[str]:
    """Return the ids of the articles that were not written because another one of the day has the same text."""
    urls = DUPLICATE.findall(run.log)
    return frozenset(name for name, row in manifest(folder, source).items() if row["url"] in urls)


@pytest.mark.parametrize("source", SOURCES)
def test_crawl_stores_exactly_the_articles_of_the_listings(folder: Path, crawled: dict[str, Run], source: str) -> None:
    run, expected = crawled[source], manifest(folder, source)
    omitted = duplicates(folder, run, source)
    assert set(run.files(source)) == expected.keys() - omitted
    for name in omitted:  # one of the two is stored
        title, day = expected[name]["title"], str(expected[name]["date"])[:10]
        same = [other for other, row in expected.items() if (row["title"], str(row["date"])[:10]) == (title, day)]
        assert len(set(same) - omitted) == 1


@pytest.mark.parametrize("source", SOURCES)
def test_exact_files_have_the_expected_bytes(folder: Path, crawled: dict[str, Run], source: str) -> None:
    run = crawled[source]
    check_exact_files(folder, source, run.files(source), duplicates(folder, run, source))


@pytest.mark.parametrize("source", SOURCES)
def test_other_files_have_the_expected_title_date_text_and_images(
    folder: Path, crawled: dict[str, Run], source: str
) -> None:
    run = crawled[source]
    check_other_files(folder, source, run.files(source), duplicates(folder, run, source))


@pytest.mark.parametrize("source", SOURCES)
def test_pages_without_an_article_are_refused_with_the_expected_kind(
    folder: Path, crawled: dict[str, Run], source: str
) -> None:
    run = crawled[source]
    expected = {row["url"]: row["class"] for row in errors(folder) if row["source"] == source}
    assert expected
    for url, kind in expected.items():
        # The list may show that an entry is not an article: it is not requested.
        may_be_absent = kind == "skipped" or source in WITHOUT_REQUESTS
        assert run.refused.get(url, kind if may_be_absent else "article") == kind, url


@pytest.mark.parametrize("source", SOURCES)
def test_only_unreadable_pages_are_refused(folder: Path, crawled: dict[str, Run], source: str) -> None:
    run = crawled[source]
    assert run.refused.keys() <= {row["url"] for row in errors(folder) if row["source"] == source}
    unexpected = [kind for kind in run.refused.values() if kind not in ("gone", "skipped")]
    assert run.exit_code == int(len(unexpected) > (len(unexpected) + len(run.files(source))) / 10)


def test_robots_txt_is_obeyed(crawled: dict[str, Run]) -> None:
    requests = json.loads((crawled[SOURCES[0]].output / "requests.json").read_text())
    assert requests
    assert not [row for row in requests if str(row["path"]).startswith("/private")]
    first: dict[object, object] = {}
    for row in requests:
        first.setdefault(row["host"], row["path"])
    assert set(first.values()) == {"/robots.txt"}
