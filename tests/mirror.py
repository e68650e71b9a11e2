"""The mirror of the sites as a server, and crawls through it as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
REFUSED = re.compile(r" (?:INFO|WARNING) (gone|blocked|login|skipped|changed|incomplete|bug): (https?://\S+): ")
FAST = ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_PAUSE=0.05")


@dataclass(frozen=True)
class Run:
    """A finished crawl."""

    output: Path
    log: str
    exit_code: int

    @property
    def refused(self) -> dict[str, str]:
        """The addresses that were refused, with their class."""
        return {url: kind for kind, url in REFUSED.findall(self.log)}

    def files(self, source: str) -> dict[str, bytes]:
        """The corpus files by id."""
        return {path.stem: path.read_bytes() for path in sorted((self.output / source).rglob("*.md"))}


@dataclass(frozen=True)
class Mirror:
    """A running mirror."""

    environment: dict[str, str]
    log: Path

    def requests(self) -> list[dict[str, object]]:
        """Every request so far, in order."""
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def crawl(self, source: str, output: Path, *options: str) -> Run:
        """`scrapy crawl SOURCE` through the mirror."""
        return crawl(source, output, *FAST, *options, environment=self.environment)


def crawl(source: str, output: Path, *options: str, environment: dict[str, str] | None = None) -> Run:
    """`scrapy crawl SOURCE` in a process of its own, as a user runs it."""
    command = [sys.executable, "-m", "scrapy", "crawl", source, "-s", f"OUTPUT_DIR={output}", *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    return Run(output, done.stderr, done.returncode)


@contextmanager
def serve(root: Path, work: Path) -> Iterator[Mirror]:
    """Runs the mirror's server; `work` is a folder for its log and its certificate."""
    log, ready, certificate = work / "requests.jsonl", work / "ready.json", work / "certificate.pem"
    command = [sys.executable, str(root / "serve.py"), str(root), "--port", "0"]
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
