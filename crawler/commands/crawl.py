"""press-corpus crawl SOURCE: Scrapy's command with checked arguments and exit codes."""

from __future__ import annotations

import argparse
import difflib
import logging
from pathlib import Path
from typing import cast

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings

from crawler.commands.errors import one_line_errors
from crawler.commands.usage import check_words, unknown_source
from crawler.corpus.demo import is_demo
from crawler.corpus.store import Store
from crawler.crawl.archive_choice import public_archive
from crawler.crawl.arguments import NAMES, ArgumentError
from crawler.crawl.exit_codes import Exit
from crawler.crawl.renamed_settings import RENAMED_SETTINGS
from crawler.crawl.spider import ArticleSpider
from crawler.crawl.summary import exit_code
from crawler.layouts import LAYOUTS, hugo
from crawler.recordings.cases import is_case_folder
from crawler.recordings.files import archive_files

logger = logging.getLogger(__name__)

# Loggers whose INFO lines about Scrapy's setup are shown only with -L DEBUG.
VERBOSE_LOGGERS = ("scrapy.addons", "scrapy.core.engine", "scrapy.crawler", "scrapy.middleware", "scrapy.utils.log")
# Logs a traceback if robots.txt cannot be fetched; the spider logs the same failure in one line.
ROBOTS_LOGGER = "scrapy.downloadermiddlewares.robotstxt"


# Settings whose values are numbers from 0.
NUMBERS = (
    "DOWNLOAD_DELAY", "BLOCK_BACKOFF", "BLOCK_BACKOFF_MAX", "REJECTED_BACKOFF_FACTOR", "COMMONCRAWL_INDEX_DELAY",
    "COMMONCRAWL_DATA_DELAY", "WAYBACK_INDEX_DELAY", "WAYBACK_REPLAY_DELAY", "ARCHIVE_BACKOFF",
    "ARCHIVE_REFUSED_BACKOFF", "ARCHIVE_BACKOFF_MAX",
)  # fmt: skip


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Crawl a source into the corpus"

    def long_desc(self) -> str:
        return (
            "Crawl a source and store its articles in the corpus (OUTPUT_DIR). Spider arguments (-a name=value): "
            f"{', '.join(NAMES)}. README.md describes their values and the settings (-s NAME=value). Exit codes: "
            "0 the run is fine by the history of the source; 1 it needs attention: unusually many pages could not be "
            "read, the run found nothing, or it was interrupted; 2 invalid command line; 3 the site blocks requests; "
            "4 another run of this source is in progress; 5 the corpus cannot be written; 6 the ledger cannot be used; "
            "7 the site could not be reached."
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        known = set(self.settings)
        super().process_options(args, opts)
        for name in set(self.settings) - known - RENAMED_SETTINGS.keys():
            if name.lower() in NAMES:
                form = f"-a {name.lower()}={self.settings[name]}"
                raise UsageError(f"{name} is a spider argument, not a setting: {form}", print_help=False)
            if near := difflib.get_close_matches(name, known, 1, 0.85):
                raise UsageError(f"unknown setting {name}; did you mean {near[0]}?", print_help=False)
        shorten_log(self.settings)

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.crawler_process is not None
        check_words("crawl", args, self.source(args[0]).own_arguments if args else ())
        if len(args) != 1:
            several = f"; for several: press-corpus job {' '.join(args)}" if args else ""
            raise UsageError(f"expected one source; `press-corpus list` lists them{several}", print_help=False)
        crawler = self._create_crawler(args[0])
        try:
            spider = cast(ArticleSpider, crawler.spidercls(**opts.spargs))
            check_settings(crawler.settings, spider.name)
            public_archive(spider, spider.arguments, crawler.settings)
            if spider.arguments.origin == "archive" and not crawler.settings["REPLAY"]:
                raise ArgumentError("from=archive needs -s REPLAY=PATH: archives or a folder of recorded pages")
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None
        is_offline = crawler.settings["REPLAY"] or spider.is_offline
        if not (is_offline or crawler.settings["CRAWLER_CONTACT"]):
            logger.warning(
                "CRAWLER_CONTACT is not set: set it to an email address or a URL at which a site can reach you"
            )
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        stats = crawler.stats.get_stats() if crawler.stats else {}
        self.exitcode = Exit.ATTENTION if self.crawler_process.bootstrap_failed else exit_code(stats)

    def spider(self, name: str, target: str = "") -> ArticleSpider:
        """Return a spider of the source *name*; *target* is a channel or a URL.

        Its class may depend on the URL: each newspaper has its own. Raises UsageError for an unknown name, and for a
        source or a *target* without pages on a site.
        """
        source = self.source(name)
        if "path" in source.own_arguments:
            raise UsageError(f"{name} reads local files, and has no site to fetch pages from", print_help=False)
        try:
            return source(**({"url" if "://" in target else "channel": target} if target else {}))
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None

    def source(self, name: str) -> type[ArticleSpider]:
        """Return the spider class of the source *name*. Raises UsageError for an unknown name."""
        assert self.crawler_process is not None
        try:
            return cast("type[ArticleSpider]", self.crawler_process.spider_loader.load(name))
        except KeyError:
            raise unknown_source(name) from None


def shorten_log(settings: BaseSettings) -> None:
    """Leave out the lines about Scrapy's setup, unless -L sets another level than INFO."""
    if settings["LOG_LEVEL"] == "INFO":
        # Filters, because Scrapy resets the levels of all loggers when it starts.
        for name in VERBOSE_LOGGERS:
            logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)
        logging.getLogger(ROBOTS_LOGGER).addFilter(lambda record: record.exc_info is None)


def check_settings(settings: BaseSettings, source: str) -> None:
    """Raise `ArgumentError` for an invalid setting of this project."""
    if settings["LAYOUT"] not in LAYOUTS:
        raise ArgumentError(f"LAYOUT={settings['LAYOUT']} is not a layout; allowed are: {', '.join(LAYOUTS)}")
    for key in hugo.extra_keys(settings["EXTRA_KEYS"]):
        if key not in hugo.EXTRA:
            raise ArgumentError(f"EXTRA_KEYS={key} is not a field; allowed are: {', '.join(hugo.EXTRA)}")
    check_recordings(settings["RECORD"], settings["REPLAY"])
    for name in NUMBERS:
        try:
            valid = settings.getfloat(name) >= 0
        except ValueError:
            valid = False
        if not valid:
            raise ArgumentError(f"{name}={settings[name]} is not valid; allowed are numbers from 0")
    for name in ("HIBOR_KEEP_WATERMARKS", "KEEP_VERSIONS", "OVERWRITE_EDITED", "PAPER_KEEP_HALF_WIDTH"):
        try:
            settings.getbool(name)
        except ValueError:
            raise ArgumentError(f"{name}={settings[name]}: allowed are True and False") from None
    check_output(settings["OUTPUT_DIR"], settings["LAYOUT"], source)
    check_not_demo(settings)


def check_not_demo(settings: BaseSettings) -> None:
    """Raise `ArgumentError` if a run without REPLAY uses the corpus of the demo: it would request invented pages."""
    if is_demo(Path(settings["OUTPUT_DIR"])) and not settings["REPLAY"]:
        raise ArgumentError(
            f"OUTPUT_DIR={settings['OUTPUT_DIR']} has invented articles of the demo; choose another folder"
        )


def check_recordings(record: str, replay: str) -> None:
    """Raise `ArgumentError` if the file *record* exists, or *replay* cannot be read. Either may be empty."""
    if record and Path(record).exists():
        raise ArgumentError(f"RECORD={record} already exists; choose a new file name")
    try:
        if replay and not is_case_folder(replay):
            archive_files(replay)
    except (OSError, ValueError) as error:
        raise ArgumentError(f"REPLAY={replay} cannot be read: {error}") from None


def check_output(folder: str, layout: str, source: str) -> None:
    """Raise `ArgumentError` if *folder* cannot be written, or holds files of *source* in another layout."""
    if not folder:
        raise ArgumentError("OUTPUT_DIR is empty; set it to the folder of the corpus")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        first = Store(Path(folder)).any_of(source)
        is_hugo = first is None or first.read_bytes()[:4] == b"---\n"
    except OSError as error:
        raise ArgumentError(f"OUTPUT_DIR={folder} cannot be used: {error}") from None
    if first and is_hugo != (layout == "hugo"):
        raise ArgumentError(f"{folder}/{source} holds files of another layout than {layout}; choose another OUTPUT_DIR")
