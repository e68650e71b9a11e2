"""Crawl a site with pages that fail in every run: no pauses, no alarms, and in the end the pages are not retried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.entries import OPEN, REJECTED, RETRY_DELAYS, LedgerEntry
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.runs import Run
from crawler.corpus.tables import ARTICLES
from tests.support.mirror import Run as Crawl
from tests.support.mirror import crawl, scrapy
from tests.support.server import Answer, Played, play

CAPTCHA = Answer("<html><body>请输入验证码</body></html>")
BUSY = Answer("busy", 500)
TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=1")
# Long enough for a test to notice a pause, with the same factor as in the settings between the two.
PAUSES = ("-s", "BLOCK_BACKOFF=0.05", "-s", "BLOCK_BACKOFF_MAX=1")
PAUSE = "pause: toy.example blocks requests"


@dataclass
class Site:
    """A site with *names* in its listing. *trouble* maps a name, or "news", to another response."""

    folder: Path
    names: list[str]
    trouble: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    played: Played | None = None

    def __call__(self, path: str, number: int) -> Answer:
        name = path.strip("/").removeprefix("a/").removesuffix(".html")
        if name in self.trouble:
            return self.trouble[name]()
        if path == "/news":
            links = "".join(f'<li><a href="/a/{each}.html">{each}</a></li>' for each in self.names)
            return Answer(f"<html><ul>{links}</ul></html>")
        if name not in self.names:
            return Answer("not found", 404)
        text = "".join(f"<p>Paragraph {line} of {name}.</p>" for line in range(20))
        return Answer(
            f"<html><head><title>{name}</title></head><body><h1>About {name}</h1><time>2025-02-11</time>"
            f"<article>{text}</article></body></html>"
        )

    def crawl(self, *options: str) -> Crawl:
        assert self.played
        self.played.asked.clear()
        options = (*TOY, *PAUSES, *options)
        return crawl("toy", self.folder / "output", *options, environment=self.played.environment)

    @property
    def requested(self) -> list[str]:
        """The articles that the last run requested, in order."""
        assert self.played
        return [path[3:-5] for path in self.played.paths if path.startswith("/a/")]

    def ledger(self) -> closing[Ledger]:
        return closing(open_ledger(self.folder / "output" / ".state", ""))

    def entry(self, name: str) -> LedgerEntry:
        with self.ledger() as ledger:
            return ledger.articles.find("toy", [name])[name]

    def runs(self) -> list[Run]:
        with self.ledger() as ledger:
            return ledger.runs.last("toy")

    def make_due(self) -> None:
        """Let the delays of all rejected pages pass."""
        with self.ledger() as ledger:
            for entry in ledger.articles.in_state("toy", REJECTED):
                if entry.retry_at is not None:
                    ledger.articles.set("toy", entry.id, retry_at=1)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("LEDGER_URL", "")
    site = Site(tmp_path, [f"a{number}" for number in range(9)])
    with play(site) as site.played:
        yield site


def captcha() -> Answer:
    return CAPTCHA


def busy() -> Answer:
    return BUSY


@pytest.mark.parametrize(
    ("trouble", "names"),
    [
        (captcha, ("b2", "b5")),
        (captcha, ("b7", "b8")),
        (captcha, ("b2", "b3", "b4", "b5", "b6", "b7")),
        (busy, ("b0", "b8")),
    ],
)
def test_pages_that_stay_refused_leave_the_list_without_a_pause_or_an_alarm(
    site: Site, trouble: Callable[[], Answer], names: tuple[str, ...]
) -> None:
    assert site.crawl().exit_code == 0
    site.names += [f"b{number}" for number in range(10 * len(names))]
    site.trouble = dict.fromkeys(names, trouble)
    assert site.crawl("-s", "BLOCK_BACKOFF_MAX=9").exit_code in (0, 1)
    attempts = [site.entry(name).attempts for name in names]
    for _ in range(len(RETRY_DELAYS) + 2):
        site.make_due()
        run = site.crawl()
        assert run.exit_code in (0, 1), run.log
        assert PAUSE not in run.log
        assert all(site.requested.count(name) <= 2 for name in names)
        assert all(site.entry(name).attempts >= before for name, before in zip(names, attempts, strict=True))
        attempts = [site.entry(name).attempts for name in names]
        if all(attempt > len(RETRY_DELAYS) for attempt in attempts):
            break
    assert all(site.entry(name).state == REJECTED and site.entry(name).retry_at is None for name in names)
    assert set(attempts) == {len(RETRY_DELAYS) + 1}
    assert [run.verdict.kind for run in site.runs()] == ["fine"] * len(site.runs())
    assert site.crawl().exit_code == 0
    assert site.requested == []
    listed = scrapy("rejected", *TOY, "-s", f"OUTPUT_DIR={site.folder}/output").stdout
    assert all(f"{name}  http://toy.example/a/{name}.html" in listed for name in names)
    assert listed.count("not retried") == len(names)


def test_the_delay_before_a_retry_grows(site: Site) -> None:
    site.trouble = {"a3": captcha}
    for attempt in range(1, 4):
        site.crawl()
        entry, query = site.entry("a3"), sa.select(ARTICLES.c.updated_at).filter_by(id="a3")
        with site.ledger() as ledger:
            updated = ledger.database.rows(query)[0][0]
        assert entry.attempts == attempt
        assert entry.retry_at is not None
        refused = entry.retry_at - RETRY_DELAYS[attempt - 1]
        assert updated - 1 <= refused <= updated  # the row may be written in the next second
        site.make_due()
    site.trouble.clear()
    site.make_due()
    assert site.crawl().exit_code == 0
    assert site.entry("a3").state == "written"


def test_a_host_that_begins_to_block_uses_no_attempts_of_its_pages(site: Site) -> None:
    served = 0

    def until_blocked(name: str) -> Answer:
        nonlocal served
        served += 1
        return CAPTCHA if served > 4 else Answer(Site(site.folder, site.names)(f"/a/{name}.html", 1).body)

    site.trouble = {name: partial(until_blocked, name) for name in site.names}
    one_at_a_time = ("-s", "BLOCK_BACKOFF_MAX=0.1", "-s", "DOWNLOAD_DELAY=0.01")
    run = site.crawl(*one_at_a_time)
    assert PAUSE in run.log
    assert run.exit_code == 3
    blocked = [name for name in site.names if site.entry(name).state != "written"]
    assert len(blocked) == 5
    for _ in range(2):  # the listing is read, and no article
        assert [(site.entry(name).state, site.entry(name).attempts) for name in blocked] == [(OPEN, 0)] * 5
        assert site.runs()[-1].verdict.kind == "blocked"
        assert site.crawl(*one_at_a_time).exit_code != 0
    site.trouble.clear()
    assert site.crawl().exit_code == 0
    assert site.runs()[-1].verdict.is_fine
    assert all(site.entry(name).state == "written" for name in site.names)


def test_retries_come_after_the_listing_and_the_new_links(site: Site) -> None:
    site.trouble = {"a0": captcha, "a1": busy}
    site.crawl()
    site.names += ["b0", "b1", "b2"]
    site.trouble.clear()
    run = site.crawl()
    assert sorted(site.requested[:3]) == ["b0", "b1", "b2"]
    assert sorted(site.requested[3:]) == ["a0", "a1"]
    assert run.exit_code == 0
    figures = site.runs()[-1].figures
    assert (figures["retries.article"], figures["fields.title"], figures["pages.article"]) == (2, 3, 5)


def test_a_page_that_an_earlier_run_refused_is_counted_once(site: Site) -> None:
    site.trouble = {"a0": captcha, "a1": busy}
    site.crawl()
    site.make_due()
    site.trouble = {"a0": busy, "a1": captcha}  # another class than before
    site.crawl()
    first, second = (run.figures for run in site.runs())
    assert (first["refused.blocked"], first["refused.unreachable"]) == (1, 1)
    assert not [name for name in second if name.startswith(("refused.", "at.", "example."))]
    assert (second["retries.blocked"], second["retries.unreachable"]) == (1, 1)


def test_a_page_that_is_read_when_it_is_retried_is_in_the_index_of_a_book(site: Site) -> None:
    site.trouble = {"a0": captcha}
    site.crawl("-s", "LAYOUT=gitbook")
    site.trouble.clear()
    assert site.crawl("-s", "LAYOUT=gitbook").exit_code == 0
    index = (site.folder / "output" / "toy" / "SUMMARY.md").read_text()
    assert all(f"2025/02/{name}.md" in index for name in site.names)


def test_rejected_retry_requests_all_refused_pages(site: Site) -> None:
    site.trouble = {"a0": captcha, "a1": busy}
    site.crawl()
    site.trouble.clear()
    assert site.played
    output = f"OUTPUT_DIR={site.folder}/output"
    done = scrapy("rejected", "retry", *TOY, *PAUSES, "-s", output, environment=site.played.environment)
    assert done.returncode == 0, done.stderr
    assert all(site.entry(name).state == "written" for name in site.names)
    assert site.runs()[-1].figures["retries.article"] == 2
