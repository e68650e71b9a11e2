"""`press-corpus corpus remove`, `restore` and `removed`, and the crawls after them."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from crawler.corpus.lock import lock
from crawler.corpus.store import digest
from tests.support.mirror import Run, scrapy
from tests.support.toy_site import TOY, Site, written

A1 = "http://toy.example/a/a1.html"


def corpus(site: Site, *words: str) -> subprocess.CompletedProcess[str]:
    return scrapy("corpus", *words, *TOY, "-s", f"OUTPUT_DIR={site.output}")


def remove(site: Site, *words: str) -> str:
    done = corpus(site, "remove", *words, "--reason", "a court order")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with three articles, which are stored."""
    site = Site(tmp_path)
    site.listing("news", "a1", "a2", "a3")
    for name in ("a1", "a2", "a3"):
        site.article(name, date="2026-01-05 08:00:00", body=f"<p>text of {name}.</p>")
    assert written(site.crawl()) == {"a1", "a2", "a3"}
    return site


def removed_links(run: Run) -> int:
    found = re.search(r"links\.removed=(\d+)", run.log)
    return int(found[1]) if found else 0


def test_no_run_fetches_or_stores_a_removed_article(site: Site) -> None:
    output = remove(site, "toy:a1")
    assert output.splitlines()[:2] == ["toy:a1: removed; 1 file deleted", "  deleted: toy/2026/01/a1.md"]
    assert "Not changed: exported files" in output
    (site.output / "toy/2026/01/a2.md").unlink()  # a file that the user deletes is fetched again
    run = site.crawl()
    assert (written(run), removed_links(run), run.exit_code) == ({"a2", "a3"}, 1, 0)
    site.article("a1", date="2026-01-05 08:00:00", body="<p>changed.</p>")
    for options in (
        ("-a", "refresh=100000"),
        ("-a", f"url={A1}"),
        ("-a", f"url={A1}", "-a", "refresh=100000"),
        ("-a", "from=archive"),
        ("-s", "OVERWRITE_EDITED=True"),
    ):
        run = site.crawl(*options)
        assert (written(run), removed_links(run), run.exit_code) == ({"a2", "a3"}, 1, 0), options
        assert f"({A1})" not in run.log
    site.crawl("-a", "from=rejected")
    for words in (("rebuild", "toy"), ("check", "--fix")):
        done = scrapy("ledger", *words, *TOY, "-s", f"OUTPUT_DIR={site.output}")
        assert done.returncode == 0, done.stdout
        assert written(site.crawl()) == {"a2", "a3"}


def test_same_text_under_another_url_is_counted_and_not_exported(site: Site, tmp_path: Path) -> None:
    remove(site, A1)
    site.page("a/copy.html", (
        "<html><head><title>About a1_Toy</title></head><body><h1>About a1</h1><time>2026-02-05</time>"
        "<article><p>text of a1.</p></article></body></html>"
    ))  # fmt: skip
    site.listing("news", "a1", "copy", "a2")
    feed = tmp_path / "articles.jsonl"
    run = site.crawl("-o", str(feed))
    assert (written(run), run.exit_code) == ({"a2", "a3"}, 0)
    assert "articles.removed=1" in run.log
    assert "wrong totals" not in run.log
    assert feed.read_text() == ""
    assert "pages.article" not in site.crawl().log.partition("run source=toy")[2]


def test_removed_lists_the_takedowns_and_restore_reverses_one(site: Site) -> None:
    assert corpus(site, "removed").stdout == "no removed articles\n"
    remove(site, "a1", A1, "a2")
    lines = corpus(site, "removed").stdout.splitlines()
    assert len(lines) == 2
    assert re.fullmatch(rf"toy:a1  {A1}  20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00  a court order", lines[0])
    rows = [json.loads(line) for line in corpus(site, "removed", "--json").stdout.splitlines()]
    assert rows[0].keys() == {"source", "id", "url", "removed_at", "reason"}
    assert [(row["id"], row["url"]) for row in rows] == [("a1", A1), ("a2", A1.replace("a1", "a2"))]
    again = remove(site, "a1")
    assert re.match(r"toy:a1: already removed at 20\S+\+08:00 \(a court order\); 0 files deleted\n", again)
    done = corpus(site, "restore", A1)
    assert (done.returncode, done.stdout) == (0, "toy:a1: restored; the next run of toy fetches it\n")
    run = site.crawl()
    assert (written(run), removed_links(run)) == ({"a1", "a3"}, 1)
    assert [line.split()[0] for line in corpus(site, "removed").stdout.splitlines()] == ["toy:a2"]
    assert corpus(site, "restore", "a1").returncode == 2


WRONG = {
    "": "expected one of: remove, restore, removed, versions, backup",
    "delete a1": "expected one of: remove, restore, removed, versions, backup",
    "remove a1": "expected: corpus remove ARTICLE… --reason TEXT",
    "remove --reason x": "expected: corpus remove ARTICLE… --reason TEXT",
    "remove a1 nothing --reason x": "unknown article 'nothing': the ledger has no article with this id or URL",
    "remove http://toy.example/a/b.html --reason x": "unknown article 'http://toy.example/a/b.html'",
    "remove a1 --reason x --source nowhere": "unknown source 'nowhere'",
    "remove a1 --reason x --force": "unknown option --force; `press-corpus corpus --help` lists the options",
    "restore a1": "toy:a1 is not removed",
    "restore": "expected: corpus restore ARTICLE…",
    "removed nowhere": "unknown source 'nowhere'",
}


def test_wrong_uses_change_nothing(site: Site) -> None:
    for words, message in WRONG.items():
        done = corpus(site, *words.split())
        assert (done.returncode, message in done.stderr.splitlines()[-1]) == (2, True), (words, done.stderr)
        assert "Traceback" not in done.stderr
    assert written(site.crawl()) == {"a1", "a2", "a3"}


def test_folder_without_a_corpus_is_an_error(tmp_path: Path) -> None:
    done = scrapy("corpus", "removed", "-s", f"OUTPUT_DIR={tmp_path}/none")
    assert done.returncode == 2
    assert "is not a corpus: no run has written to it" in done.stderr
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("name", ["toy", "corpus-command"])
def test_active_run_has_exit_code_4(site: Site, name: str) -> None:
    with lock(site.output / f".state/{name}.lock", name):
        done = corpus(site, "remove", "a1", "--reason", "x")
    assert done.returncode == 4
    assert "is active: process" in done.stderr
    assert "a1" in written(site.crawl())


def test_versions_lists_the_replaced_files(site: Site) -> None:
    assert corpus(site, "versions", "a2").stdout == "toy:a2: its file was never replaced\n"
    old = (site.output / "toy/2026/01/a2.md").read_bytes()
    site.article("a2", date="2026-01-05 08:00:00", body="<p>changed.</p>")
    run = site.crawl("-a", "refresh=100000", "-s", "KEEP_VERSIONS=True")
    assert run.exit_code == 0
    line = corpus(site, "versions", "http://toy.example/a/a2.html").stdout
    new = digest((site.output / "toy/2026/01/a2.md").read_bytes())
    found = re.fullmatch(rf"20\S+\+08:00  {digest(old)} -> {new}  (\.state/versions/toy/a2/\S+\.md)\n", line)
    assert found
    assert (site.output / found[1]).read_bytes() == old
    [row] = [json.loads(line) for line in corpus(site, "versions", "a2", "--json").stdout.splitlines()]
    assert (row["old_hash"], row["new_hash"], row["kept"]) == (digest(old), new, found[1])
    assert found[1].rpartition("/")[0] in remove(site, "a2")
    assert not list((site.output / ".state/versions").rglob("*.md"))
