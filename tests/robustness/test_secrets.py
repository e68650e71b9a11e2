"""Passwords, cookies and tokens never appear in logs, corpus files or recordings."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.corpus.errors import LedgerError
from crawler.crawl.arguments import ArgumentError, parse_arguments
from crawler.reading.page import Page, is_secret
from crawler.recordings.cases import save_case
from tests.robustness.hostile_server.crawl import HOSTS, certificate
from tests.robustness.hostile_server.sites import SITE_KINDS, Site
from tests.support.flaky_server import wire
from tests.support.mirror import scrapy
from tests.support.server import Answer, play

SECRET = "geheim"
HEADERS = dict.fromkeys(("Set_Cookie", "Authorization", "Proxy_Authorization", "Cookie", "X_Csrf_Token"), f"x={SECRET}")
PROXY = f"crawl:{SECRET}"


def has_secret(data: bytes) -> bool:
    """Return whether *data* contains a secret, as text or as credentials of Basic authentication."""
    return SECRET.encode() in data or base64.b64encode(PROXY.encode()) in data


@pytest.mark.parametrize("source", ["toy", "woshipm"])  # http and https
def test_crawl_with_debug_log_and_recording_contains_no_secret(tmp_path: Path, source: str) -> None:
    kind = SITE_KINDS[source]
    faults = {
        "whole": lambda page, url: Answer(raw=wire(page, **HEADERS)),
        "blocked": lambda page, url: Answer(raw=wire(b"no", "403 Forbidden", **HEADERS)),
        "changed": lambda page, url: Answer(raw=wire(b"<html></html>", **HEADERS)),
        "broken": lambda page, url: Answer(raw=wire(page, Content_Length="-1", **HEADERS)),
        "away": lambda page, url: Answer(raw=wire(b"", "302 Found", Location="http://other.example/", **HEADERS)),
    }
    fault_of = {kind.article_id(number): name for number, name in enumerate(faults)}
    authority = certificate(HOSTS[source], tmp_path / "certificate.pem")
    with play(Site(kind, fault_of, faults), authority) as played:
        proxy = played.address.replace("//", f"//{PROXY}@")
        process = scrapy(
            "crawl", source, "-L", "DEBUG", "-s", f"OUTPUT_DIR={tmp_path / 'output'}", "-s", "DOWNLOAD_DELAY=0",
            "-s", "BLOCK_BACKOFF=0", "-s", "STATS_DUMP=True", "-s", f"RECORD={tmp_path / 'crawl.warc'}", *kind.options,
            environment={"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "", "SSL_CERT_FILE": str(authority)},
        )  # fmt: skip
    assert "pages.article=1" in process.stderr
    assert "pages.blocked" in process.stderr
    assert not has_secret((process.stdout + process.stderr).encode())
    assert [path for path in tmp_path.rglob("*") if path.is_file() and has_secret(path.read_bytes())] == []


def test_repr_of_a_page_contains_no_headers() -> None:
    assert SECRET not in repr(Page("http://a.example/", b"", headers={"set-cookie": SECRET}))


def test_save_case_stores_only_the_headers_that_readers_need(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("location", ["me:{}@a.example/x", "a.example/x?user=me&password={}"])
def test_ledger_error_contains_no_password(location: str) -> None:
    url = sa.make_url(f"postgresql+psycopg://{location.format(SECRET)}")
    assert SECRET not in str(LedgerError(url, ValueError("no route to host")))


def test_url_argument_with_a_password_is_rejected_without_the_password() -> None:
    with pytest.raises(ArgumentError) as caught:
        parse_arguments({"url": f"http://me:{SECRET}@a.example/"}, source="toy", channels=())
    assert SECRET not in str(caught.value)
