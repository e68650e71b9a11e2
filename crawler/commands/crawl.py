"""scrapy crawl SOURCE: Scrapy's own command, with arguments checked first and an exit code that means something."""

from __future__ import annotations

import argparse
import difflib
import logging
from pathlib import Path
from typing import cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.corpus.store import Store
from crawler.crawl.arguments import NAMES, ArgumentError
from crawler.crawl.exit_codes import Exit
from crawler.crawl.renamed_settings import RENAMED_SETTINGS
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.summary import exit_code
from crawler.layouts import LAYOUTS, hugo
from crawler.recordings.warc import is_warc

logger = logging.getLogger(__name__)

# What Scrapy says of itself at each start: of use when something is to be found out (-L DEBUG), else in the way.
CHATTY = ("scrapy.addons", "scrapy.core.engine", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")
SAID_BY_US = "scrapy.downloadermiddlewares.robotstxt"  # with a page of traceback where a host cannot be reached


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Crawl a source into the corpus"

    def long_desc(self) -> str:
        return (
            f"Crawl a source into the corpus. Arguments (-a name=value): {', '.join(NAMES)}; what they take, and the "
            "settings (-s NAME=value), is in README.md. Exit codes: 0 fine, 1 something to look at, 2 wrong command "
            "line, 3 the site refuses us, 4 another run is at work, 5 the corpus cannot be written, 6 the ledger "
            "cannot be used."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        known = set(self.settings)
        super().process_options(args, opts)
        for name in set(self.settings) - known - RENAMED_SETTINGS.keys():
            if near := difflib.get_close_matches(name, known, 1, 0.85):
                raise UsageError(f"there is no setting {name}; {near[0]} is meant?", print_help=False)
        if self.settings["LOG_LEVEL"] == "INFO":
            # Filters, for Scrapy sets all levels anew when it starts.
            for name in CHATTY:
                logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)
            logging.getLogger(SAID_BY_US).addFilter(lambda record: record.exc_info is None)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("one source, please; `scrapy list` names them", print_help=False)
        assert self.crawler_process is not None
        self.source(args[0])
        crawler = self._create_crawler(args[0])
        try:
            spider = cast(ArticleSpider, crawler.spidercls(**opts.spargs))
            check_settings(crawler.settings, spider.name)
            if spider.arguments.origin == "archive" and not crawler.settings["REPLAY"]:
                raise ArgumentError("from=archive reads what REPLAY names: a WARC file, or a folder of recorded pages")
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        asks_nobody = crawler.settings["REPLAY"] or spider.is_offline
        if not (asks_nobody or crawler.settings["CRAWLER_CONTACT"]):
            logger.warning("CRAWLER_CONTACT is not set: the sites cannot tell who is asking, nor reach you")
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        stats = crawler.stats.get_stats() if crawler.stats else {}
        self.exitcode = Exit.ATTENTION if self.crawler_process.bootstrap_failed else exit_code(stats)

    def source(self, name: str) -> type[ArticleSpider]:
        """The source of this name. Raises UsageError."""
        assert self.crawler_process is not None
        try:
            return cast("type[ArticleSpider]", self.crawler_process.spider_loader.load(name))
        except KeyError:
            raise UsageError(f"there is no source {name!r}; `scrapy list` names them", print_help=False) from None


def check_settings(settings: BaseSettings, source: str) -> None:
    """Raise `ArgumentError` for a setting of ours that cannot be."""
    if settings["LAYOUT"] not in LAYOUTS:
        raise ArgumentError(f"LAYOUT={settings['LAYOUT']} is no layout; allowed are: {', '.join(LAYOUTS)}")
    for key in settings.getlist("EXTRA_KEYS"):
        if key not in hugo.EXTRA:
            raise ArgumentError(f"EXTRA_KEYS={key} is no field; allowed are: {', '.join(hugo.EXTRA)}")
    check_recordings(settings["RECORD"], settings["REPLAY"])
    for name in ("DOWNLOAD_DELAY", "BLOCK_BACKOFF", "BLOCK_BACKOFF_MAX", "REJECTED_BACKOFF_FACTOR"):
        try:
            good = settings.getfloat(name) >= 0
        except ValueError:
            good = False
        if not good:
            raise ArgumentError(f"{name}={settings[name]} is no number of seconds")
    for name in ("HIBOR_KEEP_WATERMARKS", "OVERWRITE_EDITED", "PAPER_KEEP_HALF_WIDTH"):
        try:
            settings.getbool(name)
        except ValueError:
            raise ArgumentError(f"{name}={settings[name]}: allowed are True and False") from None
    check_output(settings["OUTPUT_DIR"], settings["LAYOUT"], source)


def check_recordings(record: str, replay: str) -> None:
    """Raise `ArgumentError` where a recording cannot be written, or read."""
    if record and Path(record).exists():
        raise ArgumentError(f"RECORD={record} is there already; a recording is a new file")
    try:
        if replay and Path(replay).is_dir():
            if not any(Path(replay).rglob("page.json")):
                raise ArgumentError(
                    f"REPLAY={replay} is a folder without recorded pages; WARC files are named themselves"
                )
        elif replay and not is_warc(Path(replay)):
            raise ArgumentError(f"REPLAY={replay} is neither a WARC file nor a folder of recorded pages")
    except OSError as error:
        raise ArgumentError(f"REPLAY={replay} cannot be read: {error.strerror}") from None


def check_output(folder: str, layout: str, source: str) -> None:
    """Raise `ArgumentError` where the corpus cannot be written, or is there in another layout."""
    if not folder:
        raise ArgumentError("OUTPUT_DIR= is empty; it names the folder of the corpus")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        first = Store(Path(folder)).any_of(source)
        is_hugo = first is None or first.read_bytes()[:4] == b"---\n"
    except OSError as error:
        raise ArgumentError(f"OUTPUT_DIR={folder} cannot be used: {error}") from None
    if first and is_hugo != (layout == "hugo"):
        raise ArgumentError(f"{folder}/{source} holds files of another layout than {layout}; choose another OUTPUT_DIR")
