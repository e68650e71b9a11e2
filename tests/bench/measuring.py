"""Measure CPU time and peak memory of a command."""

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
    """CPU time (user and system) of a process and its children, and the largest peak memory among them."""

    seconds: float
    mebibytes: float


def cost(
    command: Sequence[str], environment: Mapping[str, str], python: str = sys.executable, folder: Path = ROOT
) -> Cost:
    """Run `PYTHON COMMAND` in *folder* with *environment* added to the variables of this process. Returns its cost.

    Exits with the end of its output if it fails. The parent process must be small: on Linux, the peak memory of a child
    is at least the memory of its parent at the time of the fork.
    """
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [python, *command], cwd=folder, env={**os.environ, **environment}, stdout=output, stderr=output
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)}\n{output.read()[-3000:].decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median of *values* as text, with the quartiles if there are two or more values."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, _, high = quantiles(values, n=4, method="inclusive")
    return f"{median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
