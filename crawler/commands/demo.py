"""press-corpus demo [SOURCE…]: crawl all sources over bundled recordings, into a folder of its own."""

from __future__ import annotations

import argparse
import time
from asyncio import Task
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings

from crawler.commands.crawl import Command as CrawlCommand
from crawler.commands.errors import one_line_errors
from crawler.corpus.demo import is_corpus, is_demo, mark_demo
from crawler.corpus.object_place import is_url
from crawler.counts import Count
from crawler.crawl.exit_codes import Exit
from crawler.crawl.summary import exit_code, refused_pages
from crawler.project import CODE, find_project
from crawler.text.plural import plural

# Arguments of a source that cannot run without them.
ARGUMENTS: Mapping[str, Mapping[str, str]] = {"epaper": {"url": "http://epaper.shanqiao.example/"}}
# Other codes are verdicts on the recorded pages. Some pages are refused on purpose.
FAILURES = {Exit.LOCKED, Exit.DISK, Exit.LEDGER}


class Command(CrawlCommand):
    def syntax(self) -> str:
        return "[options] [SOURCE…]"

    def short_desc(self) -> str:
        return "Crawl all sources over bundled recordings, into a folder of its own"

    def long_desc(self) -> str:
        return (
            "Crawl recorded pages (invented articles in the page forms of the sites) with the real engine, without the "
            "network, and list the files: of all sources, or of each SOURCE. The files are written to demo/, or to the "
            "folder -s OUTPUT_DIR=FOLDER, which must be new or of an earlier demo. The log is FOLDER/.state/demo.log. "
            "Pages that were refused are kept in FOLDER/.rejected/: some pages are refused on purpose."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        self.folder = demo_folder(self.settings)
        self.recordings = recordings(args)
        try:
            mark_demo(self.folder)
            log = self.folder / ".state" / "demo.log"
            log.unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder} cannot be written: {error}", print_help=False) from None
        options = {
            "OUTPUT_DIR": str(self.folder),
            "LEDGER_URL": "",  # not the ledger of the user's corpus
            "RECORD": "",
            "LOG_FILE": str(log),
            "LOG_FILE_APPEND": True,  # Scrapy opens the file again for each source
            "DOWNLOAD_DELAY": 0,
            "BLOCK_BACKOFF": 0,  # recorded block pages need no pause
        }
        self.settings.setdict(options, priority="cmdline")

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        assert isinstance(self.crawler_process, AsyncCrawlerProcess)
        number = len(self.recordings)
        print(
            f"Replaying recorded pages of {plural(number, 'source')} into {self.folder}/, without the network:",
            flush=True,
        )
        started = time.monotonic()
        chain = CrawlChain(self.crawler_process, self.settings, self.recordings)
        chain.start_next()
        self.crawler_process.start()
        seconds = time.monotonic() - started
        for line in listed(self.folder):
            print(line)
        total = f"{plural(sum(chain.written), 'new article')} of {plural(len(chain.codes), 'source')}"
        print(f"\n{total} in {seconds:.1f} s")
        print(f"Log: {self.folder}/.state/demo.log. Remove the folder to start again: rm -r {self.folder}")
        interrupted = [Exit.ATTENTION] if len(chain.codes) < number else []
        self.exitcode = max([Exit.FINE, *interrupted, *(code for code in chain.codes if code in FAILURES)])


@dataclass
class CrawlChain:
    """Crawl one source after the other in one process, and print a line for each."""

    process: AsyncCrawlerProcess
    settings: BaseSettings
    recordings: Mapping[str, Path]  # source -> folder
    codes: list[int] = field(default_factory=list)
    written: list[int] = field(default_factory=list)

    def start_next(self) -> None:
        """Start the crawl of the first source that was not crawled."""
        name, folder = list(self.recordings.items())[len(self.codes)]
        settings = self.settings.copy()
        settings.set("REPLAY", str(folder), priority="cmdline")
        crawler = Crawler(self.process.spider_loader.load(name), settings)  # type: ignore[arg-type]
        started = time.monotonic()
        print(f"[{len(self.codes) + 1:2}/{len(self.recordings)}] {name:13}", end="", flush=True)
        # This callback precedes the one of `AsyncCrawlerProcess.join`, which ends the process after the last crawl.
        self.process.crawl(crawler, **ARGUMENTS.get(name, {})).add_done_callback(
            lambda task: self.end(task, crawler, time.monotonic() - started)
        )

    def end(self, task: Task[None], crawler: Crawler, seconds: float) -> None:
        """Report a crawl that ended after *seconds*, and start the next one, unless the user interrupted."""
        stats: dict[str, Any] = crawler.stats.get_stats() if crawler.stats else {}
        failed = task.cancelled() or task.exception() is not None
        self.codes.append(Exit.DISK if failed else exit_code(stats))
        self.written.append(stats.get(Count.ARTICLES_WRITTEN, 0))
        print(f"{self.written[-1]:4} new articles, {refused_pages(stats):2} refused {seconds:6.1f} s", flush=True)
        if len(self.codes) < len(self.recordings) and stats.get("finish_reason") == "finished":
            self.start_next()


def demo_folder(settings: BaseSettings) -> Path:
    """Return the folder for the files: OUTPUT_DIR of the command line, else demo/. Raises UsageError for a corpus."""
    is_given = settings.getpriority("OUTPUT_DIR") == SETTINGS_PRIORITIES["cmdline"]
    if is_given and is_url(settings["OUTPUT_DIR"]):
        raise UsageError("the demo writes to a local folder: -s OUTPUT_DIR=FOLDER", print_help=False)
    folder = Path(settings["OUTPUT_DIR"]) if is_given else find_project().folder / "demo"
    if folder.is_relative_to(Path.cwd()):
        folder = folder.relative_to(Path.cwd())
    if is_corpus(folder) and not is_demo(folder):
        raise UsageError(f"{folder} is a corpus; choose a new folder: -s OUTPUT_DIR=FOLDER", print_help=False)
    return folder


def recordings(sources: Iterable[str]) -> dict[str, Path]:
    """Return the folders of recorded pages by source; of all sources without *sources*. Raises UsageError."""
    bundled = Path(__file__).parents[1] / "recordings" / "demo"  # in the wheel
    root = bundled if bundled.is_dir() else CODE / "tests" / "fixtures"
    found = {folder.name: folder for folder in sorted(root.iterdir()) if folder.is_dir()}
    if unknown := [name for name in sources if name not in found]:
        raise UsageError(f"no recording of {unknown[0]!r}; there are: {', '.join(found)}", print_help=False)
    return {name: found[name] for name in sources} or found


def listed(folder: Path) -> list[str]:
    """Return lines that list the articles and the refused pages in *folder*."""
    articles = sorted(path for path in folder.glob("[!.]*/**/*.md"))
    refused = sorted(folder.glob(".rejected/*/*/error.txt"))
    return [
        "", f"Articles in {folder}/:", *map(str, articles),
        "", f"Refused pages, kept for inspection in {folder}/.rejected/:", *map(str, refused),
    ]  # fmt: skip
