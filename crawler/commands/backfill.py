"""press-corpus backfill FILES…: fill the corpus from archives, all sources in one pass."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scrapy.exceptions import UsageError

from crawler.commands.archive_options import add_archive_options, archive_arguments, check_sources
from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.crawl import check_settings
from crawler.commands.errors import one_line_errors
from crawler.crawl.arguments import ArgumentError
from crawler.crawl.backfill import Backfill
from crawler.crawl.spider import ArticleSpider
from crawler.recordings.archives import Archives
from crawler.recordings.files import archive_files


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] FILES…"

    def short_desc(self) -> str:
        return "Fill the corpus from archives, all sources in one pass"

    def long_desc(self) -> str:
        return (
            "Read archives (files, folders, patterns, @LIST) once, and give each page to the source that recognizes "
            "its address. Each source has its own run, with its lock and its verdict; nothing is requested. A stored "
            "article is not read again. Pages of a source that another run has locked are left out (exit code 4): run "
            "the command again. Exit codes as of `crawl`, the highest of all sources; 1 also for damaged records, and "
            "if no page belongs to a source."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        add_archive_options(parser)
        parser.add_argument(
            "--processes", type=int, metavar="N", help="worker processes (setting PROCESSES); 1: none besides this one"
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        self.settings.set("LOGSTATS_INTERVAL", 0, "cmdline")  # each source would log a line of pages every minute
        if opts.processes is not None:
            self.settings.set("PROCESSES", opts.processes, "cmdline")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process is not None
        assert self.settings is not None
        if opts.spargs:
            raise UsageError("backfill has no spider arguments; use --since, --until and --source", print_help=False)
        if not args:
            raise UsageError("name archives: files, folders, patterns or @LIST", print_help=False)
        if self.settings["REPLAY"] or self.settings["RECORD"]:
            raise UsageError("backfill reads the archives that you name: remove REPLAY and RECORD", print_help=False)
        for place in self.settings["FEEDS"] or ():
            if "%(name)s" not in str(place):
                raise UsageError(
                    f"{place}: each source writes a file of its own; put %(name)s into its name", print_help=False
                )
        try:
            arguments = archive_arguments(opts)
            sources = self._sources(opts.source)
            for source in sources:
                check_settings(self.settings, source.name)
            files = _files(args)
        except (ArgumentError, ValueError) as error:
            raise UsageError(str(error), print_help=False) from None
        backfill = Backfill(self.crawler_process, sources, Archives(files), {"from": "archive", **arguments})
        self.exitcode = backfill.run()

    def _sources(self, names: Sequence[str]) -> list[type[ArticleSpider]]:
        """Return the sources with *names*, or all, ordered by name. Those without hosts have no addresses."""
        assert self.crawler_process is not None
        loader = self.crawler_process.spider_loader
        found = [self.source(name) for name in sorted(set(names) or loader.list())]
        if names:
            check_sources(found)
        return [source for source in found if source.hosts]


def _files(words: Sequence[str]) -> list[Path]:
    """Return the archives that *words* name, each once. Raises ValueError."""
    return list(dict.fromkeys(path for word in words for path in archive_files(word)))
