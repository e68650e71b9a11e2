"""press-corpus job SOURCE… | --all: run sources with a time limit, a log, a verdict and notices."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import SpiderLoaderProtocol, get_spider_loader
from scrapy.utils.conf import arglist_to_dict
from scrapy.utils.log import configure_logging

from crawler.commands.errors import one_line_errors
from crawler.commands.schedule import project_schedules
from crawler.commands.usage import check_words, unknown_source
from crawler.crawl.arguments import ArgumentError
from crawler.crawl.exit_codes import Exit
from crawler.crawl.spider import ArticleSpider
from crawler.jobs.job import Job
from crawler.jobs.preload import preload
from crawler.jobs.report import JobResult, table


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] SOURCE… | --all"

    def short_desc(self) -> str:
        return "Run sources, watch them, and judge their runs"

    def long_desc(self) -> str:
        return (
            "Runs each source in a process of its own, one after the other, shows its progress, keeps its log, judges "
            "it by the history of the source, and sends a notice to NOTICE_URLS if it needs attention. Exit codes: 0 "
            "fine, 1 unusual for this source, 2 invalid command line, 3 the site refuses requests, 4 another run is in "
            "progress, 5 the corpus cannot be written, 6 the ledger cannot be used, 7 the site could not be reached; "
            "the highest of several sources, after a table of their results."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="a spider argument"
        )
        parser.add_argument("--all", action="store_true", help="all sources that have a schedule")
        parser.add_argument(
            "--time-limit", type=float, default=3600, metavar="SECONDS", help="time limit of each run (3600)"
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        preload()  # before a source is loaded
        loader = get_spider_loader(self.settings)
        names = [schedule.source for schedule in project_schedules(self.settings)] if opts.all else args
        check_words("job", args)
        if not names or (opts.all and args):
            raise UsageError("name sources, or use --all", print_help=False)
        try:
            arguments = arglist_to_dict(opts.spargs)
        except ValueError:
            raise UsageError("Invalid -a value, use -a NAME=VALUE", print_help=False) from None
        try:
            logs = self.settings.getint("KEEP_LOGS")
        except ValueError:
            logs = 0
        if logs < 1 or opts.time_limit <= 0:
            raise UsageError("KEEP_LOGS and --time-limit must be numbers above 0", print_help=False)
        sources = {name: name_in_ledger(self.settings, loader, name, arguments) for name in names}
        formats = {name: self.settings[name] for name in ("LOG_FORMAT", "LOG_DATEFORMAT")}
        configure_logging({"LOG_LEVEL": "INFO", **formats})
        passed_on = [*(("-a", word) for word in opts.spargs), *(("-s", word) for word in opts.set)]
        # The loader has logged what it could not load. Such a source may have a schedule.
        self.exitcode = Exit.ATTENTION if opts.all and getattr(loader, "broken", None) else Exit.FINE
        options = [word for pair in passed_on for word in pair]
        results: list[JobResult] = []
        for name, source in sources.items():
            job = Job(Path(self.settings["OUTPUT_DIR"]), source, self.settings["LEDGER_URL"], arguments)
            result = job.run(name, options, opts.time_limit, logs)
            results.append(result)
            self.exitcode = max(self.exitcode, result.code)
            if result.interrupted:
                break
        if len(sources) > 1:
            print("", *table(results, shutil.get_terminal_size((140, 24)).columns), sep="\n")


def name_in_ledger(settings: BaseSettings, loader: SpiderLoaderProtocol, name: str, arguments: dict[str, str]) -> str:
    """Return the name of the source *name* in the ledger, which may depend on its *arguments*. Raises UsageError."""
    try:
        spider = cast("ArticleSpider", loader.load(name)(**arguments))
        return spider.name_in(Path(settings["OUTPUT_DIR"]))
    except KeyError:
        raise unknown_source(name) from None
    except ArgumentError as error:
        raise UsageError(str(error), print_help=False) from None
