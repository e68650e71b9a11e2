"""Crawl a site that fails 30 % of all requests, with each kind of fault, and check that three runs store every article.

Usage: python -m tests.support.flaky_server [--articles 150] [--share 0.3] [--seed 1] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import gzip
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from random import Random

from tests.support.mirror import crawl
from tests.support.server import Answer, play

OPTIONS = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0.01", "-s", "BLOCK_BACKOFF=0.05")
TIMEOUT = 2  # seconds; the fault "stalled" waits longer
PAGE_LINKS = 10  # links on a listing page
RUNS = 3


def wire(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return the bytes of an HTTP response.

    Underscores in the names of *headers* become hyphens; an empty value omits the header. The default
    Content-Length is the length of *body*.
    """
    fields = {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def retry_after_seconds() -> dict[str, str]:
    return {"Retry_After": "1"}


def retry_after_date() -> dict[str, str]:
    return {"Retry_After": formatdate(math.ceil(time.time()) + 1, usegmt=True)}  # 1 to 2 seconds from now


def wrong_checksum(packed: bytes) -> bytes:
    """Change one byte of the text in uncompressed gzip data: everything decompresses, but the checksum differs."""
    middle = len(packed) // 2
    return packed[:middle] + bytes([packed[middle] ^ 1]) + packed[middle + 1 :]


def invalid_data(packed: bytes) -> bytes:
    """Replace the start of the compressed data by bytes that are invalid there: nothing decompresses."""
    return packed[:10] + b"\xff" * 20 + packed[30:]


# Name of a fault -> function that turns the bytes of a good page into a faulty response.
FAULTS: dict[str, Callable[[bytes], Answer]] = {
    "500": lambda page: Answer(raw=wire(b"error", "500 Internal Server Error")),
    "503": lambda page: Answer(raw=wire(b"busy", "503 Service Unavailable")),
    "429, rest in seconds": lambda page: Answer(raw=wire(b"slow", "429 Too Many Requests", **retry_after_seconds())),
    "429, rest as a date": lambda page: Answer(raw=wire(b"slow", "429 Too Many Requests", **retry_after_date())),
    "503, rest in seconds": lambda page: Answer(raw=wire(b"busy", "503 Service Unavailable", **retry_after_seconds())),
    "503, rest as a date": lambda page: Answer(raw=wire(b"busy", "503 Service Unavailable", **retry_after_date())),
    "reset at once": lambda page: Answer(raw=b"", reset=True),
    "reset in the body": lambda page: Answer(raw=wire(page)[:-100], reset=True),
    "closed at once": lambda page: Answer(raw=b""),
    "cut, with a length": lambda page: Answer(raw=wire(page)[: -len(page) // 2]),
    "cut, without a length": lambda page: Answer(raw=wire(page[: len(page) // 2], Content_Length="")),
    "cut, with the cut page's length": lambda page: Answer(raw=wire(page[: len(page) // 2])),
    "cut gzip": lambda page: Answer(raw=wire(gzip.compress(page)[:-40], Content_Encoding="gzip")),
    "changed gzip": lambda page: Answer(raw=wire(wrong_checksum(gzip.compress(page, 0)), Content_Encoding="gzip")),
    "spoilt gzip": lambda page: Answer(raw=wire(invalid_data(gzip.compress(page)), Content_Encoding="gzip")),
    "no gzip": lambda page: Answer(raw=wire(page, Content_Encoding="gzip")),
    "no brotli": lambda page: Answer(raw=wire(page, Content_Encoding="br")),
    "stalled": lambda page: Answer(raw=wire(page)[: -len(page) // 2], stall=TIMEOUT + 1),
    "broken chunks": lambda page: Answer(
        raw=wire(b"20\r\n" + page[:32] + b"\r\nzz\r\n", Content_Length="", Transfer_Encoding="chunked")
    ),
    "unfinished chunks": lambda page: Answer(
        raw=wire(b"20\r\n" + page[:32] + b"\r\n", Content_Length="", Transfer_Encoding="chunked")
    ),
    "garbage": lambda page: Answer(raw=b"\x16\x03\x01 no HTTP\r\n\r\n"),
    "empty": lambda page: Answer(raw=wire(b"")),
    "captcha": lambda page: Answer(raw=wire("<html><body>请输入验证码</body></html>".encode())),
}
# A crawler cannot detect the other faults in a robots.txt: the result is a valid file that allows everything.
ROBOTS_FAULTS = [
    name for name in FAULTS if name not in ("empty", "captcha", "no gzip", "cut, with the cut page's length")
]
RESTS = {"429, rest in seconds", "429, rest as a date", "503, rest in seconds", "503, rest as a date"}


class Failing:
    """A site with listings and articles, for `play`.

    `fault(path, number)` returns the name of the fault in the response to request *number* (from 1) for *path*, "" for
    a good response.
    """

    def __init__(self, articles: int, fault: Callable[[str, int], str]) -> None:
        self.articles = articles
        self.fault = fault
        self.failed: Counter[str] = Counter()
        self.requests = 0
        self.early = 0  # requests before the end of a Retry-After
        self.forbidden = 0  # requests for paths that robots.txt disallows
        self._rests_until = 0.0

    def __call__(self, path: str, number: int) -> Answer:
        self.requests += 1
        self.early += time.time() < self._rests_until
        self.forbidden += path.startswith("/a/secret")
        page = self.page(path)
        if page is None:
            return Answer("not found", 404)
        fault = self.fault(path, number)
        if not fault:
            return Answer(raw=wire(page))
        self.failed[fault] += 1
        if fault in RESTS:
            now = time.time()
            self._rests_until = now + 1 if "seconds" in fault else math.ceil(now) + 1
        return FAULTS[fault](page)

    def page(self, path: str) -> bytes | None:
        """Return the good page at *path*; None: not found."""
        if path == "/robots.txt":
            return b"User-agent: *\nDisallow: /b\nDisallow: /c\nDisallow: /d\nDisallow: /a/secret\n"
        if path == "/news":
            return self.listing(1)
        kind, _, name = path.strip("/").partition("/")
        if kind == "news":
            return self.listing(int(name))
        if kind != "a":
            return None
        text = f"begin {name} " + f"正文 {name} " * 200 + f" end {name}"
        html = f"<title>{name}</title></head><body><h1>About {name}</h1><time>2025-02-11</time><article><p>{text}</p>"
        return f"<html><head>{html}</article></body></html>".encode()

    def listing(self, number: int) -> bytes:
        first = (number - 1) * PAGE_LINKS
        names = [f"a{n}" for n in range(first, min(first + PAGE_LINKS, self.articles))]
        links = [f'<li><a href="/a/{name}.html">{name}</a></li>' for name in ("secret", *names)]
        next_link = f'<a class="next" href="/news/{number + 1}">' if first + PAGE_LINKS < self.articles else ""
        return f"<html><body><ul>{''.join(links)}</ul>{next_link}</body></html>".encode()

    def files(self, output: Path) -> dict[str, bytes]:
        """Return the corpus files of a crawl of the site without faults; *output* is the folder for the crawl."""
        with play(Failing(self.articles, lambda path, number: "")) as played:
            options = (*OPTIONS, "-s", "DOWNLOAD_DELAY=0", "-a", "pages=0")
            return crawl("toy", output, *options, environment=played.environment).files("toy")


def random_faults(seed: int, share: float) -> Callable[[str, int], str]:
    """Return a function that chooses faults for the given share of all requests, the same ones for the same seed."""

    def fault(path: str, number: int) -> str:
        random = Random(f"{seed} {path} {number}")
        if random.random() >= share:
            return ""
        return random.choice(ROBOTS_FAULTS if path == "/robots.txt" else list(FAULTS))

    return fault


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=150)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=None)
    arguments = parser.parse_args()
    work = arguments.output or Path(tempfile.mkdtemp(prefix="faults-"))
    site = Failing(arguments.articles, random_faults(arguments.seed, arguments.share))
    expected = site.files(work / "expected")
    print(
        f"{len(expected)} articles; seed {arguments.seed}, {arguments.share:.0%} of the requests fail; output: {work}"
    )
    files: dict[str, bytes] = {}
    logs = ""
    with play(site) as played:
        for number in range(1, RUNS + 1):
            began = time.monotonic()
            run = crawl("toy", work / "crawled", *OPTIONS, "-s", f"DOWNLOAD_TIMEOUT={TIMEOUT}", "-a", "pages=0",
                        environment=played.environment)  # fmt: skip
            files, logs = run.files("toy"), logs + run.log
            last = run.log.rstrip().rpartition("\n")[2]
            result = f"exit {run.exit_code}, {len(files)} articles, {time.monotonic() - began:.0f} s"
            print(f"run {number}: {result}\n  {last}", flush=True)
            (work / f"run-{number}.log").write_text(run.log, encoding="utf-8")
            if len(files) == len(expected):
                break
    failures = sum(site.failed.values())
    print(f"{site.requests} requests, {failures} failed ({failures / site.requests:.0%}):")
    print("  " + ", ".join(f"{name}: {count}" for name, count in sorted(site.failed.items())))
    wrong = [name for name in expected if files.get(name) != expected[name]]
    tracebacks = logs.count("Traceback")
    print(f"missing or wrong: {len(wrong)} {wrong[:5]}; too early: {site.early}; forbidden: {site.forbidden}")
    print(f"tracebacks: {tracebacks}")
    return int(bool(wrong or site.early or site.forbidden or tracebacks or len(expected) != arguments.articles))


if __name__ == "__main__":
    sys.exit(main())
