"""Run `scrapy` commands in processes of their own, and serve the mirror of the sites."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from scrapy.cmdline import execute

ROOT = Path(__file__).parents[2]
OWN_VARIABLES = {"CRAWLER_CONTACT", "LEDGER_URL", "NOTICE_URLS", "OUTPUT_DIR"}
LIBRARIES = [  # preloaded by the fork server; a missing one is ignored
    *("aiohttp.web", "brotli", "bs4", "frontmatter", "markdownify", "protego", "queuelib", "sqlite3", "tldextract"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite", "twisted.conch.telnet", "unittest", "yaml"),
    *("scrapy.commands.crawl", "scrapy.core.downloader.handlers.http11", "scrapy.core.engine", "scrapy.core.scheduler"),
    *("scrapy.crawler", "scrapy.shell", "scrapy.squeues", "warcio.warcwriter"),
]
REFUSED = re.compile(r" (?:INFO|WARNING) (gone|blocked|login|skipped|changed|incomplete|bug): (https?://\S+): ")
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(LIBRARIES)
STARTING = threading.Lock()
FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.05")


@dataclass(frozen=True)
class Run:
    """A finished crawl: output folder, log text, exit code."""

    output: Path
    log: str
    exit_code: int

    @property
    def refused(self) -> dict[str, str]:
        """Refused URLs from the log, each with the kind of its refusal."""
        return {url: kind for kind, url in REFUSED.findall(self.log)}

    def files(self, source: str) -> dict[str, bytes]:
        """Bytes of the corpus files of *source*, by article id."""
        return {path.stem: path.read_bytes() for path in sorted((self.output / source).rglob("*.md"))}


@dataclass(frozen=True)
class Mirror:
    """A running mirror: the environment variables for a crawl through it, and the path of its request log."""

    environment: dict[str, str]
    log: Path

    def requests(self) -> list[dict[str, object]]:
        """Return every request so far, in order."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def crawl(self, source: str, output: Path, *options: str) -> Run:
        """Run `scrapy crawl SOURCE` through the mirror, without delays."""
        return crawl(source, output, *FAST, *options, environment=self.environment)


def crawl(source: str, output: Path, *options: str, environment: dict[str, str] | None = None) -> Run:
    """Run `scrapy crawl SOURCE` in a process of its own, as a user does, with files in *output*."""
    process = scrapy("crawl", source, "-s", f"OUTPUT_DIR={output}", *options, environment=environment)
    return Run(output, process.stderr, process.returncode)


def scrapy(
    *words: str,
    environment: dict[str, str] | None = None,
    timeout: float = 170,
    first: Callable[[], None] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `scrapy WORDS` in the checkout until it ends, and return its exit code and output.

    *environment* is added to the variables of this process. *first* is called in the new process before Scrapy starts;
    it must be picklable. Raises `subprocess.TimeoutExpired` after *timeout* seconds.

    The process is forked from a server that has imported LIBRARIES but no module of this project: importing them takes
    longer than most runs.
    """
    return _fork(("scrapy", *words), ROOT, {**os.environ, **(environment or {})}, timeout, first)


def press_corpus(
    folder: Path, *words: str, environment: dict[str, str] | None = None, timeout: float = 170
) -> subprocess.CompletedProcess[str]:
    """Run `press-corpus WORDS` in *folder*, which is not the checkout. *environment* replaces OWN_VARIABLES."""
    others = {name: value for name, value in os.environ.items() if name not in OWN_VARIABLES}
    return _fork(("press-corpus", *words), folder, {**others, **(environment or {})}, timeout, None)


def _fork(
    words: tuple[str, ...],
    folder: Path,
    environment: dict[str, str],
    timeout: float,
    first: Callable[[], None] | None,
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as temporary:
        outputs = Path(temporary, "stdout"), Path(temporary, "stderr")
        process = FORKS.Process(target=forked, args=(words, folder, environment, outputs, pickle.dumps(first)))
        with STARTING:
            process.start()
        if not wait([process.sentinel], timeout):
            process.kill()
            raise subprocess.TimeoutExpired(words, timeout)
        with STARTING:  # `exitcode` and `start` poll all children of this process; two threads must not do so at once
            assert process.exitcode is not None
        return subprocess.CompletedProcess(words[1:], process.exitcode, *(path.read_text() for path in outputs))


def forked(
    words: tuple[str, ...],
    folder: Path,
    environment: dict[str, str],
    outputs: tuple[Path, Path],
    pickled_first: bytes,
) -> None:
    """Run the command line *words* in *folder*, in a forked process."""
    for number, path in enumerate(outputs, start=1):
        with path.open("wb") as file:
            os.dup2(file.fileno(), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(words)
    # Only now: its module can import the settings, which depend on the folder and the environment. Those of the fork
    # server are of the test that ran first.
    first = pickle.loads(pickled_first)
    if first:
        first()
    if words[0] == "scrapy":
        execute()
    else:
        from crawler.__main__ import main  # here: the settings depend on the folder

        main()


@contextmanager
def serve(root: Path, work: Path, script: Path | None = None) -> Iterator[Mirror]:
    """Run the mirror's server, an HTTP proxy in folder *root*, with log and certificate in the folder *work*.

    *script* is the server, by default the one in *root*.
    """
    log, ready, certificate = work / "requests.jsonl", work / "ready.json", work / "certificate.pem"
    command = [sys.executable, str(script or root / "serve.py"), str(root), "--port", "0"]
    command += ["--log", str(log), "--ready", str(ready), "--cert-out", str(certificate)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if ready.exists() and ready.read_text(encoding="utf-8").strip():
                break
            time.sleep(0.1)
        proxy = json.loads(ready.read_text(encoding="utf-8"))["http_proxy"]
        names = {"http_proxy": proxy, "https_proxy": proxy, "no_proxy": "", "SSL_CERT_FILE": str(certificate)}
        yield Mirror(names, log)
    finally:
        server.terminate()
        server.wait(10)


def mixed_archive(archives: list[Path], target: Path, seed: int) -> Path:
    """Write the records of *archives*, which have one gzip member for each, to *target* in a random order."""
    records: list[bytes] = []
    for path in archives:
        rest = path.read_bytes()
        while rest:
            member = zlib.decompressobj(wbits=31)
            member.decompress(rest)
            records.append(rest[: len(rest) - len(member.unused_data)])
            rest = member.unused_data
    random.Random(seed).shuffle(records)
    target.write_bytes(b"".join(records))
    return target
