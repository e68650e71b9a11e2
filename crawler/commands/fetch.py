"""scrapy fetch URL: Scrapy's command, for the hosts of the sources."""

from __future__ import annotations

import argparse

from scrapy.commands.fetch import Command as FetchCommand

from crawler.commands.errors import one_line_errors
from crawler.commands.shell import prepare


class Command(FetchCommand):
    def long_desc(self) -> str:
        return (
            "Fetch a URL under the rules of the source that has its host (robots.txt, delays, User-Agent), and print "
            "the page to standard output."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        prepare(self, args, opts.spider)
        super().run(args, opts)
