"""The causes of failed requests, in the words that commands, logs and verdicts print."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.exceptions import DownloadCancelledError, DownloadConnectionRefusedError, DownloadFailedError
from twisted.internet.error import ConnectionLost

from crawler.download.causes import with_cause
from tests.robustness.hostile_server.crawl import certificate
from tests.support.mirror import crawl, scrapy
from tests.support.server import Answer, play

TOY = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "RETRY_TIMES=0")


def test_an_error_that_is_not_of_the_download_is_returned() -> None:
    error = ValueError("x")
    assert with_cause(error, Request("http://a.example/")) is error


@pytest.mark.parametrize(
    ("url", "meta", "text"),
    [
        ("http://a.example/", {}, "a.example:80 refused the connection"),
        ("https://a.example/", {}, "a.example:443 refused the connection"),
        ("http://a.example:8888/", {}, "a.example:8888 refused the connection"),
        ("http://a.example/", {"proxy": "http://p.example:3128"}, "the proxy p.example:3128 refused the connection"),
    ],
)
def test_the_peer_is_named(url: str, meta: dict[str, str], text: str) -> None:
    error = with_cause(DownloadConnectionRefusedError("Connection was refused by other side."), Request(url, meta=meta))
    assert isinstance(error, DownloadConnectionRefusedError)
    assert str(error) == text


def test_a_cancelled_download_keeps_its_class_and_text() -> None:
    error = with_cause(DownloadCancelledError("too large"), Request("http://a.example/"))
    assert isinstance(error, DownloadCancelledError)
    assert str(error) == "too large"


def test_the_class_of_other_failures_is_retried() -> None:
    error = DownloadFailedError("x")
    error.__cause__ = ConnectionLost()
    found = with_cause(error, Request("http://a.example/"))
    assert isinstance(found, DownloadFailedError)
    assert str(found) == "a.example:80 broke the connection"


HTTP = {
    "HTTP 503": Answer("busy", 503),
    "timed out after 2 s": Answer(raw=b"", stall=4),
    "closed the connection without a complete response": Answer(raw=b""),
    "broke the connection": Answer(raw=b"HTTP/1.1 200 OK\r\n", reset=True),
    "sent a response that is not HTTP": Answer(raw=b"SSH-2.0-server\r\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("cause", HTTP)
def test_run_verdict_and_health_name_the_cause(cause: str, tmp_path: Path) -> None:
    timeout = 2 if "timed out" in cause else 30  # on a busy machine, others take two seconds, too
    with play(lambda path, number: HTTP[cause]) as server:
        run = crawl("toy", tmp_path, *TOY, "-s", f"DOWNLOAD_TIMEOUT={timeout}", environment=server.environment)
    assert run.exit_code == 7
    assert "Traceback" not in run.log
    text = "robots.txt of toy.example could not be fetched: "
    assert f"no listing page could be read: {text}" in run.log
    done = scrapy("health", "--json", *TOY, "-s", f"OUTPUT_DIR={tmp_path}")
    (state,) = json.loads(done.stdout)
    assert state["kind"] == "unreachable"
    assert text in state["why"]
    assert cause in state["why"]


def newsource(folder: Path, environment: dict[str, str]) -> str:
    """Return what `scrapy newsource` prints for a page by HTTPS."""
    folders = ("-s", f"SPIDERS_DIR={folder}", "-s", f"FIXTURES_DIR={folder}/cases")
    done = scrapy("newsource", "fresh", "https://toy.example/news", *TOY, *folders, environment=environment)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cause", "host", "last_day", "is_trusted"),
    [
        ("certificate of toy.example: self-signed", "toy.example", 1, False),
        ("certificate of toy.example: expired", "toy.example", -1, True),
        ("certificate of toy.example: not valid yet: check the clock of this computer", "toy.example", 20, True),
        ("certificate of toy.example: issued for another host name", "other.example", 1, True),
        ("Nothing was written", "toy.example", 1, True),  # a valid one; the page is not a list
    ],
)
def test_the_reason_of_an_invalid_certificate(
    cause: str, host: str, last_day: int, is_trusted: bool, tmp_path: Path
) -> None:
    path = certificate([host], tmp_path / "certificate.pem", last_day)
    environment = {"SSL_CERT_FILE": str(path)} if is_trusted else {}
    with play(lambda path, number: Answer("", 404), path) as server:
        text = newsource(tmp_path, server.environment | environment)
    assert cause in text
    assert ("certificate of" in text) == cause.startswith("certificate of")


@contextmanager
def proxy(*replies: bytes) -> Iterator[str]:
    """Run a proxy that sends one of *replies* after each message, then closes the connection."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with suppress(OSError), connection:
                    for reply in replies:
                        connection.recv(65536)
                        connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replies", "cause"),
    [
        ((b"HTTP/1.1 502 Bad Gateway\r\n\r\n",), "does not connect to toy.example: HTTP 502"),
        ((b"HTTP/1.1 407 Auth\r\n\r\n",), "does not connect to toy.example: HTTP 407 (it requires a login)"),
        ((b"what?\r\n\r\n",), "does not connect to toy.example: no HTTP response"),
        ((b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 400 Bad\r\n\r\n"), "TLS: wrong version number"),
    ],
)
def test_a_proxy_that_opens_no_tunnel(replies: tuple[bytes, ...], cause: str, tmp_path: Path) -> None:
    with proxy(*replies) as address:
        assert cause in newsource(tmp_path, {"https_proxy": address, "no_proxy": ""})


def answer(address: str) -> None:
    socket.gethostbyname = lambda name: address


def fail(code: int) -> None:
    def lookup(name: str) -> str:
        raise socket.gaierror(code, "the text of the system")

    socket.gethostbyname = lookup


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lookup", "cause"),
    [
        (partial(fail, socket.EAI_NONAME), "no such name: toy.example"),
        (partial(fail, socket.EAI_AGAIN), "the name server gives no answer for toy.example: check the network"),
        (partial(answer, "10.0.0.1"), "toy.example resolves to 10.0.0.1, not a public IP address"),
    ],
)
def test_a_name_that_cannot_be_resolved(lookup: Callable[[], None], cause: str, tmp_path: Path) -> None:
    environment = {"http_proxy": ""}
    run = scrapy("crawl", "toy", *TOY, "-s", f"OUTPUT_DIR={tmp_path}", environment=environment, first=lookup)
    assert f"robots.txt of toy.example could not be fetched: DNS: {cause}\n" in run.stderr
