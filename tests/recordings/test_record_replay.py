"""A crawl recorded and played again; articles out of other people's archives; single pages as cases for the tests."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crawler.items import Link
from crawler.reading.page import Page
from crawler.recordings.cases import save_case
from crawler.recordings.warc import Exchange, Recorder
from tests.support.mirror import ROOT, Run, crawl, scrapy
from tests.support.server import Answer, Played, play

TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.05")
DEAD = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}  # nobody listens there
WGET = Path(__file__).parent / "wget.warc.gz"  # `wget -r` on the site below, and a page behind a redirect


def article(name: str, body: str = "<p>text.</p>") -> str:
    return (
        f"<html><head><title>About {name}_Toy</title></head><body><h1>About {name}</h1>"
        f"<time>2025-02-11 08:00:00</time><article>{body}</article></body></html>"
    )


def packed(text: str) -> Answer:
    body = gzip.compress(text.encode())
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Answer(raw=head.encode() + body)


def site(path: str, number: int) -> Answer:
    """Two listing pages; one article is packed, one moved, one a block page at first, one always; one is gone."""
    if path == "/robots.txt":
        return Answer("User-agent: *\nDisallow: /private/\n", headers={"Content-Type": "text/plain"})
    if path == "/news":
        names = ("plain", "packed", "moved", "tired", "blocked", "gone", "cut")
        entries = "".join(f'<li><a href="/a/{name}.html">about {name}</a></li>' for name in names)
        return Answer(f'<html><body><ul>{entries}</ul><a class="next" href="/tech">on</a></body></html>')
    if path == "/tech":
        return Answer('<html><body><ul><li><a href="/a/late.html">about late</a></li></ul></body></html>')
    name = path.removeprefix("/a/").removesuffix(".html")
    if name == "packed":
        return packed(article(name, "<p>文字</p>" * 500))
    if name == "moved":
        return Answer(status=301, headers={"Location": "/a/moved2.html", "Set-Cookie": "hidden-word=1"})
    if name == "blocked" or (name == "tired" and number == 1):
        return Answer("<html><body>验证码</body></html>")
    if name == "gone":
        return Answer("not here", status=404)
    return Answer(article(name), cut=name == "cut")


@pytest.fixture(scope="module")
def played() -> object:
    with play(site) as server:
        yield server


@pytest.fixture(scope="module")
def recorded(played: Played, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("recorded")
    path = folder / "new folder" / "toy.warc.gz"
    return crawl("toy", folder / "output", *TOY, "-s", f"RECORD={path}", environment=played.environment), path


def replay(path: Path, output: Path, *options: str) -> Run:
    return crawl("toy", output, *TOY, "-s", f"REPLAY={path}", *options, environment=DEAD)


def figures(run: Run) -> dict[str, str]:
    line = run.log.rpartition(" run source=toy ")[2].partition("\n")[0]
    return dict(word.split("=") for word in line.split())


def test_a_crawl_recorded_and_replayed_writes_the_same_bytes(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    again = replay(path, tmp_path / "output")
    assert set(live.files("toy")) == {"plain", "packed", "moved", "tired", "late"}
    assert again.files("toy") == live.files("toy")
    assert again.refused == live.refused
    assert again.exit_code == live.exit_code == 1
    assert {name: live.refused[f"http://toy.example/a/{name}.html"] for name in ("blocked", "gone", "cut")} == {
        "blocked": "blocked", "gone": "gone", "cut": "incomplete",
    }  # fmt: skip


def test_other_tools_read_the_recording(recorded: tuple[Run, Path]) -> None:
    _, path = recorded
    done = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert b"hidden-word" not in gzip.decompress(path.read_bytes())


def test_a_recording_is_never_written_over(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    _, path = recorded
    before = path.read_bytes()
    run = crawl("toy", tmp_path, *TOY, "-s", f"RECORD={path}", environment=DEAD)
    assert (run.exit_code, path.read_bytes()) == (2, before)
    assert "already exists" in run.log


def test_a_recording_that_cannot_be_written_ends_the_run(played: Played, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    record = f"RECORD={tmp_path}/file/toy.warc"
    run = crawl("toy", tmp_path / "output", *TOY, "-s", record, environment=played.environment)
    assert run.exit_code == 5
    assert f"RECORD={tmp_path}/file/toy.warc cannot be written" in run.log
    assert "Traceback" not in run.log


def test_an_address_that_is_not_recorded_fails_the_run_by_name(played: Played, tmp_path: Path) -> None:
    path = tmp_path / "toy.warc.gz"
    crawl("toy", tmp_path / "a", *TOY, "-s", f"RECORD={path}", "-a", "pages=1", environment=played.environment)
    asked = len(played.asked)
    run = crawl("toy", tmp_path / "b", *TOY, "-s", f"REPLAY={path}", environment=played.environment)
    assert "ERROR missing: http://toy.example/tech: not recorded" in run.log
    assert run.exit_code == 1
    assert len(played.asked) == asked


def test_a_truncated_recording_gives_what_is_whole_and_says_so(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(path.read_bytes()[:-700])
    run = replay(cut, tmp_path / "output")
    assert run.exit_code == 1
    assert f"ERROR {cut}, byte " in run.log
    assert "it breaks off" in run.log
    assert run.files("toy").items() <= live.files("toy").items()


@pytest.mark.parametrize("name", ["nothing", "text"])
def test_what_is_no_recording_is_said_at_once(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no WARC")
    run = replay(tmp_path / name, tmp_path / "output")
    assert run.exit_code == 2
    assert f"REPLAY={tmp_path / name}" in run.log


# Articles out of an archive


def test_every_article_of_an_archive_is_read_without_listings(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    # Behind the redirect it lies under the address that answered.
    assert set(run.files("toy")) == {"plain", "packed", "moved2", "tired", "late"}
    assert {name: text for name, text in run.files("toy").items() if name != "moved2"}.items() <= live.files(
        "toy"
    ).items()
    assert figures(run)["articles.written"] == "5"
    assert "pages.listing" not in figures(run)
    again = replay(path, tmp_path / "output", "-a", "from=archive")
    assert (figures(again)["links.known"], "articles.written" in figures(again)) == ("5", False)


def test_an_archive_of_wget_becomes_a_back_fill(tmp_path: Path) -> None:
    run = replay(WGET, tmp_path, "-a", "from=archive")
    assert set(run.files("toy")) == {"w1", "w2", "w3", "w4"}
    assert "Text of w1: 文字。" in run.files("toy")["w1"].decode()
    assert figures(run)["pages.gone"] == "1"


def test_what_an_archive_lacks_or_refuses_says_nothing_of_the_site(tmp_path: Path, played: Played) -> None:
    archived = replay(WGET, tmp_path, "-a", "from=archive", "-a", "until=2025-02-11", "-a", "limit=5")
    assert set(archived.files("toy")) == {"w1"}
    live = crawl("toy", tmp_path, *TOY, "-a", "url=http://toy.example/a/w2.html", environment=played.environment)
    assert set(live.files("toy")) == {"w1", "w2"}


def test_pages_of_other_sources_are_passed_by(tmp_path: Path) -> None:
    run = crawl("woshipm", tmp_path, "-s", f"REPLAY={WGET}", "-a", "from=archive", environment=DEAD)
    assert run.files("woshipm") == {}
    assert "records.not_article=8" in run.log


def test_a_damaged_record_costs_a_record(tmp_path: Path) -> None:
    data = bytearray(WGET.read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "damaged.warc.gz").write_bytes(data)
    run = replay(tmp_path / "damaged.warc.gz", tmp_path / "output", "-a", "from=archive")
    assert len(run.files("toy")) >= 3
    assert figures(run)["records.damaged"] == "1"
    assert run.exit_code == 1


def test_reading_an_archive_needs_one(tmp_path: Path) -> None:
    run = crawl("toy", tmp_path, *TOY, "-a", "from=archive")
    assert run.exit_code == 2
    assert "REPLAY" in run.log


def made(path: Path, *exchanges: Exchange) -> Path:
    """An archive of these."""
    recorder = Recorder(path, {})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path


def answer(
    path: str, body: str = "", status: int = 200, method: str = "GET", headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    return Exchange(
        method=method, url=f"http://toy.example{path}", request_headers=[], request_body=b"", status=status,
        body=body.encode(), headers=[("Content-Type", "text/html"), *headers], time="2026-11-22T00:00:00+00:00",
    )  # fmt: skip


def test_a_redirect_to_what_is_no_address_costs_its_record(tmp_path: Path) -> None:
    one, two = (answer(f"/a/{name}.html", article(name)) for name in ("one", "two"))
    path = made(
        tmp_path / "x.warc", one, answer("/a/bad.html", status=301, headers=(("Location", "http://[::1/x"),)), two
    )
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    assert set(run.files("toy")) == {"one", "two"}
    assert run.refused == {"http://toy.example/a/bad.html": "changed"}


def test_answers_without_a_body_are_passed_by(tmp_path: Path) -> None:
    path = made(tmp_path / "x.warc", answer("/a/one.html", method="HEAD"), answer("/a/one.html", article("one")))
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    assert (run.exit_code, set(run.files("toy"))) == (0, {"one"})


def test_a_body_that_the_archiver_unpacked_is_read_as_it_is(tmp_path: Path) -> None:
    path = made(tmp_path / "x.warc", answer("/a/one.html", article("one"), headers=(("Content-Encoding", "br"),)))
    assert set(replay(path, tmp_path / "output", "-a", "from=archive").files("toy")) == {"one"}


def test_a_replay_asks_for_nothing_that_robots_txt_forbade(tmp_path: Path) -> None:
    listing = '<html><body><li><a href="/a/one.html">1</a></li><li><a href="/a/private.html">2</a></li></body></html>'
    robots = answer("/robots.txt", "User-agent: *\nDisallow: /a/private\n")
    path = made(tmp_path / "x.warc", robots, answer("/news", listing), answer("/a/one.html", article("one")))
    run = replay(path, tmp_path / "output")
    assert (run.exit_code, figures(run)["links.forbidden"]) == (0, "1")


def test_the_cases_of_other_sources_are_passed_by(tmp_path: Path) -> None:
    url = "http://other.example/a/1.html"
    save_case(tmp_path / "cases" / "other", Page(url, article("other").encode(), link=Link("1", url)))
    own = "http://toy.example/a/own.html"
    save_case(tmp_path / "cases" / "own", Page(own, article("own").encode(), link=Link("own", own)))
    run = replay(tmp_path / "cases", tmp_path / "output", "-a", "from=archive")
    assert (set(run.files("toy")), figures(run)["records.not_article"], run.exit_code) == ({"own"}, "1", 0)


def test_a_folder_without_recorded_pages_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = replay(tmp_path / "empty", tmp_path / "output", "-a", "from=archive")
    assert (run.exit_code, "is a folder without recorded pages" in run.log) == (2, True)


def test_a_run_over_an_archive_ends_when_it_is_told_to(tmp_path: Path) -> None:
    path = made(tmp_path / "x.warc", *(answer(f"/a/n{n}.html", article(f"n{n}")) for n in range(3000)))
    command = [sys.executable, "-m", "scrapy", "crawl", "toy", *TOY, "-a", "from=archive"]
    command += ["-s", f"OUTPUT_DIR={tmp_path}/output", "-s", f"REPLAY={path}"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log)
        while not list((tmp_path / "output").rglob("*.md")):
            time.sleep(0.02)
        process.terminate()
        assert process.wait(30) == 1
    assert "run source=toy end=shutdown" in (tmp_path / "log").read_text()
    assert replay(path, tmp_path / "output", "-a", "from=archive", "-a", "limit=5").exit_code == 0


# Single pages


class Bench:
    """Where cases are made in the tests."""

    def __init__(self, folder: Path, server: Played) -> None:
        self.cases, self.server = folder / "fixtures" / "toy", server
        self.options = (*TOY, "-s", f"FIXTURES_DIR={folder}/fixtures", "-s", f"OUTPUT_DIR={folder}/output")

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return scrapy(*words, *self.options, environment=self.server.environment)


@pytest.fixture
def bench(tmp_path: Path, played: Played) -> Bench:
    return Bench(tmp_path, played)


def test_one_page_becomes_a_case(bench: Bench) -> None:
    url = "http://toy.example/a/packed.html"
    done = bench("record", "toy", url, "a-case", "--date", "2025-02-11")
    assert done.returncode == 0
    page = article("packed", "<p>文字</p>" * 500)
    assert f"HTTP 200, {len(page.encode())} bytes; read as an article:" in done.stdout
    assert "title:      About packed" in done.stdout
    assert (bench.cases / "a-case" / "page.html").read_text() == page
    description = json.loads((bench.cases / "a-case" / "page.json").read_text())
    assert description["link"].items() >= {"id": "packed", "url": url, "title": "", "date": "2025-02-11"}.items()


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("tech", "1 links"),
        ("http://toy.example/a/gone.html", "gone: HTTP 404"),
        ("http://toy.example/a/blocked.html", "blocked: a captcha"),
        ("http://toy.example/elsewhere", "0 links"),
    ],
)
def test_listings_and_error_pages_too(bench: Bench, target: str, said: str) -> None:
    done = bench("record", "toy", target, "a-case")
    assert done.returncode == 0
    assert said in done.stdout
    assert (bench.cases / "a-case" / "page.json").exists()


def test_a_case_is_not_written_over_unless_asked(bench: Bench) -> None:
    for options, code in (((), 0), ((), 2), (("--force",), 0)):
        done = bench("record", "toy", "tech", "a-case", *options)
        assert done.returncode == code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("toy", "http://toy.example/private/x", "case"), "http://toy.example/private/x: Forbidden by robots.txt"),
        (("toy", "http://other.example/", "case"), "http://other.example/: the address is on no host of the source"),
        (("toy", "tech", "../case"), "allowed are letters, digits, - and _"),
        (("nobody", "tech", "case"), "unknown source 'nobody'"),
        (("toy", "tech"), "expected SOURCE, URL and CASE"),
        (("toy", "toy.example/a/1.html", "case"), "is neither a URL (http:// or https://) nor a channel of toy"),
        (("toy", "tech", "x" * 300), "80 at most"),
    ],
)
def test_what_cannot_be_recorded_is_said(bench: Bench, words: tuple[str, ...], said: str) -> None:
    done = bench("record", *words)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert not bench.cases.exists()


def test_a_page_that_failed_in_a_run_becomes_a_case(bench: Bench) -> None:
    bench("crawl", "toy", "-a", "url=http://toy.example/a/blocked.html")
    done = bench("rejected", "fixture", "blocked", "a-captcha")
    assert (done.returncode, "blocked: a captcha" in done.stdout) == (0, True)
    assert sorted(path.name for path in (bench.cases / "a-captcha").iterdir()) == ["page.html", "page.json"]
    unknown = bench("rejected", "fixture", "toy/nothing", "case")
    assert (unknown.returncode, "must name one page kept in" in unknown.stderr) == (2, True)
