"""The machine of a benchmark: its versions, and its load, which decides whether the figures can be used."""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# The folder of all files of the candidates, if possible: the speed of the disk is not measured.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
MOST_LOAD = 1.5  # load average per core


class Load:
    """Samples of the load average of the last minute, per core of the machine.

    The load of the benchmark itself is not subtracted: it keeps about one core busy, which is 0.5 of two cores.
    """

    def __init__(self, most: float = MOST_LOAD) -> None:
        self.most = most
        self.samples: list[float] = []

    def sample(self) -> None:
        """Take a sample. Ends the program if it is above *most*: its figures would be wrong."""
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        self.samples.append(load)
        if self.is_high:
            sys.exit(
                f"bench: the load average is {load:.2f} per core, more than {self.most}: no table. Wait until the "
                "machine is idle, or use --any-load: the table then states the load."
            )

    @property
    def is_high(self) -> bool:
        """Whether the last sample is above *most*."""
        return self.samples[-1] > self.most

    def __str__(self) -> str:
        first, highest = self.samples[0], max(self.samples)
        warning = f"; **more than {MOST_LOAD}: not a table for the README**" if highest > MOST_LOAD else ""
        return f"load average per core: {first:.2f} at the start, at most {highest:.2f} during the run{warning}"


def machine() -> str:
    """Return date, processor and versions, for the head of the report."""
    names = {"scrapy": "Scrapy", "lxml": "lxml", "uvloop": "uvloop", "isal": "isal"}
    found = []
    for package, name in names.items():
        try:
            found.append(f"{name} {version(package)}")
        except PackageNotFoundError:
            continue
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = model[0].partition(": ")[2] if model else platform.processor()
    return ", ".join((f"{date.today()}", f"{len(model)} x {processor}", f"Python {platform.python_version()}", *found))
