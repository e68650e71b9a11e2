"""The benchmark's pages are the same in every run, and all candidates write the same articles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.items import Article, Link
from crawler.layouts import hugo
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from tests.bench import pages
from tests.bench.__main__ import Bench
from tests.bench.server import answer, served
from tests.bench.spiders.source import BenchSpider

NUMBER = 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with served() as site:
        yield Bench(site, tmp_path)


def page(number: int) -> Page:
    url = f"http://{pages.HOST}/a/{number:08}.html"
    return Page(url, pages.article(number), link=Link(f"{number:08}", url))


def test_pages_are_the_same_in_every_run() -> None:
    texts = b"".join(pages.article(number) for number in (0, 1, 70)) + pages.listing(50, 2)
    assert hashlib.sha256(texts).hexdigest()[:16] == "a2bca1f4fcce85a6"


def test_article_pages_have_the_size_of_a_page_of_qq() -> None:
    for number in range(3):
        assert abs(len(pages.article(number)) - 99_000) < 1000
        assert 28_000 <= len(pages.body(number).encode()) < 31_000
    assert pages.article(1) != pages.article(1 + pages.VARIANTS)


def test_bench_spider_reads_an_article() -> None:
    article = read_article(BenchSpider, page(3))
    assert isinstance(article, Article)
    assert (article.title, article.date) == (pages.title_of(3), "2024-04-04 03:03:07")
    assert article.author
    assert len(article.keywords) == 5
    assert article.thumbnail.endswith("cover3.jpg")
    assert words(article.markdown) == words(re.sub("<[^>]*>", "", pages.body(3)))


def test_listing_pages_link_to_all_articles() -> None:
    assert [path for path in pages.paths(41) if "list" in path] == [f"/list/41/{number}.html" for number in (1, 2, 3)]
    last = read_listing(BenchSpider, Page(f"http://{pages.HOST}/list/41/3.html", pages.listing(41, 3)))
    assert [link.id for link in last.links] == ["00000040"]
    assert not last.next


def test_server_responds_404_to_an_unknown_path() -> None:
    assert answer("/b").startswith(b"HTTP/1.1 404")


def test_all_candidates_write_the_same_articles(bench: Bench) -> None:
    bench.download(NUMBER)  # exits with an error if pages are missing, as all candidates do
    bench.crawl(NUMBER)
    ours = bench.files()
    bench.archive(NUMBER)
    assert bench.files() == ours
    others = []
    for work in (bench.plain, bench.least):
        work(NUMBER)
        others.append(bench.files())
        assert ours.keys() == others[-1].keys() == {f"{number:08}" for number in range(NUMBER)}
    for number in range(NUMBER):
        text = words(re.sub("<[^>]*>", "", pages.body(number)))
        assert all(text in words(files[f"{number:08}"]) for files in (ours, *others))
    assert hugo.load(ours["00000003"])[0]["title"] == pages.title_of(3)


def words(text: str) -> str:
    """Return only the Chinese characters of *text*, without captions of pictures."""
    return "".join(re.findall("[\u4e00-\u9fff]", re.sub(r"!\[[^]]*\]", "", text)))
