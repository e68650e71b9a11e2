"""press-corpus ledger rebuild | check [--fix]: rebuild the ledger from the files, or compare them."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader
from tqdm import tqdm

from crawler.commands.errors import one_line_errors
from crawler.commands.usage import check_names
from crawler.corpus.check import check
from crawler.corpus.findings import Finding
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger, open_ledger, source_lock
from crawler.corpus.reconcile import rebuild
from crawler.corpus.removal_journal import removed_sources
from crawler.corpus.store import Store, safe_name
from crawler.crawl.exit_codes import Exit
from crawler.reading.errors import ERRORS
from crawler.recordings.cases import load_case
from crawler.recordings.protocol import RecordingError
from crawler.text.plural import plural

Report = Callable[[int], object]
Rebuild = Callable[[str, Report], int]  # returns the number of recorded articles
Check = Callable[[str, Report], Iterator[Finding]]


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] rebuild|check [source…]"

    def short_desc(self) -> str:
        return "Compare the ledger with the files, or rebuild it from them"

    def long_desc(self) -> str:
        return (
            "rebuild: delete the ledger's articles of the given sources (default: all), and record every file of the "
            "corpus and the pages kept in .rejected/ with their errors. check: find files without rows, rows without "
            "files, half-written files, two files of one article, files of removed articles, and front matter that a "
            "site generator cannot parse; exit code 1 if a finding is not fixed. It also lists the files that were "
            "edited by hand, which is not a finding. With a corpus in object storage, check reads only objects that do "
            "not agree with the ledger by their listing; with --content, it reads all."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--fix", action="store_true", help="with check: fix the findings")
        parser.add_argument(
            "--content", action="store_true", help="with check, in object storage: read and check all objects"
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if not args or args[0] not in ("rebuild", "check"):
            raise UsageError("expected rebuild or check", print_help=False)
        assert self.settings is not None
        root = Path(self.settings["OUTPUT_DIR"])
        state = root / ".state"
        state.mkdir(parents=True, exist_ok=True)
        with closing(open_ledger(state, self.settings["LEDGER_URL"])) as ledger:
            if url := self.settings["OBJECT_URL"]:
                sources, rebuild_source, check_source = _objects(url, root, ledger, opts)
            else:
                sources, rebuild_source, check_source = _files(root, ledger, opts)
            stored = {*sources, *removed_sources(root, ledger)}
            check_names(args[1:], {*stored, *get_spider_loader(self.settings).list()})
            for source in args[1:] or sorted(stored):
                with (
                    source_lock(state, ledger, source),
                    tqdm(disable=None, delay=2, desc=source, unit=" objects", leave=False) as bar,
                ):
                    if args[0] == "rebuild":
                        start = time.monotonic()
                        number = rebuild_source(source, bar.update)
                        bar.close()
                        self._print_rebuilt(ledger, source, number, start)
                    else:
                        self._print_findings(source, check_source(source, bar.update), bar)

    def _print_rebuilt(self, ledger: Ledger, source: str, number: int, start: float) -> None:
        assert self.settings is not None
        refused = _record_refused(ledger, source, Path(self.settings["OUTPUT_DIR"], ".rejected", source))
        pages = f" and {plural(refused, 'refused page')}" if refused else ""
        print(f"{source}: {plural(number, 'article')}{pages} recorded in {time.monotonic() - start:.1f} s")

    def _print_findings(self, source: str, findings: Iterable[Finding], bar: tqdm[Any]) -> None:
        found = left = 0
        for finding in findings:
            bar.clear()
            print(f"{source}: {finding.problem}: {finding.path}{' (fixed)' if finding.fixed else ''}")
            if finding.is_fault:
                found, left = found + 1, left + (not finding.fixed)
        bar.close()
        print(f"{source}: {plural(found, 'finding')}, {left} not fixed" if found else f"{source}: no problems found")
        if left:
            self.exitcode = Exit.ATTENTION


def _files(root: Path, ledger: Ledger, opts: argparse.Namespace) -> tuple[list[str], Rebuild, Check]:
    """Return the sources in the folder *root*, and the functions for them."""
    store = Store(root)
    return (
        store.sources(),
        lambda source, report: rebuild(store, ledger, open_hashes(root, ledger, source), source),
        lambda source, report: check(store, ledger, open_hashes(root, ledger, source), source, opts.fix),
    )


def _objects(url: str, root: Path, ledger: Ledger, opts: argparse.Namespace) -> tuple[list[str], Rebuild, Check]:
    """Return the sources in object storage at *url*, and the functions for them."""
    from crawler.corpus.object_check import check_objects, rebuild_objects
    from crawler.corpus.objects import ObjectStore

    store = ObjectStore(url, root)
    return (
        store.sources(),
        lambda source, report: rebuild_objects(store, ledger, source, report),
        lambda source, report: check_objects(store, ledger, source, opts.fix, opts.content, report),
    )


def _record_refused(ledger: Ledger, source: str, rejected: Path) -> int:
    """Record the article pages that are kept in the folder *rejected*, with their errors; return their number.

    The number of tries is not kept there: each is recorded as refused once. Pages of stored articles are left out.
    """
    number = 0
    for path in sorted(rejected.glob("*/error.txt")):
        try:
            page = load_case(path.parent)
            kind, _, reason = path.read_text(encoding="utf-8").partition("\n")
        except (OSError, ValueError, RecordingError) as error:
            print(f"{source}: {path.parent} cannot be read: {error}")
            continue
        name = safe_name(page.link.id) if page.link else ""
        if page.link and kind in ERRORS and not ledger.articles.find(source, [name]):
            ledger.articles.add_open(source, [replace(page.link, id=name)], ledger.walks.next_number(source))
            ledger.articles.refuse(source, name, kind, reason.strip())
            number += 1
    return number
