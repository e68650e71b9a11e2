"""Measure CPU time and peak memory of a program, or profile it."""

from __future__ import annotations

import os
import pstats
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parents[2]
PROFILED = 40  # functions in the summary of a profile


@dataclass(frozen=True)
class Program:
    """A command line `PYTHON ARGUMENTS` in *folder*. *environment* is added to the variables of this process."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    folder: Path = ROOT

    def __str__(self) -> str:
        return f"{Path(self.python).name} {' '.join(self.arguments)}"


@dataclass(frozen=True)
class Cost:
    """CPU time (user and system) of a process and its children, and the largest peak memory among them."""

    seconds: float
    mebibytes: float


def cost(program: Program, output: Path | None = None) -> Cost:
    """Run *program* and return its cost. Its standard output and errors are written to *output*.

    Exits with the end of its output if it fails. The parent process must be small: on Linux, the peak memory of a child
    is at least the memory of its parent at the time of the fork.
    """
    with output.open("w+b") if output else tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [program.python, *program.arguments], cwd=program.folder, env={**os.environ, **program.environment},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            log.seek(0)
            sys.exit(f"bench: exit code {process.returncode}: {program}\n{log.read()[-3000:].decode(errors='replace')}")
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def profile(program: Program, summary: Path) -> None:
    """Run *program* with cProfile and write its most expensive functions to *summary*.

    They are ordered by their own time, and then by their time with the functions that they call. Only the first thread
    of the first process is measured, and functions that are called often seem more expensive than they are.
    """
    with tempfile.NamedTemporaryFile(suffix=".prof") as data:
        cost(replace(program, arguments=("-m", "cProfile", "-o", data.name, *program.arguments)))
        with summary.open("w", encoding="utf-8") as file:
            print(program, end="\n\n", file=file)
            found = pstats.Stats(data.name, stream=file).strip_dirs()
            found.sort_stats("tottime").print_stats(PROFILED)
            found.sort_stats("cumulative").print_stats(PROFILED)


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Return the median of *values* as text, with the quartiles if there are two or more values."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, _, high = quantiles(values, n=4, method="inclusive")
    return f"{median(values):.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"
