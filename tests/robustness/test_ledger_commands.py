"""Retry rejected pages; check, fix and rebuild the ledger."""

from __future__ import annotations

import re
import shutil

from crawler.layouts import identify
from tests.robustness.toy_corpus import NAMES, crawl_three_articles, ledger_path, run_command
from tests.support.toy_site import Site, written


def test_rejected_page_is_retried_in_the_next_run_then_after_delays(site: Site) -> None:
    site.listing("news", "bad", "a1")
    site.article("a1")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert "pages.changed=1" in site.crawl().log
    assert "links.known=1 links.repeated=1 links.revisit=1 pages.changed=1" in site.crawl().log
    assert "links.known=2" in site.crawl().log  # the next attempt is due in an hour
    assert "pages.changed=1" in site.crawl("-a", "from=rejected").log
    code, output = run_command(site, "rejected")
    assert code == 0
    assert output.startswith("toy changed: 1\n  bad  http://toy.example/a/bad.html  ")
    assert re.search(r"\(tries: 3, again from 20\d\d-\d\d-\d\d \d\d:\d\d\)", output)
    site.article("bad", body="<p>fixed.</p>")
    code, _ = run_command(site, "rejected", "retry", "toy")
    assert code == 0
    assert run_command(site, "rejected")[1] == "no rejected pages\n"
    assert written(site.crawl()) == {"a1", "bad"}


def test_rejected_page_is_given_up_after_seven_attempts(site: Site) -> None:
    site.listing("news", "bad")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    runs = [site.crawl("-s", "REJECTED_BACKOFF_FACTOR=0") for _ in range(8)]
    assert ["pages.changed=1" in run.log for run in runs] == [True] * 7 + [False]
    assert "(tries: 7, not retried)" in run_command(site, "rejected")[1]


def test_check_finds_and_fixes_errors(site: Site) -> None:
    crawl_three_articles(site)
    assert run_command(site, "ledger", "check") == (0, "toy: no problems found\n")
    folder = site.output / "toy/2025/02"
    (folder / ".a9.x.tmp").write_text("half")
    (folder / "a2.md").write_bytes(b"no article")
    (folder.parent / "03").mkdir()
    shutil.copy(folder / "a1.md", folder.parent / "03/a1.md")
    (folder / "stranger.md").write_text((folder / "a1.md").read_text().replace("a1", "stranger"))
    (folder / "a3.md").unlink()
    code, output = run_command(site, "ledger", "check")
    assert code == 1
    found = {
        "half-written: toy/2025/02/.a9.x.tmp",
        "front matter: it does not load, or title, date or link is missing: toy/2025/02/a2.md",
        "second file of one article: toy/2025/03/a1.md",
        "file without a row: toy/2025/02/stranger.md",
        "row without a file: toy/2025/02/a3.md",
    }
    assert {line.removeprefix("toy: ") for line in output.splitlines()[:-1]} == found
    assert run_command(site, "ledger", "check")[1] == output
    code, output = run_command(site, "ledger", "check", "--fix")
    assert code == 0, output
    assert run_command(site, "ledger", "check") == (0, "toy: no problems found\n")
    assert written(site.crawl()) == {*NAMES, "stranger"}
    for text in site.crawl().files("toy").values():
        identify(text.decode())
    assert (site.output / ".state/set-aside/toy/2025/03/a1.md").exists()


def test_check_finds_front_matter_that_breaks_a_site(site: Site) -> None:
    crawl_three_articles(site)
    path = site.output / "toy/2025/02/a2.md"
    path.write_text(path.read_text().replace("menu:", "tags: []\nmenu:"))
    code, output = run_command(site, "ledger", "check")
    assert (code, output.splitlines()[0]) == (1, "toy: front matter: duplicate key: tags (2 times): toy/2025/02/a2.md")
    assert run_command(site, "ledger", "check", "--fix")[0] == 0
    assert written(site.crawl()) == set(NAMES)
    assert run_command(site, "ledger", "check") == (0, "toy: no problems found\n")


def test_rebuild_restores_a_ledger_without_new_requests(site: Site) -> None:
    before = crawl_three_articles(site).files("toy")
    ledger_path(site).unlink()
    code, output = run_command(site, "ledger", "rebuild")
    assert (code, output[:28]) == (0, "toy: 3 articles recorded in ")
    run = site.crawl()
    assert run.exit_code == 0
    assert "links.known=3 pages.listing=1" in run.log
    assert "pages.article" not in run.log
    assert run.files("toy") == before


def test_rebuild_keeps_the_refused_pages(site: Site) -> None:
    site.listing("news", "a1", "empty", "cut", "gone")
    site.article("a1")
    site.article("empty", body="")
    site.article("cut", end="")
    site.page("a/gone.html", "not found", 404)
    site.crawl()
    before = run_command(site, "rejected")[1]
    assert before.count("(tries: 1, ") == 2
    ledger_path(site).unlink()
    code, output = run_command(site, "ledger", "rebuild")
    assert (code, output[:47]) == (0, "toy: 1 article and 2 refused pages recorded in ")
    after = run_command(site, "rejected")[1]
    assert after == before
