"""What is noted of a run once its process has ended: also of one that could note nothing itself."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import Run, Verdict
from crawler.crawl.exit_codes import Exit
from crawler.health.judgement import judge
from crawler.jobs.process import ProcessResult

# What a job's exit code is for each class; ATTENTION for the others.
CODES = {"fine": Exit.FINE, "blocked": Exit.BLOCKED, "disk": Exit.DISK, "ledger": Exit.LEDGER}
# Of a process that ended before it could note its run.
ENDS: dict[int, str] = {Exit.DISK: "disk", Exit.LEDGER: "ledger"}


def record_outcome(
    ledger: Ledger, source: str, newest: Run | None, ended: ProcessResult, asked: Mapping[str, str], log: Path
) -> Run:
    """The run behind *newest*, judged; noted here where its process could not. Raises LedgerError."""
    *before, run = [*ledger.runs(source), unrecorded_run(source, ended, asked, log)]
    # A ledger that was made anew meanwhile numbers from 1.
    if before and (newest is None or (before[-1].number, before[-1].started) != (newest.number, newest.started)):
        noted = before.pop()
        if noted.ended and not ended.timed_out:
            return noted
        run = replace(
            noted, reason=run.reason, ended=noted.ended or run.ended, figures={**run.figures, **noted.figures}
        )
    else:
        run = replace(run, number=ledger.run_begins(source))
    run = with_verdict(run, judge(run, before))
    ledger.run_ends(run.number, run.reason, run.figures)
    return run


def unrecorded_run(source: str, ended: ProcessResult, asked: Mapping[str, str], log: Path) -> Run:
    """A run of which the ledger knows nothing."""
    now = int(time.time())
    why = _death(ended) if ended.code < 0 else f"{_death(ended)}: {last_error(log)}"
    figures: dict[str, Any] = {"asked": dict(asked), "why": why}
    return Run(0, source, now - int(ended.seconds), now, _reason(ended), figures)


def _reason(ended: ProcessResult) -> str:
    if ended.timed_out:
        return "time limit"
    if ended.interrupted:
        return "shutdown"
    return "killed" if ended.code < 0 else ENDS.get(ended.code, "crashed")


def with_verdict(run: Run, verdict: Verdict) -> Run:
    """The run with its verdict."""
    return replace(run, figures={**run.figures, "verdict": asdict(verdict)})


def _death(ended: ProcessResult) -> str:
    return (
        f"its process was killed by signal {-ended.code}" if ended.code < 0 else f"its process ended with {ended.code}"
    )


def last_error(log: Path) -> str:
    """The last error in a log, else its last line."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["it said nothing"]
    errors = [line for line in lines if re.search(" (ERROR|CRITICAL) ", line)]
    return re.sub(r"^[\d-]+ [\d:,]+ [A-Z]+ ", "", (errors or lines)[-1])[:300]
