"""Crawl sites that begin to answer every article with a captcha, a login or the page of a firewall."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.entries import LedgerEntry
from crawler.corpus.ledger import open_ledger
from tests.robustness.hostile_server.crawl import CrawlResult, crawl_and_measure
from tests.robustness.hostile_server.sites import SITE_KINDS, Site, SiteKind
from tests.support.flaky_server import wire
from tests.support.server import Answer

WALLS = {
    "captcha": "<html><head><title>访问验证</title></head><body><p>请拖动滑块完成验证</p></body></html>",
    "login": "<html><head><title>用户登录</title></head><body><form><input type=password></form></body></html>",
    "unknown": "<html><head><title>x7</title></head><body><p>Service 7f3a: no route for this client</p></body></html>",
}
GOOD, BAD = 4, 9
PAUSES = ("-s", "DOWNLOAD_DELAY=0.01", "-s", "BLOCK_BACKOFF=0.05", "-s", "BLOCK_BACKOFF_MAX=0.1", "-s", "RETRY_TIMES=1")


class WallSite:
    """A site that answers articles with *wall* after GOOD of them; *wall* "" = never."""

    def __init__(self, kind: SiteKind, wall: str) -> None:
        self.names = [kind.article_id(number) for number in range(GOOD + BAD)]
        self.paths = {kind.path(name) for name in self.names}
        self.site = Site(kind, dict.fromkeys(self.names, ""), {})
        self.wall, self.served = wall, 0

    def __call__(self, path: str, number: int) -> Answer:
        if path in self.paths:
            self.served += 1
            if self.wall and self.served > GOOD:
                return Answer(raw=wire(self.wall.encode()))
        return self.site(path, number)


def stored(folder: Path) -> set[str]:
    return {path.stem for path in (folder / "output").glob("*/[0-9]*/*/*.md")}


def entries(folder: Path, source: str, names: list[str]) -> dict[str, LedgerEntry]:
    with closing(open_ledger(folder / "output" / ".state", "")) as ledger:
        return ledger.articles.find(source, names)


@pytest.mark.parametrize(
    ("source", "wall"),
    [(source, wall) for source in ("qq", "hibor") for wall in WALLS] + [("iyiou", "captcha"), ("woshipm", "login")],
)
def test_a_series_pauses_the_host_and_ends_the_run_and_the_next_run_continues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, wall: str
) -> None:
    monkeypatch.setenv("LEDGER_URL", "")
    kind = SITE_KINDS[source]

    def crawl(site: WallSite) -> CrawlResult:
        return crawl_and_measure(kind, site, tmp_path, *PAUSES, "-s", "REJECTED_BACKOFF_FACTOR=0")

    site = WallSite(kind, WALLS[wall])
    first = crawl(site)
    assert first.run.exit_code == 3, first.run.log
    assert "blocks requests: next request in" in first.run.log
    assert len(stored(tmp_path)) == GOOD
    found = entries(tmp_path, source, site.names)
    assert found.keys() == set(site.names)
    assert {entry.state for entry in found.values()} <= {"written", "open", "rejected"}
    assert all(entry.retry_at is not None for entry in found.values() if entry.state == "rejected")
    assert sum(entry.state == "open" for entry in found.values()) >= BAD - 2

    second = crawl(WallSite(kind, ""))
    assert second.run.exit_code == 0, second.run.log
    assert stored(tmp_path) == {kind.file_stem(name) for name in site.names}


@pytest.mark.parametrize(("every", "pauses"), [(2, False), (3, True)])  # at most 1 or 4 logins in a row
def test_articles_between_logins_let_the_run_continue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int, pauses: bool
) -> None:
    monkeypatch.setenv("LEDGER_URL", "")
    kind = SITE_KINDS["qq"]
    names = [kind.article_id(number) for number in range(12)]
    fault_of = {name: "login" if number % every else "" for number, name in enumerate(names)}
    site = Site(kind, fault_of, {"login": lambda page, url: Answer(raw=wire(WALLS["login"].encode()))})
    result = crawl_and_measure(kind, site, tmp_path, *PAUSES)
    assert result.run.exit_code == 1, result.run.log
    assert ("blocks requests" in result.run.log) == pauses
    assert stored(tmp_path) == {name for name in names if not fault_of[name]}
