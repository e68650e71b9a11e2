"""Stop crawls with SIGINT or SIGTERM, and start a second crawl of the same source."""

from __future__ import annotations

import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.robustness.crash_recovery.measure import RunCounts, count_different, files_of
from tests.robustness.crash_recovery.targets import TIMEOUT, toy, toy_site
from tests.support.server import Answer

MAX_SECONDS = 20.0  # between a signal and the end of the run


@dataclass(frozen=True)
class Stop:
    """A stopped run: its signals, the seconds until it ended, its exit code, and the counts after the next run."""

    name: str
    signals: tuple[signal.Signals, ...]
    seconds: float
    code: int
    counts: RunCounts

    @property
    def is_good(self) -> bool:
        return self.seconds <= MAX_SECONDS and self.code != 0 and self.counts.is_good


class DisturbedSite:
    """A toy site, for `play`. `disturbances` maps paths to functions that are called before the response.

    If such a function returns a response, this replaces the regular one.
    """

    def __init__(self, articles: int = 24, pages: int = 3) -> None:
        self.regular = toy_site(articles, pages)
        self.disturbances: dict[str, Callable[[], Answer | None]] = {}

    def __call__(self, path: str, number: int) -> Answer:
        time.sleep(0.01)
        return self.disturbances.get(path, lambda: None)() or self.regular(path, number)


def hang() -> None:
    time.sleep(60)  # seconds; twice DOWNLOAD_TIMEOUT


def too_many_requests() -> Answer:
    return Answer("busy", 429)


# Name -> path ("" = the page of a random article), and disturbance of its response (None = regular response). The
# signal is sent after the request for the path.
DISTURBANCES: dict[str, tuple[str, Callable[[], Answer | None] | None]] = {
    "in the middle": ("", None),
    "a long host pause": ("/a/a020.html", too_many_requests),
    "an article hangs": ("/a/a020.html", hang),
    "a listing hangs": ("/news-3", hang),
    "robots.txt hangs": ("/robots.txt", hang),
}


def stop_crawl(
    name: str,
    signals: tuple[signal.Signals, ...],
    chance: random.Random,
    site: DisturbedSite,
    expected: dict[str, bytes],
) -> Stop:
    """Send *signals* to a run during the disturbance *name*, then run again and compare with the *expected* files."""
    path, disturbance = DISTURBANCES[name]
    path = path or f"/a/a{chance.randrange(20):03}.html"
    with toy(site) as target, tempfile.TemporaryDirectory() as folder:
        counts, output, start = RunCounts(name, runs=2), Path(folder, "stopped"), time.monotonic()
        assert target.played
        if disturbance:
            site.disturbances[path] = disturbance
        process = target.start(output, "-s", "BLOCK_BACKOFF=300")
        deadline = time.monotonic() + TIMEOUT
        while path not in target.played.paths and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if disturbance:
            time.sleep(0.5)
        sent = time.monotonic()
        for number, each in enumerate(signals):
            time.sleep(0.3 * bool(number))
            process.send_signal(each)
        code = process.wait(TIMEOUT)
        seconds = time.monotonic() - sent
        counts.different += count_different(files_of(output), expected)
        site.disturbances.clear()
        assert target.crawl(output) == 0
        counts.compare(target, output, expected)
        counts.count(Counter(), target.fetches())
        counts.seconds = time.monotonic() - start
        return Stop(name, signals, seconds, code, counts)


def undisturbed(site: Callable[[str, int], Answer]) -> dict[str, bytes]:
    """Return the files of an undisturbed run."""
    with toy(site) as target, tempfile.TemporaryDirectory() as folder:
        assert target.crawl(Path(folder, "output")) == 0
        return files_of(Path(folder, "output"))


def second_run(site: DisturbedSite) -> tuple[int, float, str]:
    """Return exit code, seconds and log of a run that starts during another run of the same source."""
    site.disturbances["/news"] = hang
    with toy(site) as target, tempfile.TemporaryDirectory() as folder:
        assert target.played
        output = Path(folder, "output")
        first = target.start(output)
        try:
            deadline = time.monotonic() + TIMEOUT
            while "/news" not in target.played.paths and first.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            output.with_suffix(".log").unlink()
            start = time.monotonic()
            code = target.crawl(output)
            return code, time.monotonic() - start, output.with_suffix(".log").read_text()
        finally:
            first.kill()
            first.wait()
