"""scrapy health: how each source does, and what to do next."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.schedule import project_schedules
from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.runs import Run, Verdict
from crawler.crawl.exit_codes import Exit
from crawler.health import page
from crawler.health.table import as_json, state_of, table
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING

REGULAR = 3  # runs by jobs, from which on a schedule is at work
PATIENCE = timedelta(hours=2)  # other runs of the same host may take their time


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [source…]"

    def short_desc(self) -> str:
        return "Show how each source does, and what to do next"

    def long_desc(self) -> str:
        return (
            "A line for each source: its state, since when, its last run, how many new articles that had, how many a "
            "run usually has; below, what is wrong and what to do next. Exit code 1 when something is wrong."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--html", metavar="FILE", help="write a page with plots")
        parser.add_argument(
            "--accept", metavar="SOURCE",
            help="what is new in SOURCE is all right: it is judged by what comes from its last run on",
        )  # fmt: skip

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        state = Path(self.settings["OUTPUT_DIR"], ".state")
        try:
            with closing(open_ledger(state, self.settings["LEDGER_URL"])) as ledger:
                if opts.accept:
                    self._accept(ledger, opts.accept)
                    return
                runs = {name: ledger.runs(name) for name in args or ledger.sources()}
                stored = {name: ledger.stored(name) for name in runs}
        except (LedgerError, OSError) as error:
            print(f"error: {error}")
            self.exitcode = Exit.LEDGER if isinstance(error, LedgerError) else Exit.DISK
            return
        if unknown := [name for name in args if not runs[name]]:
            raise UsageError(f"no run is known of {', '.join(unknown)}", print_help=False)
        states = [state_of(name, runs[name], stored[name], self._overdue(name, runs[name])) for name in runs]
        now = int(time.time())
        if opts.html:
            judged = {name: [(run, run.verdict) for run in runs[name]] for name in runs}
            try:
                Path(opts.html).write_text(page.render(judged, now, stored), encoding="utf-8")
            except OSError as error:
                print(f"error: {error}")
                self.exitcode = Exit.DISK
                return
        if opts.json:
            print(json.dumps([as_json(state) for state in states], ensure_ascii=False, indent=2))
        elif not opts.html:
            print("\n".join(table(states, now)) if states else "no run so far")
        self.exitcode = Exit.ATTENTION if any(state.is_wrong for state in states) else Exit.FINE

    def _overdue(self, source: str, runs: Sequence[Run]) -> str:
        """Since when *source* should have run again, where jobs run it by its schedule; "" when it is not late."""
        jobs = [run for run in runs if run.figures.get("job")]
        schedule = next((each for each in self._schedules if each.source == source), None)
        if len(jobs) < REGULAR or schedule is None:
            return ""
        due = next(schedule.times(datetime.fromtimestamp(jobs[-1].started, BEIJING)))
        return f"{due:%Y-%m-%d %H:%M}" if due + PATIENCE < datetime.now(BEIJING) else ""

    @cached_property
    def _schedules(self) -> list[Schedule]:
        assert self.settings is not None
        return project_schedules(self.settings)

    def _accept(self, ledger: Ledger, source: str) -> None:
        """Note that what is so since the last run of *source* is usual from now on."""
        ended = [run for run in ledger.runs(source) if run.ended]
        if not ended:
            raise UsageError(f"no run is known of {source}", print_help=False)
        fine = asdict(Verdict("fine", "accepted"))
        ledger.run_is(ended[-1].number, {**ended[-1].figures, "accepted": True, "verdict": fine})
        print(f"{source}: what its last run met is usual from now on")
