"""Crawls that do less than ours, with the project's settings: one that reads nothing, and one that does with each page
what cannot be left out where Markdown is to come of it.

`python -m tests.bench.download download|least ARTICLES FOLDER [NAME=VALUE …]`
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
from tests.bench.pages import HOST, addresses, number_of


class DownloadSpider(Spider):
    name = "download"
    hosts = (HOST,)  # for HostGuard
    bytes = 0

    async def start(self) -> AsyncIterator[Any]:
        for path in addresses(int(self.articles)):  # type: ignore[attr-defined]  # an argument
            yield Request(f"http://{HOST}{path}", dont_filter=True)

    def parse(self, response: Response, **arguments: Any) -> None:
        self.bytes += len(response.body)


class LeastSpider(DownloadSpider):
    """Parses a page, converts its body, writes a file: no field, no check, no ledger, no pipeline."""

    name = "least"

    def parse(self, response: Response, **arguments: Any) -> None:
        page = Page(response.url, response.body)
        for body in page.tree.find_class("story-body"):
            path = Path(self.folder, f"{number_of(response.url)}.md")  # type: ignore[attr-defined]
            path.write_text(convert(body).text, encoding="utf-8")


SPIDERS = {each.name: each for each in (DownloadSpider, LeastSpider)}


def main(spider: str, articles: str, folder: str, *settings: str) -> None:
    asked = get_project_settings()
    for setting in settings:
        name, _, value = setting.partition("=")
        asked.set(name, value, priority="cmdline")
    process = CrawlerProcess(asked)
    Path(folder).mkdir(parents=True, exist_ok=True)
    crawler = process.create_crawler(SPIDERS[spider])
    process.crawl(crawler, articles=articles, folder=folder)
    process.start()
    came, asked_for = crawler.stats.get_value("response_received_count"), [*addresses(int(articles))]
    if came != len(asked_for) + 1:  # robots.txt
        sys.exit(f"{came} pages came, {len(asked_for)} were asked for")


if __name__ == "__main__":
    main(*sys.argv[1:])
