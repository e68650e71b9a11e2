"""Record a run after its process has ended, also if the process could not record it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import Run
from crawler.crawl.exit_codes import Exit
from crawler.health.judgement import judge
from crawler.jobs.process import ProcessResult

# Exit codes of a process that ended before it could record its run, and that state the end of the run.
ENDS = {int(code): code.end for code in (Exit.BLOCKED, Exit.DISK, Exit.LEDGER)}

LastRun = tuple[int, int]  # number and start of the last run of a source; (0, 0) without runs


def record_outcome(
    ledger: Ledger,
    source: str,
    newest: LastRun | None,
    result: ProcessResult,
    arguments: Mapping[str, str],
    log: Path,
) -> Run:
    """Return the run of the process that ended with *result*, with its verdict.

    *newest* identifies the last run before the process was started, None if the ledger could not be read then. If the
    process did not record the end of its run, or its exit code contradicts a fine one, the run is judged and recorded
    here. Raises LedgerError.
    """
    *before, run = [*ledger.runs.last(source), unrecorded_run(source, result, arguments, log)]
    if not before or not _is_of_process(before[-1], newest, run):
        run = judged(run, before)
        return replace(run, number=ledger.runs.add(run))
    recorded = before.pop()
    is_possible = result.code in (Exit.FINE, Exit.ATTENTION) or not recorded.verdict.is_fine
    if recorded.is_ended and "verdict" in recorded.figures and is_possible and not result.timed_out:
        return recorded
    figures = {**run.figures, **recorded.figures, "why": run.figures["why"]}
    run = replace(recorded, reason=run.reason, ended=recorded.ended or run.ended, figures=figures)
    run = judged(run, before)
    ledger.runs.finish(run.number, run.reason, run.figures)
    return run


def last_run(ledger: Ledger, source: str) -> LastRun:
    """Identify the last run of *source*. Raises LedgerError."""
    last = next(iter(ledger.runs.last(source, 1)), None)
    return (last.number, last.started) if last else (0, 0)


def _is_of_process(last: Run, newest: LastRun | None, unrecorded: Run) -> bool:
    """Return whether *last*, the last run in the ledger, is the one of the process that *unrecorded* describes."""
    if newest is None:  # the only sign is the time, which an earlier run can have if the clock was set back
        return last.started >= unrecorded.started - 1
    # Compare the start as well: a ledger that was recreated in the meantime numbers its runs from 1.
    return (last.number, last.started) != newest


def unrecorded_run(source: str, result: ProcessResult, arguments: Mapping[str, str], log: Path) -> Run:
    """Create a run from the result of its process, without the ledger."""
    now = int(time.time())
    why = _describe_end(result) if result.code < 0 else f"{_describe_end(result)}: {last_error(log)}"
    figures: dict[str, Any] = {"asked": dict(arguments), "job": True, "why": why}
    return Run(0, source, now - int(result.seconds), now, _reason(result), figures)


def run_without_ledger(
    source: str, result: ProcessResult, arguments: Mapping[str, str], log: Path, error: LedgerError | OSError
) -> Run:
    """Create the run of a process whose outcome cannot be recorded because of *error*. It is not fine."""
    run = unrecorded_run(source, result, arguments, log)
    if run.reason == "crashed" and result.code in (Exit.FINE, Exit.ATTENTION):  # the process may have been fine
        why = f"the outcome cannot be recorded: {error}"
        run = replace(run, reason=Exit.of_error(error).end, figures={**run.figures, "why": why})
    elif run.reason != "ledger":
        run.figures["why"] += f"; the outcome cannot be recorded: {error}"  # type: ignore[index]
    return judged(run)


def _reason(result: ProcessResult) -> str:
    if result.timed_out:
        return "time limit"
    if result.interrupted:
        return "shutdown"
    return "killed" if result.code < 0 else ENDS.get(result.code, "crashed")


def judged(run: Run, before: Sequence[Run] = ()) -> Run:
    """Return a copy of *run* with its verdict. *before* are the earlier runs of its source."""
    return replace(run, figures={**run.figures, "verdict": asdict(judge(run, before))})


def _describe_end(result: ProcessResult) -> str:
    if result.code < 0:
        return f"its process was killed by signal {-result.code}"
    return f"its process ended with {result.code}"


def last_error(log: Path) -> str:
    """Return the last ERROR or CRITICAL message of a log, otherwise its last line; at most 300 characters."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no output"]
    except OSError as error:
        return f"its log cannot be read: {error}"
    errors = [line for line in lines if re.search(" (ERROR|CRITICAL) ", line)]
    return re.sub(r"^[\d-]+ [\d:,]+ (?:\+0800 )?[A-Z]+ ", "", (errors or lines)[-1])[:300]
