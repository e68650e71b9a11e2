"""Record a run after its process has ended, also if the process could not record it."""

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

# Exit code of a job by the class of its run; ATTENTION for all other classes.
CODES = {"fine": Exit.FINE, "blocked": Exit.BLOCKED, "disk": Exit.DISK, "ledger": Exit.LEDGER}
# End of a run by the exit code of a process that ended before it could record the run.
ENDS: dict[int, str] = {Exit.DISK: "disk", Exit.LEDGER: "ledger"}


def record_outcome(
    ledger: Ledger, source: str, newest: Run | None, result: ProcessResult, arguments: Mapping[str, str], log: Path
) -> Run:
    """Return the run of the process that ended with *result*, with its verdict.

    *newest* is the last run before the process was started. If the process did not record the end of its run, it is
    judged and recorded here. Raises LedgerError.
    """
    *before, run = [*ledger.runs.last(source), unrecorded_run(source, result, arguments, log)]
    # Compare the start as well: a ledger that was recreated in the meantime numbers its runs from 1.
    if before and (newest is None or (before[-1].number, before[-1].started) != (newest.number, newest.started)):
        recorded = before.pop()
        if recorded.ended and not result.timed_out:
            return recorded
        figures = {**run.figures, **recorded.figures}
        run = replace(recorded, reason=run.reason, ended=recorded.ended or run.ended, figures=figures)
    else:
        run = replace(run, number=ledger.runs.start(source))
    run = with_verdict(run, judge(run, before))
    ledger.runs.finish(run.number, run.reason, run.figures)
    return run


def unrecorded_run(source: str, result: ProcessResult, arguments: Mapping[str, str], log: Path) -> Run:
    """Create a run from the result of its process, without the ledger."""
    now = int(time.time())
    why = _describe_end(result) if result.code < 0 else f"{_describe_end(result)}: {last_error(log)}"
    figures: dict[str, Any] = {"asked": dict(arguments), "why": why}
    return Run(0, source, now - int(result.seconds), now, _reason(result), figures)


def _reason(result: ProcessResult) -> str:
    if result.timed_out:
        return "time limit"
    if result.interrupted:
        return "shutdown"
    return "killed" if result.code < 0 else ENDS.get(result.code, "crashed")


def with_verdict(run: Run, verdict: Verdict) -> Run:
    """Return a copy of *run* with *verdict*."""
    return replace(run, figures={**run.figures, "verdict": asdict(verdict)})


def _describe_end(result: ProcessResult) -> str:
    if result.code < 0:
        return f"its process was killed by signal {-result.code}"
    return f"its process ended with {result.code}"


def last_error(log: Path) -> str:
    """Return the last ERROR or CRITICAL message of a log, otherwise its last line; at most 300 characters."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"]
    errors = [line for line in lines if re.search(" (ERROR|CRITICAL) ", line)]
    return re.sub(r"^[\d-]+ [\d:,]+ [A-Z]+ ", "", (errors or lines)[-1])[:300]
