"""Crawl the two newspapers of the mirror: three days each, in GBK and UTF-8."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.layouts import hugo
from tests.support.mirror import Mirror, Run, serve

pytestmark = pytest.mark.xdist_group("epaper")

ENTRIES = {
    "epaper-qinghebao-example": "http://epaper.qinghebao.example/",
    "epaper-paper-linjiangribao-example": "https://paper.linjiangribao.example/",
}
DAYS = ("-a", "since=2025-02-08", "-a", "until=2025-02-14")  # the 10th, 11th and 12th have an issue


@pytest.fixture(scope="module")
def mirror(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    with serve(shared / "mirror", tmp_path_factory.mktemp("epaper-mirror")) as running:
        yield running


@pytest.fixture(scope="module")
def crawled(mirror: Mirror, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    output = tmp_path_factory.mktemp("epaper-output")
    return {source: mirror.crawl("epaper", output, "-a", f"url={url}", *DAYS) for source, url in ENTRIES.items()}


def manifest(shared: Path, source: str) -> dict[str, dict[str, str]]:
    """Return the expected articles by our id: their id without the name of the newspaper."""
    lines = (shared / "mirror/expected/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["url"].startswith(ENTRIES[source])]
    return {row["id"].partition("-")[2]: row for row in rows}


@pytest.mark.parametrize("source", ENTRIES)
def test_crawl_stores_every_article_of_three_days_once(shared: Path, crawled: dict[str, Run], source: str) -> None:
    assert set(crawled[source].files(source)) == set(manifest(shared, source))
    assert len(crawled[source].files(source)) == 48


@pytest.mark.parametrize("source", ENTRIES)
def test_days_without_an_issue_are_not_an_error(crawled: dict[str, Run], source: str) -> None:
    assert crawled[source].exit_code == 0
    assert "links.no_issue=2" in crawled[source].log  # the 8th and 9th; days after the newest issue are not requested
    assert set(crawled[source].refused.values()) == {"gone"}


@pytest.mark.parametrize("source", ENTRIES)
def test_files_have_headlines_page_and_date(shared: Path, crawled: dict[str, Run], source: str) -> None:
    names = ("title", "date", "thumbnail", "page", "section", "pretitle", "subtitle")
    files = crawled[source].files(source)
    for name, row in manifest(shared, source).items():
        metadata, _ = hugo.load(files[name].decode())
        assert {name: metadata[name] for name in names} == {name: row[name] for name in names}


@pytest.mark.parametrize("source", ENTRIES)
def test_files_have_authors(shared: Path, mirror: Mirror, source: str, tmp_path: Path) -> None:
    run = mirror.crawl("epaper", tmp_path, "-a", f"url={ENTRIES[source]}", "-s", "EXTRA_KEYS=author,publisher")
    assert len(run.files(source)) == 16
    for name, text in run.files(source).items():
        metadata, _ = hugo.load(text.decode())
        assert metadata["author"] == manifest(shared, source)[name]["author"]
        assert metadata["publisher"] in ("青河日报", "临江晨报")


@pytest.mark.parametrize("source", ENTRIES)
def test_files_differ_only_as_specified_from_the_expected(shared: Path, crawled: dict[str, Run], source: str) -> None:
    """The expected files were created from the text, not from the pages. The differences are:

    - the name of the source: each newspaper is a source;
    - the four keys of newspapers;
    - images outside of the body's element, with their captions;
    - the summary, which counts indents that the expected bodies do not have (`crawler/layouts/FORMAT.md`, section 1);
    - `&nbsp;`, which is kept.
    """
    image_count = 0
    for name, text in crawled[source].files(source).items():
        ours = text.decode()
        row = manifest(shared, source)[name]
        expected = (shared / "mirror/expected" / row["reference"]).read_text(encoding="utf-8")
        expected = expected.replace('"epaper"', f'"{source}"').replace("[epaper]", f"[{source}]")
        summary = re.compile(r'^summary: "(.*?)(?:\.\.\.)?"$', re.M)
        short, full = (summary.search(file) for file in (ours, expected))
        assert short
        assert full
        assert len(short[1]) > 40
        assert full[1].startswith(short[1].replace("\xa0", " "))
        expected = summary.sub(lambda _: short[0], expected, count=1)  # noqa: B023
        ours = re.sub(r'page: "\d\d"\nsection: ".+"\npretitle: ".*"\nsubtitle: ".*"\n---\n', "---\n", ours)
        ours, number = re.subn(r"\n!\[资料图片\]\(http://epaper\.qinghebao\.example/page/pic1\.jpg\)\n", "", ours)
        image_count += number
        assert ours.replace("\xa0", " ") == expected.replace("\xa0", " ")
    assert image_count == (12 if "qinghebao" in source else 0)


@pytest.mark.parametrize("source", ENTRIES)
def test_crawl_without_days_takes_the_newest_issue(mirror: Mirror, source: str, tmp_path: Path) -> None:
    run = mirror.crawl("epaper", tmp_path, "-a", f"url={ENTRIES[source]}")
    assert run.exit_code == 0
    assert len(run.files(source)) == 16
    assert {name[:8] for name in run.files(source)} == {"20250212"}


@pytest.mark.parametrize("source", ENTRIES)
def test_second_run_requests_no_article_and_changes_no_file(
    mirror: Mirror, crawled: dict[str, Run], source: str
) -> None:
    first = crawled[source]
    before, request_count = first.files(source), len(mirror.requests())
    again = mirror.crawl("epaper", first.output, "-a", f"url={ENTRIES[source]}", *DAYS)
    assert again.exit_code == 0
    assert again.files(source) == before
    paths = [str(row["path"]) for row in mirror.requests()[request_count:]]
    assert not [path for path in paths if "content_" in path]
    # All four pages of the newest issue, which may still grow, and the first page of the four other days.
    assert len([path for path in paths if "node_" in path]) == 8


def test_url_of_a_day_without_an_issue_is_gone_and_not_an_error(shared: Path, mirror: Mirror, tmp_path: Path) -> None:
    lines = (shared / "mirror/expected/errors.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "qinghebao" in row["url"] or "linjiangribao" in row["url"]]
    assert rows
    for row in rows:
        run = mirror.crawl("epaper", tmp_path, "-a", f"url={row['url']}")
        assert run.refused == {row["url"]: row["class"]}
        assert run.exit_code == 0
        assert not list(tmp_path.rglob("*.md"))


def test_crawl_requests_only_pages_of_the_newspaper(mirror: Mirror, crawled: dict[str, Run]) -> None:
    allowed = re.compile(r"/robots\.txt|/|/paperindex\.htm|.*/(?:node|content)_\d+\.html?")
    rows = [row for row in mirror.requests() if crawled]
    assert not [row["path"] for row in rows if not allowed.fullmatch(str(row["path"]))]
