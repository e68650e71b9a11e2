"""Measure an archive that several processes read: `python -m tests.bench.processes [--pages 2000] [--processes 1,2,4]`.

Each round reads the archive once with each number of processes, in turn, into an empty corpus. A run of few pages is
subtracted: it excludes the start of the program. The speed is in wall-clock time, so the machine must be idle; its
ratio is that of the same round. Memory is the sum of the peaks (VmHWM) of the storing process and its workers;
workers share a part of it.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.crawls import FEW, archive, corpus, ours
from tests.bench.machine import MEMORY, Load, machine
from tests.bench.measuring import Program, spread
from tests.bench.pages import KINDS, REALISTIC, Kind


@dataclass(frozen=True)
class Reading:
    """The time of a run, its CPU time with all its processes, and the sum of their peaks of memory."""

    seconds: float
    cpu: float
    mebibytes: float


@dataclass(frozen=True)
class Rates:
    """What a reading costs."""

    speed: float  # pages a second, without the start of the program
    milliseconds: float  # CPU time of a page, without the start
    speed_up: float  # compared with the first number of processes, with the start
    mebibytes: float


def peaks(pid: int, found: dict[int, int]) -> None:
    """Update *found*, the peak memory in KiB of the process *pid* and its children."""
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            if peak := re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{each}/status").read_text()):
                found[each] = int(peak[1])


def program(path: Path, processes: int, output: Path) -> Program:
    """Return a backfill of the archive *path* with so many processes."""
    return ours("", "backfill", str(path), "--processes", str(processes), *corpus(output, ()))


def read(path: Path, articles: int, processes: int, output: Path) -> Reading:
    shutil.rmtree(output, ignore_errors=True)
    each = program(path, processes, output)
    before, started, found = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), dict[int, int]()
    with tempfile.TemporaryFile() as log:
        names = {**os.environ, **each.environment}
        process = subprocess.Popen([each.python, *each.arguments], cwd=each.folder, env=names, stdout=log, stderr=log)
        while process.poll() is None:
            peaks(process.pid, found)
            time.sleep(0.05)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    written = sum(1 for _ in output.rglob("[!.]*.md"))
    if process.returncode or written != articles:
        sys.exit(f"exit code {process.returncode}; {written} of {articles} articles were written to {output}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Reading(seconds, cpu, sum(found.values()) / 1024)


def measure(
    folder: Path, kind: Kind, pages: int, processes: Sequence[int], number: int, between: Callable[[], object]
) -> dict[int, list[Rates]]:
    """Return the rates of each number of *processes* in each round. *between* is called after each reading."""
    few, many = (archive(folder, articles, kind) for articles in (FEW, pages))
    rows: dict[int, list[Rates]] = {each: [] for each in processes}
    for _ in range(number):
        first = 0.0  # seconds
        for each in processes:
            start, whole = (read(path, n, each, folder / "output") for path, n in ((few, FEW), (many, pages)))
            between()
            speed = (pages - FEW) / (whole.seconds - start.seconds)
            first = first or whole.seconds
            milliseconds = 1000 * (whole.cpu - start.cpu) / (pages - FEW)
            rows[each].append(Rates(speed, milliseconds, first / whole.seconds, whole.mebibytes))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.processes", description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--kind", choices=KINDS, default=REALISTIC.name, help="kind of pages (%(default)s)")
    parser.add_argument("--processes", default="1,2", help="numbers of processes, separated by commas (1,2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=MEMORY)
    arguments = parser.parse_args()
    numbers = [int(word) for word in arguments.processes.split(",")]
    print(f"{machine()}\n{arguments.pages} {arguments.kind} pages: median (quartiles)", flush=True)
    load = Load(math.inf)
    load.sample()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        kind = KINDS[arguments.kind]
        rows = measure(Path(name), kind, arguments.pages, numbers, arguments.rounds, load.sample)
    print(f"{load}\n")
    for number, found in rows.items():
        print(
            f"{number} processes: {spread([each.speed for each in found], 1)} pages a second, "
            f"{spread([each.milliseconds for each in found])} ms CPU a page, "
            f"{spread([each.speed_up for each in found])} times as fast as {numbers[0]}, with the start; "
            f"peak {max(each.mebibytes for each in found):.0f} MiB"
        )


if __name__ == "__main__":
    main()
