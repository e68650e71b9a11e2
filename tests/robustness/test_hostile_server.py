"""Sites that mean ill: `python -m tests.robustness.hostile_server` with the real limits, here with shorter ones."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from crawler.crawl.stats import wrong_totals
from tests.robustness.hostile_server import (
    BROKEN,
    ENDLESS,
    HOSTS,
    MEMORY,
    ODD,
    SORTS,
    TOY,
    Site,
    Watched,
    accounts,
    certificate,
    faulty,
    watch,
)
from tests.support.flaky_server import wire
from tests.support.mirror import crawl
from tests.support.server import Answer, play

ONCE = ("-s", "RETRY_TIMES=0")
PATIENCE = (*ONCE, "-s", "DOWNLOAD_TIMEOUT=1")


def files(seen: Watched) -> set[str]:
    return {path.stem for path in seen.run.output.rglob("*.md") if ".rejected" not in path.parts}


def harmless(seen: Watched, source: str) -> None:
    """What holds for every run, whatever the site does."""
    assert seen.hosts <= set(HOSTS[source])
    assert (seen.connected, seen.looked_up) == ([], [])
    assert seen.largest <= MEMORY
    assert seen.slowest <= 30
    assert "Traceback" not in seen.run.log
    assert "wrong totals" not in seen.run.log
    for before, after in vars(accounts(seen.run.log)).values():
        assert before == after


@pytest.mark.parametrize("source", SORTS)
def test_what_is_broken_is_refused_and_costs_nothing_else(tmp_path: Path, source: str) -> None:
    sort = SORTS[source]
    site, befalls = faulty(sort, BROKEN, good=60)  # so many that the refused ones do not end the run
    seen = watch(sort, site, tmp_path, *ONCE)
    assert files(seen) == {sort.stored(name) for name, fault in befalls.items() if not fault}
    assert "pages.bug" not in seen.summary
    assert "links.forbidden" not in seen.summary  # where a page leads away, it is refused, and not only passed by
    harmless(seen, source)


@pytest.mark.parametrize("source", SORTS)
def test_what_is_odd_but_whole_is_written_like_any_other(tmp_path: Path, source: str) -> None:
    sort = SORTS[source]
    site, befalls = faulty(sort, ODD, good=0)
    seen = watch(sort, site, tmp_path, *ONCE)
    plain = watch(sort, Site(sort, dict.fromkeys(befalls, ""), {}), tmp_path, output=tmp_path / "plain")
    expected = {path.name: path.read_bytes() for path in (tmp_path / "plain").rglob("*.md")}
    assert len(expected) == len(befalls)
    assert {path.name: path.read_bytes() for path in (tmp_path / "output").rglob("*.md")} == expected
    assert seen.run.exit_code == plain.run.exit_code == 0
    harmless(seen, source)


@pytest.mark.parametrize("source", ["toy", "woshipm"])  # plain and through TLS
def test_what_has_no_end_is_left(tmp_path: Path, source: str) -> None:
    sort = SORTS[source]
    site, befalls = faulty(sort, ENDLESS)
    seen = watch(sort, site, tmp_path, *ONCE, "-s", "DOWNLOAD_TIMEOUT=2", "-s", "DOWNLOAD_DELAY=0.01")
    assert files(seen) == {sort.stored(name) for name, fault in befalls.items() if not fault}
    harmless(seen, source)


def test_headers_without_end_do_not_fill_the_memory(tmp_path: Path) -> None:
    block = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 9000) for n in range(999))
    site, _ = faulty(TOY, {"headers": lambda page, url: Answer(raw=b"HTTP/1.1 200 OK\r\n", parts=[block] * 40)})
    seen = watch(TOY, site, tmp_path, *ONCE, "-s", "DOWNLOAD_TIMEOUT=20")
    harmless(seen, "toy")


def test_a_name_that_leads_into_ones_own_network_is_not_followed(tmp_path: Path) -> None:
    site, _ = faulty(TOY, {})
    nothing = {"http_proxy": "", "https_proxy": "", "all_proxy": ""}
    for address in ("127.0.0.1", "10.0.0.1", "169.254.169.254"):
        seen = watch(TOY, site, tmp_path / address, *PATIENCE, names={"toy.example": address}, environment=nothing)
        assert seen.connected == []
        assert seen.run.exit_code == 1


def test_a_proxy_may_stand_there(tmp_path: Path) -> None:
    site, _ = faulty(TOY, {})
    with play(site) as played:
        environment = {"http_proxy": played.address.replace("127.0.0.1", "localhost"), "no_proxy": ""}
        done = crawl("toy", tmp_path, *TOY.options, "-s", "DOWNLOAD_DELAY=0", environment=environment)
    assert len(done.files("toy")) == 5
    assert done.exit_code == 0


ROBOTS: dict[str, tuple[Answer, bool]] = {  # the answer; whether the articles may be fetched
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
    "leads inward": (Answer(status=302, headers={"Location": "http://127.0.0.1/robots.txt"}), True),
    "leads to a file": (Answer(status=302, headers={"Location": "file:///etc/passwd"}), True),
    "leads in a circle": (Answer(status=302, headers={"Location": "/robots.txt"}), True),
    "UTF-16": (Answer(raw=wire("User-agent: *\nDisallow: /b".encode("utf-16"))), True),
    "a million rules": (Answer("User-agent: *\n" + "".join(f"Disallow: /x{n}\n" for n in range(700_000))), True),
    "many rules": (Answer("User-agent: *\n" + "".join(f"Disallow: /x{n}\n" for n in range(50_000))), True),
    "slow rules": (Answer("User-agent: *\nDisallow: /" + "*0" * 60 + "*x\n"), True),
    "a delay": (Answer("User-agent: *\nCrawl-delay: 86400\n"), True),
}  # fmt: skip


@pytest.mark.parametrize("name", ROBOTS)
def test_whatever_robots_txt_is_the_run_ends_and_keeps_to_its_hosts(tmp_path: Path, name: str) -> None:
    robots, is_allowed = ROBOTS[name]
    site, befalls = faulty(TOY, {})
    site.robots = robots
    began = time.monotonic()
    seen = watch(TOY, site, tmp_path, *PATIENCE)
    assert time.monotonic() - began < 30
    assert files(seen) == (set(befalls) if is_allowed else set())
    assert seen.run.exit_code == (0 if is_allowed else 1)
    harmless(seen, "toy")


def test_links_too_long_to_be_asked_for_do_not_vanish(tmp_path: Path) -> None:
    long = "a" * 3000

    def site(path: str, number: int) -> Answer:
        if path == "/news":
            more = f'<a class="next" href="/news/{long}">'
            return Answer(TOY.listed(["a1", long]).replace("</ul>", f"</ul>{more}"))
        return Answer(TOY.article(path.rpartition("/")[2].partition(".")[0]))

    seen = watch(TOY, site, tmp_path, "-a", "pages=0")
    harmless(seen, "toy")


def test_not_changed_is_no_answer_where_nobody_asked_whether_it_is(tmp_path: Path) -> None:
    not_modified = {"304": lambda page, url: Answer(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n")}
    site, befalls = faulty(TOY, not_modified)
    assert watch(TOY, site, tmp_path).run.exit_code == 1
    again = Site(TOY, dict.fromkeys(befalls, ""), {})
    assert files(watch(TOY, again, tmp_path, "-a", "pages=1")) == set(befalls)


def test_what_a_run_that_ends_early_did_not_ask_for_is_counted_as_open(tmp_path: Path) -> None:
    site, _ = faulty(TOY, {str(n): lambda page, url: Answer("no", 403) for n in range(90)})
    seen = watch(TOY, site, tmp_path, *PATIENCE)
    assert seen.run.exit_code == 3
    assert "links.not_fetched=" in seen.summary
    harmless(seen, "toy")


def test_what_a_run_that_is_stopped_did_not_ask_for_is_counted_as_open(tmp_path: Path) -> None:
    site, _ = faulty(TOY, {}, good=30)
    seen = watch(TOY, site, tmp_path, "-s", "CLOSESPIDER_PAGECOUNT=4")
    assert seen.run.exit_code == 1
    assert "links.not_fetched=" in seen.summary
    harmless(seen, "toy")


def test_what_a_limit_holds_back_is_counted_as_left(tmp_path: Path) -> None:
    site, _ = faulty(TOY, {})
    seen = watch(TOY, site, tmp_path, "-a", "limit=2")
    assert "sum source=toy fetched=3 listings=1 articles=2\n" in seen.run.log
    assert "links.over_limit=3" in seen.summary
    assert seen.run.exit_code == 0
    harmless(seen, "toy")


def test_a_page_or_a_link_without_an_end_is_said() -> None:
    figures = {
        "response_received_count": 3,
        "pages/listing": 1,
        "pages/article": 2,
        "articles/written": 2,
        "links/new": 2,
    }
    assert list(wrong_totals(figures)) == []
    assert list(wrong_totals(figures | {"response_received_count": 4})) == ["4 pages were fetched, 3 have an outcome"]
    assert list(wrong_totals(figures | {"links/revisit": 1})) == ["3 links were selected, 2 have an outcome"]
    assert list(wrong_totals(figures | {"articles/written": 1})) == ["2 articles were read, 1 have an outcome"]
    assert list(wrong_totals({"pages/article": 2, "articles/written": 2}, sends_requests=False)) == []


def test_a_server_that_cannot_show_who_it_is_is_not_asked(tmp_path: Path) -> None:
    site, _ = faulty(SORTS["woshipm"], {})
    another = {"SSL_CERT_FILE": str(certificate(["www.woshipm.com"], tmp_path / "another.pem"))}
    seen = watch(SORTS["woshipm"], site, tmp_path / "work", *PATIENCE, environment=another)
    assert [url for url in seen.played.urls if not url.startswith("CONNECT ")] == []
    assert seen.run.exit_code == 1
    harmless(seen, "woshipm")


@pytest.mark.parametrize("status", [200, 403])
def test_an_entity_bomb_is_no_feed(tmp_path: Path, status: int) -> None:
    sort = SORTS["woshipm"]
    feed = BROKEN["an entity bomb"](b"", "")
    feed.raw = (feed.raw or b"").replace(b"200 OK", f"{status} x".encode(), 1)
    seen = watch(
        sort, lambda path, number: feed if path == "/feed" else Answer("", 404), tmp_path, "-a", "channel=feed"
    )
    assert seen.run.exit_code == 1
    assert files(seen) == set()
    harmless(seen, "woshipm")
