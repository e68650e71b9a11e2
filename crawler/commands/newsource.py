"""scrapy newsource NAME URL [ARTICLE]: draft a new source, and record its first two pages."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.record import NEXT, keep_case
from crawler.crawl.exit_codes import Exit
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.visit import Fetch, visit_pages
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
            "Fetch the listing page at URL and its first article (or the article at the URL ARTICLE), record both as "
            "cases in tests/fixtures/NAME/, and write the spider crawler/spiders/NAME.py with the selectors and URL "
            "patterns that could be derived from the two pages. Complete the lines that are marked FILL IN, and check "
            "the others. Existing files are not changed. Exit code 1 if a page cannot be fetched."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (2, 3):
            raise UsageError("expected NAME and URL, and optionally ARTICLE", print_help=False)
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
                raise UsageError(f"{path} already exists; choose another NAME or remove it", print_help=False)
        try:
            hosts = [urlsplit(url).hostname or "" for url in args[1:]]
        except ValueError:
            hosts = [""]
        if not all(hosts):
            raise UsageError("URL and ARTICLE must begin with http:// or https:// and a host", print_help=False)

        class DraftSpider(ArticleSpider):
            """The source during the visit: its file does not exist yet."""

        DraftSpider.name, DraftSpider.hosts = name, tuple(hosts)
        if not visit_pages(self.crawler_process, DraftSpider, partial(_draft, DraftSpider, args[1:], spider, cases)):
            self.exitcode = Exit.ATTENTION


async def _draft(site: type[ArticleSpider], urls: Sequence[str], spider: Path, cases: Path, fetch: Fetch) -> None:
    """Fetch the listing and an article, write the file *spider*, and record both pages in *cases*.

    The host of the article is added to `site.hosts`.
    """
    listing, article = await fetch(Request(urls[0])), None
    check_answer(listing)
    if found := urls[1:] or draft.article_links(listing)[:1]:
        site.hosts += (urlsplit(found[0]).hostname or "",)
        article = await fetch(Request(found[0]))
        check_answer(article)
    else:
        print(
            "No links to articles were found in the listing. To draft the article reader too, remove the new files and "
            "give the URL of an article after the URL of the listing."
        )
    spider.write_text(draft.draft(site.name, listing, article), encoding="utf-8")
    print(f"written: {spider}")
    source = _load_source(spider)
    keep_case(cases / "listing", listing, source)
    if article:
        link = source.article_link(found[0]) or Link("fill-in", found[0])
        keep_case(cases / "article", replace(article, link=link), source)
    print(f"Next: complete the lines marked FILL IN in {spider}, and check the derived selectors.")
    print(NEXT)


def _load_source(path: Path) -> type[Source]:
    """Import the module at *path* and return its source class, whose name is the file name without suffix."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = (found for found in vars(module).values() if isinstance(found, type) and issubclass(found, Source))
    return next(found for found in classes if getattr(found, "name", "") == path.stem)
