"""A server on loopback that plays a site, by being the proxy through which a crawl asks for it: plain HTTP, and with a
certificate also HTTPS, in the tunnels that the crawl opens."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


@dataclass
class Answer:
    """What the server says; `cut` ends the connection before the body is whole."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None  # instead of all that: what goes over the wire
    parts: Iterable[bytes] = ()  # what follows it, as long as the other side listens
    stall: float = 0.0  # seconds for which nothing follows it
    reset: bool = False  # then the connection is reset, not closed


@dataclass
class Played:
    """A running server and what it was asked."""

    address: str
    asked: list[tuple[float, str]] = field(default_factory=list)  # when, which path
    urls: list[str] = field(default_factory=list)  # whole addresses, and "CONNECT host:port" for each tunnel
    agents: set[str] = field(default_factory=set)
    headers: list[dict[str, str]] = field(default_factory=list)  # of each request, names in lower case

    @property
    def environment(self) -> dict[str, str]:
        return {"http_proxy": self.address, "https_proxy": self.address, "no_proxy": ""}

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.asked]


@contextmanager
def play(site: Callable[[str, int], Answer], certificate: Path | None = None) -> Iterator[Played]:
    """Runs a server for `site(path, number)`: the answer to the number-th request (from 1) for that path.

    *certificate* is a PEM file, with the key, for the hosts that are asked by HTTPS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(BaseHTTPRequestHandler):
        tunnel = ""  # the host to which the crawl believes it is connected

        def do_CONNECT(self) -> None:
            played.urls.append(f"CONNECT {self.path}")
            self.send_response(200)
            self.end_headers()
            self.tunnel = self.path.removesuffix(":443")
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.close_connection = False  # what comes next comes through the tunnel

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            played.asked.append((time.monotonic(), path))
            played.urls.append(f"https://{self.tunnel}{self.path}" if self.tunnel else self.path)
            played.agents.add(self.headers["User-Agent"])
            played.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            answer = site(path, played.paths.count(path))
            if answer.raw is not None:
                self.send_raw(answer)
                return
            body = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **answer.headers}.items():
                self.send_header(name, value)
            if not answer.cut:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)
            self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def send_raw(self, answer: Answer) -> None:
            with suppress(OSError):  # the other side has lost its patience
                self.wfile.write(answer.raw or b"")
                for part in answer.parts:
                    self.wfile.write(part)
                time.sleep(answer.stall)
                if answer.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
            self.close_connection = True

        def handle(self) -> None:
            with suppress(ssl.SSLError, ConnectionError):  # nobody said goodbye
                super().handle()

        def finish(self) -> None:
            super().finish()
            if self.tunnel:
                self.connection.close()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 100  # of 5, a sixth at once would have to knock again a second later

    server = Server(("127.0.0.1", 0), Handler)
    played = Played(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
