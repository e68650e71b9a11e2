"""Compare CPU time and memory of this crawler with its targets, and with other crawlers ("peers").

    make bench [BENCH_ARGS="--quick --pages N --rounds N --only WORDS --profile NAME --any-load"]

CPU time is measured because wall-clock time varies on a busy machine; ratios within a round are the most reliable
figures. Files are written to memory (/dev/shm) if possible, because the speed of the disk is not measured. (With
--folder on a disk, only this crawler and "crawlee, same work" wait until each file is synchronized.) The peers are
installed in an environment of their own, because Scrapy loads optional packages that it finds installed.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import converters, polite, processes, starts, targets
from tests.bench.crawls import CRAWL, Bench, rounds
from tests.bench.machine import MEMORY, MOST_LOAD, Load, machine
from tests.bench.measuring import ROOT, Program, profile, spread
from tests.bench.pages import KINDS, LISTED, REALISTIC
from tests.bench.server import served


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    pages: int  # articles of a crawl
    rounds: int
    polite_pages: int  # articles of a polite run, 2 seconds each
    polite_rounds: int
    archive_pages: int
    sources: int  # of the runs without new articles
    sizes: tuple[int, ...]  # numbers of pages for the growth of memory


FULL = Plan(1000, 5, LISTED, 3, 2000, 10, (1000, 2000, 10_000))
QUICK = Plan(120, 2, 9, 1, 200, 3, (50, 100))


class Report:
    """Measures the wanted rows, and prints them."""

    def __init__(self, plan: Plan, folder: Path, peers: str, only: Sequence[str], load: Load) -> None:
        self.plan, self.folder, self.peers, self.load = plan, folder, peers, load
        self.only = only
        self.measured: dict[str, Sequence[float]] = {}
        self.lines: list[str] = []  # of the tables of crawls and of the growth of memory

    def wants(self, label: str) -> bool:
        return not self.only or any(word in label for word in self.only)

    def measure(self) -> None:
        """Measure all wanted rows."""
        for kind in KINDS.values():
            with served(kind) as site:
                self.lines += self._crawls(Bench(site, self.folder, self.peers, kind))
        if self.wants(targets.POLITE):
            progress(targets.POLITE)
            pages, number = self.plan.polite_pages, self.plan.polite_rounds
            self.measured[targets.POLITE] = [
                self._sampled(lambda: polite.measure(self.folder, REALISTIC, pages)) for _ in range(number)
            ]
        with served(REALISTIC) as site:
            progress("starts")
            self.measured |= starts.measure(
                site, self.folder, REALISTIC, self.wants, self.plan.rounds, self.load.sample
            )
        self._empty_runs()
        self._archive()
        self._converters()

    def _sampled(self, work: Callable[[], float]) -> float:
        value = work()
        self.load.sample()
        return value

    def _crawls(self, bench: Bench) -> list[str]:
        """Measure the candidates with one kind of pages. Returns the lines of their table."""
        kind = bench.kind.name
        candidates = bench.candidates()
        wanted = {label for label in candidates if self.wants(f"{kind} page, {label}")}
        skipped = [
            f"{label}: skipped, {reason}"
            for label, reason in bench.skipped.items()
            if self.wants(f"{kind} page, {label}")
        ]
        if not wanted:
            return skipped
        chosen = {label: each for label, each in candidates.items() if label in {CRAWL, *wanted}}
        progress(f"{kind} page: {len(chosen)} programs, {self.plan.rounds} rounds")
        times, memory = rounds(bench, chosen, self.plan.pages, self.plan.rounds, self.load.sample)
        self.measured |= {f"{kind} page, {label}": values for label, values in times.items()}
        lines = [*comparison(kind, times, memory), *skipped, ""]
        if self.wants("memory") and kind == REALISTIC.name:
            lines += self._growth(bench)
        return lines

    def _growth(self, bench: Bench) -> list[str]:
        """Return lines with the peak memory of a crawl for each of `Plan.sizes`."""
        progress("growth of memory")
        crawl, sizes = bench.candidates()[CRAWL], self.plan.sizes
        peaks = {size: bench.run(crawl, size).mebibytes for size in sizes}
        *_, first, last = sizes
        growth = 1024 * (peaks[last] - peaks[first]) / (last - first)
        every = ", ".join(f"{peak:.0f} MiB at {size:,} pages" for size, peak in peaks.items())
        return [f"Memory: {every}; {growth:.2f} KiB a page from {first:,} on", ""]

    def _empty_runs(self) -> None:
        if self.wants(targets.EVERY) or self.wants(targets.JOB):
            from tests.bench import empty_runs  # here: imports Scrapy, and this process must be small until now

            progress("runs without new articles")
            costs = empty_runs.empty_run_costs(self.plan.sources, self.plan.rounds)
            self.load.sample()
            self.measured |= {targets.EVERY: costs.of_all, targets.JOB: costs.job, targets.EMPTY: costs.crawl}

    def _archive(self) -> None:
        if self.wants(targets.ONE) or self.wants(targets.TWO):
            pages, number = self.plan.archive_pages, self.plan.rounds
            progress("archives")
            found = processes.measure(self.folder, REALISTIC, pages, (1, 2), number, self.load.sample)
            self.measured[targets.ONE] = [1000 / each.milliseconds for each in found[1]]
            self.measured[targets.TWO] = [each.speed_up for each in found[2]]

    def _converters(self) -> None:
        sets = [name for name in self._sets() if self.wants(f"converter {name}")]
        if sets:
            progress("converters")
            command = [self.peers, "-m", "tests.bench.converters", ",".join(sets)]
            text = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
            self.load.sample()
            for name, times in json.loads(text).items():
                self.measured |= {f"converter {name}, {converter}": values for converter, values in times.items()}

    def _sets(self) -> Sequence[str]:
        return converters.SETS[:1] if converters.missing() else converters.SETS

    def programs(self, sites: Mapping[str, str]) -> dict[str, Program]:
        """Return the programs that can be profiled, by label. *sites* are the URLs of the servers by kind of pages."""
        site, output = sites[REALISTIC.name], self.folder / "output"
        found = {targets.POLITE: polite.program(output, self.plan.polite_pages, site)}
        for name, kind in KINDS.items():
            candidates = Bench(sites[name], self.folder, self.peers, kind).candidates()
            found |= {f"{name} page, {label}": each.program(self.plan.pages) for label, each in candidates.items()}
        for name in self._sets():
            words = ("-m", "tests.bench.converters", name, converters.OURS)
            found[f"converter {name}, {converters.OURS}"] = Program(words, python=self.peers)
        return found | starts.programs(site, output)


def progress(stage: str) -> None:
    """Print the time and what is measured now to the standard error stream."""
    print(f"{time.strftime('%H:%M:%S')} {stage}", file=sys.stderr, flush=True)


def comparison(kind: str, times: Mapping[str, Sequence[float]], memory: Mapping[str, float]) -> list[str]:
    """Return the lines of the table of crawls with one kind of pages."""
    row = "| {:27} | {:>22} | {:>20} | {:>8} |".format
    lines = [row(f"{kind} page", "CPU ms a page", "the crawl's share", "peak MiB")]
    lines.append(row("-" * 27, "-" * 21 + ":", "-" * 19 + ":", "-" * 7 + ":"))
    for label, values in times.items():
        ratios = [crawl / other for crawl, other in zip(times[CRAWL], values, strict=True)]
        lines.append(row(label, spread(values), spread(ratios), f"{memory[label]:.0f}"))
    return lines


def write_profile(report: Report, name: str) -> None:
    """Write the profile of the program *name* to a file in the current folder."""
    heavy, realistic = (served(kind) for kind in KINDS.values())
    with heavy as first, realistic as second:
        programs = report.programs(dict(zip(KINDS, (first, second), strict=True)))
        if name not in programs:
            sys.exit(f"bench: unknown program {name!r}; known: {'; '.join(programs)}")
        summary = Path(f"profile-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.txt")
        profile(programs[name], summary)
    print(summary)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few pages and rounds, in about two minutes")
    parser.add_argument("--pages", type=int, help=f"articles of a crawl ({FULL.pages}; quick {QUICK.pages})")
    parser.add_argument("--rounds", type=int, help=f"runs of each candidate ({FULL.rounds}; quick {QUICK.rounds})")
    parser.add_argument("--only", default="", metavar="WORDS", help="measure rows that contain one of the words: A,B")
    parser.add_argument("--profile", metavar="NAME", help="profile one program instead, as named below the table")
    parser.add_argument(
        "--any-load", action="store_true", help=f"print a table above {MOST_LOAD} of load per core, too"
    )
    parser.add_argument("--folder", default=MEMORY, help="folder for the files of all candidates")
    parser.add_argument(
        "--peers", default=sys.executable, metavar="PYTHON", help="Python interpreter of the peers' environment"
    )
    arguments = parser.parse_args(words)
    plan = QUICK if arguments.quick else FULL
    chosen = {name: value for name in ("pages", "rounds") if (value := getattr(arguments, name))}
    plan = Plan(**{**vars(plan), **chosen})
    load = Load(math.inf if arguments.any_load else MOST_LOAD)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        only = [word for word in arguments.only.split(",") if word]
        report = Report(plan, Path(folder), arguments.peers, only, load)
        if arguments.profile:
            write_profile(report, arguments.profile)
            return
        try:
            load.sample()
            report.measure()
        except SystemExit:
            if not load.is_high:
                print("Incomplete: a program failed. What was measured before:", "", sep="\n")
                print(*targets.table(report.measured), "", *report.lines, sep="\n", flush=True)
            raise
    print(f"{machine()}; {load}", f"{plan.pages} pages, {plan.rounds} rounds: median (quartiles)", "", sep="\n")
    print(*targets.table(report.measured), "", *report.lines, sep="\n")
    if report.wants("converter") and (reason := converters.missing()):
        print(f"Converters, skipped: {reason}")
    print("Start-up with a million articles: python -m tests.bench.ledger")


if __name__ == "__main__":
    main()
