"""scrapy check-site SOURCE: whether a site still looks as its spider thinks. Live, by a few pages."""

from __future__ import annotations

import argparse
from dataclasses import replace

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.describe import article_lines, listing_lines
from crawler.crawl.arguments import ArgumentError, parse_arguments
from crawler.crawl.exit_codes import Exit
from crawler.crawl.visit import Visit, visit_pages
from crawler.items import Article, Listing
from crawler.reading.errors import PageError
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source

ARTICLES = 3
DEEPEST = 3  # listing pages on the way to the first article: a newspaper's entry, its first page …


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] SOURCE [CHANNEL]"

    def short_desc(self) -> str:
        return "Look whether a site is still as its spider thinks"

    def long_desc(self) -> str:
        return (
            "Fetches one listing and three articles of a source, politely, shows field by field what was read and "
            "where it was found, and says whether the site still looks as the spider thinks. Nothing is stored. Exit "
            "code 1 when it does not."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (1, 2):
            raise UsageError("one source, please, and a channel if you like", print_help=False)
        assert self.crawler_process is not None
        source = self.source(args[0])
        try:
            asked = parse_arguments({"channel": args[1]} if args[1:] else {}, source=args[0], channels=source.channels)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        wrong: list[str] = []
        visit = _visit(source, (asked.channel or source.default_channels)[0], wrong)
        if not visit_pages(self.crawler_process, source, visit):
            wrong.append("a page could not be had")
        if wrong:
            print(f"\n{source.name}: the site does not look as the spider thinks: {'; '.join(wrong)}")
            self.exitcode = Exit.ATTENTION
        else:
            print(f"\n{source.name}: the site looks as the spider thinks")


def _visit(source: type[Source], channel: str, wrong: list[str]) -> Visit:
    """What is not as it should be goes into *wrong*."""
    request, listing = source.open_channel(channel), Listing(())
    for _ in range(DEEPEST):
        page = yield request, None
        print(f"listing {page.url}")
        try:
            listing = read_listing(source, page)
        except PageError as error:
            wrong.append(_refused("the listing", error))
            return
        _tell(listing_lines(listing))
        if listing.links or not listing.next:
            break
        request = listing.next[0]
    if not listing.links:
        wrong.append("the listing leads to no article")
    read = 0
    for link in listing.links[:ARTICLES]:
        page = yield Request(link.url), link
        print(f"\narticle {page.url}")
        try:
            article = read_article(source, page)
            if isinstance(article, Request):
                page = replace(page, second_page=(yield article, link))
                article = read_article(source, page)
        except PageError as error:
            if error.kind in ("gone", "skipped"):  # such are in every listing
                _tell([f"{error.kind}: {error}"])
            else:
                wrong.append(_refused(f"article {link.id}", error))
            continue
        assert isinstance(article, Article)
        _tell(article_lines(article))
        read += 1
    if listing.links and not (read or wrong):
        wrong.append("none of the first links leads to an article")


def _refused(what: str, error: PageError) -> str:
    _tell([f"{error.kind}: {error}"])
    return f"{what}: {error.kind}"


def _tell(lines: list[str]) -> None:
    for line in lines:
        print(f"    {line}")
