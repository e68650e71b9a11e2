"""Revisit and resource records: bodies that are stored elsewhere, or without HTTP headers."""

from __future__ import annotations

import gzip
import hashlib
from base64 import b32encode
from collections.abc import Sequence
from pathlib import Path

import pytest

from crawler.reading.page import Page
from crawler.recordings.archives import Archives
from crawler.recordings.protocol import RecordingError, UnresolvedRevisitError
from tests.support.archive_forms import warc_record

URL = "https://a.example/1"
BODY = "<html>文字</html>".encode()
DIGEST = "sha1:" + b32encode(hashlib.sha1(BODY).digest()).decode()
SAME = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.0/revisit/server-not-modified"
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Number: 2\r\n\r\n"


def original(body: bytes = BODY, head: bytes = b"", **fields: str) -> bytes:
    content = (head or b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Number: 1\r\n\r\n") + body
    fields = {"WARC_Record_ID": "<urn:uuid:1>", "WARC_Payload_Digest": DIGEST, "url": URL, **fields}
    return warc_record("response", fields.pop("url"), content, **fields)


def revisit(http: str = HEAD, profile: str = SAME, **fields: str) -> bytes:
    fields = {"WARC_Record_ID": "<urn:uuid:2>", "WARC_Date": "2026-11-23T00:00:00Z", "url": URL, **fields}
    return warc_record("revisit", fields.pop("url"), http.encode(), WARC_Profile=profile, **fields)


def read(folder: Path, *files: Sequence[bytes]) -> tuple[list[Page], list[RecordingError], Archives]:
    paths = []
    for number, records in enumerate(files):
        paths.append(folder / f"{number}.warc.gz")
        paths[-1].write_bytes(b"".join(map(gzip.compress, records)))
    archives = Archives(paths)
    found = list(archives)
    pages = [page for page in found if isinstance(page, Page)]
    return pages, [error for error in found if isinstance(error, RecordingError)], archives


REFERENCES = {
    "id": {"WARC_Refers_To": "<urn:uuid:1>"},
    "URL and date": {"WARC_Refers_To_Target_URI": URL, "WARC_Refers_To_Date": "2026-11-22T00:00:00.123456Z"},
    "digest": {"WARC_Payload_Digest": DIGEST},
    "digest of another URL": {"WARC_Payload_Digest": DIGEST.lower(), "url": "https://a.example/other"},
}


@pytest.mark.parametrize("reference", REFERENCES)
@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize("is_one_file", [False, True])
def test_a_revisit_has_its_headers_and_the_body_of_the_original(
    reference: str, is_later: bool, is_one_file: bool, tmp_path: Path
) -> None:
    records = [original(), revisit(**REFERENCES[reference])]
    ordered = records[::-1] if is_later else records
    pages, errors, archives = read(tmp_path, *([ordered] if is_one_file else [[each] for each in ordered]))
    assert errors == []
    page = next(page for page in pages if page.fetched_at == "2026-11-23T00:00:00+00:00")
    assert (page.body, page.headers["x-number"], page.status) == (BODY, "2", 200)
    assert [each.headers["x-number"] for each in pages if each is not page] == ["1"]
    found = archives.find("GET", page.url, b"")
    assert found is not None
    assert found.body == BODY


def test_a_revisit_without_headers_has_those_of_the_original(tmp_path: Path) -> None:
    pages, errors, _ = read(tmp_path, [original(), revisit("", WARC_Refers_To="<urn:uuid:1>")])
    assert errors == []
    assert [(page.headers["x-number"], page.body) for page in pages] == [("1", BODY)] * 2


def test_a_page_that_was_not_modified_has_the_status_of_the_original(tmp_path: Path) -> None:
    head = "HTTP/1.1 304 Not Modified\r\nX-Number: 2\r\nContent-Type: text/plain\r\n\r\n"
    pages, errors, _ = read(tmp_path, [original(), revisit(head, NOT_MODIFIED, WARC_Refers_To="<urn:uuid:1>")])
    assert errors == []
    page = pages[1]
    assert (page.status, page.headers["x-number"], page.headers["content-type"]) == (200, "2", "text/html")
    assert page.body == BODY


def test_the_codings_of_the_original_apply_to_its_body(tmp_path: Path) -> None:
    packed = gzip.compress(BODY)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed)
    head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    for number, new in enumerate((HEAD, head)):
        (folder := tmp_path / str(number)).mkdir()
        pages, errors, _ = read(folder, [original(chunked, head.encode()), revisit(new, WARC_Refers_To="<urn:uuid:1>")])
        assert errors == []
        assert [page.body for page in pages] == [BODY] * 2


def test_a_revisit_of_a_revisit_is_resolved(tmp_path: Path) -> None:
    second = revisit(WARC_Refers_To="<urn:uuid:2>", WARC_Record_ID="<urn:uuid:3>", WARC_Date="2026-11-24T00:00:00Z")
    pages, errors, _ = read(tmp_path, [second, revisit(WARC_Refers_To="<urn:uuid:1>"), original()])
    assert (len(pages), errors) == (3, [])
    assert {page.body for page in pages} == {BODY}


def test_revisits_in_a_circle_are_unresolved(tmp_path: Path) -> None:
    circle = [
        revisit(WARC_Refers_To="<urn:uuid:3>"),
        revisit(WARC_Refers_To="<urn:uuid:2>", WARC_Record_ID="<urn:uuid:3>"),
    ]
    pages, errors, _ = read(tmp_path, circle)
    assert (pages, [type(error) for error in errors]) == ([], [UnresolvedRevisitError] * 2)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"WARC_Refers_To": "<urn:uuid:9>"},
        {"WARC_Payload_Digest": "sha1:AAAA"},
        {"WARC_Refers_To_Target_URI": URL, "WARC_Refers_To_Date": "2026-11-22T00:00:01Z"},
        # The record that it names has another content.
        {"WARC_Refers_To": "<urn:uuid:1>", "WARC_Payload_Digest": "sha1:AAAA"},
    ],
)
def test_a_revisit_without_its_original_is_unresolved(fields: dict[str, str], tmp_path: Path) -> None:
    pages, errors, archives = read(tmp_path, [original(), revisit(url="https://a.example/new", **fields)])
    assert [page.url for page in pages] == [URL]
    assert [type(error) for error in errors] == [UnresolvedRevisitError]
    assert "https://a.example/new: the original of this revisit record is not in the archives" in str(errors[0])
    with pytest.raises(UnresolvedRevisitError):
        archives.find("GET", "https://a.example/new", b"")


def test_a_revisit_of_a_damaged_original_is_unresolved(tmp_path: Path) -> None:
    damaged = original(gzip.compress(BODY)[:-9], b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    pages, errors, _ = read(tmp_path, [damaged, revisit(WARC_Refers_To="<urn:uuid:1>")])
    assert pages == []
    assert [type(error) for error in errors] == [RecordingError, UnresolvedRevisitError]
    assert "its original is damaged" in str(errors[1])


def test_a_resource_is_a_page_with_the_type_of_its_record(tmp_path: Path) -> None:
    records = [
        warc_record("resource", URL, BODY, Content_Type="text/html; charset=utf-8"),
        warc_record("resource", "urn:view:x", BODY, Content_Type="text/html"),
        warc_record("conversion", URL, b"text", Content_Type="text/plain"),
    ]
    pages, errors, _ = read(tmp_path, records)
    assert errors == []
    assert [(page.url, page.status, page.headers, page.body) for page in pages] == [
        (URL, 200, {"content-type": "text/html; charset=utf-8"}, BODY)
    ]
