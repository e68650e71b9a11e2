"""Disturb the runs of one corpus in many ways at once, while its site changes; then compare it with a new corpus."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from crawler.corpus.errors import LedgerError
from crawler.corpus.ledger import open_ledger
from crawler.corpus.runs import Run
from tests.robustness.crash_recovery.changing_site import ChangingSite
from tests.robustness.crash_recovery.disturbances import Disturbance
from tests.robustness.crash_recovery.measure import RunCounts, files_of
from tests.robustness.crash_recovery.targets import Target, toy

# All stored articles are read again: only so a run sees that an article is in another month.
OPTIONS = ("-a", "refresh=9999", "-a", "channel=news,tech", "-s", "RETRY_TIMES=0", "-s", "BLOCK_BACKOFF=0")


def last_run(output: Path) -> Run | None:
    """Return the last run in the ledger; None without one, and if the ledger cannot be read."""
    try:
        with closing(open_ledger(output / ".state", "")) as ledger:
            return next(iter(ledger.runs.last("toy", 1)), None)
    except LedgerError:
        return None


def is_falsely_fine(before: Run | None, last: Run | None, code: int) -> bool:
    """Return whether a run is recorded as fine although its process ended with *code*, before its end.

    *before* and *last* are the last runs before and after it. A run that could not be recorded is in neither.
    """
    if last is None or last.number == getattr(before, "number", 0) or not last.verdict.is_fine:
        return False
    return last.ended is None if code == -signal.SIGKILL else code not in (0, 1)


def disturb_one_corpus(
    target: Target, site: ChangingSite, folder: Path, kills: int, chance: random.Random
) -> RunCounts:
    """Disturb runs of one corpus until *kills* were killed; then run once more and compare."""
    counts, start, output = RunCounts("mixed"), time.monotonic(), folder / "disturbed"
    output.mkdir()
    while counts.kills < kills:
        disturbance = Disturbance.at_random(chance, output)
        before = last_run(output)
        code = target.crawl(output, *OPTIONS, first=disturbance)
        counts.runs += 1
        counts.falsely_fine += is_falsely_fine(before, last_run(output), code)
        if code == -signal.SIGKILL:
            assert disturbance.kill
            counts.kills += 1
            counts.moments[disturbance.kill[0]] += 1
        site.change(chance)
    site.broken.clear()
    assert target.crawl(output, *OPTIONS) in (0, 1)  # 1: files were deleted or edited by hand
    assert target.crawl(folder / "undisturbed", *OPTIONS) == 0
    counts.runs += 1
    counts.compare(target, output, files_of(folder / "undisturbed"))
    counts.count(Counter(), target.fetches())
    counts.seconds = time.monotonic() - start
    return counts


def disturb(kills: int, chance: random.Random) -> RunCounts:
    """Repeat `disturb_one_corpus` until runs were killed *kills* times."""
    total = RunCounts("clocks, months, disks")
    while total.kills < kills:
        site = ChangingSite()
        with toy(site) as target, tempfile.TemporaryDirectory() as folder:
            total.add(disturb_one_corpus(target, site, Path(folder), min(20, kills - total.kills), chance))
    return total
