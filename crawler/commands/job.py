"""scrapy job SOURCE… | --all: runs as a schedule wants them, each watched, limited, judged and told."""

from __future__ import annotations

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import SpiderLoaderProtocol, get_spider_loader
from scrapy.utils.conf import arglist_to_dict
from scrapy.utils.log import configure_logging

from crawler.commands.schedule import project_schedules
from crawler.crawl.arguments import ArgumentError
from crawler.crawl.exit_codes import Exit
from crawler.jobs.job import Job


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] SOURCE… | --all"

    def short_desc(self) -> str:
        return "Run sources, watch them, and judge what they came to"

    def long_desc(self) -> str:
        return (
            "Runs each source in a process of its own, one after the other, shows its progress, keeps its log, judges "
            "it by the source's history, and tells those in NOTICE_URLS when a person is needed. Exit codes: 0 fine, 1 "
            "something to look at, 2 wrong command line, 3 the site refuses us, 4 another run is at work, 5 the corpus "
            "cannot be written, 6 the ledger cannot be used; of several sources the highest."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="an argument")
        parser.add_argument("--all", action="store_true", help="every source that has a schedule")
        parser.add_argument("--time-limit", type=float, default=3600, metavar="SECONDS", help="of each run (3600)")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        loader = get_spider_loader(self.settings)
        names = [schedule.source for schedule in project_schedules(self.settings)] if opts.all else args
        if not names or (opts.all and args):
            raise UsageError("sources, or --all, please", print_help=False)
        try:
            asked = arglist_to_dict(opts.spargs)
        except ValueError:
            raise UsageError("Invalid -a value, use -a NAME=VALUE", print_help=False) from None
        try:
            logs = self.settings.getint("KEEP_LOGS")
        except ValueError:
            logs = 0
        if logs < 1 or opts.time_limit <= 0:
            raise UsageError("KEEP_LOGS and --time-limit are numbers above 0", print_help=False)
        sources = {name: self._source(loader, name, asked) for name in names}
        configure_logging({"LOG_LEVEL": "INFO", "LOG_FORMAT": "%(asctime)s %(levelname)s %(message)s"})
        given = [*(("-a", word) for word in opts.spargs), *(("-s", word) for word in opts.set)]
        # What cannot be loaded was said; nobody knows whether it was to run.
        self.exitcode = Exit.ATTENTION if opts.all and getattr(loader, "broken", None) else Exit.FINE
        options = [word for pair in given for word in pair]
        for name, source in sources.items():
            job = Job(Path(self.settings["OUTPUT_DIR"]), source, self.settings["LEDGER_URL"], asked)
            try:
                ended = job.run(name, options, opts.time_limit, logs)
            except OSError as error:
                print(f"error: {error}")
                self.exitcode = Exit.DISK
                break
            self.exitcode = max(self.exitcode, ended.code)
            if ended.interrupted:
                break

    def _source(self, loader: SpiderLoaderProtocol, name: str, asked: dict[str, str]) -> str:
        """The name under which the ledger has what the user calls *name*. Raises UsageError."""
        try:
            return str(loader.load(name)(**asked).name)
        except KeyError:
            raise UsageError(f"there is no source {name!r}; `scrapy list` names them", print_help=False) from None
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
