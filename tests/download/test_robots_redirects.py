"""A robots.txt that redirects: the rules at the target apply to the host that was asked (RFC 9309, section 2.3.1.2)."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from crawler.download.hosts import is_public
from tests.download.test_throttle import crawl_site, good, listing
from tests.support.mirror import Run
from tests.support.server import Answer, Played

RULES = "User-agent: *\nDisallow: /a/a2\n"


def redirected(target: str, *hops: str, rules: Answer | None = None, status: int = 302) -> dict[str, Answer]:
    """Return the answers by path: /robots.txt redirects to *target*, over *hops*, which are URLs."""
    urls = ["http://toy.example/robots.txt", *hops, target]
    found = {
        "/" + url.split("/", 3)[3]: Answer(status=status, headers={"Location": following})
        for url, following in pairwise(urls)
    }
    return found | ({"/" + target.split("/", 3)[3]: rules} if rules else {})


def crawl_redirected(output: Path, answers: dict[str, Answer]) -> tuple[Run, Played]:
    return crawl_site(lambda path, number: answers.get(path) or good(path, number), output, "-s", "DOWNLOAD_DELAY=0")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_rules_of_another_host_apply_to_the_first_host(tmp_path: Path, status: int) -> None:
    answers = redirected("http://rules.example/r.txt", rules=Answer(RULES), status=status)
    done, played = crawl_redirected(tmp_path, answers)
    assert "http://rules.example/r.txt" in played.urls
    assert set(done.files("toy")) == {"a1", "a3", "a4"}
    assert "links.forbidden=1" in done.log


def test_five_redirects_over_several_hosts_are_followed(tmp_path: Path) -> None:
    hops = [f"http://h{number}.example/hop{number}" for number in range(4)]
    done, played = crawl_redirected(tmp_path, redirected("http://rules.example/r.txt", *hops, rules=Answer(RULES)))
    assert played.paths[:6] == ["/robots.txt", "/hop0", "/hop1", "/hop2", "/hop3", "/r.txt"]
    assert set(done.files("toy")) == {"a1", "a3", "a4"}


def test_after_more_than_five_redirects_all_is_allowed(tmp_path: Path) -> None:
    hops = [f"http://h{number}.example/hop{number}" for number in range(5)]
    done, played = crawl_redirected(tmp_path, redirected("http://rules.example/r.txt", *hops, rules=Answer(RULES)))
    assert "/hop4" in played.paths
    assert "/r.txt" not in played.paths
    assert len(done.files("toy")) == 4


@pytest.mark.parametrize("hops", [(), ("http://other.example/robots2.txt",)])
def test_a_loop_ends_and_all_is_allowed(tmp_path: Path, hops: tuple[str, ...]) -> None:
    done, played = crawl_redirected(tmp_path, redirected("http://toy.example/robots.txt", *hops))
    assert sum("robots" in path for path in played.paths) <= 6
    assert len(done.files("toy")) == 4


def test_a_page_of_html_has_no_rules(tmp_path: Path) -> None:
    answers = redirected("http://www.example/home", rules=listing("home"))
    done, played = crawl_redirected(tmp_path, answers)
    assert "/home" in played.paths
    assert len(done.files("toy")) == 4


@pytest.mark.parametrize("status", [404, 403, 503])
def test_the_status_of_the_target_counts(tmp_path: Path, status: int) -> None:
    done, _ = crawl_redirected(tmp_path, redirected("http://rules.example/r.txt", rules=Answer("x", status)))
    assert len(done.files("toy")) == (0 if status == 503 else 4)
    assert ("robots.txt of toy.example could not be fetched: HTTP 503" in done.log) == (status == 503)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/secret", "http://169.254.169.254/secret", "http://10.0.0.1/secret", "http://[::1]/secret",
        "http://2130706433/secret", "http://localhost/secret", "http://me:pw@rules.example/secret",
        "ftp://rules.example/secret", "file:///secret", "http://[x/secret", "http://rules.example:99999/secret",
    ],
)  # fmt: skip
def test_a_redirect_that_must_not_be_followed_makes_the_file_unreachable(tmp_path: Path, target: str) -> None:
    answers = {"/robots.txt": Answer(status=302, headers={"Location": target})}
    done, played = crawl_redirected(tmp_path, answers)
    assert set(played.paths) == {"/robots.txt"}
    assert done.exit_code == 7
    assert "robots.txt of toy.example could not be fetched: it redirects to " in done.log
    assert "Traceback" not in done.log


def test_a_later_redirect_to_a_private_host_is_not_followed(tmp_path: Path) -> None:
    done, played = crawl_redirected(tmp_path, redirected("http://127.0.0.1/secret", "http://h.example/hop"))
    assert set(played.paths) == {"/robots.txt", "/hop"}
    assert done.exit_code == 7


def test_articles_still_do_not_follow_a_redirect_to_another_host(tmp_path: Path) -> None:
    answers = {"/a/a2.html": Answer(status=302, headers={"Location": "http://rules.example/a/a3.html"})}
    _, played = crawl_redirected(tmp_path, answers)
    assert not [url for url in played.urls if "rules.example" in url]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example/x", True), ("https://a.example:8443/x", True), ("http://8.8.8.8/", True),
        ("http://[2001:4860:4860::8888]/", True), ("http://0x7f.1/", False), ("http://0177.0.0.1/", False),
        ("http://[::ffff:127.0.0.1]/", False), ("http://192.168.1.1/", False), ("http://intranet/", False),
        ("http://0.0.0.0/", False), ("http:///x", False), ("data:,x", False), ("http://a.example:0/", False),
    ],
)  # fmt: skip
def test_public_urls(url: str, expected: bool) -> None:
    assert is_public(url) == expected
