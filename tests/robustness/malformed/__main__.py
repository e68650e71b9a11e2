"""Crawl generated malformed records and print the results.

Usage: python -m tests.robustness.malformed --records 10000 --seed 1
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.robustness.malformed.drive import drive
from tests.robustness.malformed.records import Generator


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.malformed")
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first record's number")
    parser.add_argument("--keep", help="a new folder for all that is made")
    parser.add_argument("--show", type=int, help="print this record, and do nothing else")
    asked = parser.parse_args()
    if asked.show is not None:
        record = Generator(asked.seed, asked.show).record()
        print(f"{record!r}\n{record.page.decode('utf-8', 'replace')}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(asked.keep or folder)
        place.mkdir(parents=True, exist_ok=True)
        report = drive(place, range(asked.first, asked.first + asked.records), asked.seed)
    print(f"records={asked.records} seed={asked.seed}")
    print("seconds:", " ".join(f"{name.replace(' ', '-')}={value}" for name, value in report.seconds.items()))
    for name, value in sorted(report.figures.items()):
        print(f"{name} = {value}")
    print(f"faults = {len(report.faults)}")
    for fault in report.faults[:200]:
        print(fault[:1500])
    return 1 if report.faults else 0


sys.exit(main())
