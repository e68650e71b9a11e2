"""Measure the cost of a long history of runs: `python -m tests.bench.runs [--sources 50] [--days 365]`.

Fills a ledger with half-hourly runs, and measures CPU time before and after the old runs are summed up: the start and
the end of a run, and `scrapy health` with one source and with all. The folder is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import sqlalchemy as sa

from crawler.corpus.ledger import Ledger
from crawler.corpus.runs import Verdict
from crawler.corpus.tables import RUNS, SOURCES
from crawler.health.judgement import judge
from tests.support.mirror import ROOT

INTERVAL = 1800  # seconds
FIGURES = {
    "asked": {}, "job": True, "reader.content": 2, "reader.page": 1, "chosen.date.article:published_time": 2,
    "chosen.title..article--title": 2, "chosen.author.meta": 3, "links.known": 57, "links.repeated": 3,
    "links.not_article": 2, "pages.listing": 3, "pages.article": 3, "pages.gone": 1, "articles.written": 3,
    "refused.gone": 1, "fields.title": 3, "fields.author": 3, "fields.category": 3, "fields.keywords": 2,
    "fields.thumbnail": 3, "fields.time": 3, "body.characters": 8123, "charset.utf-8": 3,
    "example.gone": "HTTP 404", "newest": "2026-11-29 08:00:00", "verdict": asdict(Verdict("fine")),
}  # fmt: skip


def fill(ledger: Ledger, sources: int, days: int) -> None:
    now = int(time.time())
    for number in range(sources):
        source = f"source{number:02}"
        ledger.database.change(sa.insert(SOURCES).values(source=source, written=1000))
        rows = [
            {"source": source, "started": now - turn * INTERVAL, "ended": now - turn * INTERVAL + 60,
             "reason": "finished", "figures": FIGURES | ({"links.new": 4} if turn % 7 == 0 else {})}
            for turn in range(days * 86400 // INTERVAL, 0, -1)
        ]  # fmt: skip
        ledger.database.change(sa.insert(RUNS), rows)


def cpu(action: Callable[[], object]) -> float:
    """Return the CPU time of *action* in this process, in milliseconds."""
    started = time.process_time()
    action()
    return (time.process_time() - started) * 1000


def start_run(ledger: Ledger, source: str, sums_up: bool) -> None:
    ledger.runs.start(source)
    if sums_up:
        ledger.runs.sum_up(source)


def end_run(ledger: Ledger, source: str) -> None:
    """Judge and record a run as the spider does."""
    *before, started = ledger.runs.last(source)
    run = replace(started, ended=int(time.time()), reason="finished", figures=FIGURES)
    verdict = judge(run, before, ledger.runs.news(source, {}))
    ledger.runs.finish(started.number, "finished", {**FIGURES, "verdict": asdict(verdict)})


def health(output: Path, *words: str) -> float:
    """Return the CPU time of `scrapy health` in milliseconds, with the start of Python."""
    command = [sys.executable, "-m", "scrapy", "health", *words, "-s", f"OUTPUT_DIR={output}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env={**os.environ, "LEDGER_URL": ""})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000


def measure(ledger: Ledger, output: Path, sources: int, sums_up: bool) -> dict[str, float]:
    """Measure the parts in milliseconds, and the size of the data in MB. *sums_up*: the first start sums up."""
    figures: dict[str, float] = {}
    if sums_up:
        figures["sum up the history of one source"] = cpu(lambda: ledger.runs.sum_up("source00"))
        for number in range(1, sources):
            ledger.runs.sum_up(f"source{number:02}")
    starts, ends = [], []
    for _ in range(5):
        starts.append(cpu(lambda: start_run(ledger, "source00", sums_up)))
        ends.append(cpu(lambda: end_run(ledger, "source00")))
    pages, free, size = (
        ledger.database.rows(sa.text(f"PRAGMA {name}"))[0][0] for name in ("page_count", "freelist_count", "page_size")
    )
    return figures | {
        "start of a run": min(starts), "end of a run": min(ends), "health of one source": health(output, "source00"),
        "health of all sources": health(output), "page of all sources": health(output, "--html", f"{output}/x.html"),
        "size, MB": (pages - free) * size / 1e6,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--days", type=int, default=365)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-runs-") as name:
        output = Path(name)
        (output / ".state").mkdir()
        with closing(Ledger(f"sqlite:///{output}/.state/ledger.db")) as ledger:
            fill(ledger, arguments.sources, arguments.days)
            for sums_up in (False, True):
                print(f"\n{arguments.sources} sources, {arguments.days} days, {'' if sums_up else 'not '}summed up:")
                figures = measure(ledger, output, arguments.sources, sums_up)
                print("\n".join(f"{what:34}{value:10.1f}" for what, value in figures.items()), flush=True)
    print(json.dumps({"bytes of figures": len(json.dumps(FIGURES))}))


if __name__ == "__main__":
    main()
