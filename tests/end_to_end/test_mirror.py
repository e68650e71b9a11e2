"""Crawl the mirror of four sources: real articles in pages that are built like those of the sites."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.expected import check_exact_files, check_other_files, errors, manifest
from tests.support.mirror import Mirror, Run, crawl, mixed_archive, scrapy, serve

# One pytest-xdist worker runs all tests of this file: they share one crawl of each source.
pytestmark = pytest.mark.xdist_group("mirror")

SOURCES = ("qq", "hibor", "iyiou", "woshipm")
CHANNELS = {"iyiou": ("-a", "channel=news,briefing")}  # the briefings have a separate listing


@pytest.fixture(scope="module")
def mirror(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with serve(shared / "mirror", tmp_path_factory.mktemp("mirror")) as running:
        yield running


@pytest.fixture(scope="module")
def crawled(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    output = tmp_path_factory.mktemp("output")
    runs = {
        source: mirror.crawl(source, output, "-s", f"RECORD={output}/{source}.warc.gz", *CHANNELS.get(source, ()))
        for source in SOURCES
    }
    (output / "requests.json").write_text(json.dumps(mirror.requests()))  # before the requests of other tests
    return runs


def first_requests(crawled: dict[str, Run]) -> list[dict[str, object]]:
    """Return the requests of the first crawl of each source."""
    text = (crawled["qq"].output / "requests.json").read_text()
    return list(json.loads(text))


@pytest.mark.parametrize("source", SOURCES)
def test_crawl_stores_exactly_the_articles_of_the_listings(shared: Path, crawled: dict[str, Run], source: str) -> None:
    assert set(crawled[source].files(source)) == set(manifest(shared / "mirror", source))


@pytest.mark.parametrize("source", SOURCES)
def test_exact_files_have_the_expected_bytes(shared: Path, crawled: dict[str, Run], source: str) -> None:
    check_exact_files(shared / "mirror", source, crawled[source].files(source), frozenset())


@pytest.mark.parametrize("source", SOURCES)
def test_other_files_have_the_expected_title_date_text_and_images(
    shared: Path, crawled: dict[str, Run], source: str
) -> None:
    check_other_files(shared / "mirror", source, crawled[source].files(source), frozenset())


@pytest.mark.parametrize("source", SOURCES)
def test_pages_without_an_article_are_refused_with_the_expected_kind(
    shared: Path, mirror: Mirror, crawled: dict[str, Run], source: str, tmp_path: Path
) -> None:
    host = {"qq": "qq.com", "hibor": "hibor.com.cn", "iyiou": "iyiou.com", "woshipm": "woshipm.com"}[source]
    expected = {row["url"]: row["class"] for row in errors(shared / "mirror") if host in row["url"]}
    refused = dict(crawled[source].refused)
    if skipped := [url for url in expected if as_linked(url) not in refused]:
        # The URL shows that these are not articles: a crawl requests them only for `-a url=`.
        refused |= mirror.crawl(source, tmp_path, "-a", f"url={','.join(skipped)}").refused
    assert {url: refused.get(as_linked(url)) for url in expected} == expected


def as_linked(url: str) -> str:
    return url.replace("https://news.qq.com/rain", "https://new.qq.com/rain")  # the canonical URL of the article


def test_promotions_and_events_are_not_requested(crawled: dict[str, Run]) -> None:
    paths = {str(row["path"]) for row in first_requests(crawled) if row["host"] == "www.woshipm.com"}
    assert not [path for path in paths if path.startswith(("/promo/", "/active/"))]


@pytest.mark.parametrize("source", ["qq", "hibor", "iyiou"])  # woshipm: all refused pages are gone, which are not saved
def test_refused_page_is_saved_as_a_fixture_case(crawled: dict[str, Run], source: str) -> None:
    folders = sorted((crawled[source].output / ".rejected" / source).iterdir())
    assert folders
    for folder in folders:
        assert json.loads((folder / "page.json").read_text(encoding="utf-8"))["url"].startswith("http")
        assert list(folder.glob("page.html")) or list(folder.glob("page.bin"))
        assert (folder / "error.txt").read_text(encoding="utf-8").strip()


def test_run_with_many_unreadable_pages_exits_with_1(crawled: dict[str, Run]) -> None:
    assert {source: run.exit_code for source, run in crawled.items()} == {"qq": 0, "hibor": 1, "iyiou": 0, "woshipm": 0}


def test_robots_txt_is_obeyed(crawled: dict[str, Run]) -> None:
    requests = first_requests(crawled)
    assert not [row for row in requests if str(row["path"]).startswith("/private")]
    first: dict[object, object] = {}
    for row in requests:
        first.setdefault(row["host"], row["path"])
    assert set(first.values()) == {"/robots.txt"}


@pytest.mark.parametrize("source", SOURCES)
def test_second_run_requests_no_article_and_changes_no_file(
    mirror: Mirror, crawled: dict[str, Run], source: str
) -> None:
    first = crawled[source]
    before, request_count = first.files(source), len(mirror.requests())
    again = mirror.crawl(source, first.output, *CHANNELS.get(source, ()))
    assert again.files(source) == before
    paths = [str(row["path"]) for row in mirror.requests()[request_count:]]
    assert [path for path in paths if any(name in path for name in before)] == []


PAPERS = ("http://epaper.qinghebao.example/paperindex.htm", "https://paper.linjiangribao.example/")


@pytest.mark.parametrize("source", SOURCES)
def test_replay_of_a_crawl_writes_the_same_bytes(crawled: dict[str, Run], source: str, tmp_path: Path) -> None:
    live = crawled[source]
    again = crawl(source, tmp_path, "-s", f"REPLAY={live.output}/{source}.warc.gz", *CHANNELS.get(source, ()))
    assert again.files(source) == live.files(source)
    assert (again.refused, again.exit_code) == (live.refused, live.exit_code)


@pytest.mark.parametrize("paper", PAPERS)
def test_replay_of_a_newspaper_writes_the_same_bytes(mirror: Mirror, paper: str, tmp_path: Path) -> None:
    name = f"epaper-{urlsplit(paper).hostname}".replace(".", "-").replace("epaper-epaper-", "epaper-")
    record = tmp_path / "paper.warc.gz"
    live = mirror.crawl("epaper", tmp_path / "live", "-a", f"url={paper}", "-s", f"RECORD={record}")
    again = crawl("epaper", tmp_path / "again", "-a", f"url={paper}", "-s", f"REPLAY={record}")
    assert len(live.files(name)) == 16
    assert again.files(name) == live.files(name)


@pytest.mark.parametrize("source", SOURCES)
def test_crawl_of_the_archive_stores_the_same_articles(crawled: dict[str, Run], source: str, tmp_path: Path) -> None:
    live = crawled[source]
    offline = crawl(source, tmp_path, "-s", f"REPLAY={live.output}/{source}.warc.gz", "-a", "from=archive")
    assert offline.files(source).keys() == live.files(source).keys()
    if source != "hibor":  # only the listing has the time
        assert offline.files(source) == live.files(source)
    date_line = re.compile(rb'^date: "[^"]*"', re.MULTILINE)
    without = [{name: date_line.sub(b"", text) for name, text in run.files(source).items()} for run in (live, offline)]
    assert without[0] == without[1]


@pytest.mark.parametrize("processes", [1, 2])
def test_backfill_of_a_mixed_archive_stores_what_the_crawls_store(
    crawled: dict[str, Run], processes: int, tmp_path: Path
) -> None:
    archives = [crawled[source].output / f"{source}.warc.gz" for source in SOURCES]
    mixed = mixed_archive(archives, tmp_path / "mixed.warc.gz", seed=1)
    done = scrapy("backfill", str(mixed), "-s", f"OUTPUT_DIR={tmp_path}/output", "--processes", str(processes))
    run = Run(tmp_path / "output", done.stderr, done.returncode)
    assert f"backfill sources={len(SOURCES)} end=finished" in run.log
    for source in SOURCES:
        live, filled = crawled[source].files(source), run.files(source)
        if source == "hibor":  # only the listing has the time
            date_line = re.compile(rb'^date: "[^"]*"', re.MULTILINE)
            live, filled = ({name: date_line.sub(b"", text) for name, text in each.items()} for each in (live, filled))
        assert filled == live, source
