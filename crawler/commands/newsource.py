"""scrapy newsource NAME URL [ARTICLE]: the draft of a new source, with its first recorded pages."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.record import NEXT, keep_case
from crawler.crawl.exit_codes import Exit
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.visit import Visit, visit_pages
from crawler.items import Link
from crawler.reading.checks import check_answer
from crawler.reading.source import Source
from crawler.scaffold import draft


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] NAME URL [ARTICLE]"

    def short_desc(self) -> str:
        return "Draft a new source from a listing and its first article"

    def long_desc(self) -> str:
        return (
            "Fetches the listing at URL and the first article behind it (or ARTICLE), records both as the first cases "
            "in tests/fixtures/NAME/, and writes crawler/spiders/NAME.py with all that could be guessed from them. "
            "What could not is marked FILL IN."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (2, 3):
            raise UsageError("NAME and URL, please", print_help=False)
        assert self.settings is not None
        assert self.crawler_process is not None
        name, cases = args[0], Path(self.settings["FIXTURES_DIR"], args[0])
        spider = Path(self.settings["SPIDERS_DIR"], f"{name}.py")
        try:
            draft.check_name(name)
        except ValueError as error:
            raise UsageError(str(error), print_help=False) from None
        for path in (spider, cases):
            if path.exists():
                raise UsageError(f"{path} is there already", print_help=False)
        try:
            hosts = [urlsplit(url).hostname or "" for url in args[1:]]
        except ValueError:
            hosts = [""]
        if not all(hosts):
            raise UsageError("URL and ARTICLE are addresses that begin with http:// or https://", print_help=False)
        source = cast(
            "type[ArticleSpider]",
            type("Draft", (ArticleSpider,), {"name": name, "hosts": hosts, "channels": (), "default_channels": ()}),
        )
        if not visit_pages(self.crawler_process, source, _visit(name, hosts, args[1:], spider, cases)):
            self.exitcode = Exit.ATTENTION


def _visit(name: str, hosts: list[str], urls: Sequence[str], spider: Path, cases: Path) -> Visit:
    """*hosts*: those that may be asked, to which the article's is added."""
    listing, article = (yield Request(urls[0]), None), None
    check_answer(listing)
    if found := urls[1:] or draft.article_links(listing)[:1]:
        hosts.append(urlsplit(found[0]).hostname or "")
        article = yield Request(found[0]), None
        check_answer(article)
    else:
        print("no article could be seen in the listing: name one behind its address")
    spider.write_text(draft.draft(name, listing, article), encoding="utf-8")
    print(f"written: {spider}")
    source = _source_in(spider)
    keep_case(cases / "listing", listing, source)
    if article:
        link = source.article_link(found[0]) or Link("fill-in", found[0])
        keep_case(cases / "article", replace(article, link=link), source)
    print(f"Now see what is marked FILL IN in {spider}, and whether what was guessed is right. {NEXT}")


def _source_in(path: Path) -> type[Source]:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = (found for found in vars(module).values() if isinstance(found, type) and issubclass(found, Source))
    return next(found for found in classes if getattr(found, "name", "") == path.stem)
