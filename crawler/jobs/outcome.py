"""What is noted of a run once its process has ended: also of one that could note nothing itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from crawler.jobs.judgement import judge
from crawler.jobs.running import Ended
from crawler.ledger import Ledger
from crawler.runs import Run, Verdict
from crawler.summary import Exit

# What a job's exit code is for each class; LOOK for the others.
CODES = {"fine": Exit.FINE, "blocked": Exit.BLOCKED, "disk": Exit.DISK, "ledger": Exit.LEDGER}
# Of a process that ended before it could note its run.
ENDS: dict[int, str] = {Exit.DISK: "disk", Exit.LEDGER: "ledger"}


def settle(ledger: Ledger, source: str, newest: int, ended: Ended, asked: Mapping[str, str], log: Path) -> Run:
    """The run behind number *newest*, judged; noted here where its process could not. Raises LedgerError."""
    *before, run = [*ledger.runs(source), unnoted(source, ended, asked, log)]
    if before and before[-1].number > newest:
        run = before.pop()
        if ended.was_late:
            run = replace(run, reason="time limit", ended=run.ended or int(time.time()))
        elif run.ended is None:
            run = replace(run, reason="killed", ended=int(time.time()), figures={**run.figures, "why": _death(ended)})
        else:
            return run
    else:
        run = replace(run, number=ledger.run_begins(source))
    run = judged(run, judge(run, before))
    ledger.run_ends(run.number, run.reason, run.figures)
    return run


def unnoted(source: str, ended: Ended, asked: Mapping[str, str], log: Path) -> Run:
    """A run of which the ledger knows nothing."""
    now = int(time.time())
    figures: dict[str, Any] = {"asked": dict(asked), "why": f"{_death(ended)}: {_last_line(log)}"}
    reason = "time limit" if ended.was_late else "killed" if ended.code < 0 else ENDS.get(ended.code, "crashed")
    return Run(0, source, now - int(ended.seconds), now, reason, figures)


def judged(run: Run, verdict: Verdict) -> Run:
    """The run with its verdict."""
    return replace(run, figures={**run.figures, "verdict": asdict(verdict)})


def _death(ended: Ended) -> str:
    return (
        f"its process was killed by signal {-ended.code}" if ended.code < 0 else f"its process ended with {ended.code}"
    )


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"
