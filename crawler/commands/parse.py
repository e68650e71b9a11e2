"""scrapy parse: replaced by other commands."""

from __future__ import annotations

import argparse

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError


class Command(ScrapyCommand):
    requires_crawler_process = False

    def short_desc(self) -> str:
        return "Replaced: use check-site or record"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        raise UsageError(
            "the sources have no callbacks to parse with: use `press-corpus check-site SOURCE URL` for a listing and "
            "its articles, `press-corpus record SOURCE URL CASE` for one page, or `press-corpus crawl SOURCE -a "
            "url=URL` to store it",
            print_help=False,
        )
