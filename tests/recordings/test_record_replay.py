"""Tests of RECORD and REPLAY, of `from=archive`, and of the commands that record single pages as cases."""

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
from crawler.recordings.cases import load_case, save_case
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange, Recorder
from tests.support.archive_forms import forms, warc_record, warc_records
from tests.support.mirror import ROOT, Run, crawl, scrapy
from tests.support.server import Answer, Played, play

TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.05")
DEAD = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}  # no server listens on this port
WGET = Path(__file__).parent / "wget.warc.gz"  # `wget -r` of the site below, with a redirected page


def article(name: str, body: str = "<p>text.</p>") -> str:
    return (
        f"<html><head><title>About {name}_Toy</title></head><body><h1>About {name}</h1>"
        f"<time>2025-02-11 08:00:00</time><article>{body}</article></body></html>"
    )


def gzipped(text: str) -> Answer:
    body = gzip.compress(text.encode())
    header = (
        f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return Answer(raw=header.encode() + body)


def site(path: str, number: int) -> Answer:
    """Two listing pages, and articles that are compressed, redirected, blocked (once or always), gone or truncated."""
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
        return gzipped(article(name, "<p>文字</p>" * 500))
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


def test_replay_writes_the_same_files_as_the_recorded_crawl(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    replayed = replay(path, tmp_path / "output")
    assert set(live.files("toy")) == {"plain", "packed", "moved", "tired", "late"}
    assert replayed.files("toy") == live.files("toy")
    assert replayed.refused == live.refused
    assert replayed.exit_code == live.exit_code == 1
    assert {name: live.refused[f"http://toy.example/a/{name}.html"] for name in ("blocked", "gone", "cut")} == {
        "blocked": "blocked", "gone": "gone", "cut": "incomplete",
    }  # fmt: skip


def test_recording_passes_warcio_check(recorded: tuple[Run, Path]) -> None:
    _, path = recorded
    done = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    assert b"hidden-word" not in gzip.decompress(path.read_bytes())


def test_record_does_not_overwrite_a_file(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    _, path = recorded
    before = path.read_bytes()
    run = crawl("toy", tmp_path, *TOY, "-s", f"RECORD={path}", environment=DEAD)
    assert (run.exit_code, path.read_bytes()) == (2, before)
    assert "already exists" in run.log


def test_record_ends_the_run_if_the_file_cannot_be_written(played: Played, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    record = f"RECORD={tmp_path}/file/toy.warc"
    run = crawl("toy", tmp_path / "output", *TOY, "-s", record, environment=played.environment)
    assert run.exit_code == 5
    assert f"the run ends: disk: RECORD={tmp_path}/file/toy.warc cannot be written" in run.log
    assert run.log.count("the run ends: ") == 1
    assert "Traceback" not in run.log


def test_replay_reports_a_missing_url(played: Played, tmp_path: Path) -> None:
    path = tmp_path / "toy.warc.gz"
    crawl("toy", tmp_path / "a", *TOY, "-s", f"RECORD={path}", "-a", "pages=1", environment=played.environment)
    requests = len(played.asked)
    run = crawl("toy", tmp_path / "b", *TOY, "-s", f"REPLAY={path}", environment=played.environment)
    assert "ERROR missing: http://toy.example/tech: not recorded" in run.log
    assert run.exit_code == 1
    assert len(played.asked) == requests


def test_replay_of_a_truncated_recording_reports_the_damage(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    truncated = tmp_path / "cut.warc.gz"
    truncated.write_bytes(path.read_bytes()[:-700])
    run = replay(truncated, tmp_path / "output")
    assert run.exit_code == 1
    assert f"ERROR {truncated}, byte " in run.log
    assert ": damaged record: truncated" in run.log
    assert run.files("toy").items() <= live.files("toy").items()


@pytest.mark.parametrize("name", ["nothing", "text"])
def test_replay_of_another_file_is_a_usage_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "text").write_text("no WARC")
    run = replay(tmp_path / name, tmp_path / "output")
    assert run.exit_code == 2
    assert f"REPLAY={tmp_path / name}" in run.log


# from=archive


def test_archive_articles_are_read_without_listings(recorded: tuple[Run, Path], tmp_path: Path) -> None:
    live, path = recorded
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    # The redirected article is recorded under its final URL.
    assert set(run.files("toy")) == {"plain", "packed", "moved2", "tired", "late"}
    assert {name: text for name, text in run.files("toy").items() if name != "moved2"}.items() <= live.files(
        "toy"
    ).items()
    assert figures(run)["articles.written"] == "5"
    assert "pages.listing" not in figures(run)
    again = replay(path, tmp_path / "output", "-a", "from=archive")
    assert (figures(again)["links.known"], "articles.written" in figures(again)) == ("5", False)


def test_archive_articles_have_their_origin(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "x.warc", exchange("/a/one.html", article("one")))
    run = replay(path, tmp_path / "output", "-a", "from=archive", "-s", "EXTRA_KEYS=origin fetched")
    assert b'origin: "archive"\nfetched: "2026-11-22 08:00:00"' in run.files("toy")["one"]


def test_archive_of_wget_is_read(tmp_path: Path) -> None:
    run = replay(WGET, tmp_path, "-a", "from=archive")
    assert set(run.files("toy")) == {"w1", "w2", "w3", "w4"}
    assert "Text of w1: 文字。" in run.files("toy")["w1"].decode()
    assert figures(run)["pages.gone"] == "1"


def test_archive_rejections_do_not_affect_later_crawls(tmp_path: Path, played: Played) -> None:
    archived = replay(WGET, tmp_path, "-a", "from=archive", "-a", "until=2025-02-11", "-a", "limit=5")
    assert set(archived.files("toy")) == {"w1"}
    live = crawl("toy", tmp_path, *TOY, "-a", "url=http://toy.example/a/w2.html", environment=played.environment)
    assert set(live.files("toy")) == {"w1", "w2"}


def test_archive_pages_of_other_sources_are_skipped(tmp_path: Path) -> None:
    run = crawl("woshipm", tmp_path, "-s", f"REPLAY={WGET}", "-a", "from=archive", environment=DEAD)
    assert run.files("woshipm") == {}
    assert "records.not_article=8" in run.log


def test_archive_damaged_record_is_counted(tmp_path: Path) -> None:
    data = bytearray(WGET.read_bytes())
    data[len(data) // 2] ^= 255
    (tmp_path / "damaged.warc.gz").write_bytes(data)
    run = replay(tmp_path / "damaged.warc.gz", tmp_path / "output", "-a", "from=archive")
    assert len(run.files("toy")) >= 3
    assert figures(run)["records.damaged"] == "1"
    assert run.exit_code == 1


def test_archive_forms_give_the_same_articles(tmp_path: Path) -> None:
    """Each form gives the same files, and so do all forms in one run."""
    exchanges = [exchange(f"/a/{name}.html", article(name)) for name in ("one", "two", "three")]
    (folder := tmp_path / "archives").mkdir()
    made = forms(exchanges)
    for name in ("whole.warc.gz", "dictionary.warc.zst", "plain-2.arc", "packed.wacz"):
        (folder / name).write_bytes(made[name])
        run = replay(folder / name, tmp_path / f"output-{name}", "-a", "from=archive")
        files = run.files("toy")
        assert (run.exit_code, set(files)) == (0, {"one", "two", "three"})
        assert files == Run(tmp_path / "output-whole.warc.gz", "", 0).files("toy")
    run = replay(folder, tmp_path / "output", "-a", "from=archive")
    assert (run.exit_code, run.files("toy")) == (0, files)
    assert figures(run)["links.repeated"] == "9"


def test_archive_unresolved_revisits_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.warc"
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    path.write_bytes(
        b"".join(warc_records([exchange("/a/one.html", article("one"))]))
        + warc_record("revisit", "http://toy.example/a/two.html", head, WARC_Payload_Digest="sha1:AAAA")
    )
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    assert (set(run.files("toy")), run.exit_code) == ({"one"}, 0)
    assert figures(run)["records.unresolved"] == "1"
    assert "unresolved: " in run.log
    assert "http://toy.example/a/two.html: the original of this revisit record is not in the archives" in run.log


def test_replay_reports_each_wrong_word(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("nothing.warc\n")
    run = crawl("toy", tmp_path / "output", *TOY, "-s", f"REPLAY={WGET},{tmp_path}/x.warc,@{tmp_path}/list.txt")
    assert run.exit_code == 2
    assert f"{tmp_path}/x.warc: No such file" in run.log
    assert f"@{tmp_path}/list.txt, line 1: nothing.warc: No such file" in run.log


def test_archive_without_replay_is_a_usage_error(tmp_path: Path) -> None:
    run = crawl("toy", tmp_path, *TOY, "-a", "from=archive")
    assert run.exit_code == 2
    assert "REPLAY" in run.log


def write_warc(path: Path, *exchanges: Exchange) -> Path:
    """Write an archive of *exchanges* to *path*."""
    recorder = Recorder(path, {})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path


def exchange(
    path: str, body: str = "", status: int = 200, method: str = "GET", headers: tuple[tuple[str, str], ...] = ()
) -> Exchange:
    return Exchange(
        method=method, url=f"http://toy.example{path}", request_headers=[], request_body=b"", status=status,
        body=body.encode(), headers=[("Content-Type", "text/html"), *headers], time="2026-11-22T00:00:00+00:00",
    )  # fmt: skip


def test_archive_redirect_to_an_invalid_url_is_rejected(tmp_path: Path) -> None:
    one, two = (exchange(f"/a/{name}.html", article(name)) for name in ("one", "two"))
    path = write_warc(
        tmp_path / "x.warc", one, exchange("/a/bad.html", status=301, headers=(("Location", "http://[::1/x"),)), two
    )
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    assert set(run.files("toy")) == {"one", "two"}
    assert run.refused == {"http://toy.example/a/bad.html": "changed"}


def test_archive_responses_without_a_body_are_skipped(tmp_path: Path) -> None:
    path = write_warc(
        tmp_path / "x.warc", exchange("/a/one.html", method="HEAD"), exchange("/a/one.html", article("one"))
    )
    run = replay(path, tmp_path / "output", "-a", "from=archive")
    assert (run.exit_code, set(run.files("toy"))) == (0, {"one"})


def test_archive_body_decompressed_by_the_archiver_is_read(tmp_path: Path) -> None:
    path = write_warc(
        tmp_path / "x.warc", exchange("/a/one.html", article("one"), headers=(("Content-Encoding", "br"),))
    )
    assert set(replay(path, tmp_path / "output", "-a", "from=archive").files("toy")) == {"one"}


def test_replay_counts_urls_forbidden_by_the_recorded_robots_txt(tmp_path: Path) -> None:
    listing = '<html><body><li><a href="/a/one.html">1</a></li><li><a href="/a/private.html">2</a></li></body></html>'
    robots = exchange("/robots.txt", "User-agent: *\nDisallow: /a/private\n")
    path = write_warc(tmp_path / "x.warc", robots, exchange("/news", listing), exchange("/a/one.html", article("one")))
    run = replay(path, tmp_path / "output")
    assert (run.exit_code, figures(run)["links.forbidden"]) == (0, "1")


def test_archive_cases_of_other_sources_are_skipped(tmp_path: Path) -> None:
    url = "http://other.example/a/1.html"
    save_case(tmp_path / "cases" / "other", Page(url, article("other").encode(), link=Link("1", url)))
    own = "http://toy.example/a/own.html"
    save_case(tmp_path / "cases" / "own", Page(own, article("own").encode(), link=Link("own", own)))
    run = replay(tmp_path / "cases", tmp_path / "output", "-a", "from=archive")
    assert (set(run.files("toy")), figures(run)["records.not_article"], run.exit_code) == ({"own"}, "1", 0)


def test_replay_of_an_empty_folder_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = replay(tmp_path / "empty", tmp_path / "output", "-a", "from=archive")
    assert (run.exit_code, "is a folder without recorded pages" in run.log) == (2, True)


def test_archive_run_ends_after_sigterm(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "x.warc", *(exchange(f"/a/n{n}.html", article(f"n{n}")) for n in range(3000)))
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


# Single pages as cases


class CaseCommands:
    """Run commands that write cases to the folder *cases*, with the toy site as *server*."""

    def __init__(self, folder: Path, server: Played) -> None:
        self.cases, self.server = folder / "fixtures" / "toy", server
        self.options = (*TOY, "-s", f"FIXTURES_DIR={folder}/fixtures", "-s", f"OUTPUT_DIR={folder}/output")

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return scrapy(*words, *self.options, environment=self.server.environment)


@pytest.fixture
def commands(tmp_path: Path, played: Played) -> CaseCommands:
    return CaseCommands(tmp_path, played)


def test_record_writes_a_case(commands: CaseCommands) -> None:
    url = "http://toy.example/a/packed.html"
    done = commands("record", "toy", url, "a-case", "--date", "2025-02-11")
    assert done.returncode == 0
    page = article("packed", "<p>文字</p>" * 500)
    assert f"HTTP 200, {len(page.encode())} bytes; read as an article:" in done.stdout
    assert "title:      About packed" in done.stdout
    assert (commands.cases / "a-case" / "page.html").read_text() == page
    description = json.loads((commands.cases / "a-case" / "page.json").read_text())
    assert description["link"].items() >= {"id": "packed", "url": url, "title": "", "date": "2025-02-11"}.items()


@pytest.mark.parametrize(
    ("target", "output"),
    [
        ("tech", "1 link "),
        ("http://toy.example/a/gone.html", "gone: HTTP 404"),
        ("http://toy.example/a/blocked.html", "blocked: a captcha"),
        ("http://toy.example/elsewhere", "0 links"),
    ],
)
def test_record_writes_listings_and_error_pages(commands: CaseCommands, target: str, output: str) -> None:
    done = commands("record", "toy", target, "a-case")
    assert done.returncode == 0
    assert output in done.stdout
    assert (commands.cases / "a-case" / "page.json").exists()


def test_record_overwrites_a_case_only_with_force(commands: CaseCommands) -> None:
    for options, code in (((), 0), ((), 2), (("--force",), 0)):
        done = commands("record", "toy", "tech", "a-case", *options)
        assert done.returncode == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("toy", "http://toy.example/private/x", "case"), "http://toy.example/private/x: Forbidden by robots.txt"),
        (("toy", "http://other.example/", "case"), "http://other.example/: URL not allowed: the source's `hosts`"),
        (("toy", "tech", "../case"), "allowed are letters, digits, - and _"),
        (("nobody", "tech", "case"), "unknown source 'nobody'"),
        (("toy", "tech"), "expected SOURCE, URL and CASE"),
        (("toy", "toy.example/a/1.html", "case"), "is neither a URL (http:// or https://) nor a channel of toy"),
        (("toy", "tech", "x" * 300), "80 at most"),
    ],
)
def test_record_reports_invalid_arguments(commands: CaseCommands, words: tuple[str, ...], message: str) -> None:
    done = commands("record", *words)
    assert done.returncode in (1, 2)
    assert message in done.stderr
    assert not commands.cases.exists()


def test_rejected_fixture_writes_a_case(commands: CaseCommands) -> None:
    commands("crawl", "toy", "-a", "url=http://toy.example/a/blocked.html")
    done = commands("rejected", "fixture", "blocked", "a-captcha")
    assert (done.returncode, "blocked: a captcha" in done.stdout) == (0, True)
    assert sorted(path.name for path in (commands.cases / "a-captcha").iterdir()) == ["page.html", "page.json"]
    unknown = commands("rejected", "fixture", "toy/nothing", "case")
    assert (unknown.returncode, "must name one page kept in" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("wrong", [{"link": {"id": "1"}}, {"link": [1]}, {"sent": None}, {"sent": 1}])
def test_load_case_reports_an_invalid_page_json(tmp_path: Path, wrong: dict[str, object]) -> None:
    (tmp_path / "page.html").write_text("x")
    (tmp_path / "page.json").write_text(json.dumps({"url": "http://a.example/"} | wrong))
    with pytest.raises(RecordingError):
        load_case(tmp_path)


def test_save_case_accepts_a_surrogate_in_the_title_of_the_link(tmp_path: Path) -> None:
    page = Page("http://a.example/", b"x", link=Link("1", "http://a.example/", "甲\ud83d"))
    save_case(tmp_path / "case", page)
    assert load_case(tmp_path / "case").link is not None
