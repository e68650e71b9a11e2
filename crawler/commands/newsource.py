"""press-corpus newsource NAME URL [ARTICLE]: draft a new source, and record its first two pages."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import CannotResolveHostError, UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.errors import one_line_errors
from crawler.commands.newspaper import NewspaperVisit
from crawler.commands.record import NEXT, fixtures_folder, keep_case, project_path
from crawler.counts import Count
from crawler.crawl.exit_codes import Exit
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.visit import Fetch, complete_article, visit_pages
from crawler.download.errors import RequestDropped
from crawler.items import Link
from crawler.newspapers.detect import is_epaper
from crawler.newspapers.urls import hosts_of
from crawler.reading.errors import Blocked, Gone, LoginRequired, PageError, Unreachable
from crawler.reading.page import Page
from crawler.reading.read import entry_page, read_listing
from crawler.reading.source import Source
from crawler.scaffold import draft
from crawler.scaffold.refusal import BuiltByScript, check_content, check_response
from crawler.scaffold.rows import CannotDraft, find_rows
from crawler.spiders.epaper import paper_at
from crawler.text.plural import plural

MAX_TRIES = 3  # links of the listing that are tried: the first one may lead to a video or a special topic

# Class of an error -> what the user can do; the first match counts.
ADVICE: tuple[tuple[type[PageError], str], ...] = (
    (Gone, "check the URL in a browser; for a deleted article, give the URL of another one as ARTICLE"),
    (LoginRequired, "the crawler does not log in: give the URL of a public list, or choose another source"),
    (Blocked, "open the URL in a browser; if it shows a captcha there, too, try again later and more slowly "
              "(-s DOWNLOAD_DELAY=10)"),
    (BuiltByScript, "in the browser's network panel, find the request that returns the list or the text (JSON), and "
                    "give its URL; or give another page of the site: its mobile page, RSS feed or sitemap"),
    (Unreachable, "check the URL in a browser, and the network, the proxy (https_proxy) and the certificate of the "
                  "site; then run the command again"),
    (PageError, "check in a browser that the URL is a list of articles, and the second one an article"),
)  # fmt: skip


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] NAME URL [ARTICLE]"

    def short_desc(self) -> str:
        return "Draft a new source from a listing and its first article"

    def long_desc(self) -> str:
        return (
            "Fetch the listing page at URL and its first article (or the article at the URL ARTICLE), record both as "
            "cases in NAME/ in the project's folder of fixtures, and write the spider spiders/NAME.py with the "
            "declarations that could be derived from the two pages. The listing is HTML, JSON (also in a script of a "
            "page), RSS or a sitemap; for JSON with ids instead of URLs, ARTICLE shows how URLs contain the id. "
            "Complete the lines marked FILL IN, and check the others. For an e-paper (数字报), a few pages are read, "
            "and the class of the newspaper is printed; nothing is written. Existing files are not changed. If a draft "
            "is not possible (a captcha, a login, a page that JavaScript builds, a list without URLs), the reason and "
            "the next step are printed, nothing is written, and the exit code is 1."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) not in (2, 3):
            raise UsageError("expected NAME and URL, and optionally ARTICLE", print_help=False)
        assert self.settings is not None
        assert self.crawler_process is not None
        name, cases = args[0], fixtures_folder(self.settings) / args[0]
        spider = Path(project_path(self.settings, "SPIDERS_DIR"), f"{name}.py")
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
        if not all(hosts) or not all(url.startswith(("http://", "https://")) for url in args[1:]):
            raise UsageError("URL and ARTICLE must begin with http:// or https:// and a host", print_help=False)

        class DraftSpider(ArticleSpider):
            """The source during the visit: its file does not exist yet."""

        DraftSpider.name = name
        DraftSpider.hosts = tuple(dict.fromkeys(host for url in args[1:] for host in hosts_of(url)))
        visit = DraftVisit(DraftSpider, args[1:], spider, cases)
        if not visit_pages(self.crawler_process, DraftSpider, visit):
            print(f"Nothing was written. Next: {visit.advice}")
            self.exitcode = Exit.ATTENTION
        elif visit.is_newspaper:
            self.exitcode = Exit.FINE if visit.was_read else Exit.ATTENTION


@dataclass
class DraftVisit:
    """Fetch the listing and an article of *site*, write the file *spider*, and record both pages in *cases*.

    The host of the article is added to `site.hosts`. *urls* are the listing and, optionally, the article. After an
    error, `advice` states what the user can do.
    """

    site: type[ArticleSpider]
    urls: Sequence[str]
    spider: Path
    cases: Path
    advice: str = field(init=False, default="run the command again")
    is_newspaper: bool = field(init=False, default=False)  # only a class was printed
    was_read: bool = field(init=False, default=False)  # an article of that newspaper was read

    async def __call__(self, fetch: Fetch) -> None:
        """See `crawl.visit.Visit`. Raises `PageError`."""
        try:
            if known := paper_at(self.urls[0]):
                self.is_newspaper = self.was_read = True
                print(f"{self.urls[0]} is an e-paper that has a class: {known.name} {known.title}")
                print(f"Next: press-corpus crawl {known.name}")
                return
            listing = await fetch(Request(self.urls[0]))
            check_response(listing)
            if is_epaper(listing):
                self.is_newspaper = True
                self.was_read = await NewspaperVisit(self.site, self.urls[0], self.site.name)(fetch, listing)
                return
            given = next(iter(self.urls[1:]), "")
            rows = find_rows(listing, given)
            if not rows.urls:
                check_content(listing)
            if rows.is_whole:  # articles need no request
                article, url = None, given or rows.urls[0]
            else:
                article, url = await self._article(fetch, listing, [*self.urls[1:]] or rows.urls[:MAX_TRIES])
            code = draft.draft(self.site.name, listing, article, url)
        except PageError as error:
            self.advice = advice(error)
            raise
        await self._write(fetch, code, listing, article, url)

    async def _article(self, fetch: Fetch, listing: Page, urls: Sequence[str]) -> tuple[Page | None, str]:
        """Return the first page of *urls* that has the text of an article, and its URL; else the first page.

        Raises the `PageError` of the first page if none of them can be used. (None, "") without *urls*.
        """
        pages: list[tuple[Page, str]] = []
        errors: list[PageError] = []
        for url in urls:
            self.site.hosts = (*self.site.hosts, urlsplit(url).hostname or "")
            try:
                page = await fetch(Request(url))
                check_response(page)
                if draft.has_text(listing, page):
                    return page, url
                check_content(page)
            except (Gone, BuiltByScript) as error:  # other links may lead to other pages
                errors.append(error)
            else:
                pages.append((page, url))
        if errors and not pages:
            raise errors[0]
        return pages[0] if pages else (None, "")

    async def _write(self, fetch: Fetch, code: str, listing: Page, article: Page | None, url: str) -> None:
        """Write all files or none of them; fetch the further pages of *article*. Raises OSError."""
        try:
            self.spider.write_text(code, encoding="utf-8")
            print(f"written: {self.spider}")
            source = _load_source(self.spider)
            keep_case(self.cases / "listing", listing, source)
            if article:
                link = source.article_link(url) or Link("fill-in", url)
                keep_case(
                    self.cases / "article",
                    await complete_article(source, fetch, replace(article, link=link)),
                    source,
                )
            elif entry := _first_entry(source, listing):
                keep_case(self.cases / "article", entry, source)
                article = entry
        except BaseException:
            self.spider.unlink(missing_ok=True)
            shutil.rmtree(self.cases, ignore_errors=True)
            raise
        if not article:
            print(
                "No links to articles were found in the listing. To draft the article reader too, remove the new files "
                "and give the URL of an article after the URL of the listing."
            )
        missing = code.count("FILL IN:")
        print(
            f"Next: complete {plural(missing, 'line')} marked FILL IN in {self.spider}, and check the derived "
            "selectors."
            if missing
            else f"Next: check the derived selectors in {self.spider}."
        )
        print(NEXT)


def advice(error: PageError) -> str:
    """Return what the user can do about *error*."""
    if isinstance(error, CannotDraft):
        return error.advice
    cause = error.__cause__
    if isinstance(cause, RequestDropped) and cause.figure == Count.LINKS_FORBIDDEN:
        return (
            "robots.txt or the hosts of the draft forbid the page: choose another list of the site, or another source"
        )
    if isinstance(cause, CannotResolveHostError) or (cause and isinstance(cause.__cause__, CannotResolveHostError)):
        return "check the spelling of the host, and the network; then run the command again"
    return next(text for kind, text in ADVICE if isinstance(error, kind))


def _first_entry(source: type[Source], listing: Page) -> Page | None:
    """Return the page of the first entry that is a whole article, or None."""
    try:
        found = read_listing(source, listing)
    except PageError:
        return None
    links = (link for link in found.links if link.id in found.whole)
    return next((entry_page(listing, link, found.whole[link.id]) for link in links), None)


def _load_source(path: Path) -> type[Source]:
    """Import the module at *path* and return its source class, whose name is the file name without suffix."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    classes = (found for found in vars(module).values() if isinstance(found, type) and issubclass(found, Source))
    return next(found for found in classes if getattr(found, "name", "") == path.stem)
