"""Crawl the benchmark's site with another crawler or extractor, each used as in its documentation.

Usage: python -m tests.bench.peers PEER SITE ARTICLES FOLDER

`pip install -e ".[bench]"` installs the peers.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.bench.pages import number_of, paths


def _articles(site: str, articles: int) -> Iterator[str]:
    return (f"{site}{path}" for path in paths(articles) if path.startswith("/a/"))


def _write(folder: Path, url: str, title: str, date: str, text: str) -> None:
    name = number_of(url)
    (folder / f"{name}.md").write_text(f'---\ntitle: "{title}"\ndate: "{date}"\n---\n\n{text}\n', encoding="utf-8")


def crawlee(site: str, articles: int, folder: Path) -> None:
    """Use crawlee's ParselCrawler with html-to-markdown and its storage in memory, its cheapest configuration."""
    crawlee, convert = import_module("crawlee"), import_module("html_to_markdown").convert
    crawler = import_module("crawlee.crawlers").ParselCrawler(
        storage_client=import_module("crawlee.storage_clients").MemoryStorageClient(),
        concurrency_settings=crawlee.ConcurrencySettings(min_concurrency=8, max_concurrency=8, desired_concurrency=8),
    )

    async def listing(context: Any) -> None:
        await context.enqueue_links(selector=".entry h2 a", label="article")
        await context.enqueue_links(selector="a.next")

    async def article(context: Any) -> None:
        page = context.selector
        _write(
            folder,
            context.request.url,
            page.css("h1.story-title::text").get("").strip(),
            page.css("meta[property='article:published_time']::attr(content)").get(""),
            convert(page.css(".story-body").get("")).content or "",
        )

    crawler.router.default_handler(listing)
    crawler.router.handler("article")(article)
    asyncio.run(crawler.run([f"{site}/list/{articles}/1.html"]))


def trafilatura(site: str, articles: int, folder: Path) -> None:
    """Use trafilatura with urllib3, on which its `fetch_url` is based: `fetch_url` rejects loopback addresses."""
    extract, pool = import_module("trafilatura").extract, import_module("urllib3").PoolManager()
    for url in _articles(site, articles):
        page = pool.request("GET", url, headers={"accept-encoding": "gzip"}).data
        text = extract(
            page, url=url, output_format="markdown", with_metadata=True, include_formatting=True, include_images=True,
            include_links=True,
        )  # fmt: skip
        (folder / f"{number_of(url)}.md").write_text(text, encoding="utf-8")


def newspaper(site: str, articles: int, folder: Path) -> None:
    """Use newspaper4k without fetching pictures."""
    article = import_module("newspaper").article
    for url in _articles(site, articles):
        found = article(url, language="zh", fetch_images=False)
        _write(folder, url, found.title, str(found.publish_date), found.text)


def newsplease(site: str, articles: int, folder: Path) -> None:
    """Use news-please without fetching pictures, as its `from_url` would."""
    news_please = import_module("newsplease").NewsPlease
    fetch = import_module("newsplease.crawler.simple_crawler").SimpleCrawler.fetch_url
    for url in _articles(site, articles):
        found = news_please.from_html(fetch(url), url, fetch_images=False)
        _write(folder, url, found.title, str(found.date_publish), found.maintext)


PEERS: dict[str, Callable[[str, int, Path], None]] = {
    "crawlee": crawlee,
    "trafilatura": trafilatura,
    "newspaper": newspaper,
    "newsplease": newsplease,
}


if __name__ == "__main__":
    Path(sys.argv[4]).mkdir(parents=True, exist_ok=True)
    PEERS[sys.argv[1]](sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
