"""press-corpus notices test: send a test notice."""

from __future__ import annotations

import argparse
import os

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.errors import one_line_errors
from crawler.crawl.exit_codes import Exit
from crawler.jobs import delivery

TEST = delivery.Notice(
    "press-corpus: test",
    "This URL receives a notice after a source has failed, and one after it works again.",
    good=True,
)


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] test"

    def short_desc(self) -> str:
        return "Send a test notice to all URLs in NOTICE_URLS"

    def long_desc(self) -> str:
        return (
            "test: sends a notice to each URL in the environment variable NOTICE_URLS, and prints for each service "
            "whether it was delivered. Exit codes: 0 all were delivered, 1 one was not, 2 NOTICE_URLS is empty."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["test"]:
            raise UsageError("the only argument is: test", print_help=False)
        urls = delivery.services(os.environ.get("NOTICE_URLS", ""))
        if not urls:
            raise UsageError(
                "set the environment variable NOTICE_URLS to apprise URLs separated by spaces", print_help=False
            )
        failed = delivery.send(urls, TEST)
        for name in urls:
            print(f"{name}: {f'failed: {failed[name]}' if name in failed else 'delivered'}")
        if failed:
            self.exitcode = Exit.ATTENTION
