"""scrapy check-site SOURCE: check on a few live pages whether the spider still matches the site's layout."""

from __future__ import annotations

import argparse
from functools import partial

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.describe import article_lines, listing_lines
from crawler.crawl.arguments import ArgumentError, parse_arguments
from crawler.crawl.exit_codes import Exit
from crawler.crawl.visit import Fetch, fetch_article, visit_pages
from crawler.items import Listing
from crawler.reading.errors import Gone, PageError, Skipped, Unreachable
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source

ARTICLES = 3
MAX_LISTINGS = 3  # listing pages before the first article: a newspaper's entry page, its first page, …


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] SOURCE [CHANNEL]"

    def short_desc(self) -> str:
        return "Check on a few live pages whether a source still reads its site"

    def long_desc(self) -> str:
        return (
            "Fetch one listing and three articles of a source under the same rules as a crawl (hosts, robots.txt, "
            "delays), and print each field that was read and, in brackets, the candidate that gave it. CHANNEL is a "
            "channel of the source; the default is its first default channel. Nothing is stored. Exit code 1 if a page "
            "cannot be fetched or read; deleted pages and pages that are not articles do not count."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (1, 2):
            raise UsageError(
                "expected SOURCE and optionally CHANNEL; `scrapy list` lists the sources", print_help=False
            )
        assert self.crawler_process is not None
        source = self.source(args[0])
        try:
            arguments = parse_arguments(
                {"channel": args[1]} if args[1:] else {}, source=args[0], channels=source.channels
            )
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        problems: list[str] = []
        channel = (arguments.channel or source.default_channels)[0]
        next_step = f"record such a page as a case (scrapy record {source.name} URL CASE) and correct the spider"
        verdict = "the site does not match the spider"
        if not visit_pages(self.crawler_process, source, partial(_check, source, channel, problems)):
            verdict = verdict if problems else "the check could not be completed"
            problems.append("a page could not be fetched, see the log above")
            next_step = "remove the cause in the log, or try again later"
        if problems:
            print(f"\n{source.name}: {verdict}: {'; '.join(problems)}")
            print(f"Next: {next_step}")
            self.exitcode = Exit.ATTENTION
        else:
            print(f"\n{source.name}: the site matches the spider")


async def _check(source: type[Source], channel: str, problems: list[str], fetch: Fetch) -> None:
    """Fetch, read and print a listing of *channel* and its first articles. Appends to *problems*."""
    request, listing = source.open_channel(channel), Listing(())
    for _ in range(MAX_LISTINGS):
        page = await fetch(request)
        print(f"listing {page.url}")
        try:
            listing = read_listing(source, page)
        except PageError as error:
            _print_lines([f"{error.kind}: {error}"])
            problems.append(f"the listing: {error.kind}")
            return
        _print_lines(listing_lines(listing))
        if listing.links or not listing.next:
            break
        request = listing.next[0]
    if not listing.links:
        problems.append("the listing has 0 links to articles")
    articles = 0
    for link in listing.links[:ARTICLES]:
        page = await fetch_article(source, fetch, link)
        print(f"\narticle {page.url}")
        try:
            article = read_article(source, page)
            if isinstance(article, Request):
                raise Unreachable(f"{article.url}, which the article needs, could not be fetched")
        except PageError as error:
            _print_lines([f"{error.kind}: {error}"])
            if not isinstance(error, Gone | Skipped):  # every listing has some of these
                problems.append(f"article {link.id}: {error.kind}")
        else:
            _print_lines(article_lines(article))
            articles += 1
    if listing.links and not (articles or problems):
        problems.append(f"the first {ARTICLES} links do not lead to articles")


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        print(f"    {line}")
