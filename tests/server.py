"""A server on loopback that plays a site, by being the proxy through which a crawl asks for it (plain HTTP)."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Answer:
    """What the server says; `cut` ends the connection before the body is whole."""

    body: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None  # instead of all that: what goes over the wire
    stall: float = 0.0  # seconds for which nothing follows it
    reset: bool = False  # then the connection is reset, not closed


@dataclass
class Played:
    """A running server and what it was asked."""

    address: str
    asked: list[tuple[float, str]] = field(default_factory=list)  # when, which path
    agents: set[str] = field(default_factory=set)
    headers: list[dict[str, str]] = field(default_factory=list)  # of each request, names in lower case

    @property
    def environment(self) -> dict[str, str]:
        return {"http_proxy": self.address, "https_proxy": self.address, "no_proxy": ""}

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.asked]


@contextmanager
def play(site: Callable[[str, int], Answer]) -> Iterator[Played]:
    """Runs a server for `site(path, number)`: the answer to the number-th request (from 1) for that path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            played.asked.append((time.monotonic(), path))
            played.agents.add(self.headers["User-Agent"])
            played.headers.append({name.lower(): value for name, value in self.headers.items()})
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

        def send_raw(self, answer: Answer) -> None:
            with suppress(OSError):  # the other side has lost its patience
                self.wfile.write(answer.raw or b"")
                time.sleep(answer.stall)
                if answer.reset:
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.connection.close()
            self.close_connection = True

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
