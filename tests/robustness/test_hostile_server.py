"""Crawl hostile servers with short timeouts. `python -m tests.robustness.hostile_server` uses those of production."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crawler.crawl.stats import wrong_totals
from tests.robustness.hostile_server.crawl import HOSTS, MAX_MEMORY, CrawlResult, certificate, crawl_and_measure
from tests.robustness.hostile_server.faults import BROKEN, ENDLESS, ODD
from tests.robustness.hostile_server.sites import SITE_KINDS, TOY, Site, site_with_faults
from tests.robustness.hostile_server.totals import totals
from tests.support.flaky_server import wire
from tests.support.mirror import crawl
from tests.support.server import Answer, play

NO_RETRY = ("-s", "RETRY_TIMES=0")
SHORT_TIMEOUT = (*NO_RETRY, "-s", "DOWNLOAD_TIMEOUT=1")


def stored(result: CrawlResult) -> set[str]:
    return {path.stem for path in result.run.output.rglob("*.md") if ".rejected" not in path.parts}


def assert_safe(result: CrawlResult, source: str, *others: str) -> None:
    """Check what must hold for every run: connections, memory, time, log, totals. *others* are hosts beside its own."""
    assert result.hosts <= {*HOSTS[source], *others}
    assert (result.connected, result.looked_up) == ([], [])
    assert result.max_memory <= MAX_MEMORY
    assert result.slowest <= 30
    assert "Traceback" not in result.run.log
    assert "wrong totals" not in result.run.log
    for before, after in vars(totals(result.run.log)).values():
        assert before == after


@pytest.mark.parametrize("source", SITE_KINDS)
def test_crawl_refuses_invalid_responses_and_stores_all_good_articles(tmp_path: Path, source: str) -> None:
    kind = SITE_KINDS[source]
    site, fault_of = site_with_faults(kind, BROKEN, good=60)  # with fewer good pages, the refused ones end the run
    result = crawl_and_measure(kind, site, tmp_path, *NO_RETRY)
    assert stored(result) == {kind.file_stem(name) for name, fault in fault_of.items() if not fault}
    assert "pages.bug" not in result.summary
    assert "links.forbidden" not in result.summary  # redirects to other hosts are refused pages, not skipped links
    assert_safe(result, source)


@pytest.mark.parametrize("source", SITE_KINDS)
def test_crawl_stores_complete_pages_from_unusual_responses(tmp_path: Path, source: str) -> None:
    kind = SITE_KINDS[source]
    site, fault_of = site_with_faults(kind, ODD, good=0)
    result = crawl_and_measure(kind, site, tmp_path, *NO_RETRY)
    plain = crawl_and_measure(kind, Site(kind, dict.fromkeys(fault_of, ""), {}), tmp_path, output=tmp_path / "plain")
    expected = {path.name: path.read_bytes() for path in (tmp_path / "plain").rglob("*.md")}
    assert len(expected) == len(fault_of)
    assert {path.name: path.read_bytes() for path in (tmp_path / "output").rglob("*.md")} == expected
    assert result.run.exit_code == plain.run.exit_code == 0
    assert_safe(result, source)


@pytest.mark.parametrize("source", ["toy", "woshipm"])  # http and https
def test_crawl_ends_endless_responses(tmp_path: Path, source: str) -> None:
    kind = SITE_KINDS[source]
    site, fault_of = site_with_faults(kind, ENDLESS)
    result = crawl_and_measure(kind, site, tmp_path, *NO_RETRY, "-s", "DOWNLOAD_TIMEOUT=2", "-s", "DOWNLOAD_DELAY=0.01")
    assert stored(result) == {kind.file_stem(name) for name, fault in fault_of.items() if not fault}
    assert_safe(result, source)


def test_crawl_limits_memory_for_large_headers(tmp_path: Path) -> None:
    block = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 9000) for n in range(999))
    site, _ = site_with_faults(
        TOY, {"headers": lambda page, url: Answer(raw=b"HTTP/1.1 200 OK\r\n", parts=[block] * 40)}
    )
    result = crawl_and_measure(TOY, site, tmp_path, *NO_RETRY, "-s", "DOWNLOAD_TIMEOUT=20")
    assert_safe(result, "toy")


def test_crawl_does_not_connect_to_private_addresses(tmp_path: Path) -> None:
    site, _ = site_with_faults(TOY, {})
    no_proxy = {"http_proxy": "", "https_proxy": "", "all_proxy": ""}
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        result = crawl_and_measure(
            TOY, site, tmp_path / address, *SHORT_TIMEOUT, names={"toy.example": address}, environment=no_proxy
        )
        assert result.connected == []
        assert result.run.exit_code == 7


def test_crawl_connects_to_a_proxy_at_a_private_address(tmp_path: Path) -> None:
    site, _ = site_with_faults(TOY, {})
    with play(site) as played:
        environment = {"http_proxy": played.address.replace("127.0.0.1", "localhost"), "no_proxy": ""}
        run = crawl("toy", tmp_path, *TOY.options, "-s", "DOWNLOAD_DELAY=0", environment=environment)
    assert len(run.files("toy")) == 5
    assert run.exit_code == 0


ROBOTS: dict[str, tuple[Answer, bool]] = {  # robots.txt, and whether the articles may be fetched
    "none": (Answer("", 404), True),
    "forbidden": (Answer("no", 403), True),
    "login": (Answer("no", 401), True),
    "gone": (Answer("", 410), True),
    "down": (Answer("down", 500), False),
    "busy": (Answer("down", 503), False),
    "a page": (Answer("<!DOCTYPE html><html><body>Disallow: /</body></html>"), True),
    "a captcha": (Answer("<html><body>安全验证</body></html>"), True),
    "empty": (Answer(raw=wire(b"")), True),
    "bytes": (Answer(raw=wire(bytes(range(256)) * 999)), True),
    "50 MB": (Answer(raw=wire(b"", Content_Length=str(50 << 20)), parts=[b"# x\n" * (1 << 18)] * 50), False),
    "without end": (Answer(raw=wire(b"", Content_Length=""), parts=[b"# x\n" * (1 << 18)] * 50), False),
    "a drip": (Answer(raw=wire(b"User-agent: *\n", Content_Length="999"), stall=3), False),
    "leads away": (Answer(status=302, headers={"Location": "http://other.example/robots.txt"}), True),
    "leads inward": (Answer(status=302, headers={"Location": "http://127.0.0.1/robots.txt"}), False),
    "leads to a file": (Answer(status=302, headers={"Location": "file:///etc/passwd"}), False),
    "leads in a circle": (Answer(status=302, headers={"Location": "/robots.txt"}), True),
    "UTF-16": (Answer(raw=wire("User-agent: *\nDisallow: /b".encode("utf-16"))), True),
    "a million rules": (Answer("User-agent: *\n" + "".join(f"Disallow: /x{n}\n" for n in range(700_000))), True),
    "many rules": (Answer("User-agent: *\n" + "".join(f"Disallow: /x{n}\n" for n in range(50_000))), True),
    "slow rules": (Answer("User-agent: *\nDisallow: /" + "*0" * 60 + "*x\n"), True),
    "a delay": (Answer("User-agent: *\nCrawl-delay: 1\n"), True),
}  # fmt: skip


@pytest.mark.parametrize("name", ROBOTS)
def test_crawl_handles_unusual_robots_txt(tmp_path: Path, name: str) -> None:
    robots, is_allowed = ROBOTS[name]
    site, fault_of = site_with_faults(TOY, {})
    site.robots = robots
    start = time.monotonic()
    result = crawl_and_measure(TOY, site, tmp_path, *SHORT_TIMEOUT)
    assert time.monotonic() - start < 30
    assert stored(result) == (set(fault_of) if is_allowed else set())
    assert result.run.exit_code == (0 if is_allowed else 7)
    other = {url for url in result.played.urls if "//other.example" in url}
    assert other <= {"http://other.example/robots.txt"}  # its redirects are followed (RFC 9309), and nothing else
    assert bool(other) == (name == "leads away")
    assert_safe(result, "toy", *(["other.example"] if other else []))


def test_totals_include_links_that_are_too_long_to_fetch(tmp_path: Path) -> None:
    long = "a" * 3000

    def site(path: str, number: int) -> Answer:
        if path == "/news":
            next_link = f'<a class="next" href="/news/{long}">'
            return Answer(TOY.listing(["a1", long]).replace("</ul>", f"</ul>{next_link}"))
        return Answer(TOY.article(path.rpartition("/")[2].partition(".")[0]))

    result = crawl_and_measure(TOY, site, tmp_path, "-a", "pages=0")
    assert_safe(result, "toy")


def test_304_without_a_conditional_request_is_refused_and_retried_in_the_next_run(tmp_path: Path) -> None:
    not_modified = {"304": lambda page, url: Answer(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n")}
    site, fault_of = site_with_faults(TOY, not_modified)
    assert crawl_and_measure(TOY, site, tmp_path).run.exit_code == 1
    good_site = Site(TOY, dict.fromkeys(fault_of, ""), {})
    assert stored(crawl_and_measure(TOY, good_site, tmp_path, "-a", "pages=1")) == set(fault_of)


def test_run_that_ends_early_counts_remaining_links_as_not_fetched(tmp_path: Path) -> None:
    site, _ = site_with_faults(TOY, {str(n): lambda page, url: Answer("no", 403) for n in range(90)})
    result = crawl_and_measure(TOY, site, tmp_path, *SHORT_TIMEOUT)
    assert result.run.exit_code == 3
    assert "links.not_fetched=" in result.summary
    assert_safe(result, "toy")


def test_stopped_run_counts_remaining_links_as_not_fetched(tmp_path: Path) -> None:
    site, _ = site_with_faults(TOY, {}, good=30)
    result = crawl_and_measure(TOY, site, tmp_path, "-s", "CLOSESPIDER_PAGECOUNT=4")
    assert result.run.exit_code == 1
    assert "links.not_fetched=" in result.summary
    assert_safe(result, "toy")


def test_links_beyond_the_limit_are_counted_as_over_limit(tmp_path: Path) -> None:
    site, _ = site_with_faults(TOY, {})
    result = crawl_and_measure(TOY, site, tmp_path, "-a", "limit=2")
    assert "sum source=toy fetched=3 listings=1 articles=2\n" in result.run.log
    assert "links.over_limit=3" in result.summary
    assert result.run.exit_code == 0
    assert_safe(result, "toy")


def test_wrong_totals_reports_pages_links_and_articles_without_an_outcome() -> None:
    counts = {
        "response_received_count": 3,
        "pages.listing": 1,
        "pages.article": 2,
        "articles.written": 2,
        "links.new": 2,
    }
    assert list(wrong_totals(counts)) == []
    assert list(wrong_totals(counts | {"response_received_count": 4})) == ["4 pages were fetched, 3 have an outcome"]
    assert list(wrong_totals(counts | {"links.revisit": 1})) == ["3 links were selected, 2 have an outcome"]
    assert list(wrong_totals(counts | {"articles.written": 1})) == ["2 articles were read, 1 have an outcome"]
    assert list(wrong_totals({"pages.article": 2, "articles.written": 2}, sends_requests=False)) == []


def test_crawl_rejects_a_certificate_of_an_unknown_authority(tmp_path: Path) -> None:
    site, _ = site_with_faults(SITE_KINDS["woshipm"], {})
    other_authority = {"SSL_CERT_FILE": str(certificate(["www.woshipm.com"], tmp_path / "other.pem"))}
    result = crawl_and_measure(
        SITE_KINDS["woshipm"], site, tmp_path / "work", *SHORT_TIMEOUT, environment=other_authority
    )
    assert [url for url in result.played.urls if not url.startswith("CONNECT ")] == []
    assert result.run.exit_code == 7
    assert_safe(result, "woshipm")


@pytest.mark.parametrize("status", [200, 403])
def test_crawl_refuses_an_entity_bomb_as_feed(tmp_path: Path, status: int) -> None:
    kind = SITE_KINDS["woshipm"]
    feed = BROKEN["an entity bomb"](b"", "")
    feed.raw = (feed.raw or b"").replace(b"200 OK", f"{status} x".encode(), 1)
    result = crawl_and_measure(
        kind, lambda path, number: feed if path == "/feed" else Answer("", 404), tmp_path, "-a", "channel=feed"
    )
    assert result.run.exit_code == (1 if status == 200 else 3)
    assert stored(result) == set()
    assert_safe(result, "woshipm")
