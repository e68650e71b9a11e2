"""A server on loopback that imitates a site: a crawl uses it as its HTTP proxy.

With a certificate, it also serves HTTPS, in the tunnels (CONNECT) that the crawl opens.
"""

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
    """A response of the server."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # send half of the body, without Content-Length, and close the connection
    raw: bytes | None = None  # exact bytes to send; the fields above are ignored
    parts: Iterable[bytes] = ()  # sent after `raw`, until the client disconnects
    stall: float = 0.0  # seconds to wait after `raw` and `parts`, before the connection is closed
    reset: bool = False  # reset the connection (TCP RST) instead of closing it


@dataclass
class Played:
    """A running server and the requests that it received."""

    address: str
    asked: list[tuple[float, str]] = field(default_factory=list)  # (time.monotonic(), path)
    urls: list[str] = field(default_factory=list)  # full URLs, and "CONNECT host:port" for each tunnel
    agents: set[str] = field(default_factory=set)  # User-Agent headers
    headers: list[dict[str, str]] = field(default_factory=list)  # of each request, with names in lower case

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables of a crawl through this server."""
        return {"http_proxy": self.address, "https_proxy": self.address, "no_proxy": ""}

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.asked]


@contextmanager
def play(site: Callable[[str, int], Answer], certificate: Path | None = None) -> Iterator[Played]:
    """Run a server until the block ends.

    `site(path, number)` returns the response to the request for *path*; *number* counts the requests for it, from 1.
    *certificate* is a PEM file with certificate and key, for requests by HTTPS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if certificate:
        context.load_cert_chain(certificate)

    class Handler(BaseHTTPRequestHandler):
        tunnel = ""  # host of the CONNECT request; empty: no tunnel

        def do_CONNECT(self) -> None:
            played.urls.append(f"CONNECT {self.path}")
            self.send_response(200)
            self.end_headers()
            self.tunnel = self.path.removesuffix(":443")
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.close_connection = False  # the next request comes through the tunnel

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
            with suppress(OSError):  # the client has closed the connection
                self.wfile.write(answer.raw or b"")
                for part in answer.parts:
                    self.wfile.write(part)
                time.sleep(answer.stall)
                if answer.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
            self.close_connection = True

        def handle(self) -> None:
            with suppress(ssl.SSLError, ConnectionError):  # the client did not close TLS properly
                super().handle()

        def finish(self) -> None:
            super().finish()
            if self.tunnel:
                self.connection.close()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 100  # the default 5 drops a sixth simultaneous connection; the client retries after 1 s

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
