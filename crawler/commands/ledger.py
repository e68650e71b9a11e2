"""scrapy ledger rebuild | check [--fix]: the ledger compared with, or made anew from, the files."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.corpus.check import check
from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.lock import LockedError, lock
from crawler.corpus.reconcile import rebuild
from crawler.corpus.store import Store
from crawler.crawl.exit_codes import Exit


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] rebuild|check [source…]"

    def short_desc(self) -> str:
        return "Check the ledger against the files, or make it anew from them"

    def long_desc(self) -> str:
        return (
            "rebuild: forget what the ledger knows of the sources (all, when none is named) and note every file of the "
            "corpus. check: find files without rows, rows without files, half-written leftovers, two files of one "
            "article, front matter that a site maker could not read; exit code 1 when something is left unmended."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--fix", action="store_true", help="with check: mend what can be mended")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[0] not in ("rebuild", "check"):
            raise UsageError("one of rebuild and check, please", print_help=False)
        assert self.settings is not None
        store = Store(Path(self.settings["OUTPUT_DIR"]))
        state = store.root / ".state"
        try:
            state.mkdir(parents=True, exist_ok=True)
            ledger = open_ledger(state, self.settings["LEDGER_URL"])
            try:
                for source in args[1:] or sorted({*store.sources(), *ledger.sources()}):
                    with lock(state / f"{source}.lock", source):
                        if args[0] == "rebuild":
                            self._rebuild(store, ledger, source)
                        else:
                            self._check(store, ledger, source, opts.fix)
            finally:
                ledger.close()
        except (LockedError, LedgerError, OSError) as error:
            print(f"error: {error}")
            kinds = {LockedError: Exit.LOCKED, LedgerError: Exit.LEDGER}
            self.exitcode = kinds.get(type(error), Exit.DISK)

    def _rebuild(self, store: Store, ledger: Ledger, source: str) -> None:
        began = time.monotonic()
        number = rebuild(store, ledger, source)
        print(f"{source}: {number} articles noted in {time.monotonic() - began:.1f} s")

    def _check(self, store: Store, ledger: Ledger, source: str, fix: bool) -> None:
        found = left = 0
        for finding in check(store, ledger, source, fix):
            print(f"{source}: {finding.problem}: {finding.path}{' (mended)' if finding.mended else ''}")
            found, left = found + 1, left + (not finding.mended)
        print(f"{source}: {found} findings, {left} left" if found else f"{source}: in order")
        if left:
            self.exitcode = Exit.ATTENTION
