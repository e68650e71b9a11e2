"""scrapy crawl SOURCE: Scrapy's own command, with arguments checked first and an exit code that means something."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.arguments import ArgumentError
from crawler.layouts import hugo
from crawler.summary import Exit, exit_code

# What Scrapy says of itself at each start: of use when something is to be found out (-L DEBUG), else in the way.
CHATTY = ("scrapy.addons", "scrapy.core.engine", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Crawl a source into the corpus"

    def long_desc(self) -> str:
        return (
            "Crawl a source into the corpus. Arguments (-a name=value): url, keyword, channel, since, until, limit, "
            "pages. Exit codes: 0 fine, 1 something to look at, 2 wrong command line, 3 the site refuses us."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if self.settings and self.settings["LOG_LEVEL"] == "INFO":
            for name in CHATTY:
                # A filter, for Scrapy sets all levels anew when it starts.
                logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("one source, please; `scrapy list` names them", print_help=False)
        assert self.crawler_process is not None
        try:
            crawler = self._create_crawler(args[0])
        except KeyError:
            raise UsageError(f"there is no source {args[0]!r}; `scrapy list` names them", print_help=False) from None
        try:
            crawler.spidercls(**opts.spargs)
            check_settings(crawler.settings)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        stats = crawler.stats.get_stats() if crawler.stats else {}
        self.exitcode = Exit.LOOK if self.crawler_process.bootstrap_failed else exit_code(stats["finish_reason"], stats)


def check_settings(settings: BaseSettings) -> None:
    """Raise `ArgumentError` for a setting of ours that cannot be."""
    if settings["LAYOUT"] not in ("hugo", "gitbook"):
        raise ArgumentError(f"LAYOUT={settings['LAYOUT']} is no layout; allowed are: hugo, gitbook")
    for key in settings.getlist("EXTRA_KEYS"):
        if key not in hugo.EXTRA:
            raise ArgumentError(f"EXTRA_KEYS={key} is no field; allowed are: {', '.join(hugo.EXTRA)}")
    if settings["REPLAY"] and not Path(settings["REPLAY"]).is_dir():
        raise ArgumentError(f"REPLAY={settings['REPLAY']}: there is no such folder")
