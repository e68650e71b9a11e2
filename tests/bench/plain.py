"""Crawl the benchmark's site with a plain spider: Scrapy's default settings, markdownify and python-frontmatter.

Usage: python -m tests.bench.plain SITE ARTICLES FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
from markdownify import markdownify
from scrapy import Spider
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

from tests.bench.pages import number_of


class PlainSpider(Spider):
    name = "plain"
    folder: str

    def parse(self, response: Response, **arguments: Any) -> Iterator[Any]:
        for link in response.css(".entry h2 a::attr(href)").getall():
            yield response.follow(link, self.parse_article)
        for link in response.css("a.next::attr(href)").getall():
            yield response.follow(link)

    def parse_article(self, response: Response) -> None:
        number = number_of(response.url)
        date = response.css("meta[property='article:published_time']::attr(content)").get("")
        post = frontmatter.Post(
            markdownify(response.css(".story-body").get("")),
            title=response.css("h1.story-title::text").get("").strip(),
            date=date,
            author=response.css(".story-author::text").get(""),
            thumbnail=response.css("meta[property='og:image']::attr(content)").get(""),
            keywords=response.css(".story-tags a::text").getall(),
            summary=response.css("meta[name=description]::attr(content)").get(""),
            url=response.url,
        )
        folder = Path(self.folder, date[:4], date[5:7])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.md").write_text(frontmatter.dumps(post), encoding="utf-8")


def main(site: str, articles: str, folder: str) -> None:
    process = CrawlerProcess()
    process.crawl(PlainSpider, start_urls=[f"{site}/list/{articles}/1.html"], folder=folder)
    process.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
