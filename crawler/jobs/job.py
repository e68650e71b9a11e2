"""A job: one run of a source from its begin to the notices."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from crawler.corpus.database import LedgerError
from crawler.corpus.ledger import open_ledger
from crawler.corpus.runs import Run
from crawler.crawl.exit_codes import Exit
from crawler.health.judgement import judge
from crawler.jobs import notices
from crawler.jobs.outcome import CODES, last_error, record_outcome, unrecorded_run, with_verdict
from crawler.jobs.process import ProcessResult, new_log, run
from crawler.jobs.progress_bar import display

logger = logging.getLogger(__name__)


class Job:
    """One run of *source* from its begin to the notices, for the corpus at *root*."""

    def __init__(self, root: Path, source: str, ledger_url: str, asked: Mapping[str, str]) -> None:
        self.state, self.source, self.ledger_url, self.asked = root / ".state", source, ledger_url, asked

    def run(self, name: str, options: Sequence[str], limit: float, logs: int) -> ProcessResult:
        """Run it as `scrapy crawl NAME` with *options* for *limit* seconds at most, keeping so many *logs*; how it
        ended, the code being the job's. Raises OSError."""
        log = new_log(self.state / "logs", self.source, logs)
        newest = self._newest()
        with display(self.source) as watch:
            ended = run(name, options, limit, log, watch)
        if ended.code == Exit.LOCKED:
            why = json.dumps(last_error(log), ensure_ascii=False)
            print(f"job source={self.source} class=locked exit={ended.code} why={why}", flush=True)
            log.unlink()  # it is no run's
            return ended
        done = self._settled(newest, ended, log)
        code = Exit.USAGE if ended.code == Exit.USAGE else CODES.get(done.verdict.kind, Exit.ATTENTION)
        print(line(done, code, log), flush=True)
        return replace(ended, code=code)

    def _newest(self) -> Run | None:
        """The last run before this one."""
        try:
            with closing(open_ledger(self.state, self.ledger_url)) as ledger:
                return next(iter(ledger.runs(self.source, last=1)), None)
        except LedgerError:
            return None  # the run will say so itself

    def _settled(self, newest: Run | None, ended: ProcessResult, log: Path) -> Run:
        """The run as the ledger has it, and those told who are to know."""
        urls = os.environ.get("NOTICE_URLS", "")
        try:
            with closing(open_ledger(self.state, self.ledger_url)) as ledger:
                done = record_outcome(ledger, self.source, newest, ended, self.asked, log)
                notices.send_due_notices(ledger, done, done.verdict, urls, log)
        except LedgerError as error:
            logger.error("%s", error)
            done = unrecorded_run(self.source, ended, self.asked, log)
            done = with_verdict(done, judge(done, ()))
            notices.send_due_notices(None, done, done.verdict, urls, log)
        return done


def line(done: Run, code: int, log: Path) -> str:
    """A run as one line of key=value."""
    verdict = done.verdict
    told = {
        "source": done.source, "class": verdict.kind, "exit": int(code), "end": done.reason, "seconds": done.seconds,
        "found": done.listed, "new": done.count("links.new"), "written": done.written,
        "refused": sum(done.group("refused").values()), "newest": done.figures.get("newest", ""), "log": log,
    }  # fmt: skip
    said = " ".join(f"{name}={str(value).replace(' ', '-')}" for name, value in told.items() if value != "")
    return f"job {said}" + (f" why={json.dumps(verdict.why, ensure_ascii=False)}" if verdict.why else "")
