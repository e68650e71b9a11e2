"""Serve the benchmark's pages on loopback, with as little CPU time as possible.

Usage: python -m tests.bench.server

The server is also an HTTP proxy for the benchmark's host name. It prints its port on a line, and ends at the end of its
standard input.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import pages
from tests.bench.measuring import ROOT

_REQUEST_LINE = re.compile(rb"GET (?:http://[^/ ]+)?(/\S*)")
_ARTICLE, _LISTING = re.compile(r"/a/([0-9]{8})\.html"), re.compile(r"/list/([0-9]+)/([0-9]+)\.html")


def answer(path: str) -> bytes:
    """Return the bytes of the response to a request for *path*."""
    kind, status = "text/html; charset=utf-8", "200 OK"
    if found := _ARTICLE.fullmatch(path):
        body = pages.article(int(found[1]))
    elif found := _LISTING.fullmatch(path):
        body = pages.listing(int(found[1]), int(found[2]))
    elif path == "/robots.txt":
        body, kind = b"User-agent: *\nDisallow: /private/\n", "text/plain"
    else:
        body, status = b"<html></html>", "404 Not Found"
    head = f'HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nETag: "{len(body)}"\r\n\r\n'
    return head.encode() + body


class Connection(asyncio.Protocol):
    """A keep-alive connection: responds to each complete request."""

    def __init__(self) -> None:
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self.buffer = (self.buffer + data).split(b"\r\n\r\n")
        for request in requests:
            match = _REQUEST_LINE.match(request)
            self.transport.write(answer(match[1].decode() if match else ""))


async def main() -> None:
    for number in range(pages.VARIANTS):
        pages.article(number)  # fills the cache before the first request
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=100)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def served() -> Iterator[str]:
    """Run the server in a process of its own until the block ends. Yields its URL."""
    command = [sys.executable, "-m", "tests.bench.server"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.stdin.close()


if __name__ == "__main__":
    asyncio.run(main())
