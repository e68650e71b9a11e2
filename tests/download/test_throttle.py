"""Tests of the downloader middlewares: crawls of a local server that blocks, fails, truncates or redirects."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from scrapy.settings import Settings

from crawler import __version__
from crawler.download.throttle import HostThrottle
from tests.support.mirror import Run, crawl
from tests.support.server import Answer, Played, play

TOY = ("-s", "SPIDER_MODULES=tests.support.toy")
CAPTCHA = Answer("<html><body>请输入验证码</body></html>")
NOT_FOUND = Answer("not found", 404)


def article(name: str) -> Answer:
    return Answer(
        f"<html><head><title>{name}</title></head><body><h1>About {name}</h1><time>2025-02-11</time>"
        f"<article><p>text.</p></article></body></html>"
    )


def listing(*names: str) -> Answer:
    return Answer(
        "<html><ul>" + "".join(f'<li><a href="/a/{name}.html">{name}</a></li>' for name in names) + "</ul></html>"
    )


def crawl_site(site: Callable[[str, int], Answer], output: Path, *options: str) -> tuple[Run, Played]:
    with play(site) as played:
        done = crawl("toy", output, *TOY, *options, environment=played.environment)
    return done, played


def good(path: str, number: int) -> Answer:
    if path == "/news":
        return listing("a1", "a2", "a3", "a4")
    return article(path[3:5]) if path.startswith("/a/") else NOT_FOUND


def test_throttle_sends_one_request_at_a_time_with_the_delay(tmp_path: Path) -> None:
    done, played = crawl_site(good, tmp_path, "-s", "DOWNLOAD_DELAY=0.3")
    assert done.exit_code == 0
    assert played.paths[0] == "/robots.txt"
    times = [when for when, _ in played.asked]
    assert min(after - before for before, after in pairwise(times[1:])) >= 0.27
    assert len(times) == 6


def with_robots(text: str) -> Callable[[str, int], Answer]:
    return lambda path, number: Answer(text) if path == "/robots.txt" else good(path, number)


@pytest.mark.parametrize(
    ("robots", "least"),
    [
        ("User-agent: *\nCrawl-delay: 1", 0.95),
        ("User-agent: PressCorpus\nCrawl-delay: 0.8\n\nUser-agent: *\nCrawl-delay: 20", 0.75),
        ("User-agent: other\nCrawl-delay: 20", 0.27),
        ("User-agent: *\nCrawl-delay: 0.1", 0.27),
    ],
)
def test_a_longer_crawl_delay_of_robots_txt_is_obeyed(robots: str, least: float, tmp_path: Path) -> None:
    done, played = crawl_site(with_robots(robots), tmp_path, "-s", "DOWNLOAD_DELAY=0.3", "-a", "limit=2")
    assert done.exit_code == 0
    times = [when for when, _ in played.asked]
    gaps = [after - before for before, after in pairwise(times[1:])]
    assert least <= min(gaps) < max(least, 0.5) + 0.5
    assert ("INFO delay: robots.txt of toy.example requires" in done.log) == (least > 0.5)


def test_a_crawl_delay_has_a_longest_value(caplog: pytest.LogCaptureFixture) -> None:
    throttle = HostThrottle(SimpleNamespace(settings=Settings({"DOWNLOAD_DELAY": 2})))  # type: ignore[arg-type]
    with caplog.at_level("INFO"):
        throttle.set_delay("a.example:8080", 3600.0)
        throttle.set_delay("a.example", 5.0)
    assert caplog.messages == [
        "delay: robots.txt of a.example requires 3600 s between requests; the longest delay is 120 s"
    ]


def test_user_agent_contains_the_contact(tmp_path: Path) -> None:
    with play(good) as played:
        contact = {"CRAWLER_CONTACT": "https://corpus.example/about"}
        crawl("toy", tmp_path, *TOY, "-s", "DOWNLOAD_DELAY=0", environment=played.environment | contact)
    assert played.agents == {f"Mozilla/5.0 (compatible; PressCorpus/{__version__}; +https://corpus.example/about)"}


def test_user_agent_contains_the_contact_of_the_command_line(tmp_path: Path) -> None:
    with play(good) as played:
        contact = ("-s", "CRAWLER_CONTACT=me@corpus.example")
        crawl("toy", tmp_path, *TOY, *contact, "-s", "DOWNLOAD_DELAY=0", environment=played.environment)
        crawl("toy", tmp_path / "own", *TOY, *contact, "-s", "USER_AGENT=Own/1.0", environment=played.environment)
    assert played.agents == {f"Mozilla/5.0 (compatible; PressCorpus/{__version__}; +me@corpus.example)", "Own/1.0"}


def test_block_page_pauses_its_host_and_is_retried(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return CAPTCHA if path == "/a/a2.html" and number == 1 else good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0.1", "-s", "BLOCK_BACKOFF=1.5")
    blocked_at = next(when for when, path in played.asked if path == "/a/a2.html")
    assert min(when for when, _ in played.asked if when > blocked_at) - blocked_at >= 1.5
    assert set(done.files("toy")) == {"a1", "a2", "a3", "a4"}
    assert done.exit_code == 0
    assert "pause: toy.example blocks requests: next request in 1.5 s" in done.log
    assert "pages.retried=1" in done.log


def test_block_page_after_the_longest_backoff_ends_the_run(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("busy", 429) if path.startswith("/a/") else good(path, number)

    backoff = ("-s", "BLOCK_BACKOFF=0.2", "-s", "BLOCK_BACKOFF_MAX=0.4")
    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0.05", *backoff)
    assert done.exit_code == 3
    assert "refused even after the longest pause" in done.log
    assert len([path for path in played.paths if path.startswith("/a/")]) == 3
    assert "links.not_fetched=" in done.log


def test_unavailable_robots_txt_drops_all_requests(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("down", 503) if path == "/robots.txt" else good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert set(played.paths) == {"/robots.txt"}
    assert done.exit_code == 7
    assert "robots.txt of toy.example could not be fetched: HTTP 503" in done.log
    assert "links.not_fetched=1" in done.log


def test_forbidden_listing_fails_the_run(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("User-agent: *\nDisallow: /news") if path == "/robots.txt" else good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert set(played.paths) == {"/robots.txt"}
    assert done.exit_code == 1
    assert "WARNING forbidden: http://toy.example/news: Forbidden by robots.txt" in done.log


def test_forbidden_article_is_skipped(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer("User-agent: *\nDisallow: /a/a2") if path == "/robots.txt" else good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert set(done.files("toy")) == {"a1", "a3", "a4"}
    assert "/a/a2.html" not in played.paths
    assert "links.forbidden=1" in done.log
    assert done.exit_code == 0


def test_redirect_loop_is_unreachable(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return Answer(status=302, headers={"Location": "/a/a2.html"}) if path == "/a/a2.html" else good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert played.paths.count("/a/a2.html") == 1
    assert "unreachable: http://toy.example/a/a2.html: redirected to itself" in done.log
    assert done.exit_code == 1


def redirect(path: str, cookie: str = "") -> Answer:
    return Answer(status=302, headers={"Location": path} | ({"Set-Cookie": cookie} if cookie else {}))


@pytest.mark.parametrize(
    "pages",
    [
        {"/a/a2.html": redirect("/a/a2.html", "vid=1")},
        {"/a/a2.html": redirect("/check?to=a2", "vid=1"), "/check": redirect("/a/a2.html")},
        {"/a/a2.html": redirect("/check?to=a2"), "/check": redirect("http://toy.example/a/a2.html", "vid=1; path=/")},
    ],
)
def test_a_cookie_wall_is_named(pages: dict[str, Answer], tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return pages.get(path) or good(path, number)

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0", "-s", "RETRY_TIMES=0")
    assert "login: http://toy.example/" in done.log
    assert "cookie wall: redirected to itself with a cookie, which the crawler does not keep" in done.log
    assert "pages.article=3 pages.listing=1 pages.login=1" in done.log
    assert played.paths.count("/a/a2.html") == 1


def test_a_redirect_with_a_cookie_is_followed(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        return redirect("/a/moved.html", "vid=1") if path == "/a/a2.html" else good(path, number)

    done, _ = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert done.exit_code == 0
    assert "articles.written=4" in done.log


def test_truncated_page_is_retried(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        answer = good(path, number)
        if (path in ("/news", "/a/a2.html") and number == 1) or path == "/a/a3.html":
            answer.cut = True
        return answer

    done, played = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert set(done.files("toy")) == {"a1", "a2", "a4"}
    assert played.paths.count("/a/a3.html") == 3
    assert "incomplete: http://toy.example/a/a3.html: the connection closed before the end of the page" in done.log
    assert done.exit_code == 1


def test_response_without_content_length_is_complete(tmp_path: Path) -> None:
    def site(path: str, number: int) -> Answer:
        answer = good(path, number)
        return Answer(answer.body + " " * len(answer.body), answer.status, cut=True)  # only spaces are truncated

    done, _ = crawl_site(site, tmp_path, "-s", "DOWNLOAD_DELAY=0")
    assert set(done.files("toy")) == {"a1", "a2", "a3", "a4"}
    assert done.exit_code == 0


def test_unreachable_host_fails_the_run_without_traceback(tmp_path: Path) -> None:
    dead_proxy = {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    done = crawl("toy", tmp_path, *TOY, "-s", "DOWNLOAD_DELAY=0", environment=dead_proxy)
    assert done.exit_code == 7
    assert "the proxy 127.0.0.1:9 refused the connection" in done.log
    assert "Traceback" not in done.log
    assert "links.not_fetched=1" in done.log
