"""Archives that fail: overload, broken connections, pages of their own, damaged captures, repeated index pages."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from tests.end_to_end.test_public_archives import ARCHIVES, TOY, figures, replayed, run
from tests.support.flaky_server import wire
from tests.support.mirror import crawl
from tests.support.public_archives import CRAWL, DATA, INDEX, WAYBACK, Archives, Fault, article, captured, repeated
from tests.support.server import Answer

NAMES = tuple(f"n{number}" for number in range(8))
HTML = b"<html><body><h1>About this archive</h1><time>2012-02-11</time><article>Please donate.</article></body></html>"
FAULTS = {
    "429": Answer(raw=wire(b"slow", "429 Too Many Requests", Retry_After="0.1")),
    "503": Answer(raw=wire(b"SlowDown", "503 Slow Down")),
    "504": Answer(raw=wire(HTML, "504 Gateway Timeout")),
    "500": Answer(raw=wire(HTML, "500 Internal Server Error")),
    "reset": Answer(raw=b"", reset=True),
    "closed": Answer(raw=b""),
    "cut": Answer(raw=wire(HTML)[:-50]),
    "a page of the archive": Answer(raw=wire(HTML)),
    "empty": Answer(raw=wire(b"")),
}


@pytest.fixture(params=ARCHIVES)
def archive(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", FAULTS)
def test_every_article_is_stored_once_in_spite_of(tmp_path: Path, archive: str, name: str) -> None:
    def fault(number: int, url: str) -> Answer | None:
        return FAULTS[name] if number % 3 == 1 else None

    with Archives([captured(each) for each in NAMES], fault=fault).run() as archives:
        done = run(archives, archive, tmp_path)
        assert (set(done.files("toy")), done.exit_code) == ({*NAMES}, 0), done.log
        assert not repeated(archives.served)
    assert int(figures(done)["captures.retried"]) >= 4
    assert done.refused == {}
    assert not (tmp_path / ".rejected").exists()


@pytest.mark.parametrize("after", [1, 4])
def test_forbidden_ends_the_run_at_once(tmp_path: Path, archive: str, after: int) -> None:
    def fault(number: int, url: str) -> Answer | None:
        return Answer(raw=wire(b"<h1>Blocked</h1>", "403 Forbidden")) if number == after else None

    with Archives([captured(name) for name in NAMES], fault=fault).run() as archives:
        done = run(archives, archive, tmp_path)
        assert (done.exit_code, len(archives.urls)) == (3, after)
        assert "refuses this run: HTTP 403: Blocked: stop for a day, set CRAWLER_CONTACT" in done.log
        assert "Traceback" not in done.log
        archives.fault = lambda number, url: None
        assert set(run(archives, archive, tmp_path).files("toy")) == {*NAMES}
        assert not repeated(archives.served)


def test_robots_txt_of_an_archive_is_obeyed(tmp_path: Path, archive: str) -> None:
    with Archives([captured("one")], robots="User-agent: *\nDisallow: /\n").run() as archives:
        done = run(archives, archive, tmp_path)
        assert (archives.urls, done.exit_code) == ([], 1)
    assert "Forbidden by robots.txt" in done.log
    assert "ask the operators of the archive" in done.log


def test_an_archive_that_never_answers_ends_the_run(tmp_path: Path, archive: str) -> None:
    fault = Answer(raw=wire(b"busy", "503 Service Unavailable"))
    with Archives([captured("one")], fault=lambda number, url: fault).run() as archives:
        done = run(archives, archive, tmp_path, "-s", "ARCHIVE_BACKOFF_MAX=0.1")
        assert (done.exit_code, len(archives.urls) <= 8) == (3, True)
        assert "run the command again later, it continues here" in done.log
        times = [moment for moment, url in archives.times if not url.endswith("/robots.txt")]
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert pauses[0] >= 0.01
        assert pauses[-1] >= 0.08  # 0.01, doubled each time


@pytest.mark.parametrize("retry_after", ["0", "0.05", "1"])
def test_pauses_grow_until_the_run_ends_also_with_a_short_retry_after(
    tmp_path: Path, archive: str, retry_after: str
) -> None:
    fault = Answer(raw=wire(b"slow", "429 Too Many Requests", Retry_After=retry_after))
    with Archives([captured(name) for name in NAMES], fault=lambda number, url: fault).run() as archives:
        options = ("-s", "ARCHIVE_BACKOFF=0.02", "-s", "ARCHIVE_BACKOFF_MAX=0.04")
        done = run(archives, archive, tmp_path, *options)
        assert (done.exit_code, len(archives.urls)) == (3, 3), done.log
        assert "did not answer even after the longest pause: HTTP 429" in done.log


def failing(archives: Archives, *names: str, answer: str = "503", timestamp: str = "") -> Fault:
    """Return a fault of the captures of *names*, or of those with *timestamp*."""
    spans, ends = set(), {f"/{name}.html" for name in names}
    for capture, (_, start, _) in archives.places.items():
        if capture.url[capture.url.rindex("/") :] in ends and timestamp in capture.timestamp:
            spans.add(f"bytes={start}")

    def fault(number: int, url: str) -> Answer | None:
        span = archives.played.headers[-1].get("range", "").partition("-")[0]
        is_bad = span in spans or (f"/web/{timestamp}" in url and url[url.rindex("/") :] in ends)
        return FAULTS[answer] if is_bad else None

    return fault


def test_a_capture_that_is_never_answered_stays_open(tmp_path: Path, archive: str) -> None:
    with Archives([captured(name) for name in NAMES]).run() as archives:
        archives.fault = failing(archives, "n3")
        done = run(archives, archive, tmp_path)
        assert set(done.files("toy")) == {*NAMES} - {"n3"}
        assert (done.exit_code, figures(done)["links.not_fetched"]) == (1, "1")
        archives.fault = lambda number, url: None
        done = run(archives, archive, tmp_path)
        assert (set(done.files("toy")), done.exit_code) == ({*NAMES}, 0)
        assert not repeated(archives.served)


def test_an_older_capture_replaces_one_that_is_not_answered_in_two_runs(tmp_path: Path, archive: str) -> None:
    newest = captured("one", "20261010120000", "the newest text")
    with Archives([captured("one", "20240101000000", "the older text"), newest, captured("two")]).run() as archives:
        archives.fault = failing(archives, "one", timestamp=newest.timestamp)
        assert set(run(archives, archive, tmp_path).files("toy")) == {"two"}
        done = run(archives, archive, tmp_path)
        assert "the older text" in done.files("toy")["one"].decode()
        assert run(archives, archive, tmp_path).exit_code == 0


SHORT = ("-s", "ARCHIVE_BACKOFF=0.001", "-s", "ARCHIVE_REFUSED_BACKOFF=0.001", "-s", "ARCHIVE_BACKOFF_MAX=0.02")


@pytest.mark.parametrize("answer", ["500", "503", "504", "a page of the archive"])
def test_neighbouring_captures_that_are_never_answered_do_not_end_the_run(
    tmp_path: Path, archive: str, answer: str
) -> None:
    with Archives([captured(name) for name in NAMES]).run() as archives:
        archives.fault = failing(archives, *NAMES[:6], answer=answer)
        done = run(archives, archive, tmp_path, *SHORT)
        assert set(done.files("toy")) == {*NAMES[6:]}, done.log
        assert (done.exit_code, figures(done)["links.not_fetched"]) == (1, "6")


@pytest.mark.parametrize("answer", ["429", "reset"])
def test_a_run_gets_past_the_capture_that_ended_the_one_before(tmp_path: Path, archive: str, answer: str) -> None:
    with Archives([captured(name) for name in NAMES]).run() as archives:
        archives.fault = failing(archives, "n0", "n1", answer=answer)
        for stored in (0, 0, 6):
            done = run(archives, archive, tmp_path, *SHORT, "-s", "ARCHIVE_BACKOFF_MAX=0.002")
            assert (done.exit_code, len(done.files("toy"))) == (3, stored), done.log


def test_ten_captures_in_a_row_without_an_answer_end_the_run_and_come_last_then(tmp_path: Path, archive: str) -> None:
    names = [f"n{number:02}" for number in range(24)]
    with Archives([captured(name) for name in names], page_size=30).run() as archives:
        archives.fault = failing(archives, *names[:22])
        counts = []
        for _ in range(3):
            before = len(replayed(archives))
            done = run(archives, archive, tmp_path, *SHORT)
            assert done.exit_code == 3, done.log
            assert "10 captures in a row were not answered: HTTP 503" in done.log
            counts.append((len(replayed(archives)) - before, len(done.files("toy"))))
        # The last two are read by the third run: the first ones of each run are those that no run has requested.
        assert counts == [(30, 0), (30, 0), (2 * 3 + 2 + 10 * 3, 2)]
        archives.fault = failing(archives, *names[:10])
        done = run(archives, archive, tmp_path, *SHORT)
        assert set(done.files("toy")) == {*names[10:]}, done.log
        assert not repeated(archives.served)


def test_a_long_retry_after_ends_the_run_without_a_wait(tmp_path: Path, archive: str) -> None:
    fault = Answer(raw=wire(b"slow", "429 Too Many Requests", Retry_After="40000"))
    with Archives([captured("one")], fault=lambda number, url: fault if number == 2 else None).run() as archives:
        done = run(archives, archive, tmp_path)
        assert (done.exit_code, len(archives.urls)) == (1, 2)
        assert "(Retry-After): the link stays open for a later run" in done.log
        again = run(archives, archive, tmp_path)
        assert (again.exit_code, len(archives.urls)) == (7, 2)  # not even robots.txt is requested


def test_an_article_that_could_not_be_stored_is_stored_by_the_next_run(tmp_path: Path, archive: str) -> None:
    in_the_way = tmp_path / "toy/2012"
    in_the_way.parent.mkdir()
    in_the_way.write_text("a file at the path of a folder")
    with Archives([captured("one"), captured("two")]).run() as archives:
        done = run(archives, archive, tmp_path)
        assert (done.files("toy"), done.exit_code, len(replayed(archives))) == ({}, 5, 1), done.log
        in_the_way.unlink()
        done = run(archives, archive, tmp_path)
        assert (set(done.files("toy")), done.exit_code) == ({"one", "two"}, 0), done.log


# Common Crawl ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_listing_pages", [True, False])
@pytest.mark.parametrize("ignores_pages", [True, False])
def test_indexes_without_pages_end(tmp_path: Path, archive: str, is_listing_pages: bool, ignores_pages: bool) -> None:
    archives = Archives(
        [captured(name) for name in NAMES], ignores_pages=ignores_pages, is_listing_pages=is_listing_pages, page_size=3
    )
    with archives.run():
        done = run(archives, archive, tmp_path)
        assert len(done.files("toy")) == (3 if ignores_pages else 8)
        assert len([url for url in archives.urls if "matchType" in url]) <= 5
    assert ("captures.repeated" in figures(done)) is ignores_pages


def test_an_index_of_one_page_repeats_nothing(tmp_path: Path, archive: str) -> None:
    with Archives([captured("one"), captured("two")]).run() as archives:
        for _ in range(2):
            done = run(archives, archive, tmp_path)
            assert ("captures.repeated" in figures(done), "repeats a page" in done.log) == (False, False)


def test_a_page_of_an_index_that_is_refused_is_read_by_the_next_run(tmp_path: Path) -> None:
    with Archives([captured(name) for name in NAMES], page_size=2).run() as archives:
        refused = Answer(raw=wire(b"{}", "400 Bad Request"))
        archives.fault = lambda number, url: refused if url.endswith("page=1") else None
        done = run(archives, "commoncrawl", tmp_path)
        assert (len(done.files("toy")), done.exit_code) == (2, 1), done.log
        archives.fault = lambda number, url: None
        done = run(archives, "commoncrawl", tmp_path)
        assert (set(done.files("toy")), done.exit_code) == ({*NAMES}, 0), done.log


def test_an_unknown_crawl_is_reported(tmp_path: Path) -> None:
    with Archives([captured("one")]).run() as archives:
        options = ("-a", "from=commoncrawl", "-a", f"crawl=CC-MAIN-2031-01,{CRAWL}")
        done = crawl("toy", tmp_path, *TOY, *options, environment=archives.played.environment)
    assert (set(done.files("toy")), done.exit_code) == ({"one"}, 1)
    assert "no such index: HTTP 404" in done.log


def test_a_damaged_record_leads_to_an_older_capture(tmp_path: Path) -> None:
    captures = [captured("one", "20261001000000", "older"), captured("one", "20261002000000", "newer"), captured("two")]
    with Archives(captures).run() as archives:
        file, offset, length = archives.places[captures[1]]
        data = bytearray(archives.files[file])
        data[offset + length // 2 : offset + length // 2 + 9] = bytes(9)
        archives.files[file] = bytes(data)
        done = run(archives, "commoncrawl", tmp_path)
        assert b"older" in done.files("toy")["one"]
        assert (figures(done)["captures.missing"], set(done.files("toy"))) == ("1", {"one", "two"})
        run(archives, "commoncrawl", tmp_path)
        assert not repeated(archives.served)


def test_a_record_of_another_page_is_not_stored(tmp_path: Path) -> None:
    captures = [captured("one"), captured("two", text="text which is longer")]
    with Archives(captures).run() as archives:
        archives.places[captures[0]] = archives.places[captures[1]]
        done = run(archives, "commoncrawl", tmp_path)
    assert (set(done.files("toy")), figures(done)["captures.missing"]) == ({"two"}, "1")


def test_files_that_are_gone_and_servers_without_ranges(tmp_path: Path) -> None:
    captures = [captured("one"), captured("two"), captured("old", "20130601000000", crawl="CC-MAIN-2013-20")]
    with Archives(captures).run() as archives:
        archives.files = {name: data for name, data in archives.files.items() if "2013" not in name}
        archives.ignores_ranges = True
        options = ("-a", "from=commoncrawl", "-a", f"crawl=CC-MAIN-2013-20,{CRAWL}")
        done = crawl("toy", tmp_path, *TOY, *options, environment=archives.played.environment)
    assert (set(done.files("toy")), figures(done)["captures.missing"]) == ({"one", "two"}, "1")


def test_requests_have_the_documented_form(tmp_path: Path) -> None:
    with Archives([captured("one")]).run() as archives:
        run(archives, "commoncrawl", tmp_path)
        index, page, data = archives.urls
        spans = [headers.get("range") for headers in archives.played.headers]
    query = "url=toy.example%2F&matchType=host&output=json&filter=%3Dstatus%3A200"
    assert index.startswith(f"{INDEX}/{CRAWL}-index?{query}")
    assert (index[-18:], page[-7:]) == ("&showNumPages=true", "&page=0")
    assert data == f"{DATA}/crawl-data/{CRAWL}/segments/1/warc/CC-MAIN-1-00000.warc.gz"
    assert spans[-1] is not None
    assert spans[-1].startswith("bytes=0-")


# Wayback Machine ------------------------------------------------------------------------------------------------------


def moved(target: str) -> Answer:
    return Answer(raw=wire(b"", "302 Found", Location=target))


def test_a_redirect_to_another_time_is_followed_and_recorded(tmp_path: Path) -> None:
    with Archives([captured("one", "20200101000000")]).run() as archives:

        def fault(number: int, url: str) -> Answer | None:
            return (
                moved(f"{WAYBACK}/web/20190203040506id_/http://toy.example/a/one.html")
                if "/web/20200101" in url
                else None
            )

        archives.fault = fault
        archives.captures.append(captured("one", "20190203040506", "text of 2019"))
        archives.captures.append(captured("one", "20180203040506", "text of 2018"))
        done = run(archives, "wayback", tmp_path, "-s", "EXTRA_KEYS=fetched")
        assert b'fetched: "2019-02-03 12:05:06"' in done.files("toy")["one"]
        assert replayed(archives) == ["20200101000000", "20190203040506"]
        # With all captures, the one to which the archive redirects is not fetched twice.
        every = run(archives, "wayback", tmp_path / "all", "-a", "captures=all")
        assert replayed(archives)[2:] == ["20180203040506", "20190203040506", "20200101000000"]
        assert b"text of 2019" in every.files("toy")["one"]


@pytest.mark.parametrize("target", ["http://toy.example/a/one.html", "https://www.toy.example/a/one.html"])
def test_captures_that_redirect_to_a_listed_one_are_left_out_with_all_captures(tmp_path: Path, target: str) -> None:
    years = (17, 18, 19, 20)
    unlisted = wire(article("one", "text of 16"), Memento_Datetime="now")
    answers = {"/web/2017": moved(f"{WAYBACK}/web/20200101000000id_/{target}"),
               "/web/2018": moved(f"{WAYBACK}/web/20160101000000id_/{target}"),
               "/web/2019": moved(f"{WAYBACK}/web/20160101000000id_/{target}"),
               "/web/2016": Answer(raw=unlisted)}  # fmt: skip
    with Archives([captured("one", f"20{year}0101000000", f"text of {year}") for year in years]).run() as archives:
        archives.fault = lambda number, url: next((answers[part] for part in answers if part in url), None)
        done = run(archives, "wayback", tmp_path, "-a", "captures=all")
        assert [time[2:4] for time in replayed(archives)] == ["17", "18", "16", "19", "20"]
        assert (figures(done)["captures.missing"], figures(done)["pages.article"]) == ("2", "2")
        assert b"text of 20" in done.files("toy")["one"]


@pytest.mark.parametrize(
    "target",
    ["/web/20200101000000id_/http://toy.example/a/one.html", "/web/20200101000000id_/http://toy.example/a/two.html",
     "/web/20200101000000id_/http://toy.example/", "http://elsewhere.example/a/one.html", "https://[::1/", ""],
)  # fmt: skip
def test_other_redirects_are_not_followed(tmp_path: Path, target: str) -> None:
    with Archives([captured("one", "20200101000000")]).run() as archives:
        archives.fault = lambda number, url: moved(target) if "/web/" in url else None
        done = run(archives, "wayback", tmp_path)
        assert (done.files("toy"), figures(done)["captures.missing"], len(replayed(archives))) == ({}, "1", 1)
        run(archives, "wayback", tmp_path)
        assert len(replayed(archives)) == 1


def test_revisits_are_read(tmp_path: Path) -> None:
    first = captured("one", "20200101000000")
    revisit = replace(captured("two", "20210101000000"), status="-", mime="warc/revisit")
    with Archives([first, replace(first, timestamp="20210101000000", status="-"), revisit]).run() as archives:
        done = run(archives, "wayback", tmp_path)
        assert set(done.files("toy")) == {"one", "two"}
        # The revisit has the content of the capture before it, and is not fetched.
        assert replayed(archives) == ["20200101000000", "20210101000000"]


def test_a_captured_error_page_is_refused_and_does_not_concern_the_site(tmp_path: Path) -> None:
    with Archives(
        [replace(captured("gone", body=b"<html>not here</html>"), status="200"), captured("one")]
    ).run() as archives:
        archives.captures[0] = replace(archives.captures[0], status="200")
        original = {"x-archive-orig-content-type": "text/html", "Memento_Datetime": "now"}

        def fault(number: int, url: str) -> Answer | None:
            is_bad = "/web/" in url and "gone" in url
            return Answer(raw=wire(b"<html>not here</html>", "404 Not Found", **original)) if is_bad else None

        archives.fault = fault
        done = run(archives, "wayback", tmp_path)
        assert (set(done.files("toy")), figures(done)["pages.gone"]) == ({"one"}, "1")
