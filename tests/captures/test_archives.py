"""Requests and responses of the archives, without a network."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.captures.capture import (
    ArchiveBusy,
    ArchiveRefusal,
    Capture,
    CaptureMissing,
    IndexMissing,
    Moved,
    PublicArchive,
    first_second,
    last_second,
    moment,
    variants,
    without_port,
)
from crawler.captures.common_crawl import CommonCrawl
from crawler.captures.places import Place
from crawler.captures.wayback import Wayback
from crawler.reading.page import Page

PLACES = (Place("www.x.example/news/", ".*[.]html.*"),)
CRAWL, WAYBACK = CommonCrawl(PLACES, crawls=("CC-MAIN-2026-43",)), Wayback(PLACES)
ROW = {"url": "http://x.example:80/1.html", "timestamp": "20261129175641", "filename": "crawl-data/a.warc.gz",
       "offset": "57", "length": "37"}  # fmt: skip
JSON = {"content-type": "application/json"}


def page(body: str | bytes, status: int = 200, url: str = "https://index.commoncrawl.org/", **headers: str) -> Page:
    data = body.encode() if isinstance(body, str) else body
    return Page(url, data, status, {name.replace("_", "-"): value for name, value in headers.items()} or JSON)


def crawl_ids(*rows: dict[str, str], since: str = "", until: str = "") -> list[str]:
    archive = CommonCrawl(PLACES, since=since, until=until)
    return [query.url.partition("-index")[0][-2:] for query in archive.queries(page(json.dumps(rows)))]


ROWS = tuple({"id": f"CC-MAIN-2026-{week}", "from": f"2026-{month}-10T00:00:00", "to": f"2026-{month}-20T00:00:00"}
             for week, month in (("43", "10"), ("35", "08"), ("04", "01")))  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2026-08-20", "", ["43", "35"]), ("2026-08-21", "", ["43"]), ("", "2026-08-10", ["35", "04"]),
        ("", "2026-08-09", ["04"]), ("2026-08-15", "2026-08-15", ["35"]),
    ],
)  # fmt: skip
def test_crawls_overlap_with_the_days(since: str, until: str, expected: list[str]) -> None:
    assert crawl_ids(*ROWS, since=since, until=until) == expected


@pytest.mark.parametrize(
    ("begin", "end", "since", "until", "is_found"),
    [
        ("2026-08-10T00:00:00", "2026-08-20T16:00:00", "2026-08-21", "", True),  # midnight in Beijing
        ("2026-08-10T00:00:00", "2026-08-20T15:59:59", "2026-08-21", "", False),
        ("2026-08-10T16:00:00", "2026-08-20T00:00:00", "", "2026-08-10", False),
        ("2026-08-10T15:59:59", "2026-08-20T00:00:00", "", "2026-08-10", True),
        ("2026-08-10T15:59:59Z", "2026-08-20T16:00:00.5+00:00", "2026-08-21", "2026-08-21", True),
        ("2026-08-10", "2026-08-20", "2026-08-21", "", True),  # the end of the day, in UTC
        ("2026-08-10", "2026-08-20", "2026-08-22", "", False),
        ("unknown", "unknown", "2026-08-22", "2026-08-22", True),
    ],
)
def test_days_of_beijing_are_compared_with_the_times_of_a_crawl(
    begin: str, end: str, since: str, until: str, is_found: bool
) -> None:
    row = {"id": "CC-MAIN-2026-35", "from": begin, "to": end}
    other = {"id": "CC-MAIN-2013-20"}
    assert crawl_ids(row, other, since=since, until=until) == (["35", "20"] if is_found else ["20"])


def test_a_crawl_without_times_is_queried() -> None:
    assert crawl_ids({"id": "CC-MAIN-2013-20"}, *ROWS, since="2026-10-01") == ["20", "43"]


def test_days_without_a_crawl() -> None:
    with pytest.raises(ValueError, match="none of the 3 crawls"):
        crawl_ids(*ROWS, since="2026-12-01")


@pytest.mark.parametrize("body", ["<html>", "{}", "[1]", "[{}]", "null", ""])
def test_a_list_of_crawls_that_is_none(body: str) -> None:
    with pytest.raises((ArchiveBusy, ValueError)):
        CommonCrawl(PLACES, since="2026-01-01").queries(page(body))


def test_queries_have_the_form_of_the_apis() -> None:
    (query,) = CRAWL.queries(None)
    assert query.url == (
        "https://index.commoncrawl.org/CC-MAIN-2026-43-index?url=www.x.example%2Fnews%2F&matchType=prefix&output=json"
        "&filter=%3Dstatus%3A200&filter=%21~mime%3A%28image%7Cvideo%7Caudio%7Cfont%29%2F.%2A"
        "&filter=~url%3A.%2A%5B.%5Dhtml.%2A"
    )
    assert CRAWL.index_request(query, "").url == f"{query.url}&showNumPages=true"
    assert CRAWL.index_request(query, "3/7").url == f"{query.url}&page=3"
    (query,) = Wayback(PLACES, since="2015-01-01", until="2026-02-11").queries(None)
    assert query.url == (
        "https://web.archive.org/cdx/search/cdx?url=www.x.example%2Fnews%2F&matchType=prefix&output=json"
        "&fl=timestamp%2Coriginal%2Cmimetype%2Cstatuscode%2Cdigest%2Clength&filter=statuscode%3A%28200%7C-%29"
        "&filter=%21mimetype%3A%28image%7Cvideo%7Caudio%7Cfont%29%2F.%2A&filter=original%3A.%2A%5B.%5Dhtml.%2A"
        "&collapse=digest&limit=5000&showResumeKey=true&from=20141231160000&to=20260211155959"
    )
    assert Wayback(PLACES).index_request(query, "a b").url == f"{query.url}&resumeKey=a+b"


def read(archive: PublicArchive, answer: Page, position: str = "") -> tuple[list[str], str, bool, int]:
    (query,) = archive.queries(None)
    found = archive.read_index(query, position, answer)
    return [capture.url for capture in found.captures], found.position, found.is_last, len(found.damaged)


def test_pages_of_the_index_of_common_crawl() -> None:
    one = json.dumps(ROW)
    assert read(CRAWL, page('{"pages": 5, "pageSize": 5, "blocks": 10}')) == ([], "0/5", False, 0)
    assert read(CRAWL, page("3")) == ([], "0/3", False, 0)
    assert read(CRAWL, page('{"pages": 0}')) == ([], "0/0", True, 0)
    assert read(CRAWL, page(f"{one}\n{one}\n"), "3/5") == (["http://x.example/1.html"] * 2, "4/5", False, 0)
    assert read(CRAWL, page(one), "4/5") == (["http://x.example/1.html"], "5/5", True, 0)
    assert read(CRAWL, page(f"{one}\n{one[:-20]}"), "4/5") == (["http://x.example/1.html"], "5/5", True, 1)
    assert read(CRAWL, page("", 400), "9/9") == ([], "9/9", True, 0)
    assert read(CRAWL, page("", 400), "7/0") == ([], "7/0", True, 0)
    for position in ("0/5", "1/5", "4/5"):  # the other pages are read by the next run
        with pytest.raises(IndexMissing):
            read(CRAWL, page("", 400), position)
    nothing = page('{"message": "No Captures found for: x.example"}', 404)
    assert read(CRAWL, nothing) == ([], "1/0", True, 0)
    assert read(CRAWL, nothing, "2/5") == ([], "3/5", False, 0)  # the filter excludes all rows of the page


def test_pages_of_the_index_of_the_wayback_machine() -> None:
    names, row = ["timestamp", "original"], ["20261129175641", "http://x.example:80/1.html"]
    assert read(WAYBACK, page(json.dumps([names, row, [], ["key 5"]]))) == (
        ["http://x.example/1.html"], "key 5", False, 0,
    )  # fmt: skip
    assert read(WAYBACK, page(json.dumps([names, row]))) == (["http://x.example/1.html"], "", True, 0)
    assert read(WAYBACK, page("[]")) == ([], "", True, 0)
    assert read(WAYBACK, page(json.dumps([names, ["2026", "http://x.example/"], row[:1], row])))[3] == 2


@pytest.mark.parametrize("archive", [CRAWL, WAYBACK])
@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, "no", ArchiveRefusal), (429, "", ArchiveBusy), (503, "", ArchiveBusy), (504, "<html>", ArchiveBusy),
        (200, "", ArchiveBusy), (200, "<html>down</html>", ArchiveBusy), (404, "<html>no</html>", IndexMissing),
        (301, "", IndexMissing),
    ],
)  # fmt: skip
def test_answers_that_are_no_index(archive: PublicArchive, status: int, body: str, expected: type[Exception]) -> None:
    for position in ("", "1/2"):
        with pytest.raises(expected):
            read(archive, page(body, status), position)


@pytest.mark.parametrize("archive", [CRAWL, WAYBACK])
@given(body=st.binary(max_size=60) | st.recursive(
    st.none() | st.integers() | st.text(max_size=5) | st.sampled_from(["timestamp", "original", "20200101000000"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ROW, "pages"]), inner, max_size=5),
).map(lambda value: json.dumps(value).encode()))  # fmt: skip
def test_any_answer_is_read_or_refused(archive: PublicArchive, body: bytes) -> None:
    with suppress(ArchiveBusy, IndexMissing):
        read(archive, page(body), "1/2")


@pytest.mark.parametrize(
    "name", ["../etc/passwd", "/etc/passwd", "a b", "", "http://elsewhere.example/x", "a?b", "a#b"]
)
def test_a_file_of_another_kind_is_a_damaged_row(name: str) -> None:
    body = json.dumps(ROW) + "\n" + json.dumps({**ROW, "filename": name})
    assert read(CRAWL, page(body), "1/2")[3] == 1


def test_a_record_is_one_range() -> None:
    request = CRAWL.capture_request(Capture("http://x.example/", "20200101000000", "crawl-data/a.warc.gz:57:37"))
    assert request.url == "https://data.commoncrawl.org/crawl-data/a.warc.gz#bytes=57-93"
    assert (request.headers["Range"], request.headers["Accept-Encoding"]) == (b"bytes=57-93", b"identity")


CAPTURE = Capture("http://x.example/1.html", "20200101000000")
REPLAY = "https://web.archive.org/web/20190203040506id_/http://x.example/1.html"


def test_a_replayed_page_has_the_captured_headers_and_time() -> None:
    headers = {"content-type": "text/html", "x-archive-orig-content-type": "text/html; charset=gbk",
               "x-archive-orig-etag": '"1"', "x-archive-orig-content-length": "9", "server": "nginx"}  # fmt: skip
    found = WAYBACK.read_capture(CAPTURE, replace(page("<html>", url=REPLAY), headers=headers))
    assert isinstance(found, Page)
    assert found.headers == {"content-type": "text/html; charset=gbk", "etag": '"1"'}
    assert (found.url, found.fetched_at) == (CAPTURE.url, "2019-02-03T04:05:06+00:00")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (page("<html>The Wayback Machine", 200, REPLAY), ArchiveBusy), (page("", 200, REPLAY), ArchiveBusy),
        (page("", 200, REPLAY, memento_datetime="x"), ArchiveBusy), (page("no", 403, REPLAY), ArchiveRefusal),
        (page("<html>not archived", 404, REPLAY), CaptureMissing), (page("", 429, REPLAY), ArchiveBusy),
        (page(b"\0\1", 200, REPLAY, x_archive_orig_content_encoding="br"), CaptureMissing),
        (page("", 302, REPLAY, location="https://elsewhere.example/web/20190203040506id_/http://x"), CaptureMissing),
    ],
)  # fmt: skip
def test_answers_that_are_no_capture(answer: Page, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        WAYBACK.read_capture(CAPTURE, answer)


@pytest.mark.parametrize(
    "location", [REPLAY, REPLAY.replace("id_", ""), "/web/20190203040506id_/http://x.example/1.html"]
)
def test_a_redirect_leads_to_another_time(location: str) -> None:
    found = WAYBACK.read_capture(CAPTURE, page("", 302, REPLAY.replace("2019", "2020"), location=location))
    assert found == Moved(Capture(CAPTURE.url, "20190203040506"))


def test_days_are_those_of_beijing() -> None:
    assert (first_second("2025-02-11"), last_second("2025-02-11")) == ("20250210160000", "20250211155959")
    assert (first_second(""), last_second("")) == ("", "")
    assert moment("20250210160000") == "2025-02-10T16:00:00+00:00"


@pytest.mark.parametrize("timestamp", ["2025", "20251301000000", "x" * 14, "", "２０２５０２１０１６００００"])
def test_invalid_times(timestamp: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(timestamp)


def test_default_ports_and_variants() -> None:
    urls = ["http://x.cn:80/1", "https://x.cn:443", "http://x.cn:443/1", "http://x.cn:8080/", "http://x.cn/a:80/"]
    assert [without_port(url) for url in urls] == ["http://x.cn/1", "https://x.cn", *urls[2:]]
    assert [*variants("http://www.x.cn/1")] == [
        "http://www.x.cn/1", "https://www.x.cn/1", "http://x.cn/1", "https://x.cn/1",
    ]  # fmt: skip
