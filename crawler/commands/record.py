"""press-corpus record SOURCE URL CASE: record a page as a fixture case for the tests."""

from __future__ import annotations

import argparse
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

from scrapy import Request
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.describe import article_lines, listing_lines
from crawler.commands.errors import one_line_errors
from crawler.crawl.exit_codes import Exit
from crawler.crawl.visit import Fetch, fetch_article, visit_pages
from crawler.items import Link, Listing
from crawler.reading.errors import PageError
from crawler.reading.page import Page
from crawler.reading.read import read_article, read_listing
from crawler.reading.source import Source
from crawler.recordings.cases import save_case

NEXT = (
    "Next: run `press-corpus check-fixtures`. It writes the result of a new case beside the page and fails once: "
    "check the result."
)


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] SOURCE URL CASE"

    def short_desc(self) -> str:
        return "Record a page as a fixture case for the tests"

    def long_desc(self) -> str:
        return (
            "Fetch one page of a source under the same rules as a crawl, store it as SOURCE/CASE/ in the "
            "project's folder of fixtures, and print what the source reads in it. URL is the URL of an article or a "
            "listing, or the name of a channel. "
            "Error pages and block pages are recorded, too. Exit code 1 if the page cannot be fetched or stored."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--title", default="", help="title of the article in the listing")
        parser.add_argument("--date", default="", help="date of the article in the listing, YYYY-MM-DD[ HH:MM:SS]")
        parser.add_argument("--force", action="store_true", help="replace an existing case")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 3:
            raise UsageError("expected SOURCE, URL and CASE", print_help=False)
        name, target, case = args
        source = self.source(name)
        if not source.default_channels or not source.hosts:  # local files, or a newspaper that only its URL names
            source = type(self.spider(name, target))
        assert self.settings is not None
        folder = new_case(fixtures_folder(self.settings) / name, case, opts.force)
        if target not in source.channels and not re.match("https?://[^/]", target):
            raise UsageError(
                f"{target!r} is neither a URL (http:// or https://) nor a channel of {name}", print_help=False
            )
        link = source.article_link(target)
        if link:
            link = replace(link, title=opts.title, date=opts.date)
        assert self.crawler_process is not None
        if not visit_pages(self.crawler_process, source, partial(_record, source, target, link, folder)):
            self.exitcode = Exit.ATTENTION


def fixtures_folder(settings: BaseSettings) -> Path:
    """Return the folder of the recorded cases. Raises UsageError outside of a project."""
    return Path(project_path(settings, "FIXTURES_DIR"))


def project_path(settings: BaseSettings, name: str) -> str:
    """Return the path in the setting *name*. Raises UsageError if it is empty, as it is outside of a project."""
    if not settings[name]:
        raise UsageError(
            "this folder belongs to no project; `press-corpus init FOLDER` creates one for your own sources",
            print_help=False,
        )
    return str(settings[name])


def new_case(cases: Path, case: str, force: bool = False) -> Path:
    """Return the folder of the new case *case* in the folder *cases*.

    Raises UsageError for an invalid name, and for an existing case unless *force* is set.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,79}", case):
        raise UsageError(
            f"CASE={case!r} is not valid: allowed are letters, digits, - and _, 80 at most", print_help=False
        )
    folder = cases / case
    if folder.exists() and not force:
        raise UsageError(
            f"{folder} already exists; choose another CASE (`press-corpus record --force` replaces it)",
            print_help=False,
        )
    return folder


def keep_case(folder: Path, page: Page, source: type[Source]) -> None:
    """Write *page* to *folder* as a case, and print the folder and what *source* reads in the page. Raises OSError."""
    save_case(folder, page)
    try:
        read = read_article(source, page) if page.link else read_listing(source, page)
    except PageError as error:
        lines = [f"{error.kind}: {error}"]
    else:
        if isinstance(read, Request):
            lines = [f"incomplete: {read.url}, which the article needs, is not recorded"]
        else:
            lines = listing_lines(read) if isinstance(read, Listing) else article_lines(read)
    page_type = "an article" if page.link else "a listing"
    print(f"recorded: {folder}: HTTP {page.status}, {len(page.body)} bytes; read as {page_type}:")
    for line in lines:
        print(f"    {line}")


async def _record(source: type[Source], target: str, link: Link | None, folder: Path, fetch: Fetch) -> None:
    """Fetch the article of *link*, or else the channel or listing *target*, and keep it as a case in *folder*."""
    if link:
        page = await fetch_article(source, fetch, link)
    elif target in source.channels:
        page = await fetch(source.open_channel(target))
    else:
        page = await fetch(source.open_listing(target) or Request(target))
    keep_case(folder, page, source)
    print(NEXT)
