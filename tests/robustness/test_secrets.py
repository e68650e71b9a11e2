"""Passwords, cookies and tokens: in no log, no file and no recording, whoever gave them to us."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.database import LedgerError
from crawler.crawl.arguments import ArgumentError, parse_arguments
from crawler.reading.page import Page, is_secret
from crawler.recordings.cases import save_case
from tests.robustness.hostile_server import HOSTS, SORTS, Site, certificate
from tests.support.flaky_server import wire
from tests.support.mirror import scrapy
from tests.support.server import Answer, play

SECRET = "geheim"
HEADERS = dict.fromkeys(("Set_Cookie", "Authorization", "Proxy_Authorization", "Cookie", "X_Csrf_Token"), f"x={SECRET}")
PROXY = f"crawl:{SECRET}"


def tells(data: bytes) -> bool:
    """Whether there is a secret in *data*, in plain words or as Basic authentication has it."""
    return SECRET.encode() in data or base64.b64encode(PROXY.encode()) in data


@pytest.mark.parametrize("source", ["toy", "woshipm"])  # plain and through TLS
def test_a_run_tells_no_secret_even_when_it_tells_all(tmp_path: Path, source: str) -> None:
    sort = SORTS[source]
    faults = {
        "whole": lambda page, url: Answer(raw=wire(page, **HEADERS)),
        "blocked": lambda page, url: Answer(raw=wire(b"no", "403 Forbidden", **HEADERS)),
        "changed": lambda page, url: Answer(raw=wire(b"<html></html>", **HEADERS)),
        "broken": lambda page, url: Answer(raw=wire(page, Content_Length="-1", **HEADERS)),
        "away": lambda page, url: Answer(raw=wire(b"", "302 Found", Location="http://other.example/", **HEADERS)),
    }
    befalls = {sort.name(number): name for number, name in enumerate(faults)}
    authority = certificate(HOSTS[source], tmp_path / "certificate.pem")
    with play(Site(sort, befalls, faults), authority) as played:
        proxy = played.address.replace("//", f"//{PROXY}@")
        done = scrapy(
            "crawl", source, "-L", "DEBUG", "-s", f"OUTPUT_DIR={tmp_path / 'output'}", "-s", "DOWNLOAD_DELAY=0",
            "-s", "BLOCK_BACKOFF=0", "-s", "STATS_DUMP=True", "-s", f"RECORD={tmp_path / 'crawl.warc'}", *sort.options,
            environment={"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "", "SSL_CERT_FILE": str(authority)},
        )  # fmt: skip
    assert "pages.article=1" in done.stderr
    assert "pages.blocked" in done.stderr
    assert not tells((done.stdout + done.stderr).encode())
    assert [path for path in tmp_path.rglob("*") if path.is_file() and tells(path.read_bytes())] == []


def test_a_page_is_shown_without_its_headers() -> None:
    assert SECRET not in repr(Page("http://a.example/", b"", headers={"set-cookie": SECRET}))


def test_a_kept_page_has_the_headers_that_readers_need(tmp_path: Path) -> None:
    kept = {
        "content-type": "text/html",
        "etag": '"1"',
        "last-modified": "x",
        "location": "/x",
        "www-authenticate": "Basic",
    }
    save_case(tmp_path / "case", Page("http://a.example/", b"", headers=kept | {"x-session-id": SECRET}))
    assert SECRET not in (tmp_path / "case" / "page.json").read_text()
    assert not any(map(is_secret, kept))


@pytest.mark.parametrize("place", ["me:{}@a.example/x", "a.example/x?user=me&password={}"])
def test_the_ledger_s_password_stands_in_no_error(place: str) -> None:
    url = sa.make_url(f"postgresql+psycopg://{place.format(SECRET)}")
    assert SECRET not in str(LedgerError(url, ValueError("no route to host")))


def test_an_address_with_a_password_is_refused_without_showing_it() -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_arguments({"url": f"http://me:{SECRET}@a.example/"}, source="toy", channels=())
    assert SECRET not in str(caught.value)
