"""press-corpus rejected [SOURCE…] | retry [SOURCE…] | fixture ID CASE: the pages that could not be read."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from contextlib import closing
from datetime import datetime
from pathlib import Path

from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.crawl import check_not_demo
from crawler.commands.errors import one_line_errors
from crawler.commands.record import NEXT, fixtures_folder, keep_case, new_case
from crawler.commands.usage import check_names
from crawler.corpus.entries import OPEN, REJECTED, LedgerEntry
from crawler.corpus.ledger import open_ledger
from crawler.crawl.arguments import ArgumentError
from crawler.crawl.summary import exit_code
from crawler.recordings.cases import load_case
from crawler.recordings.protocol import RecordingError
from crawler.text.dates import BEIJING


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] [retry] [SOURCE…] | fixture ID CASE"

    def short_desc(self) -> str:
        return "List the pages that could not be read, or fetch them again"

    def long_desc(self) -> str:
        return (
            "List the pages that could not be read, of all sources or of each SOURCE, by source and kind of error, "
            "with the reason, the number of tries and the time of the next try. `retry` fetches them now, before that "
            "time too; the exit codes are as for `press-corpus crawl`. `fixture` copies the page that is kept in "
            "OUTPUT_DIR/.rejected/ under ID (or SOURCE/ID) to SOURCE/CASE/ in the project's folder of fixtures."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args[:1] == ["fixture"]:
            if len(args) != 3 or not args[1]:
                raise UsageError("expected ID and CASE after fixture", print_help=False)
            try:
                self._fixture(*args[1:])
            except RecordingError as error:
                raise UsageError(str(error), print_help=False) from None
            return
        retry = args[:1] == ["retry"]
        entries = self._entries(args[1:] if retry else args)
        if not retry:
            for line in describe(entries):
                print(line)
            return
        try:
            check_not_demo(self.settings)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        assert self.crawler_process is not None
        crawlers = []
        for source in sorted({entry.source for entry in entries}):
            try:
                self.source(source)
            except UsageError as error:  # a newspaper given by URL: needs `crawl -a url=… -a from=rejected`
                print(error)
                continue
            crawlers.append(self._create_crawler(source))
            self.crawler_process.crawl(crawlers[-1], **{"from": "rejected"})
        if not crawlers:
            print("0 rejected pages can be fetched again")
            return
        self.crawler_process.start()
        self.exitcode = max(exit_code(crawler.stats.get_stats() if crawler.stats else {}) for crawler in crawlers)

    def _fixture(self, name: str, case: str) -> None:
        assert self.settings is not None
        rejected = Path(self.settings["OUTPUT_DIR"], ".rejected")
        found = [path.parent for path in rejected.glob("*/*/page.json") if path.parent.match(name)]
        if len(found) != 1:
            matches = ", ".join(str(path.relative_to(rejected)) for path in sorted(found)) or "0 pages"
            raise UsageError(f"{name!r} must name one page kept in {rejected}; it matches {matches}", print_help=False)
        cases = fixtures_folder(self.settings) / found[0].parent.name
        page, folder = load_case(found[0]), new_case(cases, case)
        keep_case(folder, page, self.source(folder.parent.name))
        print(NEXT)

    def _entries(self, sources: list[str]) -> list[LedgerEntry]:
        assert self.settings is not None
        state = Path(self.settings["OUTPUT_DIR"], ".state")
        with closing(open_ledger(state, self.settings["LEDGER_URL"])) as ledger:
            check_names(sources, {*ledger.sources(), *get_spider_loader(self.settings).list()})
            entries = [
                entry
                for source in sources or ledger.sources()
                for state in (REJECTED, OPEN)  # blocked and unreachable pages stay open
                for entry in ledger.articles.in_state(source, state)
            ]
            return [entry for entry in entries if entry.kind]


def describe(entries: list[LedgerEntry]) -> list[str]:
    """Return the rejected pages as lines of text, by source and kind."""
    by_kind: dict[tuple[str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.source, entry.kind].append(entry)
    lines = []
    for (source, kind), pages in sorted(by_kind.items()):
        lines.append(f"{source} {kind}: {len(pages)}")
        lines += [
            f"  {page.id}  {page.url}  {page.reason}  (tries: {page.attempts}, {_next_try(page)})" for page in pages
        ]
    return lines or ["no rejected pages"]


def _next_try(entry: LedgerEntry) -> str:
    """Return when a run fetches the page again; "left" if no run does."""
    if entry.state == OPEN:
        return "again in each run"
    if entry.retry_at is None:
        return "not retried"
    if entry.retry_at <= time.time():
        return "again in the next run"
    return f"again from {datetime.fromtimestamp(entry.retry_at, BEIJING):%Y-%m-%d %H:%M}"
