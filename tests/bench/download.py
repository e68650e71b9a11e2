"""Crawl with the project's settings and a minimal spider: download only, or download, parse, convert and write.

Usage: python -m tests.bench.download download|least ARTICLES FOLDER [NAME=VALUE …]
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from crawler.markdown.convert import convert
from crawler.reading.page import Page
from tests.bench.pages import HOST, number_of, paths


class DownloadSpider(Spider):
    """Downloads every listing page and article, and counts the bytes."""

    name = "download"
    hosts = (HOST,)  # required by HostGuard
    bytes = 0

    async def start(self) -> AsyncIterator[Any]:
        for path in paths(int(self.articles)):  # type: ignore[attr-defined]  # spider argument
            yield Request(f"http://{HOST}{path}", dont_filter=True)

    def parse(self, response: Response, **arguments: Any) -> None:
        self.bytes += len(response.body)


class LeastSpider(DownloadSpider):
    """Parses each page, converts its body and writes a file, without fields, checks, ledger and pipelines."""

    name = "least"

    def parse(self, response: Response, **arguments: Any) -> None:
        page = Page(response.url, response.body)
        for body in page.tree.find_class("story-body"):
            path = Path(self.folder, f"{number_of(response.url)}.md")  # type: ignore[attr-defined]
            path.write_text(convert(body).text, encoding="utf-8")


SPIDERS = {each.name: each for each in (DownloadSpider, LeastSpider)}


def main(spider: str, articles: str, folder: str, *settings: str) -> None:
    project_settings = get_project_settings()
    for setting in settings:
        name, _, value = setting.partition("=")
        project_settings.set(name, value, priority="cmdline")
    process = CrawlerProcess(project_settings)
    Path(folder).mkdir(parents=True, exist_ok=True)
    crawler = process.create_crawler(SPIDERS[spider])
    process.crawl(crawler, articles=articles, folder=folder)
    process.start()
    received, requested = crawler.stats.get_value("response_received_count"), [*paths(int(articles))]
    if received != len(requested) + 1:  # plus robots.txt
        sys.exit(f"bench: {received} responses received, {len(requested) + 1} requested")


if __name__ == "__main__":
    main(*sys.argv[1:])
