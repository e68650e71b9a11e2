"""What a process of its own costs."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """CPU time of a process and its children, user and system, and the most memory that one of them had."""

    seconds: float
    mebibytes: float


def cost(command: Sequence[str], environment: Mapping[str, str], python: str = sys.executable) -> Cost:
    """What it costs to run the Python command line *command*. Exits with what it says where it fails.

    (The parent must be small: on Linux a child's peak of memory is at least what its parent had when it began.)
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [python, *command], cwd=ROOT, env={**os.environ, **environment}, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)}\n{said.read()[-3000:].decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """The median, and the quartiles where there are any."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, _, high = quantiles(values, n=4, method="inclusive")
    return f"{median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
