"""WARC files: what goes in comes out, whatever tool wrote them, and a damaged record costs a record."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.reading.page import Page
from crawler.recordings.archives import Archive
from crawler.recordings.protocol import RecordingError
from crawler.recordings.warc import LARGEST, Exchange, Recorder

TIME = "2026-11-22T01:02:03+00:00"


def exchange(number: int = 1, **changes: object) -> Exchange:
    values: dict[str, object] = {
        "method": "GET", "url": f"https://a.example/{number}?x=1",
        "request_headers": [("Host", "a.example")], "request_body": b"",
        "status": 200, "headers": [("Content-Type", "text/html")], "body": f"页 {number} ".encode() * 50, "time": TIME,
    }  # fmt: skip
    return Exchange(**values | changes)  # type: ignore[arg-type]


def record(path: Path, *exchanges: Exchange) -> Path:
    recorder = Recorder(path, {"software": "test"})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path


@pytest.fixture(params=["crawl.warc.gz", "crawl.warc"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def pages(path: Path) -> list[Page]:
    return [page for page in Archive(path) if isinstance(page, Page)]


def plain(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def errors(path: Path) -> list[str]:
    return [str(error) for error in Archive(path) if isinstance(error, RecordingError)]


def test_a_page_comes_out_as_it_went_in(path: Path) -> None:
    record(path, exchange(headers=[("Content-Type", "text/html"), ("Vary", "a"), ("Vary", "b")]))
    page = Archive(path).find("GET", "https://a.example/1?x=1", b"")
    assert page is not None
    assert (page.url, page.status, page.fetched_at, page.truncated) == ("https://a.example/1?x=1", 200, TIME, False)
    assert page.headers["vary"] == "a, b"
    assert page.body == "页 1 ".encode() * 50


def test_other_tools_find_no_fault_in_it(path: Path) -> None:
    record(path, exchange(), exchange(2, status=567, body=b""))
    done = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    with path.open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file)]
    assert kinds == ["warcinfo", "response", "request", "response", "request"]


def test_what_was_sent_belongs_to_the_request(path: Path) -> None:
    url = "https://a.example/search"
    record(
        path, *(exchange(url=url, method="POST", request_body=word, body=b"of " + word) for word in (b"q=1", b"q=2"))
    )
    archive = Archive(path)
    assert [archive.find("POST", url, word).body for word in (b"q=1", b"q=2")] == [b"of q=1", b"of q=2"]  # type: ignore[union-attr]
    assert archive.find("GET", url, b"") is None
    assert archive.find("POST", url, b"q=3") is None


def test_packed_bodies_are_kept_packed_and_read_unpacked(path: Path) -> None:
    record(path, exchange(body=gzip.compress(b"text"), headers=[("Content-Encoding", "gzip")]))
    assert gzip.compress(b"text")[10:-8] in plain(path)
    assert [page.body for page in pages(path)] == [b"text"]


def test_an_answer_that_broke_off_is_marked(path: Path) -> None:
    record(path, exchange(truncated=True))
    assert [page.truncated for page in pages(path)] == [True]


def test_of_several_answers_the_last_that_is_a_page_counts(path: Path) -> None:
    answers = [exchange(body=b"first"), exchange(body=b"second"), exchange(status=304, body=b"")]
    answers.append(exchange(body=gzip.compress(b"third")[:-9], headers=[("Content-Encoding", "gzip")]))
    record(path, *answers)
    page = Archive(path).find("GET", exchange().url, b"")
    assert page is not None
    assert page.body == b"second"


def test_an_answer_that_cannot_be_unpacked_is_named(path: Path) -> None:
    record(path, exchange(body=gzip.compress(b"third")[:-9], headers=[("Content-Encoding", "gzip")]))
    with pytest.raises(RecordingError, match=r"https://a\.example/1\?x=1: the gzip data are damaged"):
        Archive(path).find("GET", exchange().url, b"")


def test_cookies_and_passwords_stay_out(path: Path) -> None:
    names = ("Cookie", "Authorization", "Proxy-Authorization", "Set-Cookie")
    secrets = [(name, "hidden-word") for name in names]
    record(path, exchange(request_headers=secrets, headers=secrets))
    assert b"hidden-word" not in plain(path)


def test_a_recording_is_never_written_over(path: Path) -> None:
    record(path, exchange())
    with pytest.raises(FileExistsError):
        Recorder(path, {})


def test_a_run_that_was_killed_costs_its_last_record(path: Path) -> None:
    data = record(path, exchange(1), exchange(2), exchange(3)).read_bytes()
    path.write_bytes(data[: data.rindex(b"\x1f\x8b\x08" if path.suffix == ".gz" else b"WARC/1.") - 40])
    assert [page.url[18] for page in pages(path)] == ["1", "2"]
    assert "it breaks off" in errors(path)[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.01, 1, exclude_max=True), change=st.integers(1, 255), suffix=st.sampled_from([".warc", ".gz"]))
def test_a_damaged_byte_costs_a_record_at_most(tmp_path: Path, share: float, change: int, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.unlink(missing_ok=True)
    record(path, *map(exchange, range(5)))
    whole, raw = [page.body for page in pages(path)], bytearray(path.read_bytes())
    raw[int(len(raw) * share)] ^= change
    path.write_bytes(raw)
    bodies = [page.body for page in pages(path)]
    assert all(body in whole for body in bodies)
    assert len(bodies) >= 4


def test_no_warc_file(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", b"<html>"):
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(RecordingError, match="no WARC file"):
            Archive(tmp_path / "x")


def test_a_file_packed_as_a_whole_says_what_mends_it(tmp_path: Path) -> None:
    record(tmp_path / "a.warc", exchange(1), exchange(2))
    (tmp_path / "a.warc.gz").write_bytes(gzip.compress((tmp_path / "a.warc").read_bytes()))
    assert "warcio recompress" in errors(tmp_path / "a.warc.gz")[0]


def test_chunked_bodies_and_other_records_of_foreign_archives(tmp_path: Path) -> None:
    def raw(kind: str, content: bytes, *headers: str) -> bytes:
        head = [
            "WARC/1.0",
            f"WARC-Type: {kind}",
            f"Content-Length: {len(content)}",
            "WARC-Record-ID: <urn:x>",
            *headers,
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n\r\n"

    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    url, date = "WARC-Target-URI: <https://a.example/>", "WARC-Date: 2026-01-01T00:00:00.5Z"
    path = tmp_path / "foreign.warc"
    path.write_bytes(
        raw("warcinfo", b"software: x\r\n")
        + raw("response", answer, url, date, "Content-Type: application/http; msgtype=response")
        + raw("response", b"\x00\x01", "WARC-Target-URI: dns:a.example", date)
        + raw("revisit", b"HTTP/1.1 200 OK\r\n\r\n", url, date)
        + raw("metadata", b"x: y")
        + raw("response", b"")
    )
    assert [(page.url, page.body, page.fetched_at) for page in pages(path)] == [
        ("https://a.example/", b"abcde", "2026-01-01T00:00:00+00:00")
    ]
    assert errors(path) == []


def test_an_answer_whose_own_head_calls_it_a_request_is_read(path: Path) -> None:
    """The record's head ends its lines with LF alone: so the first empty line is that of the answer's head."""
    http = b"HTTP/1.1 200 OK\r\nWARC-Type: request\r\nContent-Length: 4\r\n\r\nabcd"
    head = f"WARC/1.0\nWARC-Type: response\nWARC-Target-URI: https://a.example/\nContent-Length: {len(http)}\n"
    data = f"{head}Content-Type: application/http; msgtype=response\n\n".encode() + http + b"\r\n\r\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    assert [page.body for page in pages(path)] == [b"abcd"]


def test_a_line_of_the_head_may_go_on_in_the_next(path: Path) -> None:
    http = b"HTTP/1.1 200 OK\r\nWARC-Payload-Digest: none\r\n\r\nabcd"
    head = [
        "WARC/1.0",
        "WARC-Type: response",
        f"Content-Length: {len(http)}",
        f"WARC-Block-Digest: sha1:{hashlib.sha1(http).hexdigest()}",
        "WARC-Target-URI: https://a.example/",
        "WARC-Payload-Digest:",
        f" sha1:{hashlib.sha1(b'abcd').hexdigest()}",
        "Content-Type: application/http; msgtype=response",
    ]
    data = "\r\n".join(head).encode() + b"\r\n\r\n" + http + b"\r\n\r\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    assert errors(path) == []
    assert [(page.url, page.headers, page.body) for page in pages(path)] == [
        ("https://a.example/", {"warc-payload-digest": "none"}, b"abcd")
    ]


def test_a_film_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = record(tmp_path / "film.warc.gz", exchange(1, body=bytes(LARGEST + 1)), exchange(2))
    assert [page.url[18] for page in pages(path)] == ["2"]
    assert errors(path) == [f"{path}, byte {_place(path)}: a damaged record: more than {LARGEST} bytes"]


def _place(path: Path) -> int:
    """Where the second record lies."""
    iterator = ArchiveIterator(io.BytesIO(path.read_bytes()))
    next(iterator)
    next(iterator)
    return int(iterator.get_record_offset())


def test_a_length_beyond_all_measure_costs_its_record(tmp_path: Path) -> None:
    path = record(tmp_path / "x.warc.gz", exchange(1), exchange(2))
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Length: " + b"9" * 30
    path.write_bytes(gzip.compress(head + b"\r\n\r\nx\r\n\r\n") + path.read_bytes())
    assert len(pages(path)) == 2
    assert len(errors(path)) == 1


def test_a_request_may_be_one_of_several_that_a_record_names(path: Path) -> None:
    url = "https://a.example/search"
    record(path, exchange(url=url, method="POST", request_body=b"q=1"))
    data = plain(path).replace(b"WARC-Concurrent-To:", b"WARC-Concurrent-To: <urn:other>\r\nWARC-Concurrent-To:")
    path.with_name("y.warc").write_bytes(data)
    assert Archive(path.with_name("y.warc")).find("POST", url, b"q=1") is not None
