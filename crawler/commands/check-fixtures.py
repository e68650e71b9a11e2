"""press-corpus check-fixtures [SOURCE…]: read the recorded cases again, and compare with their expectations."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

from scrapy.commands import ScrapyCommand
from scrapy.spiderloader import get_spider_loader

from crawler.commands.errors import one_line_errors
from crawler.commands.expectations import failure
from crawler.commands.record import fixtures_folder
from crawler.commands.usage import unknown_source
from crawler.crawl.exit_codes import Exit
from crawler.reading.source import Source
from crawler.recordings.protocol import RecordingError
from crawler.text.plural import plural


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [SOURCE…]"

    def short_desc(self) -> str:
        return "Compare what the sources read in their recorded cases with the expectations"

    def long_desc(self) -> str:
        return (
            "Read each recorded page of the project again, of all sources or of each SOURCE, without the network, and "
            "compare the result with the file beside the page: article.md, links.txt or error.txt. The file of a new "
            "case is written: review it, and run the command again. Exit code 1 if a case differs or is new."
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        root, loader = fixtures_folder(self.settings), get_spider_loader(self.settings)
        if unknown := [name for name in args if name not in loader.list()]:
            raise unknown_source(unknown[0])
        folders = sorted({path.parent for path in root.rglob("page*.*")})
        folders = [folder for folder in folders if not args or folder.relative_to(root).parts[0] in args]
        failed = 0
        for folder in folders:
            name = folder.relative_to(root)
            try:
                source = cast("type[Source]", loader.load(name.parts[0]))
                why = failure(source, folder)
            except KeyError:
                why = f"unknown source {name.parts[0]!r}"
            except (RecordingError, OSError) as error:
                why = str(error)
            if why:
                failed += 1
                print(f"{name}: {why}")
        print(f"{plural(len(folders), 'case')} in {_shown(root)}: {len(folders) - failed} agree, {failed} do not")
        if failed:
            self.exitcode = Exit.ATTENTION


def _shown(folder: Path) -> Path:
    """Return *folder* relative to the current folder, if it is in it."""
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
