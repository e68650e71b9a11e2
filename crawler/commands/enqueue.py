"""press-corpus enqueue SOURCE… | --all | --archive FILES…: add jobs to the queue of the workers."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.conf import arglist_to_dict

from crawler.cluster.locks import source_locks
from crawler.commands.archive_options import add_archive_options, archive_words, check_sources
from crawler.commands.errors import one_line_errors
from crawler.commands.job import name_in_ledger
from crawler.commands.queue_usage import open_queue
from crawler.commands.schedule import project_schedules
from crawler.commands.usage import check_words
from crawler.crawl.arguments import ArgumentError
from crawler.crawl.exit_codes import Exit
from crawler.reading.source import Source
from crawler.recordings.files import archive_files

if TYPE_CHECKING:
    from crawler.cluster.queue_jobs import NewJob


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] SOURCE… | --all | --archive FILES…"

    def short_desc(self) -> str:
        return "Add runs and archives to the queue of the workers"

    def long_desc(self) -> str:
        return (
            "Adds a run of each source, or each archive (files, folders, patterns, @LIST), to the queue in the "
            "ledger's PostgreSQL, from which `press-corpus worker` takes them. Prints the number of each job; a source "
            "or archive that is waiting already is not added again. The path of an archive must be the same on all "
            "machines."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "-a", dest="spargs", action="append", default=[], metavar="NAME=VALUE", help="a spider argument"
        )
        parser.add_argument("--all", action="store_true", help="all sources that have a schedule")
        parser.add_argument("--archive", action="store_true", help="the words are archives: read each with `backfill`")
        add_archive_options(parser.add_argument_group("options of --archive"))
        parser.add_argument(
            "--priority", type=int, metavar="N", help="the highest is run first (sources 0, archives -10)"
        )

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        if opts.all and (args or opts.archive):
            raise UsageError("--all takes no sources and no archives", print_help=False)
        if not (args or opts.all):
            raise UsageError("name sources or archives, or use --all", print_help=False)
        if opts.archive and opts.spargs:
            raise UsageError("archives have no spider arguments; use --since, --until and --source", print_help=False)
        own = self._archive_words(opts)
        sources = {} if opts.archive else self._sources(args, opts)
        files = _files(args) if opts.archive else []
        open_queue(self.settings)
        from crawler.cluster.queue_jobs import ARCHIVE_PRIORITY, SOURCE_PRIORITY, archive_job, source_job

        options = [*own, *(word for each in opts.spargs for word in ("-a", each))]
        options += [word for each in opts.set for word in ("-s", each)]
        of_sources, of_archives = (
            default if opts.priority is None else opts.priority for default in (SOURCE_PRIORITY, ARCHIVE_PRIORITY)
        )
        jobs = [source_job(name, lock, options, of_sources) for name, lock in sources.items()]
        jobs += [archive_job(file, options, of_archives) for file in files]
        asyncio.run(_add(self.settings["LEDGER_URL"], jobs))
        # The loader has logged what it could not load. Such a source may have a schedule.
        is_broken = opts.all and getattr(get_spider_loader(self.settings), "broken", None)
        self.exitcode = Exit.ATTENTION if is_broken else Exit.FINE

    def _archive_words(self, opts: argparse.Namespace) -> list[str]:
        """Return the options for `backfill`. Raises UsageError."""
        assert self.settings is not None
        if not opts.archive:
            if opts.source or opts.since or opts.until:
                raise UsageError("--source, --since and --until are options of --archive", print_help=False)
            return []
        loader = get_spider_loader(self.settings)
        try:
            for name in opts.source:
                name_in_ledger(self.settings, loader, name, {})
            check_sources([cast("type[Source]", loader.load(name)) for name in opts.source])
            return archive_words(opts)
        except ArgumentError as error:
            raise UsageError(str(error), print_help=False) from None

    def _sources(self, words: Sequence[str], opts: argparse.Namespace) -> dict[str, str]:
        """Return the locks of the sources to run, by their names. Raises UsageError."""
        assert self.settings is not None
        check_words("enqueue", words)
        loader = get_spider_loader(self.settings)
        names = [schedule.source for schedule in project_schedules(self.settings)] if opts.all else words
        try:
            arguments = arglist_to_dict(opts.spargs)
        except ValueError:
            raise UsageError("Invalid -a value, use -a NAME=VALUE", print_help=False) from None
        for name in names:
            name_in_ledger(self.settings, loader, name, arguments)
        locks = source_locks(cast("type[Source]", loader.load(name)) for name in loader.list())
        return {name: locks[name] for name in names}


def _files(words: Sequence[str]) -> list[Path]:
    try:
        return list(dict.fromkeys(path for word in words for path in archive_files(word)))
    except ValueError as error:
        raise UsageError(str(error), print_help=False) from None


async def _add(url: str, jobs: Sequence[NewJob]) -> None:
    from crawler.cluster.application import create_app
    from crawler.cluster.queue_jobs import add_jobs

    app = create_app(url)
    async with app.open_async():
        async for job, number in add_jobs(app, jobs):
            print(f"already queued: {job.name}" if number is None else f"queued: {job.name} (job {number})")
