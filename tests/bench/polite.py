"""CPU time of a page in a polite run, with the default delay of two seconds between two requests.

Most of the time, such a run waits. Only the CPU time between the requests of two articles counts: the start of the
process is larger than the cost of all pages of a short run.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.crawls import corpus, ours, start_url
from tests.bench.measuring import Program
from tests.bench.pages import LISTED, Kind
from tests.bench.watching import watch

WARM_UP = 4  # articles before the first measured one: they load modules and fill caches


def program(output: Path, articles: int, site: str = "") -> Program:
    """Return a crawl of so many articles with the default settings."""
    return ours(site, "crawl", "bench", *start_url(articles), *corpus(output, ()))


def measure(folder: Path, kind: Kind, articles: int = LISTED) -> float:
    """Return the CPU time of a page in milliseconds. Takes two seconds for each of at most LISTED articles."""
    with tempfile.TemporaryDirectory(dir=folder) as output:
        found = watch(program(Path(output), articles), kind, articles + 2)  # robots.txt and the listing
    times = [seconds for path, seconds in found.requests if path.startswith("/a/")]
    assert len(times) == articles
    return 1000 * (times[-1] - times[WARM_UP]) / (articles - 1 - WARM_UP)
