"""scrapy notices test: whether notices reach those who are to have them."""

from __future__ import annotations

import argparse
import os

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.crawl.exit_codes import Exit
from crawler.jobs import notices

TEST = notices.Notice(
    "press-corpus: a test", "This address gets a notice when a source breaks, and one when it is well again.", good=True
)


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] test"

    def short_desc(self) -> str:
        return "Send a test notice to all addresses in NOTICE_URLS"

    def long_desc(self) -> str:
        return (
            "test: sends a notice to each address in the environment's NOTICE_URLS, and says by service whether it "
            "went through. Exit codes: 0 all did, 1 one did not, 2 there are no addresses."
        )

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args != ["test"]:
            raise UsageError("test, please", print_help=False)
        addresses = notices.services(os.environ.get("NOTICE_URLS", ""))
        if not addresses:
            raise UsageError(
                "the environment has no NOTICE_URLS: apprise's addresses, separated by blanks", print_help=False
            )
        failed = notices.send(addresses, TEST)
        for name in addresses:
            print(f"{name}: {f'failed: {failed[name]}' if name in failed else 'went through'}")
        if failed:
            self.exitcode = Exit.ATTENTION
