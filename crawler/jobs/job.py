"""A job: one run of a source, from its start to its notices."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import open_ledger
from crawler.corpus.runs import Run
from crawler.counts import Count
from crawler.crawl.exit_codes import Exit
from crawler.jobs import notices
from crawler.jobs.outcome import LastRun, judged, last_error, last_run, record_outcome, run_without_ledger
from crawler.jobs.process import ProcessResult, new_log, run
from crawler.jobs.progress_bar import display
from crawler.jobs.report import JobResult

logger = logging.getLogger(__name__)


class Job:
    """One run of *source* with *arguments*, for the corpus at *root* and the ledger at *ledger_url*."""

    def __init__(self, root: Path, source: str, ledger_url: str, arguments: Mapping[str, str]) -> None:
        self.state, self.source, self.ledger_url, self.arguments = root / ".state", source, ledger_url, arguments

    def run(self, name: str, options: Sequence[str], limit: float, logs: int) -> JobResult:
        """Run `press-corpus crawl NAME` with *options* for at most *limit* seconds, print the result, send the notices.

        Keeps the newest *logs* logs of the source. A run without a log is not started; it is recorded as failed. Raises
        OSError.
        """
        newest = self._newest()
        try:
            log = new_log(self.state / "logs", self.source, logs)
        except OSError as error:
            return self._not_started(error)
        with display(self.source) as watch:
            result = run(name, options, limit, log, watch)
        if result.code == Exit.LOCKED:
            why = last_error(log)
            quoted = json.dumps(why, ensure_ascii=False)
            print(f"job source={self.source} class=locked exit={result.code} why={quoted}", flush=True)
            log.unlink()  # nothing was run
            return JobResult(self.source, result.code, "locked", why, interrupted=result.interrupted)
        done = self._record_and_notify(newest, result, log)
        code = Exit.USAGE if result.code == Exit.USAGE else Exit.of_end(done.verdict.kind)
        print(line(done, code, log), flush=True)
        return JobResult(self.source, code, done.verdict.kind, done.verdict.why, done, result.interrupted)

    def _not_started(self, error: OSError) -> JobResult:
        """Record a run that could not be started because its log cannot be written. Raises *error* if none can be."""
        now, folder = int(time.time()), self.state / "logs"
        why = f"the log of the run cannot be written: {error}"
        figures = {"asked": dict(self.arguments), "job": True, "why": why}
        done = judged(Run(0, self.source, now, now, Exit.DISK.end, figures))
        urls = os.environ.get("NOTICE_URLS", "")
        try:
            with closing(open_ledger(self.state, self.ledger_url)) as ledger:
                logger.error("%s", why)
                done = replace(done, number=ledger.runs.add(done))
                notices.send_due_notices(ledger, done, done.verdict, urls, folder)
        except OSError:
            raise error from None
        except LedgerError as failure:
            logger.error("the run cannot be recorded: %s", failure)
            notices.send_due_notices(None, done, done.verdict, urls, folder)
        print(line(done, Exit.DISK, folder), flush=True)
        return JobResult(self.source, Exit.DISK, done.verdict.kind, done.verdict.why, done)

    def _newest(self) -> LastRun | None:
        """Identify the last run in the ledger; None without a usable ledger."""
        try:
            with closing(open_ledger(self.state, self.ledger_url)) as ledger:
                return last_run(ledger, self.source)
        except (LedgerError, OSError):
            return None  # the run reports the error

    def _record_and_notify(self, newest: LastRun | None, result: ProcessResult, log: Path) -> Run:
        """Record the outcome and send the due notices; without a usable ledger, only send the notices."""
        urls = os.environ.get("NOTICE_URLS", "")
        try:
            with closing(open_ledger(self.state, self.ledger_url)) as ledger:
                done = record_outcome(ledger, self.source, newest, result, self.arguments, log)
                notices.send_due_notices(ledger, done, done.verdict, urls, log)
        except (LedgerError, OSError) as error:
            logger.error("%s", error)
            done = run_without_ledger(self.source, result, self.arguments, log, error)
            notices.send_due_notices(None, done, done.verdict, urls, log)
        return done


def line(done: Run, code: int, log: Path) -> str:
    """Format a run as one line of key=value pairs. A space in a value becomes "-"; `why` is a JSON string."""
    verdict = done.verdict
    figures = {
        "source": done.source, "class": verdict.kind, "exit": int(code), "end": done.reason, "seconds": done.seconds,
        "found": done.listed, "new": done.count(Count.LINKS_NEW), "written": done.written,
        "refused": sum(done.group("refused").values()), "newest": done.figures.get("newest", ""), "log": log,
    }  # fmt: skip
    pairs = " ".join(f"{name}={str(value).replace(' ', '-')}" for name, value in figures.items() if value != "")
    return f"job {pairs}" + (f" why={json.dumps(verdict.why, ensure_ascii=False)}" if verdict.why else "")
