"""Kill crawls of one corpus at many moments until it is complete, and compare it with an undisturbed one."""

from __future__ import annotations

import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.robustness.crash_recovery.measure import RunCounts, article_id, count_different, files_of
from tests.robustness.crash_recovery.moments import MOMENTS
from tests.robustness.crash_recovery.targets import TIMEOUT, Target

# Moments that another process observes.
AT_RANDOM, FILE_EXISTS, TEMPORARY_FILE_EXISTS = "at random", "a file exists", "a temporary file exists"
ALL_MOMENTS = (AT_RANDOM, FILE_EXISTS, TEMPORARY_FILE_EXISTS, *MOMENTS)


def kill_after_files(process: subprocess.Popen[bytes], output: Path, pattern: str, number: int) -> None:
    """Kill *process* when *output* has *number* new files that match *pattern*."""
    before = set(output.glob(pattern))
    deadline = time.monotonic() + TIMEOUT
    while process.poll() is None and time.monotonic() < deadline:
        if len(set(output.glob(pattern)) - before) >= number:
            process.kill()


def crawl_and_kill(target: Target, output: Path, moment: str, chance: random.Random, duration: float) -> bool:
    """Start a run and kill it at *moment*. Return False if the run ended before.

    *duration* is that of an undisturbed run, in seconds.
    """
    if moment in MOMENTS:
        number = chance.randint(1, MOMENTS[moment][3])
        return target.crawl(output, kill=(moment, number)) == -signal.SIGKILL
    process = target.start(output)
    if moment == AT_RANDOM:
        try:
            process.wait(chance.uniform(0, duration))
        except subprocess.TimeoutExpired:
            process.kill()
    else:
        pattern = f"{target.source}/*/*/{'[!.]*.md' if moment == FILE_EXISTS else '.*.tmp'}"
        kill_after_files(process, output, pattern, chance.randint(1, 10))
    return process.wait(TIMEOUT) == -signal.SIGKILL


def kill_one_corpus(target: Target, folder: Path, kills: int, chance: random.Random) -> RunCounts:
    """Kill runs of one corpus *kills* times, or until it is complete; then run once more and compare."""
    counts, start = RunCounts(target.source), time.monotonic()
    codes = [target.crawl(folder / "undisturbed")]
    duration, expected, before = time.monotonic() - start, files_of(folder / "undisturbed"), target.fetches()
    assert expected
    output, stored = folder / "killed", Counter[str]()
    while counts.kills < kills:
        moment = chance.choice(ALL_MOMENTS)
        counts.runs += 1
        was_killed = crawl_and_kill(target, output, moment, chance, duration)
        if not was_killed:
            break
        counts.kills += 1
        counts.moments[moment] += 1
        files = files_of(output)
        counts.different += count_different(files, expected)
        fetches = target.fetches()
        stored |= Counter({name: fetches[name] for name in map(article_id, files) if name not in stored})
    codes.append(target.crawl(output))
    counts.runs += 1
    assert codes[0] == codes[1], codes
    counts.compare(target, output, expected)
    after = target.fetches()
    counts.count(before, after)
    counts.needless = sum(after[name] > number for name, number in stored.items())
    counts.seconds = time.monotonic() - start
    return counts


def kill_until_complete(name: str, target: Callable[[], Any], kills: int, chance: random.Random) -> RunCounts:
    """Repeat `kill_one_corpus` until runs were killed *kills* times. *target* returns a context manager."""
    total = RunCounts(name)
    while total.kills < kills:
        with target() as site, tempfile.TemporaryDirectory() as folder:
            total.add(kill_one_corpus(site, Path(folder), min(25, kills - total.kills), chance))
    return total
