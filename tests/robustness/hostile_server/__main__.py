"""Crawl every source with every fault and the limits of production, and print the results.

Usage: python -m tests.robustness.hostile_server [--patience 25] [--sources toy,qq] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tests.robustness.hostile_server.crawl import crawl_and_measure
from tests.robustness.hostile_server.faults import BROKEN, ENDLESS, ODD
from tests.robustness.hostile_server.sites import SITE_KINDS, site_with_faults
from tests.robustness.hostile_server.totals import totals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patience", type=float, default=25, help="DOWNLOAD_TIMEOUT in seconds")
    parser.add_argument("--sources", default=",".join(SITE_KINDS), help="names of sources, separated by commas")
    parser.add_argument("--output", type=Path, default=None, help="folder for corpora and logs")
    arguments = parser.parse_args()
    work = arguments.output or Path(tempfile.mkdtemp(prefix="hostile-"))
    for source in arguments.sources.split(","):
        kind = SITE_KINDS[source]
        for group, faults in {"broken": BROKEN, "odd": ODD, "endless": ENDLESS}.items():
            site, fault_of = site_with_faults(kind, faults)
            # A positive DOWNLOAD_DELAY makes requests sequential, as at real sites.
            options = (
                "-s",
                f"DOWNLOAD_TIMEOUT={arguments.patience}",
                "-s",
                "RETRY_TIMES=0",
                "-s",
                "DOWNLOAD_DELAY=0.01",
            )
            result = crawl_and_measure(kind, site, work / source / group, *options, timeout=3600)
            files = set(result.run.files(kind.source))
            (work / source / group / "log").write_text(result.run.log, encoding="utf-8")
            written = [fault for name, fault in fault_of.items() if fault and kind.file_stem(name) in files]
            lost = [fault for name, fault in fault_of.items() if kind.file_stem(name) not in files]
            lost = [fault for fault in lost if not fault or group == "odd"]
            print(
                f"{source} {group}: exit {result.run.exit_code}, {len(fault_of)} pages in {result.seconds:.0f} s, "
                f"slowest {result.slowest:.1f} s, {result.max_memory // 1024} MB, hosts {sorted(result.hosts)}, "
                f"connected {result.connected}, looked up {result.looked_up}\n"
                f"  written: {written if group != 'odd' else len(written)}\n  lost: {lost}\n"
                f"  {result.summary}\n  {totals(result.run.log)}\n"
                f"  tracebacks {result.run.log.count('Traceback')}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    sys.exit(main())
