"""Measure an archive that several processes read: `python -m tests.bench.processes [--pages 2000] [--bytes 45000]`.

Each round reads the archive once with each number of processes, in turn, into an empty corpus. A run of few pages is
subtracted: it excludes the start of the program. The time is wall-clock time, so the machine must be idle; the ratio
is that of the same round. Memory is the sum of the peaks (VmHWM) of the storing process and its workers; workers share
a part of it.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.__main__ import MEMORY, machine
from tests.bench.measuring import ROOT, spread

FEW = 20  # pages of the run that measures the start


@dataclass(frozen=True)
class Reading:
    """The time of a run, its CPU time with all its processes, and the sum of their peaks of memory."""

    seconds: float
    cpu: float
    mebibytes: float


def peaks(pid: int, found: dict[int, int]) -> None:
    """Update *found*, the peak memory in KiB of the process *pid* and its children."""
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            if peak := re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{each}/status").read_text()):
                found[each] = int(peak[1])


def read(archive: Path, articles: int, processes: int, output: Path) -> Reading:
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, "-m", "scrapy", "backfill", str(archive), "--processes", str(processes)]
    settings = ("SPIDER_MODULES=tests.bench.spiders", f"OUTPUT_DIR={output}")
    words = [word for setting in settings for word in ("-s", setting)]
    before, started, found = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), dict[int, int]()
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, "LEDGER_URL": ""}
        process = subprocess.Popen([*command, *words], cwd=ROOT, env=environment, stdout=log, stderr=log)
        while process.poll() is None:
            peaks(process.pid, found)
            time.sleep(0.05)
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    written = sum(1 for _ in output.rglob("[!.]*.md"))
    if process.returncode or written != articles:
        sys.exit(f"exit code {process.returncode}; {written} of {articles} articles were written to {output}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Reading(seconds, cpu, sum(found.values()) / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.processes", description=__doc__)
    parser.add_argument("--pages", type=int, default=2000)
    parser.add_argument("--bytes", type=int, default=45_000, help="of a page (45000)")
    parser.add_argument("--processes", default="1,2", help="numbers of processes, separated by commas (1,2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", default=MEMORY if os.access(MEMORY, os.W_OK) else None)
    arguments = parser.parse_args()
    numbers = [int(word) for word in arguments.processes.split(",")]
    print(f"{machine()}\n{arguments.pages} pages of {arguments.bytes} bytes: median (quartiles)\n", flush=True)
    rows: dict[int, list[tuple[float, float, float, float]]] = {number: [] for number in numbers}
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        output, archives = Path(name, "output"), dict[int, Path]()
        for count in (FEW, arguments.pages):
            archives[count] = Path(name, f"{count}.warc.gz")
            words = [str(archives[count]), f"{count}", f"{arguments.bytes}"]
            subprocess.run([sys.executable, "-m", "tests.bench.archive", *words], cwd=ROOT, check=True)
        for _ in range(arguments.rounds):
            first = 0.0
            for number in numbers:
                few = read(archives[FEW], FEW, number, output)
                many = read(archives[arguments.pages], arguments.pages, number, output)
                pages = arguments.pages - FEW
                first = first or many.seconds
                rates = pages / (many.seconds - few.seconds), 1000 * (many.cpu - few.cpu) / pages
                rows[number].append((*rates, first / many.seconds, many.mebibytes))
    for number, found in rows.items():
        rate, cpu, ratio, memory = zip(*found, strict=True)
        print(
            f"{number} processes: {spread(rate, 1)} pages a second, {spread(cpu)} ms CPU a page, "
            f"{spread(ratio)} times as fast as {numbers[0]}, with the start; peak {max(memory):.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
