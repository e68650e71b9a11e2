"""Crawl the benchmark's site with crawlee and html-to-markdown, and do the same work for a page as this crawler.

Usage: python -m tests.bench.same_work SITE ARTICLES FOLDER

It obeys robots.txt, reads title, date, author and channel, checks the page, writes YAML front matter, keeps a SQLite
ledger with the hash of each file, and syncs each file to the disk. It is the crawler that an engineer would write with
these libraries for one site.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.bench.pages import number_of

SOURCE, TITLE_SUFFIX = "bench", "_产业观察"
SHORTEST, SUMMARY = 50, 50  # characters of a body, and of the summary
Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class PageError(Exception):
    """The page is not a complete article."""


class Ledger:
    """The state of each article. A link is added before it is fetched, and marked after its file is on disk."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = NORMAL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, url TEXT NOT NULL, title TEXT NOT NULL, "
            "state TEXT NOT NULL DEFAULT 'open', reason TEXT, path TEXT, hash TEXT, changed INTEGER)"
        )

    def add(self, links: Iterable[tuple[str, str]]) -> list[str]:
        """Record links (URL, title). Returns the URLs that are not written yet."""
        rows = [(number_of(url), url, title) for url, title in links]
        with self.connection:
            self.connection.executemany("INSERT OR IGNORE INTO articles (id, url, title) VALUES (?, ?, ?)", rows)
        state = "SELECT state FROM articles WHERE id = ?"
        return [url for name, url, _ in rows if self.connection.execute(state, (name,)).fetchone()[0] != "written"]

    def mark(self, url: str, state: str, reason: str = "", path: str = "", digest: str = "") -> None:
        with self.connection:
            self.connection.execute(
                "UPDATE articles SET state = ?, reason = ?, path = ?, hash = ?, changed = ? WHERE id = ?",
                (state, reason, path, digest, int(time.time()), number_of(url)),
            )


def read(page: Any, url: str, convert: Any) -> tuple[dict[str, Any], str]:
    """Return front matter and Markdown of an article. Raises `PageError`."""
    if not page.css("title::text").get("").endswith(TITLE_SUFFIX):
        raise PageError("a block page: the title is not one of the site")
    canonical = page.css("link[rel=canonical]::attr(href)").get("")
    if urlsplit(canonical).path != urlsplit(url).path:
        raise PageError(f"another article: {canonical}")
    bodies = page.css(".story-body")
    if len(bodies) != 1:
        raise PageError(f"{len(bodies)} bodies")
    for unwanted in bodies[0].css(".story-advert, .story-rights"):
        unwanted.root.drop_tree()
    title = " ".join(page.css("h1.story-title::text").get("").split())
    if not title:
        raise PageError("no title")
    try:
        date = datetime.fromisoformat(page.css("meta[property='article:published_time']::attr(content)").get(""))
    except ValueError as error:
        raise PageError(f"no date: {error}") from error
    text = " ".join("".join(bodies[0].root.itertext()).split())
    if len(text) < SHORTEST:
        raise PageError(f"the body has {len(text)} characters")
    metadata = {
        "title": title,
        "date": f"{date:%Y-%m-%d %H:%M:%S}",
        "summary": text[:SUMMARY],
        "author": page.css(".story-author::text").get("").strip(),
        "channel": page.css("meta[property='og:site_name']::attr(content)").get(""),
        "categories": [SOURCE],
        "tags": [SOURCE, *page.css(".story-tags a::text").getall()],
        "thumbnail": page.css("meta[property='og:image']::attr(content)").get(""),
        "url": canonical,
    }
    return metadata, convert(bodies[0].get()).content or ""


def store(path: Path, data: bytes) -> None:
    """Write a file atomically and durably."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    Path(temporary).replace(path)


async def crawl(site: str, articles: int, folder: Path) -> None:
    crawlee, convert = import_module("crawlee"), import_module("html_to_markdown").convert
    ledger = Ledger(folder / "ledger.db")
    crawler = import_module("crawlee.crawlers").ParselCrawler(
        storage_client=import_module("crawlee.storage_clients").MemoryStorageClient(),
        concurrency_settings=crawlee.ConcurrencySettings(min_concurrency=8, max_concurrency=8, desired_concurrency=8),
        respect_robots_txt_file=True,
    )

    async def listing(context: Any) -> None:
        found = context.selector.css(".entry h2 a")
        links = ((site + link.attrib["href"], link.css("::text").get("").strip()) for link in found)
        requests = [crawlee.Request.from_url(url, label="article") for url in ledger.add(links)]
        await context.add_requests(requests)
        await context.enqueue_links(selector="a.next")

    async def article(context: Any) -> None:
        url = context.request.url
        try:
            metadata, markdown = read(context.selector, url, convert)
        except PageError as error:
            ledger.mark(url, "rejected", str(error))
            return
        front_matter = yaml.dump(metadata, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=1000)
        data = f"---\n{front_matter}---\n\n{markdown}\n".encode()
        path = folder / metadata["date"][:4] / metadata["date"][5:7] / f"{number_of(url)}.md"
        store(path, data)
        ledger.mark(url, "written", path=str(path), digest=hashlib.sha256(data).hexdigest())

    crawler.router.default_handler(listing)
    crawler.router.handler("article")(article)
    await crawler.run([f"{site}/list/{articles}/1.html"])


if __name__ == "__main__":
    Path(sys.argv[3]).mkdir(parents=True, exist_ok=True)
    asyncio.run(crawl(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
