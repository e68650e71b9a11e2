"""press-corpus check-site SOURCE: check on a few live pages whether the spider still matches the site's layout."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from functools import partial

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.describe import article_lines, listing_lines
from crawler.commands.errors import one_line_errors
from crawler.counts import Count
from crawler.crawl.entrances import ListingEntrance
from crawler.crawl.exit_codes import Exit
from crawler.crawl.visit import Fetch, fetch_article, visit_pages
from crawler.download.errors import RequestDropped
from crawler.items import Listing
from crawler.reading.errors import Blocked, Gone, LayoutChanged, LoginRequired, PageError, Skipped, Unreachable
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source

ARTICLES = 3
MAX_LISTINGS = 3  # listing pages before the first article: a newspaper's entry page, its first page, …


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] SOURCE [CHANNEL|URL]"

    def short_desc(self) -> str:
        return "Check on a few live pages whether a source still reads its site"

    def long_desc(self) -> str:
        return (
            "Fetch one listing and three articles of a source under the same rules as a crawl (hosts, robots.txt, "
            "delays), and print each field that was read and, in brackets, the candidate that gave it. CHANNEL is a "
            "channel of the source, URL a listing of it; the default is its first default channel. Nothing is stored. "
            "Exit code 1 if a page cannot be read; deleted pages and pages that are not articles do not count. Exit "
            "code 3 if the site refuses requests, 7 if it cannot be reached."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (1, 2):
            raise UsageError(
                "expected SOURCE and optionally CHANNEL or URL; `press-corpus list` lists the sources", print_help=False
            )
        assert self.crawler_process is not None
        spider = self.spider(*args)
        listing = next((each.request for each in spider.entrances if isinstance(each, ListingEntrance)), None)
        if listing is None:
            raise UsageError(f"{args[1]} is an article; give the URL of a listing", print_help=False)
        source, found = type(spider), Findings()
        is_complete = visit_pages(self.crawler_process, source, partial(_check, source, listing, found))
        if not is_complete:
            self.exitcode = Exit.ATTENTION
            print(f"\n{source.name}: the check was interrupted")
        elif not found.errors:
            print(f"\n{source.name}: the site matches the spider")
        else:
            self.exitcode, verdict, next_step = found.verdict(source.name)
            print(f"\n{source.name}: {verdict}: {'; '.join(map(str, found.errors))}")
            print(f"Next: {next_step}")


@dataclass
class Findings:
    """What is wrong with the pages of a check; a `PageError` for each."""

    errors: list[PageError] = field(default_factory=list)

    def add(self, what: str, error: PageError) -> None:
        """Print *error*, which the page *what* has, and keep it."""
        kind = "not fetched" if isinstance(error.__cause__, RequestDropped) else error.kind
        _print_lines([f"{kind}: {error}"])
        kept = type(error)(f"{what}: {kind}: {error}")
        kept.__cause__ = error.__cause__
        self.errors.append(kept)

    def verdict(self, source: str) -> tuple[Exit, str, str]:
        """Return the exit code, the verdict and the next step for the errors (at least one)."""
        for error in self.errors:
            if not isinstance(error, Blocked | LoginRequired | Unreachable):
                next_step = (
                    f"record such a page as a case (press-corpus record {source} URL CASE) and correct the spider"
                )
                return Exit.ATTENTION, "the site does not match the spider", next_step
        for error in self.errors:
            if not isinstance(error, Unreachable):
                return Exit.BLOCKED, "the site refuses the pages", error.advice
        if any(map(_is_site_failure, self.errors)):
            return Exit.UNREACHABLE, "the site could not be reached", Unreachable.advice
        return Exit.ATTENTION, "the check could not be completed", "remove the cause, then check again"


def _is_site_failure(error: PageError) -> bool:
    """Return whether a request was sent, or robots.txt of its host could not be fetched."""
    cause = error.__cause__
    return not isinstance(cause, RequestDropped) or cause.figure == Count.LINKS_NOT_FETCHED


async def _check(source: type[Source], request: Request, found: Findings, fetch: Fetch) -> None:
    """Fetch, read and print the listing of *request* and its first articles. Adds to *found*."""
    listing = Listing(())
    for _ in range(MAX_LISTINGS):
        print(f"listing {request.url}")
        try:
            page = await fetch(request)
            listing = read_listing(source, page)
        except PageError as error:
            found.add("the listing", error)
            return
        _print_lines(listing_lines(listing))
        if listing.links or not listing.next:
            break
        request = listing.next[0]
    if not listing.links:
        found.add("the listing", LayoutChanged("it has no links to articles"))
    articles = 0
    for link in listing.links[:ARTICLES]:
        print(f"\narticle {link.url}")
        try:
            page = await fetch_article(source, fetch, link)
            article = read_article(source, page)
            if isinstance(article, Request):
                raise Unreachable(f"{article.url}, which the article needs, could not be fetched")
        except PageError as error:
            if isinstance(error, Gone | Skipped):  # every listing has some of these
                _print_lines([f"{error.kind}: {error}"])
            else:
                found.add(f"article {link.id}", error)
        else:
            _print_lines(article_lines(article))
            articles += 1
    if listing.links and not (articles or found.errors):
        found.add("the listing", LayoutChanged(f"its first {ARTICLES} links do not lead to articles"))


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        print(f"    {line}")
