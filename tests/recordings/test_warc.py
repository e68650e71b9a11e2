"""Tests of `Recorder` and `Archive`: own recordings, archives of other tools, and damaged records."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.protocol import RecordingError
from crawler.recordings.recorder import Exchange, Recorder
from crawler.recordings.views import MAX_RECORD_SIZE

TIME = "2026-11-22T01:02:03+00:00"


def exchange(number: int = 1, **changes: object) -> Exchange:
    values: dict[str, object] = {
        "method": "GET", "url": f"https://a.example/{number}?x=1",
        "request_headers": [("Host", "a.example")], "request_body": b"",
        "status": 200, "headers": [("Content-Type", "text/html")], "body": f"页 {number} ".encode() * 50, "time": TIME,
    }  # fmt: skip
    return Exchange(**values | changes)  # type: ignore[arg-type]


def write_warc(path: Path, *exchanges: Exchange) -> Path:
    recorder = Recorder(path, {"software": "test"})
    for each in exchanges:
        recorder.write(each)
    recorder.close()
    return path


@pytest.fixture(params=["crawl.warc.gz", "crawl.warc"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def pages(path: Path) -> list[Page]:
    return [page for page in Archives([path]) if isinstance(page, Page)]


def uncompressed(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def errors(path: Path) -> list[str]:
    return [str(error) for error in Archives([path]) if isinstance(error, RecordingError)]


def test_archive_reads_what_the_recorder_wrote(path: Path) -> None:
    write_warc(path, exchange(headers=[("Content-Type", "text/html"), ("Vary", "a"), ("Vary", "b")]))
    page = Archives([path]).find("GET", "https://a.example/1?x=1", b"")
    assert page is not None
    assert (page.url, page.status, page.fetched_at, page.truncated) == ("https://a.example/1?x=1", 200, TIME, False)
    assert page.headers["vary"] == "a, b"
    assert page.body == "页 1 ".encode() * 50


def test_recorder_writes_files_that_warcio_accepts(path: Path) -> None:
    write_warc(path, exchange(), exchange(2, status=567, body=b""))
    done = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
    with path.open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file)]
    assert kinds == ["warcinfo", "response", "request", "response", "request"]


def test_archive_finds_responses_by_request_body(path: Path) -> None:
    url = "https://a.example/search"
    write_warc(
        path, *(exchange(url=url, method="POST", request_body=word, body=b"of " + word) for word in (b"q=1", b"q=2"))
    )
    archive = Archives([path])
    assert [archive.find("POST", url, word).body for word in (b"q=1", b"q=2")] == [b"of q=1", b"of q=2"]  # type: ignore[union-attr]
    assert archive.find("GET", url, b"") is None
    assert archive.find("POST", url, b"q=3") is None


def test_recorder_stores_compressed_bodies_unchanged(path: Path) -> None:
    write_warc(path, exchange(body=gzip.compress(b"text"), headers=[("Content-Encoding", "gzip")]))
    assert gzip.compress(b"text")[10:-8] in uncompressed(path)
    assert [page.body for page in pages(path)] == [b"text"]


def test_archive_marks_truncated_responses(path: Path) -> None:
    write_warc(path, exchange(truncated=True))
    assert [page.truncated for page in pages(path)] == [True]


def test_archive_finds_the_last_readable_response_except_304(path: Path) -> None:
    responses = [exchange(body=b"first"), exchange(body=b"second"), exchange(status=304, body=b"")]
    responses.append(exchange(body=gzip.compress(b"third")[:-9], headers=[("Content-Encoding", "gzip")]))
    write_warc(path, *responses)
    page = Archives([path]).find("GET", exchange().url, b"")
    assert page is not None
    assert page.body == b"second"


def test_archive_error_names_the_url_of_an_unreadable_response(path: Path) -> None:
    write_warc(path, exchange(body=gzip.compress(b"third")[:-9], headers=[("Content-Encoding", "gzip")]))
    with pytest.raises(RecordingError, match=r"https://a\.example/1\?x=1: invalid gzip data"):
        Archives([path]).find("GET", exchange().url, b"")


def test_recorder_omits_secret_headers(path: Path) -> None:
    names = ("Cookie", "Authorization", "Proxy-Authorization", "Set-Cookie")
    secrets = [(name, "hidden-word") for name in names]
    write_warc(path, exchange(request_headers=secrets, headers=secrets))
    assert b"hidden-word" not in uncompressed(path)


def test_recorder_does_not_overwrite_a_file(path: Path) -> None:
    write_warc(path, exchange())
    with pytest.raises(FileExistsError):
        Recorder(path, {})


def test_archive_reads_a_truncated_file_up_to_its_last_record(path: Path) -> None:
    data = write_warc(path, exchange(1), exchange(2), exchange(3)).read_bytes()
    path.write_bytes(data[: data.rindex(b"\x1f\x8b\x08" if path.suffix == ".gz" else b"WARC/1.") - 40])
    assert [page.url[18] for page in pages(path)] == ["1", "2"]
    assert "truncated" in errors(path)[0]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.01, 1, exclude_max=True), change=st.integers(1, 255), suffix=st.sampled_from([".warc", ".gz"]))
def test_archive_loses_at_most_one_record_to_a_damaged_byte(
    tmp_path: Path, share: float, change: int, suffix: str
) -> None:
    path = tmp_path / f"x{suffix}"
    path.unlink(missing_ok=True)
    write_warc(path, *map(exchange, range(5)))
    undamaged, raw = [page.body for page in pages(path)], bytearray(path.read_bytes())
    raw[int(len(raw) * share)] ^= change
    path.write_bytes(raw)
    bodies = [page.body for page in pages(path)]
    assert all(body in undamaged for body in bodies)
    assert len(bodies) >= 4


def test_archive_reads_chunked_bodies_and_skips_other_record_types(tmp_path: Path) -> None:
    def record(warc_type: str, content: bytes, *headers: str) -> bytes:
        head = [
            "WARC/1.0",
            f"WARC-Type: {warc_type}",
            f"Content-Length: {len(content)}",
            "WARC-Record-ID: <urn:x>",
            *headers,
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + content + b"\r\n\r\n"

    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    url, date = "WARC-Target-URI: <https://a.example/>", "WARC-Date: 2026-01-01T00:00:00.5Z"
    path = tmp_path / "foreign.warc"
    path.write_bytes(
        record("warcinfo", b"software: x\r\n")
        + record("response", response, url, date, "Content-Type: application/http; msgtype=response")
        + record("response", b"\x00\x01", "WARC-Target-URI: dns:a.example", date)
        + record("revisit", b"HTTP/1.1 200 OK\r\n\r\n", url, date)
        + record("metadata", b"x: y")
        + record("response", b"")
    )
    assert [(page.url, page.body, page.fetched_at) for page in pages(path)] == [
        ("https://a.example/", b"abcde", "2026-01-01T00:00:00+00:00"),
    ]
    damaged, unresolved = errors(path)
    assert damaged.endswith("damaged record: a response record without WARC-Target-URI")
    assert unresolved.endswith("https://a.example/: the original of this revisit record is not in the archives")


def test_archive_ignores_warc_headers_inside_the_http_response(path: Path) -> None:
    """The lines of the WARC header end with LF alone: the first CRLF CRLF ends the header of the HTTP response."""
    http = b"HTTP/1.1 200 OK\r\nWARC-Type: request\r\nContent-Length: 4\r\n\r\nabcd"
    head = f"WARC/1.0\nWARC-Type: response\nWARC-Target-URI: https://a.example/\nContent-Length: {len(http)}\n"
    data = f"{head}Content-Type: application/http; msgtype=response\n\n".encode() + http + b"\r\n\r\n"
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    assert [page.body for page in pages(path)] == [b"abcd"]


def test_archive_reads_folded_header_lines(path: Path) -> None:
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


@pytest.mark.slow
def test_archive_rejects_a_record_that_is_too_large(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "video.warc.gz", exchange(1, body=bytes(MAX_RECORD_SIZE + 1)), exchange(2))
    assert [page.url[18] for page in pages(path)] == ["2"]
    assert errors(path) == [f"{path}, byte {second_offset(path)}: damaged record: more than {MAX_RECORD_SIZE} bytes"]


def second_offset(path: Path) -> int:
    """Return the byte offset of the first response record, the second one of the file."""
    iterator = ArchiveIterator(io.BytesIO(path.read_bytes()))
    next(iterator)
    next(iterator)
    return int(iterator.get_record_offset())


def test_archive_loses_one_record_to_a_huge_content_length(tmp_path: Path) -> None:
    path = write_warc(tmp_path / "x.warc.gz", exchange(1), exchange(2))
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a.example/\r\nContent-Length: " + b"9" * 30
    path.write_bytes(gzip.compress(head + b"\r\n\r\nx\r\n\r\n") + path.read_bytes())
    assert len(pages(path)) == 2
    assert len(errors(path)) == 1


def test_archive_reads_several_concurrent_to_headers(path: Path) -> None:
    url = "https://a.example/search"
    write_warc(path, exchange(url=url, method="POST", request_body=b"q=1"))
    data = uncompressed(path).replace(b"WARC-Concurrent-To:", b"WARC-Concurrent-To: <urn:other>\r\nWARC-Concurrent-To:")
    path.with_name("y.warc").write_bytes(data)
    assert Archives([path.with_name("y.warc")]).find("POST", url, b"q=1") is not None


@pytest.mark.parametrize("coding", ["br", "gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf<html>\xe6\x96\x87</html>", b"\xef\xbb\xbf <!-- x --><html>", b"\r\n\t {}", b"\xef\xbb\xbf[1, 2]",
        b"\xef\xbb\xbf<?xml version='1.0'?><rss></rss>", "新闻。".encode(), "<html>新闻</html>".encode("gb18030"),
        b"Warning: x\n<rss></rss>", "<html>文".encode("utf-16"),
    ],
)  # fmt: skip
def test_archive_reads_bodies_that_were_decompressed_before(path: Path, coding: str, body: bytes) -> None:
    write_warc(path, exchange(body=body, headers=[("Content-Type", "text/html"), ("Content-Encoding", coding)]))
    assert [page.body for page in pages(path)] == [body]


@pytest.mark.parametrize(("coding", "compress"), [("br", brotli.compress), ("deflate", zlib.compress)])
def test_archive_refuses_damaged_compressed_bodies(path: Path, coding: str, compress: Callable[[bytes], bytes]) -> None:
    body = compress("半导体设备订单回升，㐂字与号都在。".encode() * 9)[:-9]
    write_warc(path, exchange(body=body, headers=[("Content-Encoding", coding)]))
    assert f"invalid {coding} data" in errors(path)[0]
