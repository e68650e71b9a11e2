"""What a crawl does when the ledger or the disk is damaged, full, locked or changed by hand. Nothing is lost."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crawler.layouts import identify
from tests.download.test_throttle import NOT_FOUND, article, listing
from tests.end_to_end.test_crawl import TOY, Site, site, written
from tests.support.mirror import ROOT, Run, crawl, scrapy
from tests.support.server import Answer, play

__all__ = ["site"]  # the fixture

NAMES = ("a1", "a2", "a3")


def filled(site: Site) -> Run:
    """The site with three articles, and its corpus after a run."""
    site.listing("news", *NAMES)
    for name in NAMES:
        site.article(name, body=f"<p>text of {name}.</p>")
    return site.crawl()


def command(site: Site, *words: str) -> tuple[int, str]:
    """Another command of ours over the site's corpus: its exit code, what it printed."""
    options = ("-s", f"OUTPUT_DIR={site.output}", "-s", f"REPLAY={site.folder}", *TOY)
    done = scrapy(*words, *options, timeout=60)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout


def ledger(site: Site) -> Path:
    return site.output / ".state" / "ledger.db"


def one_line(run: Run, said: str) -> None:
    """The run says *said* once, and shows no traceback."""
    assert run.log.count(said) == 1, run.log
    assert "Traceback" not in run.log


def cut(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def zero_head(path: Path) -> None:
    path.write_bytes(bytes(100) + path.read_bytes()[100:])


def flip(path: Path) -> None:
    """Noise over all pages behind the first."""
    path.write_bytes(path.read_bytes()[:4096] + b"\xa5" * (path.stat().st_size - 4096))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: cut(path, 0.5), id="cut in the middle"),
        pytest.param(lambda path: cut(path, 0.01), id="cut at its start"),
        pytest.param(lambda path: cut(path, 0.95), id="cut at its end"),
        pytest.param(zero_head, id="head zeroed"),
        pytest.param(flip, id="noise"),
        pytest.param(lambda path: path.write_text("no database\n" * 1000), id="text"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
    ],
)
def test_a_damaged_ledger_is_made_anew_and_nothing_is_fetched_twice(
    site: Site, damage: Callable[[Path], object]
) -> None:
    before = filled(site).files("toy")
    damage(ledger(site))
    run = site.crawl()
    assert run.exit_code == 0, run.log
    assert "Traceback" not in run.log
    assert "links.known=3 pages.listing=1" in run.log
    assert "pages.article" not in run.log
    assert run.files("toy") == before
    if ledger(site).stat().st_size and list(ledger(site).parent.glob("ledger.damaged-*.db")):
        one_line(run, "the ledger is damaged")
    assert "the ledger is damaged" not in site.crawl().log


def killed(site: Callable[[str, int], Answer], output: Path, at: str, *options: str) -> None:
    """A crawl that is killed when it has asked for the path *at* and written an article."""
    command = [sys.executable, "-m", "scrapy", "crawl", "toy", "-s", f"OUTPUT_DIR={output}", *TOY, *options]
    with play(site) as played:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **played.environment}, stderr=subprocess.DEVNULL
        )
        for _ in range(1500):
            if at in played.paths and any((output / "toy").rglob("a*.md")):
                break
            time.sleep(0.02)
        process.kill()
        process.wait(10)
        assert at in played.paths


def slow(path: str, number: int) -> Answer:
    """A site of two listing pages."""
    if path == "/news":
        pager = '</ul><a class="next" href="/news/2"></a></html>'
        page = listing("a1", "a2", "a3")
        return Answer(page.body.replace("</ul></html>", pager))
    if path == "/news/2":
        return listing("a4", "a5")
    time.sleep(0.1)
    return article(path[3:5]) if path.startswith("/a/") else NOT_FOUND


def stalling(path: str, number: int) -> Answer:
    """The same, but for its second page, which does not come in time."""
    if path == "/news/2" and number == 1:
        time.sleep(20)  # the run is killed long before
    return slow(path, number)


NETWORK = ("-s", "DOWNLOAD_DELAY=0.01", "-s", "SPIDER_MODULES=tests.support.toy")


def test_a_killed_run_whose_wal_is_deleted_costs_nothing(tmp_path: Path) -> None:
    killed(stalling, tmp_path, "/news/2", "-s", "DOWNLOAD_DELAY=0.01")
    wal = tmp_path / ".state" / "ledger.db-wal"
    assert wal.stat().st_size
    wal.unlink()
    have = {path.stem for path in (tmp_path / "toy").rglob("*.md")}
    with play(slow) as played:
        run = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert written(run) == {"a1", "a2", "a3", "a4", "a5"}
    assert have
    assert not {f"/a/{name}.html" for name in have} & set(played.paths)
    assert run.exit_code == 0
    assert "Traceback" not in run.log


def test_a_walk_that_was_killed_behind_its_first_page_does_not_stop_there_next_time(tmp_path: Path) -> None:
    killed(stalling, tmp_path, "/news/2", "-s", "DOWNLOAD_DELAY=0.01")
    with play(slow) as played:
        run = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert "/news/2" in played.paths
    assert written(run) == {"a1", "a2", "a3", "a4", "a5"}
    assert "Traceback" not in run.log


def test_a_walk_that_a_limit_ended_does_not_hide_what_lies_behind(site: Site) -> None:
    filled(site)
    time.sleep(1.1)  # the ledger's times are in seconds
    site.listing("news", "b1", "b2", following="news/2")
    site.listing("news/2", "b3", *NAMES)
    for name in ("b1", "b2", "b3"):
        site.article(name, body=f"<p>text of {name}.</p>")
    assert written(site.crawl("-a", "limit=2")) == {*NAMES, "b1", "b2"}
    assert written(site.crawl()) == {*NAMES, "b1", "b2", "b3"}
    assert "pages.listing=1 " not in site.crawl("-a", "pages=0").log  # deeper than any walk before


def test_a_ledger_that_another_process_holds_ends_the_run_with_one_line(site: Site) -> None:
    filled(site)
    site.listing("news", *NAMES, "a4")
    site.article("a4")
    url = ("-s", f"LEDGER_URL=sqlite:///{ledger(site)}?timeout=0.2")
    with closing(sqlite3.connect(ledger(site), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        run = site.crawl(*url)
        other.execute("ROLLBACK")
    assert run.exit_code == 6
    one_line(run, "database is locked")
    assert written(site.crawl(*url)) == {*NAMES, "a4"}


def test_a_ledger_that_gets_locked_on_the_way_ends_the_run_with_one_line(tmp_path: Path) -> None:
    held: list[sqlite3.Connection] = []

    def locking(path: str, number: int) -> Answer:
        if path == "/a/a2.html" and not held:
            held.append(sqlite3.connect(tmp_path / ".state/ledger.db", isolation_level=None, check_same_thread=False))
            held[0].execute("BEGIN EXCLUSIVE")
        return slow(path, number)

    with play(locking) as played:
        url = ("-s", f"LEDGER_URL=sqlite:///{tmp_path}/.state/ledger.db?timeout=0.2")
        run = crawl("toy", tmp_path, *NETWORK, *url, environment=played.environment)
        held[0].close()
        assert run.exit_code == 6
        one_line(run, "the run ends: ledger: ")
        again = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
    assert again.exit_code == 0
    assert written(again) == {"a1", "a2", "a3", "a4", "a5"}


def folder_instead(path: Path) -> None:
    path.mkdir(parents=True)


def file_instead(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("in the way")


@pytest.mark.parametrize(
    ("place", "obstacle", "code", "said"),
    [
        (".state/ledger.db", folder_instead, 6, "the run ends: ledger: "),
        (".state/ledger.lock", folder_instead, 5, "the run ends: disk: "),
        (".state/toy.lock", folder_instead, 5, "the run ends: disk: "),
        (".state", file_instead, 5, "the run ends: disk: "),
        ("toy/2025", file_instead, 5, "the run ends: disk: "),
        ("toy/2025/02/a2.md", folder_instead, 2, "cannot be used"),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_line(
    site: Site, place: str, obstacle: Callable[[Path], None], code: int, said: str
) -> None:
    site.output.mkdir()
    path = site.output / place
    obstacle(path)
    run = filled(site)
    assert run.exit_code == code, run.log
    one_line(run, said)
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()
    again = site.crawl()
    assert again.exit_code == 0
    assert written(again) == set(NAMES)


@pytest.mark.parametrize("blocks", [1, 40, 90])
def test_a_full_disk_ends_the_run_with_one_line_and_leaves_no_half_file(site: Site, blocks: int) -> None:
    """No file may grow beyond so many kilobytes: the ledger cannot at first, then the articles' files cannot."""
    site.listing("news", *NAMES)
    for name in NAMES:
        site.article(name, body=f"<p>text of {name}.</p>" + "<p>long</p>" * 12000)
    options = ["-s", f"OUTPUT_DIR={site.output}", *TOY, "-s", f"REPLAY={site.folder}"]
    shell = f'ulimit -f {blocks} && exec "$@"'
    done = subprocess.run(
        ["bash", "-c", shell, "-", sys.executable, "-m", "scrapy", "crawl", "toy", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    run = Run(site.output, done.stderr, done.returncode)
    assert run.exit_code in (5, 6), run.log
    assert len(re.findall("the run ends: (?:disk|ledger): ", run.log)) == 1, run.log
    assert "Traceback" not in run.log
    assert not list(site.output.rglob("*.tmp"))
    assert all(text.rstrip().endswith(b".html)") for text in run.files("toy").values())
    again = site.crawl()
    assert again.exit_code == 0, again.log
    assert written(again) == set(NAMES)


def test_a_file_deleted_by_hand_is_fetched_again_though_no_listing_shows_it(site: Site) -> None:
    run = filled(site)
    before = run.files("toy")
    site.listing("news", "a4")
    site.article("a4")
    site.crawl()
    for path in (site.output / "toy").rglob("a[12].md"):
        path.unlink()
    again = site.crawl()
    assert again.exit_code == 0
    assert {**before, "a4": again.files("toy")["a4"]} == again.files("toy")
    shutil.rmtree(site.output / "toy")
    assert written(site.crawl()) == {*NAMES, "a4"}


def test_a_file_edited_by_hand_is_left_alone_and_named(site: Site) -> None:
    filled(site)
    path = site.output / "toy/2025/02/a2.md"
    path.write_bytes(path.read_bytes().replace(b"text of", b"my text of"))
    for name in ("a1", "a2"):
        site.article(name, body="<p>new.</p>")
    site.article("a3", body="<p>other.</p>")
    run = site.crawl("-a", "refresh=100000")
    assert "articles.edited=1 articles.updated=2" in run.log
    one_line(run, f"edited by hand, not overwritten: {path}")
    assert b"my text of a2" in path.read_bytes()
    run = site.crawl("-a", "refresh=100000", "-s", "OVERWRITE_EDITED=True")
    assert "articles.updated=1" in run.log
    assert b"\nnew.\n" in path.read_bytes()


def test_refresh_replaces_what_has_changed_and_nothing_else(site: Site) -> None:
    before = filled(site).files("toy")
    site.article("a2", body="<p>changed.</p>")
    run = site.crawl("-a", "refresh=100000")
    assert "articles.unchanged=2 articles.updated=1" in run.log
    after = run.files("toy")
    assert b"changed" in after["a2"]
    assert {name: after[name] for name in ("a1", "a3")} == {name: before[name] for name in ("a1", "a3")}
    assert "pages.article" not in site.crawl("-a", "refresh=1").log  # they are older


def test_a_refused_page_leaves_the_stored_article_alone(site: Site) -> None:
    before = filled(site).files("toy")
    site.page("a/a1.html", "not found", 404)
    site.page("a/a2.html", "<html><body>nothing here</body></html>")
    assert site.crawl("-a", "refresh=100000").files("toy") == before
    assert "links.known=3" in site.crawl().log


def test_a_site_that_knows_etags_sends_only_what_has_changed(tmp_path: Path) -> None:
    def tagged(path: str, number: int) -> Answer:
        answer = slow(path, number)
        if path.startswith("/a/"):
            answer.headers |= {"ETag": f'"{path}"', "Last-Modified": "Tue, 11 Feb 2025 00:00:00 GMT"}
            if played.headers[-1].get("if-none-match") == f'"{path}"':
                assert played.headers[-1]["if-modified-since"] == "Tue, 11 Feb 2025 00:00:00 GMT"
                return Answer(status=304)
        return answer

    with play(tagged) as played:
        first = crawl("toy", tmp_path, *NETWORK, environment=played.environment)
        run = crawl("toy", tmp_path, *NETWORK, "-a", "refresh=100000", environment=played.environment)
    assert run.exit_code == 0
    assert "pages.listing=1 pages.unchanged=5" in run.log
    assert run.files("toy") == first.files("toy")


def test_the_same_text_under_a_second_address_is_stored_once(site: Site) -> None:
    filled(site)
    site.listing("news", *NAMES, "twin")
    html = (site.folder / "a-a1-html/page.html").read_text()
    site.page("a/twin.html", html)
    run = site.crawl()
    assert written(run) == set(NAMES)
    assert "articles.duplicate=1" in run.log
    assert run.exit_code == 0
    assert "links.known=4" in site.crawl().log


def test_a_rejected_page_is_tried_in_the_next_run_then_after_pauses(site: Site) -> None:
    site.listing("news", "bad", "a1")
    site.article("a1")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    assert "pages.changed=1" in site.crawl().log
    assert "links.known=1 links.repeated=1 links.revisit=1 pages.changed=1" in site.crawl().log
    assert "links.known=2" in site.crawl().log  # in an hour
    assert "pages.changed=1" in site.crawl("-a", "from=rejected").log
    code, said = command(site, "rejected")
    assert code == 0
    assert said.startswith("toy changed: 1\n  bad  http://toy.example/a/bad.html  ")
    assert re.search(r"\(tries: 3, again from 20\d\d-\d\d-\d\d \d\d:\d\d\)", said)
    site.article("bad", body="<p>mended.</p>")
    code, _ = command(site, "rejected", "retry", "toy")
    assert code == 0
    assert command(site, "rejected")[1] == "nothing is rejected\n"
    assert written(site.crawl()) == {"a1", "bad"}


def test_a_rejected_page_is_left_in_the_end(site: Site) -> None:
    site.listing("news", "bad")
    site.page("a/bad.html", "<html><body>nothing here</body></html>")
    runs = [site.crawl("-s", "REJECTED_BACKOFF_FACTOR=0") for _ in range(8)]
    assert ["pages.changed=1" in run.log for run in runs] == [True] * 7 + [False]
    assert "(tries: 7, left)" in command(site, "rejected")[1]


def test_check_finds_what_is_not_in_order_and_mends_it(site: Site) -> None:
    filled(site)
    assert command(site, "ledger", "check") == (0, "toy: in order\n")
    folder = site.output / "toy/2025/02"
    (folder / ".a9.x.tmp").write_text("half")
    (folder / "a2.md").write_bytes(b"no article")
    (folder.parent / "03").mkdir()
    shutil.copy(folder / "a1.md", folder.parent / "03/a1.md")
    (folder / "stranger.md").write_text((folder / "a1.md").read_text().replace("a1", "stranger"))
    (folder / "a3.md").unlink()
    code, said = command(site, "ledger", "check")
    assert code == 1
    found = {
        "half-written: toy/2025/02/.a9.x.tmp",
        "front matter: it does not load: toy/2025/02/a2.md",
        "second file of one article: toy/2025/03/a1.md",
        "file without a row: toy/2025/02/stranger.md",
        "row without a file: toy/2025/02/a3.md",
    }
    assert {line.removeprefix("toy: ") for line in said.splitlines()[:-1]} == found
    assert command(site, "ledger", "check")[1] == said
    code, said = command(site, "ledger", "check", "--fix")
    assert code == 0, said
    assert command(site, "ledger", "check") == (0, "toy: in order\n")
    assert written(site.crawl()) == {*NAMES, "stranger"}
    for text in site.crawl().files("toy").values():
        identify(text.decode())
    assert (site.output / ".state/set-aside/toy/2025/03/a1.md").exists()


def test_check_names_a_file_that_was_edited_so_that_it_would_stop_a_site(site: Site) -> None:
    filled(site)
    path = site.output / "toy/2025/02/a2.md"
    path.write_text(path.read_text().replace("menu:", "tags: []\nmenu:"))
    code, said = command(site, "ledger", "check")
    assert (code, said.splitlines()[0]) == (1, "toy: front matter: tags stands there 2 times: toy/2025/02/a2.md")
    assert command(site, "ledger", "check", "--fix")[0] == 0
    assert written(site.crawl()) == set(NAMES)
    assert command(site, "ledger", "check") == (0, "toy: in order\n")


def test_a_ledger_made_anew_from_the_files_lets_a_run_fetch_nothing(site: Site) -> None:
    before = filled(site).files("toy")
    ledger(site).unlink()
    code, said = command(site, "ledger", "rebuild")
    assert (code, said[:25]) == (0, "toy: 3 articles noted in ")
    run = site.crawl()
    assert run.exit_code == 0
    assert "links.known=3 pages.listing=1" in run.log
    assert "pages.article" not in run.log
    assert run.files("toy") == before
