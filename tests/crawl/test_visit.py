"""Visits: the pages that `scrapy check-site` and `scrapy record` fetch, and how a visit fails."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scrapy import Request

from crawler.crawl.visit import Fetch, fetch_article
from crawler.items import Article, Link
from crawler.reading.errors import Blocked, LayoutChanged, Unreachable
from crawler.reading.page import Page
from crawler.reading.source import Source
from tests.support.mirror import scrapy
from tests.support.server import Answer, Played, play

TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0")
LISTING = '<html><body><ul><li><a href="/a/a1.html">1</a></li><li><a href="/a/a2.html">2</a></li></ul></body></html>'
ARTICLE = "<html><body><h1>Title</h1><time>2025-02-11</time><article><p>Text of it.</p></article></body></html>"
RESET = Answer(raw=b"HTTP/1.1 200 OK\r\n", reset=True)


def site(path: str, number: int) -> Answer:
    if path == "/robots.txt":
        return Answer("User-agent: *\nDisallow: /tech\n", headers={"Content-Type": "text/plain"})
    return Answer(LISTING if path == "/news" else ARTICLE)


def with_pages(**pages: Answer) -> Callable[[str, int], Answer]:
    """Return a site with other *pages*, by the last part of the path without its suffix."""
    return lambda path, number: pages.get(path.rpartition("/")[2].removesuffix(".html")) or site(path, number)


def check_site(server: Played, tmp_path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    words = ("check-site", "toy", *options, *TOY, "-s", f"OUTPUT_DIR={tmp_path}/output")
    return scrapy(*words, environment=server.environment)


def test_check_site_reads_the_listing_and_its_articles(tmp_path: Path) -> None:
    with play(site) as server:
        done = check_site(server, tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "toy: the site matches the spider"), done.stderr
    assert "2 links (0 with a date, 2 with a title)" in done.stdout
    assert server.paths == ["/robots.txt", "/news", "/a/a1.html", "/a/a2.html"]


def test_check_site_names_the_articles_that_cannot_be_read(tmp_path: Path) -> None:
    other = ARTICLE.replace("article>", "section>")
    with play(with_pages(a1=Answer("", status=404), a2=Answer(other))) as server:
        done = check_site(server, tmp_path)
    assert done.returncode == 1
    assert "    gone: HTTP 404" in done.stdout
    assert "toy: the site does not match the spider: article a2: changed: " in done.stdout


@pytest.mark.parametrize(
    ("pages", "channel", "verdict", "code", "requests"),
    [
        ({}, "tech", "the check could not be completed: the listing: not fetched: Forbidden by robots.txt", 1, 0),
        ({"tech": RESET, "robots": Answer()}, "tech", "the site could not be reached: the listing: ", 7, 3),
        (
            {"news": Answer(status=302, headers={"Location": "http://toy.example/x@y:z"}), "x@y:z": RESET},
            "news", "the site could not be reached: the listing: ", 7, 1,
        ),
        (
            {"robots": Answer(status=503)},
            "news",
            "the site could not be reached: the listing: not fetched: robots.txt of toy.example could not be fetched: "
            "HTTP 503",
            7, 0,
        ),
        (
            {"news": Answer("down", 500)},
            "news", "the site could not be reached: the listing: unreachable: HTTP 500", 7, 3,
        ),
        ({"news": Answer("no", 403)}, "news", "the site refuses the pages: the listing: blocked: HTTP 403", 3, 1),
        ({"news": Answer(ARTICLE)}, "news", "the site does not match the spider: the listing: changed: ", 1, 1),
    ],
)  # fmt: skip
def test_a_listing_that_cannot_be_fetched_has_its_verdict_and_code(
    tmp_path: Path, pages: dict[str, Answer], channel: str, verdict: str, code: int, requests: int
) -> None:
    pages = {"robots.txt" if name == "robots" else name: page for name, page in pages.items()}
    with play(with_pages(**pages)) as server:
        done = check_site(server, tmp_path, channel)
    assert f"\ntoy: {verdict}" in done.stdout
    assert done.returncode == code
    assert not re.search("Traceback| ERROR ", done.stderr)
    assert server.paths.count(f"/{channel}") == requests


def slow_redirect() -> Iterator[bytes]:
    time.sleep(0.6)
    yield b"Location: /moved\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize(
    ("news", "limit"),
    [
        (Answer(LISTING), "CLOSESPIDER_PAGECOUNT=1"),
        (Answer(raw=b"HTTP/1.1 302 Found\r\n", parts=slow_redirect()), "CLOSESPIDER_TIMEOUT=0.2"),
    ],
)
def test_nothing_is_fetched_after_the_end_of_the_run(tmp_path: Path, news: Answer, limit: str) -> None:
    with play(with_pages(news=news)) as server:
        done = check_site(server, tmp_path, "-s", limit, "-s", "ROBOTSTXT_OBEY=False")
    assert done.returncode == 1
    assert server.paths == ["/news"]
    assert not re.search("Traceback| ERROR ", done.stderr)


def test_recording_that_cannot_be_written_ends_the_visit(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with play(site) as server:
        done = check_site(server, tmp_path, "-s", f"RECORD={tmp_path}/file/toy.warc", "-s", "ROBOTSTXT_OBEY=False")
    assert done.returncode == 1
    assert done.stderr.count(f"RECORD={tmp_path}/file/toy.warc cannot be written") == 1
    assert server.paths == ["/news"]


# fetch_article

LINK = Link("1", "http://toy.example/1")


class TwoResponses(Source):
    """A source whose articles need the response of /2."""

    name = "toy"

    @classmethod
    def refuse(cls, page: Page) -> None:
        if b"captcha" in page.body:
            raise Blocked("a captcha")

    @classmethod
    def open_article(cls, link: Link) -> Request:
        return Request(link.url)

    @classmethod
    def second_request(cls, page: Page) -> Request | None:
        return Request("http://toy.example/2")

    @classmethod
    def read_article(cls, page: Page) -> Article:
        raise LayoutChanged("not read in these tests")


def fetch_from(**bodies: str) -> Fetch:
    async def fetch(request: Request, link: Link | None = None) -> Page:
        body = bodies.get(f"page{request.url[-1]}")
        if body is None:
            raise Unreachable("no response")
        return Page(request.url, body.encode(), link=link)

    return fetch


def test_fetch_article_adds_the_second_response() -> None:
    page = asyncio.run(fetch_article(TwoResponses, fetch_from(page1=ARTICLE, page2="{}"), LINK))
    assert page.second_page
    assert (page.url, page.second_page.url) == ("http://toy.example/1", "http://toy.example/2")
    assert page.link == page.second_page.link == LINK


@pytest.mark.parametrize("bodies", [{"page1": ARTICLE}, {"page1": "<html>captcha</html>", "page2": "{}"}])
def test_fetch_article_without_the_second_response(bodies: dict[str, str]) -> None:
    page = asyncio.run(fetch_article(TwoResponses, fetch_from(**bodies), LINK))
    assert (page.url, page.second_page) == ("http://toy.example/1", None)


def test_fetch_article_raises_unreachable() -> None:
    with pytest.raises(Unreachable, match="no response"):
        asyncio.run(fetch_article(TwoResponses, fetch_from(), LINK))
