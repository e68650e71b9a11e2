"""An S3-compatible server on loopback (moto) in a process of its own, with faults on request.

Run as a program, it is the server: it prints its port, and counts and disturbs requests before moto answers them.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote
from uuid import uuid4

CONTROL = "/-test"
KEY, SECRET = "AKIATESTKEY", "the-secret-of-the-test"
_OF_TEST = {  # headers of the requests of a test, which are not counted; moto does not verify signatures
    "Content-Type": "application/octet-stream",
    "X-Test": "1",
    "Authorization": "AWS4-HMAC-SHA256 Credential=TEST/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=0",
}


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server, and the environment of a crawl that writes to it."""

    address: str
    name: str

    @property
    def url(self) -> str:
        return f"s3://{self.name}/corpus"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": self.address, "AWS_ALLOW_HTTP": "true", "no_proxy": "127.0.0.1",
        }  # fmt: skip

    def files(self, source: str = "") -> dict[str, bytes]:
        """Return the objects of the corpus, or of *source*, by path."""
        names = re.findall("<Key>corpus/(.*?)</Key>", self._request(f"?list-type=2&prefix=corpus/{source}").decode())
        return {unquote(name): self.read(unquote(name)) for name in names}

    def read(self, path: str) -> bytes:
        return self._request(f"/{quote(f'corpus/{path}')}")

    def write(self, path: str, data: bytes) -> None:
        """Write an object as another program does, without a condition."""
        self._request(f"/{quote(f'corpus/{path}')}", "PUT", data)

    def delete(self, path: str) -> None:
        self._request(f"/{quote(f'corpus/{path}')}", "DELETE")

    def create(self) -> None:
        self._request("", "PUT")

    def _request(self, path: str, method: str = "GET", data: bytes | None = None) -> bytes:
        return _send(f"{self.address}/{self.name}{path}", method, data)

    def requests(self) -> list[str]:
        """Return the requests of crawls for this bucket since the last call: method and path."""
        found: list[str] = json.loads(_send(f"{self.address}{CONTROL}?{self.name}"))
        return found

    def disturb(self, **faults: int) -> None:
        """Let the next requests fail: see `_Faults`."""
        _send(f"{self.address}{CONTROL}", "POST", json.dumps(faults).encode())


def _send(url: str, method: str = "GET", data: bytes | None = None) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, data, _OF_TEST, method=method)
    with opener.open(request, timeout=30) as response:
        return bytes(response.read())


@contextmanager
def object_server() -> Iterator[Callable[[], Bucket]]:
    """Run a server until the block ends. Yields a function that creates a bucket."""
    process = subprocess.Popen([sys.executable, "-m", __name__], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout
        address = f"http://127.0.0.1:{int(process.stdout.readline())}"

        def new_bucket() -> Bucket:
            bucket = Bucket(address, f"bucket-{uuid4().hex[:12]}")
            bucket.create()
            return bucket

        yield new_bucket
    finally:
        process.kill()
        process.communicate()


# The server ----------------------------------------------------------------------------------------------------------


@dataclass
class _Faults:
    """How many of the next requests fail."""

    conflicts: int = 0  # conditional writes that are answered with 409
    lost_answers: int = 0  # writes that are executed, and answered with 500
    exit_after: int = 0  # writes after which the server ends, plus 1


class _Server:
    def __init__(self, application: Any) -> None:
        self.application, self.faults = application, _Faults()
        self.requests: list[str] = []
        self._writing = threading.Lock()  # moto reads and writes an object in several steps

    def __call__(self, environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        method, path, query = (environment[name] for name in ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING"))
        if path == CONTROL:
            return self._control(method, query, environment, start)
        if "HTTP_X_TEST" not in environment:
            authorization = environment.get("HTTP_AUTHORIZATION", "")
            self.requests.append(f"{method} {path}{'?' if query else ''}{query}")
            if f"Credential={KEY}/" not in authorization:
                return self._fail(start, "403 Forbidden", "InvalidAccessKeyId", authorization)
        if method != "PUT" or path.count("/") < 2:
            return self._answer(environment, start)
        with self._writing:
            return self._write(environment, start)

    def _write(self, environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        faults = self.faults
        is_conditional = "HTTP_IF_NONE_MATCH" in environment or "HTTP_IF_MATCH" in environment
        if faults.exit_after:
            faults.exit_after -= 1
            if not faults.exit_after:
                os._exit(0)
        if faults.conflicts and is_conditional:
            faults.conflicts -= 1
            return self._fail(start, "409 Conflict", "ConditionalRequestConflict")
        if faults.lost_answers:
            faults.lost_answers -= 1
            list(self._answer(environment, lambda *_: None))
            return self._fail(start, "500 Internal Server Error", "InternalError")
        return list(self._answer(environment, start))

    def _answer(self, environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        answer: Iterable[bytes] = self.application(environment, start)
        return answer

    def _fail(self, start: Any, status: str, code: str, detail: str = "") -> Iterable[bytes]:
        start(status, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId><D>{detail}</D></Error>".encode()]

    def _control(self, method: str, query: str, environment: dict[str, Any], start: Any) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "application/json")])
        if method == "POST":
            body = environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"]))
            self.faults = _Faults(**json.loads(body))
            return [b"{}"]
        of_bucket = [each for each in self.requests if each.split(" ")[1].startswith(f"/{query}")]
        self.requests = [each for each in self.requests if each not in of_bucket]
        return [json.dumps(of_bucket).encode()]


def main() -> None:
    from moto import server as moto
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections open

        def log(self, type: str, message: str, *args: Any) -> None:
            """Log nothing."""

    application: Any = moto.DomainDispatcherApplication(moto.create_backend_app)  # type: ignore[attr-defined]
    server = make_server("127.0.0.1", 0, _Server(application), threaded=True, request_handler=Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
