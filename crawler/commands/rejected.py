"""scrapy rejected [source…] | retry [source…] | fixture ID CASE: the pages that could not be read."""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from scrapy.exceptions import UsageError

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.record import NEXT, keep_case, new_case
from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import OPEN, REJECTED, LedgerEntry, open_ledger
from crawler.crawl.exit_codes import Exit
from crawler.crawl.summary import exit_code
from crawler.recordings.cases import load_case
from crawler.recordings.protocol import RecordingError
from crawler.text.dates import BEIJING


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] [retry] [source…] | fixture ID CASE"

    def short_desc(self) -> str:
        return "List the pages that could not be read, or try them again"

    def long_desc(self) -> str:
        return (
            "Lists the rejected pages by source and class, with the reason, the tries and when a run will try them "
            "again. retry: fetch them now, whether their pause is over or not; exit codes as of `scrapy crawl`. "
            "fixture: make a case for the tests of the page that is kept under ID (or SOURCE/ID)."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args[:1] == ["fixture"]:
            if len(args) != 3 or not args[1]:
                raise UsageError("ID and CASE, please", print_help=False)
            try:
                self._fixture(*args[1:])
            except RecordingError as error:
                raise UsageError(str(error), print_help=False) from None
            return
        retry = args[:1] == ["retry"]
        try:
            entries = self._entries(args[1:] if retry else args)
        except (LedgerError, OSError) as error:
            print(f"error: {error}")
            self.exitcode = Exit.LEDGER
            return
        if not retry:
            for line in describe(entries):
                print(line)
            return
        assert self.crawler_process is not None
        crawlers = []
        for source in sorted({entry.source for entry in entries}):
            try:
                self.source(source)
            except UsageError as error:  # a paper that is known by its host only: `-a url= -a from=rejected`
                print(error)
                continue
            crawlers.append(self._create_crawler(source))
            self.crawler_process.crawl(crawlers[-1], **{"from": "rejected"})
        if not crawlers:
            print("nothing is rejected that could be tried")
            return
        self.crawler_process.start()
        self.exitcode = max(exit_code(crawler.stats.get_stats() if crawler.stats else {}) for crawler in crawlers)

    def _fixture(self, name: str, case: str) -> None:
        assert self.settings is not None
        rejected = Path(self.settings["OUTPUT_DIR"], ".rejected")
        found = [path.parent for path in rejected.glob("*/*/page.json") if path.parent.match(name)]
        if len(found) != 1:
            several = ", ".join(str(path.relative_to(rejected)) for path in sorted(found)) or "none"
            raise UsageError(f"{name!r} must name one page kept in {rejected}: {several}", print_help=False)
        page, folder = load_case(found[0]), new_case(Path(self.settings["FIXTURES_DIR"], found[0].parent.name), case)
        keep_case(folder, page, self.source(folder.parent.name))
        print(NEXT)

    def _entries(self, sources: list[str]) -> list[LedgerEntry]:
        assert self.settings is not None
        state = Path(self.settings["OUTPUT_DIR"], ".state")
        ledger = open_ledger(state, self.settings["LEDGER_URL"])
        try:
            entries = [
                entry
                for source in sources or ledger.sources()
                for state in (REJECTED, OPEN)  # refused by the site's doing they stay open
                for entry in ledger.in_state(source, state)
            ]
            return [entry for entry in entries if entry.kind]
        finally:
            ledger.close()


def describe(entries: list[LedgerEntry]) -> list[str]:
    """The rejected pages, by source and class, as lines for people."""
    classes: dict[tuple[str, str], list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        classes[entry.source, entry.kind].append(entry)
    lines = []
    for (source, kind), pages in sorted(classes.items()):
        lines.append(f"{source} {kind}: {len(pages)}")
        lines += [f"  {page.id}  {page.url}  {page.reason}  (tries: {page.tries}, {_again(page)})" for page in pages]
    return lines or ["nothing is rejected"]


def _again(entry: LedgerEntry) -> str:
    if entry.state == OPEN:
        return "again in each run"
    if entry.retry_at is None:
        return "left"
    if entry.retry_at <= time.time():
        return "again in the next run"
    return f"again from {datetime.fromtimestamp(entry.retry_at, BEIJING):%Y-%m-%d %H:%M}"
