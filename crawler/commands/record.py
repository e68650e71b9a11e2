"""scrapy record SOURCE URL CASE: a page as a recorded case, which the tests replay."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.describe import article_lines, listing_lines
from crawler.crawl.exit_codes import Exit
from crawler.crawl.visit import Visit, visit_pages
from crawler.items import Link, Listing
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.recordings.cases import save_case

NEXT = "The next test run writes what a new case gives, and fails until you have read that: make test"


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] SOURCE URL CASE"

    def short_desc(self) -> str:
        return "Record a page as a case for the tests"

    def long_desc(self) -> str:
        return (
            "Fetches one page of a source, as a crawl would, into tests/fixtures/SOURCE/CASE/: an article's address, a "
            "listing's, or the name of a channel. Pages that are refused are recorded, too."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--title", default="", help="the article's title as the listing shows it")
        parser.add_argument("--date", default="", help="its date as the listing shows it, YYYY-MM-DD[ HH:MM:SS]")
        parser.add_argument("--force", action="store_true", help="replace a case that is there")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 3:
            raise UsageError("SOURCE, URL and CASE, please", print_help=False)
        name, target, case = args
        source = self.source(name)
        assert self.settings is not None
        folder = new_case(Path(self.settings["FIXTURES_DIR"], name), case, opts.force)
        if target not in source.channels and not re.match("https?://[^/]", target):
            raise UsageError(f"{target!r} is neither an address nor a channel of {name}", print_help=False)
        link = source.article_link(target)
        if link:
            link = replace(link, title=opts.title, date=opts.date)
        assert self.crawler_process is not None
        if not visit_pages(self.crawler_process, source, _visit(source, target, link, folder)):
            self.exitcode = Exit.ATTENTION


def new_case(cases: Path, case: str, force: bool = False) -> Path:
    """The folder of a new case among a source's *cases*. Raises UsageError."""
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,79}", case):
        raise UsageError(f"CASE={case!r}: allowed are letters, digits, - and _, 80 at most", print_help=False)
    folder = cases / case
    if folder.exists() and not force:
        raise UsageError(f"{folder} is there already; --force replaces it", print_help=False)
    return folder


def keep_case(folder: Path, page: Page, source: type[Source]) -> None:
    """Keep *page* as a case, and tell where it lies and what *source* reads in it. Raises OSError."""
    save_case(folder, page)
    try:
        read = read_article(source, page) if page.link else read_listing(source, page)
    except PageError as error:
        lines = [f"{error.kind}: {error}"]
    else:
        if isinstance(read, Request):
            lines = [f"incomplete: the second answer, {read.url}, is not recorded"]
        else:
            lines = listing_lines(read) if isinstance(read, Listing) else article_lines(read)
    as_what = "as an article" if page.link else "as a listing"
    print(f"recorded: {folder}: HTTP {page.status}, {len(page.body)} bytes; read {as_what}:")
    for line in lines:
        print(f"    {line}")


def _visit(source: type[Source], target: str, link: Link | None, folder: Path) -> Visit:
    if link:
        request = Request(link.url)
    elif target in source.channels:
        request = source.open_channel(target)
    else:
        request = source.open_listing(target) or Request(target)
    page = yield request, link
    with suppress(PageError):  # error pages are recorded, too
        if link and isinstance(read := read_article(source, page), Request):
            page = replace(page, second_page=(yield read, link))
    keep_case(folder, page, source)
    print(NEXT)
