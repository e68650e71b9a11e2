"""Wrong command lines and bad output files: one line that states the correct form, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mirror import ROOT, scrapy
from tests.support.server import Answer, play
from tests.support.toy_site import TOY, Site

pytestmark = pytest.mark.slow

LISTING = '<html><body><ul><li><a href="/a/a1.html">1</a></li></ul></body></html>'


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("crawl", "expected one source; `press-corpus list` lists them"),
        ("crawl nobody", "unknown source 'nobody'"),
        ("crawl toy toy", "for several: press-corpus job toy toy"),
        ("crawl toy limit=5", "spider arguments are written with -a: press-corpus crawl toy -a limit=5"),
        ("crawl toy --limit 5", "spider arguments are written with -a: press-corpus crawl toy -a limit=5"),
        ("crawl toy --limit=5", "spider arguments are written with -a: press-corpus crawl toy -a limit=5"),
        ("crawl toy --limit 5 keyword=x", "press-corpus crawl toy -a limit=5 -a keyword=x"),
        ("crawl toy --fast", "unknown option --fast; `press-corpus crawl --help` lists the options"),
        ("crawl toy -s limit=5", "limit is a spider argument, not a setting: -a limit=5"),
        ("crawl toy -s DOWNLOD_DELAY=1", "unknown setting DOWNLOD_DELAY; did you mean DOWNLOAD_DELAY?"),
        ("job toy limit=5", "spider arguments are written with -a: press-corpus job toy -a limit=5"),
        ("job nobody", "unknown source 'nobody'"),
        ("check-site nobody", "unknown source 'nobody'"),
        ("check-site toy sport", "toy has no channel 'sport'; allowed are: news, tech"),
        ("check-site toy http://toy.example/a/a1.html", "is an article; give the URL of a listing"),
        ("ledger check nobody", "unknown source 'nobody': the corpus has no article and no run of it"),
        ("ledger rebuild nobody", "unknown source 'nobody': the corpus has no article and no run of it"),
        ("rejected nobody", "unknown source 'nobody': the corpus has no article and no run of it"),
        ("rejected retry nobody", "unknown source 'nobody': the corpus has no article and no run of it"),
        ("health nobody", "no run recorded for nobody"),
        ("parse http://toy.example/news", "use `press-corpus check-site SOURCE URL`"),
        ("genspider toy2 toy.example", "use `press-corpus newsource NAME URL`"),
        ("fetch http://other.example/", "http://other.example/: name one with --spider=SOURCE"),
        ("shell http://other.example/", "http://other.example/: name one with --spider=SOURCE"),
    ],
)  # fmt: skip
def test_the_correct_form_is_printed(words: str, message: str, tmp_path: Path) -> None:
    done = scrapy(*words.split(), *TOY, "-s", f"OUTPUT_DIR={tmp_path}/output")
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not list(ROOT.glob("toy2*"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("check-site epaper", "no newspaper: "),
        ("check-site paper", "paper reads local files, and has no site to fetch pages from"),
        ("record paper x case", "paper reads local files, and has no site to fetch pages from"),
        ("record epaper nowhere case", "epaper has no channel 'nowhere'"),
    ],
)
def test_sources_without_a_site_of_their_own(words: str, message: str, tmp_path: Path) -> None:
    done = scrapy(*words.split(), "-s", f"FIXTURES_DIR={tmp_path}")
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_newspaper_is_checked_by_its_url() -> None:
    with play(lambda path, number: Answer("no", 403 if path == "/" else 404)) as server:
        done = scrapy(
            *("check-site", "epaper", "http://epaper.shanqiao.example/"),
            *("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0", "-s", "RETRY_TIMES=0"),
            environment=server.environment,
        )
    assert done.returncode == 3
    assert "the site refuses the pages: the listing: blocked: HTTP 403" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["schedule", "--systemd", "/dev/null/units"], ": Not a directory"),
        (
            ["health", "--html", "/dev/null/x.html", "-s", "OUTPUT_DIR={folder}"],
            ": Not a directory",
        ),
        (["ledger", "check", "-s", "OUTPUT_DIR=/dev/null/x"], ": Not a directory"),
        (["rejected", "-s", "OUTPUT_DIR=/dev/null/x"], ": Not a directory"),
    ],
)
def test_a_bad_folder_is_one_line(words: list[str], message: str, tmp_path: Path) -> None:
    done = scrapy(*(word.format(folder=tmp_path) for word in words))
    assert done.returncode in (5, 6)
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ("{scrapy} list epaper | head -1 >/dev/null; exit ${{PIPESTATUS[0]}}", 0),
        ("PYTHONIOENCODING=ascii {scrapy} list epaper", 0),
        ("LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 {scrapy} list epaper", 0),
        ("{scrapy} list epaper >/dev/full", 5),
        ("{scrapy} list epaper >&-", 0),
    ],
)
def test_standard_output_that_is_closed_full_or_not_utf_8(form: str, code: int) -> None:
    command = form.format(scrapy=f"{sys.executable} -m scrapy")
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("keyword=nothing", "keyword=nothing: matches none of 2 links in the listings"),
        ("since=2030-01-01", "since=2030-01-01: matches none of 2 articles read"),
    ],
)
def test_a_filter_that_matches_nothing_is_reported(site: Site, argument: str, message: str) -> None:
    site.listing("news", "a1", "a2")
    site.article("a1")
    site.article("a2")
    run = site.crawl("-a", argument)
    assert run.exit_code == 0
    assert f"WARNING {message}\n" in run.log
    assert "matches none" not in site.crawl("-a", "since=2025-01-01").log


def test_a_recording_of_another_source_is_reported(tmp_path: Path) -> None:
    recording = ROOT / "tests/fixtures/jinwucj"
    done = scrapy("crawl", "toy", *TOY, "-s", f"REPLAY={recording}", "-s", f"OUTPUT_DIR={tmp_path}")
    assert done.returncode == 1
    assert "the recording (REPLAY) contains none of the pages that this run requests" in done.stderr
    health = scrapy("health", "-s", f"OUTPUT_DIR={tmp_path}")
    assert health.returncode == 1
    assert "the run could request none of its pages" in health.stdout


def test_channel_with_limit_fetches_that_channel_and_not_the_open_links(site: Site) -> None:
    site.listing("news", "a1", "a2", "a3")
    site.listing("tech", "t1", "t2")
    for name in ("a1", "a2", "a3", "t1", "t2"):
        site.article(name)
    assert set(site.crawl("-a", "limit=1").files("toy")) == {"a1"}
    run = site.crawl("-a", "channel=tech", "-a", "limit=2")
    assert set(run.files("toy")) == {"a1", "t1", "t2"}
    assert "channel= and limit= are set: 2 links of earlier runs left" in run.log
    assert set(site.crawl().files("toy")) == {"a1", "a2", "a3", "t1", "t2"}


def test_fetch_and_shell_use_the_source_of_the_host() -> None:
    with play(lambda path, number: Answer(LISTING, 404 if path == "/robots.txt" else 200)) as server:
        fetched = scrapy("fetch", "http://toy.example/news", *TOY, environment=server.environment)
        shell = scrapy(
            "shell", "-c", "response.css('a::text').get()", "http://toy.example/news", *TOY,
            environment=server.environment,
        )  # fmt: skip
    assert (fetched.returncode, fetched.stdout) == (0, LISTING + "\n")
    assert (shell.returncode, shell.stdout) == (0, "1\n")
    assert server.paths == ["/robots.txt", "/news"] * 2
