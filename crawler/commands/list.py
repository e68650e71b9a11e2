"""`press-corpus list`: list the sources, without the newspapers; `press-corpus list epaper` lists these."""

from __future__ import annotations

import argparse

from scrapy.commands.list import Command as ListCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from crawler.commands.errors import one_line_errors


class Command(ListCommand):
    """List the names of the sources. The names of newspapers start with "epaper-"."""

    def syntax(self) -> str:
        return "[PREFIX]"

    def short_desc(self) -> str:
        return "List the sources; with PREFIX (such as epaper), those whose name starts with it"

    def long_desc(self) -> str:
        return (
            "List the sources. The newspapers, which are many, are listed only if PREFIX is given: "
            "press-corpus list epaper"
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the names, one in each line, and the title of newspapers."""
        if len(args) > 1:
            raise UsageError("expected at most one PREFIX")
        assert self.settings
        loader = get_spider_loader(self.settings)
        for name in sorted(loader.list()):
            if name.startswith(args[0]) if args else not name.startswith("epaper-"):
                title = getattr(loader.load(name), "title", "")
                print(f"{name}  {title}" if title else name)
