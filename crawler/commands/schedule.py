"""press-corpus schedule: run each source on its schedule, or print systemd units, a crontab, CronJobs or a list."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, cast

from dotenv import dotenv_values
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import BaseSettings
from scrapy.spiderloader import get_spider_loader
from scrapy.utils.log import configure_logging

from crawler.commands.errors import in_words, one_line_errors
from crawler.corpus.durable import replace_file
from crawler.corpus.errors import LedgerError, LockedError
from crawler.corpus.ledger import open_ledger
from crawler.corpus.lock import lock
from crawler.crawl.exit_codes import Exit
from crawler.crawl.fork import Process
from crawler.jobs import kubernetes, timers
from crawler.jobs.cron import ScheduleError
from crawler.jobs.launch import start
from crawler.jobs.preload import preload
from crawler.jobs.scheduler import Scheduler
from crawler.jobs.schedules import Schedule, schedules
from crawler.jobs.secret_settings import is_secret_setting
from crawler.project import PROGRAM, command_line, find_project
from crawler.reading.source import Source
from crawler.text.dates import BEIJING
from crawler.text.plural import plural

logger = logging.getLogger(__name__)

# Environment variables that are copied into units and crontabs; others may contain secrets.
COPIED_VARIABLES = ("CRAWLER_CONTACT",)


def project_schedules(settings: BaseSettings) -> list[Schedule]:
    """Return the schedules of all sources; scrapy.cfg overrides their own. Raises UsageError."""
    loader = get_spider_loader(settings)
    sources = (cast("type[Source]", loader.load(name)) for name in loader.list())
    try:
        return schedules(sources, find_project().file)
    except ScheduleError as error:
        raise UsageError(str(error), print_help=False) from None


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Run each source on its schedule"

    def long_desc(self) -> str:
        return (
            "Runs `press-corpus job SOURCE` for each source on its schedule, in the foreground, until Ctrl-C or "
            "SIGTERM, which terminates the runs in progress; a second one kills them. The schedule is the attribute "
            "`schedule` of the source, or its entry in section [schedule] of scrapy.cfg. Settings (-s NAME=value) and "
            "the environment are passed on to the runs."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        instead = parser.add_mutually_exclusive_group()
        instead.add_argument(
            "--list", metavar="N", nargs="?", const=3, type=int, help="show the next N runs of each source (3)"
        )
        instead.add_argument(
            "--systemd", metavar="FOLDER", nargs="?", const="",
            help="print systemd units, or write them to FOLDER",
        )  # fmt: skip
        instead.add_argument("--cron", action="store_true", help="print a crontab")
        instead.add_argument(
            "--kubernetes", metavar="FOLDER", nargs="?", const="",
            help="print CronJobs of Kubernetes, or write them to FOLDER",
        )  # fmt: skip

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        if args:
            raise UsageError(
                "takes no arguments; disable a source in section [schedule] of scrapy.cfg", print_help=False
            )
        assert self.settings is not None
        self.folder = find_project().folder
        if opts.list is None and opts.systemd is None and not opts.cron:
            preload()  # before a source is loaded
        loader = get_spider_loader(self.settings)
        sources = [cast("type[Source]", loader.load(name)) for name in loader.list()]
        found = project_schedules(self.settings)
        if opts.systemd is not None or opts.cron or opts.kubernetes is not None:
            printed, self.secret = timers.without_secrets(opts.set)
        else:
            printed, self.secret = opts.set, {}
        self.words = ["job", "SOURCE", *(word for pair in printed for word in ("-s", pair))]
        if opts.list is not None:
            if opts.list < 1:
                raise UsageError("--list takes a number above 0", print_help=False)
            self._list(sources, found, opts.list)
        elif not found:
            raise UsageError("no source has a schedule", print_help=False)
        elif opts.kubernetes is not None:
            self._kubernetes(found, opts.kubernetes, [word for pair in printed for word in ("-s", pair)])
        elif opts.systemd is not None or opts.cron:
            try:
                if opts.cron:
                    self._cron(found)
                else:
                    self._systemd(found, opts.systemd)
            except ScheduleError as error:
                raise UsageError(str(error), print_help=False) from None
            self._name_missing_values()
        else:
            self._work(found)

    def _list(self, sources: list[type[Source]], found: list[Schedule], number: int) -> None:
        now, by_name = datetime.now(BEIJING), {schedule.source: schedule for schedule in found}
        width = max(len(source.name) for source in sources)
        for source in sorted(sources, key=lambda source: source.name):
            schedule = by_name.get(source.name)
            times = islice(schedule.times(now), number) if schedule else ()
            text = "  ".join(f"{due:%a %Y-%m-%d %H:%M}" for due in times) or "no schedule"
            print(f"{source.name:{width}}  {text}")

    def _systemd(self, found: list[Schedule], folder: str) -> None:
        texts = timers.systemd_units(found, self.folder, command_line(*self.words), self._environment())
        names = " ".join(name for name in texts if name.endswith(".timer"))
        for name, text in texts.items():
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                replace_file(Path(folder, name), [text.encode()])
            else:
                print(f"# {name}\n{text}")
        for line in (
            *timers.shared_hosts(found),
            f"{plural(len(texts), 'unit')} written; then:"
            if folder
            else "copy the units to ~/.config/systemd/user/; then:",
            f"systemctl --user daemon-reload && systemctl --user enable --now {names}",
            "loginctl enable-linger    (once: runs also while you are not logged in)",
            f"file for secrets and proxies, one NAME=value per line, readable only by you: "
            f"{self.folder / timers.ENVIRONMENT_FILE}",
        ):
            print(f"# {line}")

    def _cron(self, found: list[Schedule]) -> None:
        lines = timers.cron_lines(found, self.folder, command_line(*self.words), self._environment())
        print("\n".join([*(f"# {line}" for line in timers.shared_hosts(found)), *lines]))

    def _kubernetes(self, found: list[Schedule], folder: str, words: list[str]) -> None:
        texts, remarks = kubernetes.cron_jobs(found, words, self._environment())
        for name, text in texts.items():
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                replace_file(Path(folder, name), [text.encode()])
            else:
                print(f"---\n{text}", end="")
        for line in (
            *remarks,
            *timers.shared_hosts(found),
            "all runs start at the times of their expressions, without the delays of `press-corpus schedule`",
            f"{plural(len(texts), 'CronJob')} {'written' if folder else 'printed'}; each needs the image, the Secret "
            f"and the PersistentVolumeClaim {kubernetes.NAME}: crawler/jobs/README.md",
        ):
            print(f"# {line}")
        for name in self.secret:
            reason = "is not printed, because it may contain a password: put it into the Secret"
            print(f"{PROGRAM}: {name} {reason} {kubernetes.NAME}", file=sys.stderr)

    def _environment(self) -> dict[str, str]:
        values = {name: os.environ.get(name, "") for name in COPIED_VARIABLES}
        return {name: value for name, value in values.items() if value and not is_secret_setting(name, value)}

    def _name_missing_values(self) -> None:
        """Print the names of the settings and variables that the user has to add to `.env`, on standard error."""
        try:
            stored = dotenv_values(self.folder / timers.ENVIRONMENT_FILE, interpolate=False)
        except (OSError, UnicodeError):  # reported at the start of the command
            stored = {}
        for line in timers.missing_values(self.secret, os.environ, stored, self.folder):
            print(f"{PROGRAM}: {line}", file=sys.stderr)

    def _work(self, found: list[Schedule]) -> None:
        assert self.settings is not None
        configure_logging(self.settings)
        state = Path(
            self.folder, self.settings["OUTPUT_DIR"], ".state"
        )  # relative to the folder in which the runs are started
        try:
            state.mkdir(parents=True, exist_ok=True)
            with lock(state / ".schedule.lock", "press-corpus schedule"):
                Scheduler(found, self._last_runs(found, state), self._start).run()
        except (LockedError, OSError) as error:
            print(f"error: {in_words(error)}")
            self.exitcode = Exit.of_error(error)

    def _start(self, source: str, output: IO[bytes]) -> Process:
        """Start the run of a source. Raises OSError."""
        return start([source if word == "SOURCE" else word for word in self.words], output, folder=self.folder)

    def _last_runs(self, found: list[Schedule], state: Path) -> dict[str, datetime]:
        """Return the end of the last finished run of each source that had no arguments."""
        assert self.settings is not None
        times = {}
        try:
            ledger = open_ledger(state, self.settings["LEDGER_URL"])
            try:
                for schedule in found:
                    ended = [
                        run.ended
                        for run in ledger.runs.last(schedule.source, 50)
                        if run.ended and not run.figures.get("asked")
                    ]
                    if ended:
                        times[schedule.source] = datetime.fromtimestamp(ended[-1], UTC)
            finally:
                ledger.close()
        except LedgerError as error:
            logger.warning("the ledger cannot be used, missed runs are not caught up: %s", error)
            return {}
        return times
