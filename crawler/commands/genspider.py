"""scrapy genspider: replaced by `press-corpus newsource`."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError


class Command(ScrapyCommand):
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Replaced: use newsource"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        raise UsageError(
            "its templates do not fit the sources: use `press-corpus newsource NAME URL`, where URL is a list of "
            "articles",
            print_help=False,
        )
