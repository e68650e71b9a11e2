"""Serve the benchmark's pages on loopback, with as little CPU time as possible.

Usage: python -m tests.bench.server KIND

KIND is a name in `pages.KINDS`. Responses are compressed with gzip for clients that accept it. The server is also an
HTTP proxy for the benchmark's host name. It prints its port on a line, and ends at the end of its standard input.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from isal import igzip

from tests.bench import pages
from tests.bench.measuring import ROOT
from tests.bench.pages import HEAVY, KINDS, Kind

_REQUEST_LINE = re.compile(rb"GET (?:http://[^/ ]+)?(/\S*)")
_ACCEPTS_GZIP = re.compile(rb"(?i)\naccept-encoding:[^\n]*gzip")
_ARTICLE, _LISTING = re.compile(r"/a/([0-9]{8})\.html"), re.compile(r"/list/([0-9]+)/([0-9]+)\.html")


def answer(path: str, kind: Kind = HEAVY, accepts_gzip: bool = False) -> bytes:
    """Return the bytes of the response to a request for *path*."""
    content_type, status = "text/html; charset=utf-8", "200 OK"
    if found := _ARTICLE.fullmatch(path):
        body = pages.article(int(found[1]), kind)
    elif found := _LISTING.fullmatch(path):
        body = pages.listing(int(found[1]), int(found[2]))
    elif path == "/robots.txt":
        body, content_type = b"User-agent: *\nDisallow: /private/\n", "text/plain"
    else:
        body, status = b"<html></html>", "404 Not Found"
    headers = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f'ETag: "{len(body)}"']
    if accepts_gzip:
        body = igzip.compress(body, 1, mtime=0)
        headers += ["Content-Encoding: gzip", "Vary: Accept-Encoding"]
    head = "\r\n".join((*headers, f"Content-Length: {len(body)}", "", ""))
    return head.encode() + body


class Connection(asyncio.Protocol):
    """A keep-alive connection: responds to each complete request. Before, it calls *seen* with the path."""

    def __init__(self, kind: Kind, seen: Callable[[str], object] = str) -> None:
        self.kind, self.seen, self.buffer = kind, seen, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for request in requests:
            match = _REQUEST_LINE.match(request)
            path = match[1].decode() if match else ""
            self.seen(path)
            self.transport.write(answer(path, self.kind, bool(_ACCEPTS_GZIP.search(request))))


async def main(kind: Kind) -> None:
    for number in range(pages.VARIANTS):
        pages.article(number, kind)  # fills the cache before the first request
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(kind), "127.0.0.1", 0, backlog=100)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def served(kind: Kind = HEAVY) -> Iterator[str]:
    """Run the server in a process of its own until the block ends. Yields its URL."""
    command = [sys.executable, "-m", "tests.bench.server", kind.name]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()


if __name__ == "__main__":
    asyncio.run(main(KINDS[sys.argv[1]]))
