"""Crawl generated malformed records, check the files and the Hugo site, and print the results.

Usage: python -m tests.robustness.malformed --records 10000 --seed 1
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.robustness.malformed.end_to_end import crawl_and_check
from tests.robustness.malformed.records import Generator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.malformed")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first record")
    parser.add_argument("--keep", help="new folder for archive, corpus, sites and log")
    parser.add_argument("--show", type=int, help="print the record with this number and exit")
    arguments = parser.parse_args()
    if arguments.show is not None:
        record = Generator(arguments.seed, arguments.show).record()
        print(f"{record!r}\n{record.page.decode('utf-8', 'replace')}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        work = Path(arguments.keep or folder)
        work.mkdir(parents=True, exist_ok=True)
        report = crawl_and_check(work, range(arguments.first, arguments.first + arguments.records), arguments.seed)
    print(f"records={arguments.records} seed={arguments.seed}")
    print("seconds:", " ".join(f"{name.replace(' ', '-')}={value}" for name, value in report.seconds.items()))
    for name, value in sorted(report.counts.items()):
        print(f"{name} = {value}")
    print(f"faults = {len(report.faults)}")
    for fault in report.faults[:200]:
        print(fault[:1500])
    return 1 if report.faults else 0


sys.exit(main())
