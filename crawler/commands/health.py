"""press-corpus health: show the state of each source and what to do next."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.cluster.queue_state import read_queue
from crawler.commands.errors import one_line_errors
from crawler.commands.schedule import project_schedules
from crawler.corpus.durable import replace_file
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.lock import is_locked
from crawler.corpus.runs import Run, Verdict
from crawler.crawl.exit_codes import Exit
from crawler.health import page
from crawler.health.queue import queue_json, queue_lines
from crawler.health.table import as_json, source_health, table
from crawler.jobs.schedules import Schedule
from crawler.text.dates import BEIJING

MIN_JOB_RUNS = 3  # runs by `press-corpus job` from which on a source is expected to run on schedule
OVERDUE_AFTER = timedelta(hours=2)  # runs of other sources on the same host may delay a run


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options] [source…]"

    def short_desc(self) -> str:
        return "Show the state of each source, and what to do next"

    def long_desc(self) -> str:
        return (
            "Prints a line for each source: its state and since when, its last run with the number of new articles, "
            "and the usual number; then the problems and what to do next, and the queue of several machines: its "
            "workers, its jobs, and those that are stalled. Exit code 1 if a source or the queue has a problem."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument("--html", metavar="FILE", help="write an HTML page with plots")
        parser.add_argument(
            "--accept", metavar="SOURCE",
            help="accept the last run of SOURCE as the new baseline of its verdicts",
        )  # fmt: skip

    @one_line_errors
    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        state = Path(self.settings["OUTPUT_DIR"], ".state")
        with closing(open_ledger(state, self.settings["LEDGER_URL"])) as ledger:
            if opts.accept:
                self._accept(ledger, opts.accept)
                return
            runs = {name: self._runs(ledger, name, state) for name in args or ledger.sources()}
            stored = {name: ledger.articles.count_written(name) for name in runs}
            queue = None if args else read_queue(ledger)
        if unknown := [name for name in args if not runs[name]]:
            raise UsageError(f"no run recorded for {', '.join(unknown)}", print_help=False)
        states = [source_health(name, runs[name], stored[name], self._overdue(name, runs[name])) for name in runs]
        now = int(time.time())
        if opts.html:
            judged = {name: [(run, run.verdict) for run in runs[name]] for name in runs}
            replace_file(Path(opts.html), [page.render(judged, now, stored, queue).encode()])
        if opts.json:
            sources = [as_json(state) for state in states]
            found = {"sources": sources, "queue": queue_json(queue)} if queue else sources
            print(json.dumps(found, ensure_ascii=False, indent=2))
        elif not opts.html:
            print("\n".join(table(states, now)) if states else "no run recorded")
            if queue:
                print("\n".join(queue_lines(queue, now)))
        is_wrong = any(state.is_wrong for state in states) or bool(queue and queue.problems)
        self.exitcode = Exit.ATTENTION if is_wrong else Exit.FINE

    def _runs(self, ledger: Ledger, source: str, state: Path) -> list[Run]:
        """Return the last runs of *source*. A run without an end whose process has died is shown as killed."""
        runs = ledger.runs.last(source)
        if runs and not runs[-1].is_ended and not (is_locked(state / f"{source}.lock") or ledger.is_locked(source)):
            runs = ledger.runs.last(source)  # the run may have ended before its lock was read
            if not runs[-1].is_ended:
                runs[-1] = replace(runs[-1], reason="killed")
        return runs

    def _overdue(self, source: str, runs: Sequence[Run]) -> str:
        """Return the time at which a scheduled run of *source* was due, in Beijing time; "" if it is not overdue.

        Only sources that `press-corpus job` runs on their schedule can be overdue.
        """
        jobs = [run for run in runs if run.figures.get("job")]
        schedule = next((each for each in self._schedules if each.source == source), None)
        if len(jobs) < MIN_JOB_RUNS or schedule is None:
            return ""
        started = min(jobs[-1].started, int(time.time()))  # the clock may have been set back
        due = next(schedule.times(datetime.fromtimestamp(started, BEIJING)))
        return f"{due:%Y-%m-%d %H:%M}" if due + OVERDUE_AFTER < datetime.now(BEIJING) else ""

    @cached_property
    def _schedules(self) -> list[Schedule]:
        assert self.settings is not None
        return project_schedules(self.settings)

    def _accept(self, ledger: Ledger, source: str) -> None:
        """Record the last run of *source* as fine: later runs are compared only with it and with each other.

        A run that did not finish has no figures to compare with.
        """
        ended = [run for run in ledger.runs.last(source) if run.is_ended]
        if not ended:
            raise UsageError(f"no run recorded for {source}", print_help=False)
        if failure := ended[-1].end_verdict:
            raise UsageError(f"the last run of {source} did not finish: {failure.why}", print_help=False)
        fine = asdict(Verdict("fine", "accepted"))
        ledger.runs.update(ended[-1].number, {**ended[-1].figures, "accepted": True, "verdict": fine})
        print(f"{source}: accepted; later runs are compared with its last run")
