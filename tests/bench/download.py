"""A crawl that reads nothing, with the project's settings: `python -m tests.bench.download ARTICLES [NAME=VALUE …]`."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response
from scrapy.utils.project import get_project_settings

from tests.bench.pages import HOST, addresses


class DownloadSpider(Spider):
    name = "download"
    hosts = (HOST,)  # for HostGuard
    bytes = 0

    async def start(self) -> AsyncIterator[Any]:
        for path in addresses(int(self.articles)):  # type: ignore[attr-defined]  # an argument
            yield Request(f"http://{HOST}{path}", dont_filter=True)

    def parse(self, response: Response, **arguments: Any) -> None:
        self.bytes += len(response.body)


def main(articles: str, *settings: str) -> None:
    asked = get_project_settings()
    for setting in settings:
        name, _, value = setting.partition("=")
        asked.set(name, value, priority="cmdline")
    process = CrawlerProcess(asked)
    crawler = process.create_crawler(DownloadSpider)
    process.crawl(crawler, articles=articles)
    process.start()
    came, asked_for = crawler.stats.get_value("response_received_count"), [*addresses(int(articles))]
    if came != len(asked_for) + 1:  # robots.txt
        sys.exit(f"{came} pages came, {len(asked_for)} were asked for")


if __name__ == "__main__":
    main(*sys.argv[1:])
