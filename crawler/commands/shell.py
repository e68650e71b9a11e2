"""scrapy shell [URL]: Scrapy's command, for the hosts of the sources."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from scrapy import Request
from scrapy.commands import ScrapyCommand
from scrapy.commands.shell import Command as ShellCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands.crawl import shorten_log
from crawler.commands.errors import one_line_errors


class Command(ShellCommand):
    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        prepare(self, [url for url in args if "://" in url], opts.spider)
        super().run(args, opts)


def prepare(command: ScrapyCommand, urls: Sequence[str], spider: str | None) -> None:
    """Raise UsageError if no source has the host of one of *urls* and *spider* is not given; silence the summary."""
    assert command.settings is not None
    command.settings.set(
        "EXTENSIONS", {"crawler.crawl.summary.RunSummary": None, "scrapy.extensions.logstats.LogStats": None}, "cmdline"
    )
    shorten_log(command.settings)
    loader = get_spider_loader(command.settings)
    for url in urls:
        if url.startswith(("http://", "https://")) and not spider and not loader.find_by_request(Request(url)):
            raise UsageError(
                f"no source has the host of {url}: name one with --spider=SOURCE; for a new site, use "
                "`press-corpus newsource NAME URL`",
                print_help=False,
            )
