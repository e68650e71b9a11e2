"""Fuzz every function that reads external input. hypothesis generates and shrinks the inputs.

Usage: python -m tests.robustness.malformed.fuzz --minutes 10 --seed 1
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.robustness.malformed import page_targets, recording_targets
from tests.robustness.malformed.targets import InvalidResult, seen

TARGETS = page_targets.TARGETS | recording_targets.TARGETS
MAX_SECONDS = 10  # of CPU time, for one example


class TooSlow(Exception):
    """An example takes longer than MAX_SECONDS."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TooSlow in the block after MAX_SECONDS of CPU time."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def location_of(error: BaseException) -> str:
    """Return the type of *error* and the innermost line of the project in its traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/crawler/" in frame.filename and "site-packages" not in frame.filename]
    frame = (ours or frames)[-1]
    detail = str(error).partition(":")[0][:40] if isinstance(error, InvalidResult) else ""
    return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.name}:{frame.lineno} {detail}".strip()


def fuzz(minutes: float, number: int, only: str = "", examples: int = 200) -> dict[str, str]:
    """Run each target in turn until the time is over. *number* is the seed, *only* the name of a single target.

    Return the smallest example of each error, by target and location. *examples* is the number of examples in one turn
    of a target.
    """
    failures: dict[str, str] = {}
    counts: Counter[str] = Counter()

    def checked(name: str, function: Callable[..., None], new: dict[str, str]) -> Callable[[tuple[Any, ...]], None]:
        """Return *function* with a time limit. Add errors to *new* and raise them, unless they are in *failures*."""

        def check(values: tuple[Any, ...]) -> None:
            counts[name] += 1
            try:
                with time_limit():
                    function(*values)
            except Exception as error:
                location = f"{name}: {location_of(error)}"
                if location in failures:
                    return
                new[location] = f"{repr(values)[:1500]}\n{''.join(traceback.format_exception(error))[-2500:]}"
                raise

        return check

    deadline, seeds = time.monotonic() + minutes * 60, random.Random(number)
    while time.monotonic() < deadline:
        for name, (function, strategy) in TARGETS.items():
            if only and name != only:
                continue
            new: dict[str, str] = {}

            configure = settings(
                max_examples=examples, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
                suppress_health_check=list(HealthCheck), report_multiple_bugs=False, print_blob=False,
            )  # fmt: skip
            try:
                seed(seeds.getrandbits(64))(configure(given(strategy)(checked(name, function, new))))()
            except Exception:
                if not new:
                    raise
            failures.update(new)
            if time.monotonic() > deadline:
                break
    print("examples:", dict(counts), "total", sum(counts.values()))
    print("outcomes:", dict(sorted(seen.items())))
    print("maximum memory:", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "MB")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness.malformed.fuzz")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", choices=["", *TARGETS], help="run a single target")
    arguments = parser.parse_args()
    failures = fuzz(arguments.minutes, arguments.seed, arguments.only)
    for location, example in failures.items():
        print(f"\n=== {location}\n{example}")
    print(f"\nminutes={arguments.minutes} seed={arguments.seed} finds={len(failures)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
