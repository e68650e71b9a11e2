"""Sites for crawls that are killed or stopped: a toy site and the mirror of real sources."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings

from crawler.corpus.store import safe_name
from tests.robustness.crash_recovery.moments import kill_at
from tests.support.mirror import ROOT, scrapy, serve
from tests.support.server import Answer, Played, play

SOURCES = ("qq", "hibor", "iyiou", "woshipm")  # sources of the mirror
TIMEOUT = 120.0  # seconds for one run


@dataclass
class Target:
    """A site and the options of its crawls."""

    source: str
    options: tuple[str, ...]
    environment: dict[str, str]
    fetches: Callable[[], Counter[str]]  # number of requests for each article
    played: Played | None = None

    def start(self, output: Path, *options: str) -> subprocess.Popen[bytes]:
        """Start `scrapy crawl` in a process, as a user does. The log is the file next to *output* with suffix .log."""
        command = [sys.executable, "-m", "scrapy", "crawl", self.source, "-s", f"OUTPUT_DIR={output}"]
        with output.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                [*command, *self.options, *options], cwd=ROOT, env={**os.environ, **self.environment}, stderr=log
            )

    def crawl(
        self, output: Path, *options: str, kill: tuple[str, int] | None = None, first: Callable[[], None] | None = None
    ) -> int:
        """Crawl until the end and return the exit code.

        With *kill*, the arguments of `kill_at`, the process kills itself. *first* is called in the process before
        Scrapy starts; it must be picklable.
        """
        arguments = ("crawl", self.source, "-s", f"OUTPUT_DIR={output}", *self.options, *options)
        first = partial(kill_at, *kill) if kill else first
        process = scrapy(*arguments, environment=self.environment, timeout=TIMEOUT, first=first)
        with output.with_suffix(".log").open("a") as log:
            log.write(process.stderr)
        return process.returncode


def toy_site(articles: int, pages: int) -> Callable[[str, int], Answer]:
    """Return a site, for `play`, of linked listing pages with *articles* articles in three months."""
    names = [f"a{number:03}" for number in range(articles)]
    size = -(-articles // pages)

    def site(path: str, number: int) -> Answer:
        if path.startswith("/news"):
            page = int(path[6:] or 1)
            links = "".join(
                f'<li><a href="/a/{name}.html">{name}</a></li>' for name in names[(page - 1) * size :][:size]
            )
            following = f'<a class="next" href="/news-{page + 1}">on</a>' if page < pages else ""
            return Answer(f"<html><ul>{links}</ul>{following}</html>")
        if path[3:7] in names:
            day = int(path[4:7])
            text = "".join(f"<p>Paragraph {line} of {path}.</p>" for line in range(100))
            return Answer(
                f"<html><head><title>{path}</title></head><body><h1>About {path}</h1>"
                f"<time>2025-{day % 3 + 1:02}-11</time><article>{text}</article></body></html>"
            )
        return Answer("not found", 404)

    return site


@contextmanager
def toy(site: Callable[[str, int], Answer]) -> Iterator[Target]:
    """Serve *site* as the site of the source "toy"."""
    with play(site) as played:
        yield Target(
            "toy",
            ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0"),
            played.environment,
            lambda: Counter(path[3:-5] for path in played.paths if path.startswith("/a/")),
            played,
        )


@contextmanager
def mirrored(source: str, shared: Path) -> Iterator[Target]:
    """Serve the mirror in the folder *shared* for the source with this name."""
    spider: Any = SpiderLoader.from_settings(get_project_settings()).load(source)

    def fetches() -> Counter[str]:
        urls = [f"{row['scheme']}://{row['host']}{row['path']}?{row['query']}".rstrip("?") for row in mirror.requests()]
        return Counter(safe_name(link.id) for link in map(spider.article_link, urls) if link)

    with tempfile.TemporaryDirectory() as work, serve(shared / "mirror", Path(work)) as mirror:
        yield Target(source, ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.05"), mirror.environment, fetches)
