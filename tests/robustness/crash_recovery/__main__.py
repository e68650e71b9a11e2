"""Kill, stop and repeat crawls until all articles are fetched, and compare the corpus with an undisturbed one.

Usage: SHARED_DIR=… python -m tests.robustness.crash_recovery [--quick] [--seed N]

Takes some minutes. Without SHARED_DIR, only the toy site is crawled.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socketserver
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from unittest.mock import patch

from tests.robustness.crash_recovery.kills import kill_until_complete
from tests.robustness.crash_recovery.measure import RunCounts
from tests.robustness.crash_recovery.mixed import disturb
from tests.robustness.crash_recovery.stops import DISTURBANCES, DisturbedSite, second_run, stop_crawl, undisturbed
from tests.robustness.crash_recovery.targets import SOURCES, mirrored, toy, toy_site


def table(rows: Iterable[RunCounts]) -> bool:
    """Print counts, and return whether all are good."""
    print(
        f"{'':26}runs kills articles lost extra different .tmp inconsistent falsely fine fetches (each) repeated max "
        "needless seconds",
        flush=True,
    )
    good = True
    for row in rows:
        good = good and row.is_good
        print(
            f"{row.name:26}{row.runs:4} {row.kills:5} {row.articles:8} {row.lost:4} {row.extra:5} {row.different:9} "
            f"{row.temporary:4} {row.inconsistent:12} {row.falsely_fine:12} {row.fetches:7} "
            f"{row.fetches / row.articles:6.2f} {row.repeated:8} {row.maximum:3} {row.needless:8} {row.seconds:7.0f}",
            flush=True,
        )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the kills")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    kills, shared = 10 if arguments.quick else 100, os.environ.get("SHARED_DIR")

    def chance(name: str) -> random.Random:
        return random.Random(f"{arguments.seed} {name}")

    # Killed clients cause errors in the threads of the server; they are expected.
    with ThreadPoolExecutor(3) as pool, patch.object(socketserver.BaseServer, "handle_error"):
        jobs = [pool.submit(kill_until_complete, "toy", lambda: toy(toy_site(150, 10)), kills, chance("toy"))]
        jobs.append(pool.submit(disturb, kills, chance("mixed")))
        for source in SOURCES if shared else ():
            site = partial(mirrored, source, Path(str(shared)))
            jobs.append(pool.submit(kill_until_complete, source, site, kills // 4, chance(source)))
        signal_sequences = [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)]
        expected = undisturbed(DisturbedSite())
        repetitions = {"in the middle": 1 if arguments.quick else 3}
        stops = [
            pool.submit(stop_crawl, name, signals, chance(f"{name} {signals} {number}"), DisturbedSite(), expected)
            for name in DISTURBANCES
            for signals in signal_sequences
            for number in range(repetitions.get(name, 1))
        ]
        good = table(job.result() for job in jobs)
        print("\nmoments of the kills:", dict(sum((job.result().moments for job in jobs), Counter())))
        total = RunCounts("stopped, then run again")
        print(f"\n{'signals':16}{'disturbance':26}exit seconds")
        for stop in (job.result() for job in stops):
            total.add(stop.counts)
            good = good and stop.is_good
            print(
                f"{' '.join(each.name for each in stop.signals):16}{stop.name:26}{stop.code:4} {stop.seconds:7.1f}",
                flush=True,
            )
        print()
        good = table([total]) and good
        code, seconds, log = second_run(DisturbedSite())
        good = good and code == 4
        print(f"\na second run of the same source: exit code {code} after {seconds:.1f} s")
        print("\n".join(line for line in log.splitlines() if "another run" in line))
    print("\nall good" if good else "\nNOT GOOD")
    return not good


if __name__ == "__main__":
    sys.exit(main())
