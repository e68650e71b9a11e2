"""press-corpus worker: run the jobs of the queue on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.log import configure_logging

from crawler.cluster.locks import source_locks
from crawler.commands.errors import one_line_errors
from crawler.commands.queue_usage import open_queue
from crawler.commands.schedule import project_schedules
from crawler.project import find_project
from crawler.reading.source import Source


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Run jobs of the queue on this machine, and the schedule"

    def long_desc(self) -> str:
        return (
            "Runs the jobs of the queue in the ledger's PostgreSQL, `press-corpus job SOURCE` and `press-corpus "
            "backfill FILE`, and adds the sources to it that are due. Any number of workers on any number of machines: "
            "two never visit the same site. Ctrl-C or SIGTERM stops the runs and returns their jobs to the queue. "
            "Settings (-s NAME=value) and the environment are passed on to the runs. Ends without an error if the "
            "database stops: let a supervisor always restart it."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--concurrency", type=int, default=4, metavar="N", help="runs at the same time (4)")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if args:
            raise UsageError("takes no arguments; `press-corpus enqueue SOURCE` adds a run", print_help=False)
        if opts.concurrency < 1:
            raise UsageError("--concurrency takes a number above 0", print_help=False)
        open_queue(self.settings)
        from crawler.cluster.worker import work

        configure_logging(self.settings)
        loader = get_spider_loader(self.settings)
        locks = source_locks(cast("type[Source]", loader.load(name)) for name in loader.list())
        options = [word for setting in opts.set for word in ("-s", setting)]
        folder = Path(find_project().folder)
        work(self.settings["LEDGER_URL"], folder, options, project_schedules(self.settings), locks, opts.concurrency)
