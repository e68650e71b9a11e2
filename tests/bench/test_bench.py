"""The benchmark's pages are the same in every run, all candidates write the same articles, and targets are compared."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from parsel import Selector

from crawler.items import Article, Link
from crawler.layouts import hugo
from crawler.reading.html import parse_fragment
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from tests.bench import pages, same_work, targets
from tests.bench.__main__ import main
from tests.bench.crawls import ARCHIVE, CRAWL, DOWNLOAD, LEAST, PLAIN, SAME_WORK, Bench
from tests.bench.measuring import ROOT
from tests.bench.pages import HEAVY, REALISTIC, Kind
from tests.bench.server import answer, served
from tests.bench.spiders.source import BenchSpider

NUMBER = 5


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with served() as site:
        yield Bench(site, tmp_path)


def page(number: int, kind: Kind = HEAVY) -> Page:
    url = f"http://{pages.HOST}/a/{number:08}.html"
    return Page(url, pages.article(number, kind), link=Link(f"{number:08}", url))


def test_pages_are_the_same_in_every_run() -> None:
    texts = b"".join(pages.article(number) for number in (0, 1, 70)) + pages.listing(50, 2)
    assert hashlib.sha256(texts).hexdigest()[:16] == "a2bca1f4fcce85a6"


def test_heavy_pages_have_the_size_of_a_large_page_of_qq() -> None:
    for number in range(3):
        assert abs(len(pages.article(number)) - 99_000) < 1000
        assert 28_000 <= len(pages.body(number).encode()) < 31_000
    assert pages.article(1) != pages.article(1 + pages.VARIANTS)


def test_realistic_pages_have_about_150_nodes_in_their_body_and_150_links_around_it() -> None:
    nodes, links = [], []
    for number in range(pages.VARIANTS):
        assert abs(len(pages.article(number, REALISTIC)) - 45_000) < 1000
        assert 10_000 <= len(pages.body(number, REALISTIC).encode()) < 13_000
        body = parse_fragment(pages.body(number, REALISTIC))
        nodes.append(sum(1 for _ in body.iter()))
        links.append(len(page(number, REALISTIC).tree.findall(".//a")) - len(body.findall(".//a")))
    assert 140 <= sum(nodes) / len(nodes) <= 160
    assert set(links) == {147}


@pytest.mark.parametrize("kind", [HEAVY, REALISTIC], ids=lambda kind: kind.name)
def test_bench_spider_reads_an_article(kind: Kind) -> None:
    article = read_article(BenchSpider, page(3, kind))
    assert isinstance(article, Article)
    assert (article.title, article.date) == (pages.title_of(3), "2024-04-04 03:03:07")
    assert article.author
    assert len(article.keywords) == 5
    assert article.thumbnail.endswith("cover3.jpg")
    assert words(article.markdown) == words(re.sub("<[^>]*>", "", pages.body(3, kind)))


def test_listing_pages_link_to_all_articles() -> None:
    assert [path for path in pages.paths(41) if "list" in path] == [f"/list/41/{number}.html" for number in (1, 2, 3)]
    last = read_listing(BenchSpider, Page(f"http://{pages.HOST}/list/41/3.html", pages.listing(41, 3)))
    assert [link.id for link in last.links] == ["00000040"]
    assert not last.next


def test_server_responds_404_to_an_unknown_path() -> None:
    assert answer("/b").startswith(b"HTTP/1.1 404")


def test_server_compresses_pages_for_clients_that_accept_it() -> None:
    head, _, body = answer("/a/00000001.html", REALISTIC, accepts_gzip=True).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head + b"\r\n"
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == pages.article(1, REALISTIC)
    assert answer("/a/00000001.html", REALISTIC).endswith(pages.article(1, REALISTIC))


def test_all_candidates_write_the_same_articles(bench: Bench) -> None:
    candidates = bench.candidates()
    bench.run(candidates[DOWNLOAD], NUMBER)  # exits with an error if pages are missing, as all candidates do

    def files(label: str) -> dict[str, str]:
        bench.run(candidates[label], NUMBER)
        return {name: path.read_text(encoding="utf-8") for name, path in bench.files().items()}

    ours = files(CRAWL)
    assert files(ARCHIVE) == ours
    others = [files(label) for label in (PLAIN, LEAST)]
    assert all(found.keys() == ours.keys() == {f"{number:08}" for number in range(NUMBER)} for found in others)
    for number in range(NUMBER):
        text = words(re.sub("<[^>]*>", "", pages.body(number)))
        assert all(text in words(found[f"{number:08}"]) for found in (ours, *others))
    assert hugo.load(ours["00000003"])[0]["title"] == pages.title_of(3)


def test_the_peer_with_the_same_work_reads_the_fields_and_checks_the_page() -> None:
    ours = read_article(BenchSpider, page(3))
    assert isinstance(ours, Article)
    selector = Selector(pages.article(3).decode())
    found, _ = same_work.read(selector, ours.url, lambda text: Converted())
    assert (found["title"], found["date"], found["author"], found["thumbnail"]) == (
        ours.title, ours.date, ours.author, ours.thumbnail,
    )  # fmt: skip
    assert found["channel"] == "产业观察"
    for text in ("<title>验证</title>", "<title>错误_产业观察</title>"):
        with pytest.raises(same_work.PageError):
            same_work.read(Selector(text), ours.url, lambda text: Converted())
    with pytest.raises(same_work.PageError, match="another article"):
        same_work.read(selector, ours.url.replace("3.html", "4.html"), lambda text: Converted())


def test_the_ledger_of_the_peer_omits_written_articles(tmp_path: Path) -> None:
    ledger = same_work.Ledger(tmp_path / "ledger.db")
    links = [(f"http://{pages.HOST}/a/{number:08}.html", "标题") for number in range(2)]
    assert ledger.add(links) == [url for url, _ in links]
    ledger.mark(links[0][0], "written", path="a.md", digest="0")
    assert same_work.Ledger(tmp_path / "ledger.db").add(links) == [links[1][0]]


def test_the_table_shows_met_and_missed_targets_with_their_bounds() -> None:
    realistic = {CRAWL: [3.0, 3.0, 8.0], SAME_WORK: [5.0, 4.0, 5.0], LEAST: [2.0, 2.0, 2.0], DOWNLOAD: [1.0, 1.0, 1.0]}
    measured = {f"realistic page, {label}": values for label, values in realistic.items()}
    measured |= {"polite run": [9.0], "archive, two processes": [1.7], "archive, pages a second of CPU time": [650.0]}
    lines = [re.sub(" +", " ", line) for line in targets.table(measured)]
    assert lines[2:6] == [
        "| polite run (2 s delay): CPU ms a page | 9.00 | ≤ 5 **missed** | 3.00 (3.00-5.50) | without delay |",
        "| archive, realistic page: pages a second of one core | 650 | ≥ 800 **missed** | 1000 (1000-1000) | "
        "parse, convert, write |",
        "| archive, two processes: times as fast as one | 1.70 | ≥ 1.6 met | 2.00 | two cores |",
        # the ratios of the rounds are 0.6, 0.75 and 1.6
        "| realistic page, crawl / crawlee, same work | 0.75 (0.68-1.18) | ≤ 0.7 **missed** | 0.40 (0.40-0.45) | "
        "parse, convert, write |",
    ]
    assert lines[-3:] == [
        "- polite run (2 s delay): CPU ms a page: `--profile 'polite run'`",
        "- archive, realistic page: pages a second of one core: `--profile 'realistic page, archive in, corpus out'`",
        "- realistic page, crawl / crawlee, same work: `--profile 'realistic page, whole crawl'`",
    ]


def test_a_busy_machine_gets_no_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (1.6 * (os.cpu_count() or 1), 0.0, 0.0))
    with pytest.raises(SystemExit, match=r"the load average is 1\.60 per core"):
        main(["--quick"])
    assert not capsys.readouterr().out


def test_one_row_is_measured_with_the_load_in_the_table() -> None:
    found = bench_program("--quick", "--rounds", "1", "--any-load", "--only", "first request", cwd=ROOT)
    assert re.search(r"load average per core: \d+\.\d\d at the start, at most", found)
    assert re.search(r"\| first request of `crawl`: CPU s +\| +\d\.\d\d \| +≤ 0\.45 ", found)
    assert "a page" not in found


def test_a_profile_names_the_most_expensive_functions(tmp_path: Path) -> None:
    assert bench_program("--profile", "start of list", cwd=tmp_path).strip() == "profile-start-of-list.txt"
    text = (tmp_path / "profile-start-of-list.txt").read_text(encoding="utf-8")
    assert "Ordered by: internal time" in text
    assert "cmdline.py" in text


class Converted:
    """What the converter of the peer returns."""

    content = "text"


def bench_program(*words: str, cwd: Path) -> str:
    """Return the output of the benchmark. The parent of a measured process must be small: it is not this process."""
    command = [sys.executable, "-m", "tests.bench", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True, text=True).stdout


def words(text: str) -> str:
    """Return only the Chinese characters of *text*, without captions of pictures."""
    return "".join(re.findall("[\u4e00-\u9fff]", re.sub(r"!\[[^]]*\]", "", text)))
