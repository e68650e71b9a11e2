"""The toy site with pictures, on a server on loopback."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

from PIL import Image

from tests.support.flaky_server import wire
from tests.support.mirror import ROOT, Run, crawl, scrapy
from tests.support.server import Answer, Played, play

OPTIONS = ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0")
STORE = ("-s", "STORE_PICTURES=True")


def picture(seed: int, form: str = "PNG", size: tuple[int, int] = (20, 15)) -> bytes:
    """Return an encoded picture of noise; each *seed* gives other bytes."""
    data = random.Random(seed).randbytes(3 * size[0] * size[1])
    file = BytesIO()
    Image.frombytes("RGB", size, data).save(file, form)
    return file.getvalue()


def served(data: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """Return the response with a picture. The site states a wrong type on purpose: the bytes decide."""
    return Answer(raw=wire(data, status, **{"Content_Type": "text/plain", **headers}))


@dataclass
class PictureSite:
    """Articles (name -> HTML of the body) in one listing, and the responses for the paths of pictures."""

    articles: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, Answer] = field(default_factory=dict)
    robots: str = ""
    month: int = 2

    def __call__(self, path: str, number: int) -> Answer:
        if path == "/news":
            items = "".join(f'<li><a href="/a/{name}.html">About {name}</a></li>' for name in self.articles)
            return Answer(f"<html><ul>{items}</ul></html>")
        if path == "/robots.txt" and self.robots:
            return Answer(self.robots)
        name = unquote(path).removeprefix("/a/").removesuffix(".html")
        if path.startswith("/a/") and name in self.articles:
            return Answer(
                f"<html><head><title>About {name}</title></head><body><h1>About {name}</h1>"
                f"<time>2025-{self.month:02}-11</time><article><p>Text of {name}.</p>{self.articles[name]}</article>"
                "</body></html>"
            )
        return self.pictures.get(path, Answer("not found", 404))


@dataclass
class Served:
    """A served site, and crawls of it into the folder *output*."""

    site: PictureSite
    played: Played
    output: Path

    def crawl(self, *options: str, store: bool = True) -> Run:
        """Crawl the site with the options of `press-corpus crawl`."""
        words = (*OPTIONS, *(STORE if store else ()), *options)
        run = crawl("toy", self.output, *words, environment=self.played.environment)
        assert "Traceback" not in run.log, run.log
        return run

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a crawl in a process."""
        command = [sys.executable, "-m", "scrapy", "crawl", "toy", "-s", f"OUTPUT_DIR={self.output}"]
        return subprocess.Popen(
            [*command, *OPTIONS, *STORE, *options], cwd=ROOT, env={**os.environ, **self.played.environment},
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command for the corpus."""
        options = (*OPTIONS, "-s", f"OUTPUT_DIR={self.output}")
        done = scrapy(*words, *options, environment=self.played.environment)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def asked(self, host: str = "img.example") -> list[str]:
        """Return the URLs of the requests to *host*, without robots.txt, since the last call."""
        urls = [url for url in self.played.urls if f"//{host}/" in url and not url.endswith("/robots.txt")]
        self.played.urls.clear()
        return urls

    def markdown(self, name: str) -> str:
        """Return the body of an article's file."""
        [path] = self.output.glob(f"toy/*/*/{name}.md")
        return path.read_text(encoding="utf-8").partition("\n---\n\n")[2]

    def stored(self, name: str) -> dict[str, bytes]:
        """Return the picture files of an article by name."""
        return {path.name: path.read_bytes() for path in sorted(self.output.glob(f"toy/*/*/{name}/[!.]*"))}

    @property
    def tree(self) -> dict[str, bytes]:
        """The files of the corpus, without .state, by path."""
        files = [path for path in self.output.rglob("*") if path.is_file()]
        named = {str(path.relative_to(self.output)): path for path in files}
        return {name: path.read_bytes() for name, path in named.items() if not name.startswith((".state", ".rejected"))}


@contextmanager
def serve(site: PictureSite, output: Path) -> Iterator[Served]:
    """Serve *site* until the block ends."""
    with play(site) as played:
        yield Served(site, played, output)
