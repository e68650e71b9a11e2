"""Crawls that are killed, stopped and doubled, until nothing is left to fetch; then their corpus is compared with one
that nobody disturbed. By hand, some minutes:

    SHARED_DIR=… python -m tests.robustness.crash_recovery [--quick] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import socketserver
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scrapy.spiderloader import SpiderLoader
from scrapy.utils.project import get_project_settings
from sqlalchemy import Connection

from crawler.corpus.articles import Articles
from crawler.corpus.database import Database
from crawler.corpus.folders import Folders
from crawler.corpus.store import safe_name
from tests.support.mirror import ROOT, scrapy, serve
from tests.support.server import Answer, Played, play

SOURCES = ("qq", "hibor", "iyiou", "woshipm")
ALLOWED = 20.0  # seconds that a run may take to end after Ctrl-C or SIGTERM
PATIENCE = 120.0  # seconds for any run of ours


# Sites ------------------------------------------------------------------------------------------------------------


@dataclass
class Ground:
    """A site, and how it is crawled."""

    source: str
    options: tuple[str, ...]
    environment: dict[str, str]
    fetches: Callable[[], Counter[str]]  # how often each article was asked for
    played: Played | None = None

    def start(self, output: Path, *options: str) -> subprocess.Popen[bytes]:
        """`scrapy crawl`, started as a user does. Its log is beside *output*."""
        command = [sys.executable, "-m", "scrapy", "crawl", self.source, "-s", f"OUTPUT_DIR={output}"]
        with output.with_suffix(".log").open("ab") as log:
            return subprocess.Popen(
                [*command, *self.options, *options], cwd=ROOT, env={**os.environ, **self.environment}, stderr=log
            )

    def crawl(self, output: Path, dying: tuple[str, int] | None = None) -> int:
        """The exit code of a finished crawl; with *dying*, a moment and a number, it kills itself then."""
        words = ("crawl", self.source, "-s", f"OUTPUT_DIR={output}", *self.options)
        first = partial(die_at, *dying) if dying else None
        done = scrapy(*words, environment=self.environment, timeout=PATIENCE, first=first)
        with output.with_suffix(".log").open("a") as log:
            log.write(done.stderr)
        return done.returncode


def toy_site(articles: int, pages: int) -> Callable[[str, int], Answer]:
    """Listing pages that lead to each other, and their articles in three months."""
    names = [f"a{number:03}" for number in range(articles)]
    size = -(-articles // pages)

    def site(path: str, number: int) -> Answer:
        if path.startswith("/news"):
            page = int(path[6:] or 1)
            links = "".join(
                f'<li><a href="/a/{name}.html">{name}</a></li>' for name in names[(page - 1) * size :][:size]
            )
            following = f'<a class="next" href="/news-{page + 1}">on</a>' if page < pages else ""
            return Answer(f"<html><ul>{links}</ul>{following}</html>")
        if path[3:7] in names:
            day = int(path[4:7])
            text = "".join(f"<p>Paragraph {line} of {path}.</p>" for line in range(100))
            return Answer(
                f"<html><head><title>{path}</title></head><body><h1>About {path}</h1>"
                f"<time>2025-{day % 3 + 1:02}-11</time><article>{text}</article></body></html>"
            )
        return Answer("not found", 404)

    return site


@contextmanager
def toy(site: Callable[[str, int], Answer]) -> Iterator[Ground]:
    with play(site) as played:
        yield Ground(
            "toy",
            ("-s", "SPIDER_MODULES=tests.support.toy", "-s", "DOWNLOAD_DELAY=0"),
            played.environment,
            lambda: Counter(path[3:-5] for path in played.paths if path.startswith("/a/")),
            played,
        )


@contextmanager
def mirrored(source: str, shared: Path) -> Iterator[Ground]:
    spider: Any = SpiderLoader.from_settings(get_project_settings()).load(source)

    def fetches() -> Counter[str]:
        urls = [f"{row['scheme']}://{row['host']}{row['path']}?{row['query']}".rstrip("?") for row in mirror.requests()]
        return Counter(safe_name(link.id) for link in map(spider.article_link, urls) if link)

    with tempfile.TemporaryDirectory() as work, serve(shared / "mirror", Path(work)) as mirror:
        yield Ground(source, ("-s", "DOWNLOAD_DELAY=0", "-s", "BLOCK_BACKOFF=0.05"), mirror.environment, fetches)


# Deaths -----------------------------------------------------------------------------------------------------------


def wrapped(owner: Any, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    original = getattr(owner, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args)
        result = original(*args, **kwargs)
        if after:
            after(*args)
        return result

    setattr(owner, name, wrapper)


# Moments inside a run: what is wrapped, whether the death comes before or after it, and up to the how manieth.
MOMENTS: dict[str, tuple[Any, str, str, int]] = {
    "links are noted": (Articles, "add_open", "after", 2),
    "a temporary file is there": (tempfile, "mkstemp", "after", 10),
    "a file is half written": (os, "fsync", "half", 10),
    "a file has appeared": (Path, "replace", "after", 10),
    "a commit is due": (Connection, "commit", "before", 15),
    "a row is due": (Database, "execute_prepared", "before", 10),
    "a row is written": (Articles, "mark_written", "after", 10),
    "folders are noted": (Folders, "set_times", "before", 2),
}
# Moments seen from outside.
AT_RANDOM, SEEN, SEEN_TEMPORARY = "at random", "a file is seen", "a temporary file is seen"
ALL_MOMENTS = (AT_RANDOM, SEEN, SEEN_TEMPORARY, *MOMENTS)


def die_at(moment: str, number: int) -> None:
    """This process gets a kill -9 when *moment* has come for the *number*-th time."""
    left = number

    def now(*args: Any) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            if when == "half":
                os.ftruncate(args[0], os.fstat(args[0]).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    owner, name, when, _ = MOMENTS[moment]
    wrapped(owner, name, None if when == "after" else now, now if when == "after" else None)


def kill_when_seen(process: subprocess.Popen[bytes], output: Path, pattern: str, number: int) -> None:
    before = set(output.glob(pattern))
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if len(set(output.glob(pattern)) - before) >= number:
            process.kill()


def killed(ground: Ground, output: Path, moment: str, chance: random.Random, usual: float) -> bool:
    """One run that is to be killed at *moment*; whether it was, or came to its end before."""
    if moment in MOMENTS:
        number = chance.randint(1, MOMENTS[moment][3])
        return ground.crawl(output, dying=(moment, number)) == -signal.SIGKILL
    process = ground.start(output)
    if moment == AT_RANDOM:
        try:
            process.wait(chance.uniform(0, usual))
        except subprocess.TimeoutExpired:
            process.kill()
    else:
        pattern = f"{ground.source}/*/*/{'[!.]*.md' if moment == SEEN else '.*.tmp'}"
        kill_when_seen(process, output, pattern, chance.randint(1, 10))
    return process.wait(PATIENCE) == -signal.SIGKILL


# What came of it --------------------------------------------------------------------------------------------------


def tree(output: Path) -> dict[str, bytes]:
    """Every file of the corpus, but for what is the crawler's own."""
    files = {path.relative_to(output): path for path in output.rglob("*") if path.is_file()}
    return {
        str(place): path.read_bytes() for place, path in files.items() if place.parts[0] not in (".state", ".rejected")
    }


def in_order(ground: Ground, output: Path) -> bool:
    """What `scrapy ledger check` says."""
    said = scrapy("ledger", "check", ground.source, "-s", f"OUTPUT_DIR={output}", timeout=PATIENCE)
    return said.returncode == 0 and said.stdout == f"{ground.source}: in order\n"


@dataclass
class Figures:
    """What some runs over one site came to."""

    name: str
    runs: int = 0
    kills: int = 0
    articles: int = 0
    lost: int = 0
    doubled: int = 0
    half: int = 0  # files with other bytes than in the undisturbed run, at the end or right after a kill
    left: int = 0  # temporary files
    disorder: int = 0  # `ledger check` found something
    fetches: int = 0
    twice: int = 0  # articles that were fetched more than once
    again: int = 0  # articles that were fetched although their file was there
    most: int = 0  # fetches of one article
    seconds: float = 0.0
    moments: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.doubled or self.half or self.left or self.disorder or self.again)

    def compare(self, ground: Ground, output: Path, wanted: dict[str, bytes]) -> None:
        """Take in how *output* differs from what is *wanted*."""
        found = tree(output)
        self.articles += len(wanted)
        self.lost += len(wanted.keys() - found.keys())
        temporary = {place for place in found if place.endswith(".tmp")}
        self.left += len(temporary)
        self.doubled += len(found.keys() - wanted.keys() - temporary)
        self.half += different(found, wanted)
        self.disorder += not in_order(ground, output)

    def count(self, before: Counter[str], after: Counter[str]) -> None:
        numbers = (after - before).values()
        self.fetches += sum(numbers)
        self.twice += sum(number > 1 for number in numbers)
        self.most = max([self.most, *numbers])

    def add(self, other: Figures) -> None:
        sums = "runs kills articles lost doubled half left disorder fetches twice again seconds"
        for name in sums.split():
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.most = max(self.most, other.most)
        self.moments += other.moments


def different(found: dict[str, bytes], wanted: dict[str, bytes]) -> int:
    return sum(found[place] != wanted[place] for place in found.keys() & wanted.keys())


def identifier(place: str) -> str:
    """The article whose file that is."""
    return Path(place).stem


def round_of_kills(ground: Ground, folder: Path, kills: int, chance: random.Random) -> Figures:
    """One corpus that comes into being under *kills*, or fewer when it is whole before."""
    figures, began = Figures(ground.source), time.monotonic()
    codes = [ground.crawl(folder / "undisturbed")]
    usual, wanted, before = time.monotonic() - began, tree(folder / "undisturbed"), ground.fetches()
    assert wanted
    output, stored = folder / "killed", Counter[str]()
    while figures.kills < kills:
        moment = chance.choice(ALL_MOMENTS)
        figures.runs += 1
        was_killed = killed(ground, output, moment, chance, usual)
        if not was_killed:
            break
        figures.kills += 1
        figures.moments[moment] += 1
        files = tree(output)
        figures.half += different(files, wanted)
        now = ground.fetches()
        stored |= Counter({name: now[name] for name in map(identifier, files) if name not in stored})
    codes.append(ground.crawl(output))
    figures.runs += 1
    assert codes[0] == codes[1], codes
    figures.compare(ground, output, wanted)
    after = ground.fetches()
    figures.count(before, after)
    figures.again = sum(after[name] > number for name, number in stored.items())
    figures.seconds = time.monotonic() - began
    return figures


def under_kills(name: str, ground: Callable[[], Any], kills: int, chance: random.Random) -> Figures:
    """Corpora under kills, until there were enough of these."""
    total = Figures(name)
    while total.kills < kills:
        with ground() as site, tempfile.TemporaryDirectory() as folder:
            total.add(round_of_kills(site, Path(folder), min(25, kills - total.kills), chance))
    return total


# Ctrl-C and SIGTERM -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stop:
    """How a run was stopped, and how it went."""

    name: str
    signals: tuple[signal.Signals, ...]
    seconds: float
    code: int
    figures: Figures

    @property
    def is_good(self) -> bool:
        return self.seconds <= ALLOWED and self.code != 0 and self.figures.is_good


class Hindered:
    """A site that is well, but for what `trouble` has for a path."""

    def __init__(self, articles: int = 24, pages: int = 3) -> None:
        self.well = toy_site(articles, pages)
        self.trouble: dict[str, Callable[[], Answer | None]] = {}

    def __call__(self, path: str, number: int) -> Answer:
        time.sleep(0.01)
        return self.trouble.get(path, lambda: None)() or self.well(path, number)


def silence() -> None:
    time.sleep(60)  # twice as long as DOWNLOAD_TIMEOUT


def refusal() -> Answer:
    return Answer("busy", 429)


TROUBLES: dict[str, tuple[str, Callable[[], Answer | None] | None]] = {
    "in the middle": ("", None),
    "a host pause of minutes": ("/a/a020.html", refusal),
    "an article hangs": ("/a/a020.html", silence),
    "a listing hangs": ("/news-3", silence),
    "robots.txt hangs": ("/robots.txt", silence),
}


def stopped(
    name: str, signals: tuple[signal.Signals, ...], chance: random.Random, site: Hindered, wanted: dict[str, bytes]
) -> Stop:
    """A run that is stopped by *signals* in the trouble of that *name*, then one that is not."""
    path, trouble = TROUBLES[name]
    path = path or f"/a/a{chance.randrange(20):03}.html"
    with toy(site) as ground, tempfile.TemporaryDirectory() as folder:
        figures, output, began = Figures(name, runs=2), Path(folder, "stopped"), time.monotonic()
        assert ground.played
        if trouble:
            site.trouble[path] = trouble
        process = ground.start(output, "-s", "BLOCK_BACKOFF=300")
        deadline = time.monotonic() + PATIENCE
        while path not in ground.played.paths and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        if trouble:
            time.sleep(0.5)
        sent = time.monotonic()
        for number, one in enumerate(signals):
            time.sleep(0.3 * bool(number))
            process.send_signal(one)
        code = process.wait(PATIENCE)
        seconds = time.monotonic() - sent
        figures.half += different(tree(output), wanted)
        site.trouble.clear()
        assert ground.crawl(output) == 0
        figures.compare(ground, output, wanted)
        figures.count(Counter(), ground.fetches())
        figures.seconds = time.monotonic() - began
        return Stop(name, signals, seconds, code, figures)


def undisturbed(site: Callable[[str, int], Answer]) -> dict[str, bytes]:
    """The corpus of a run that nobody disturbs."""
    with toy(site) as ground, tempfile.TemporaryDirectory() as folder:
        assert ground.crawl(Path(folder, "output")) == 0
        return tree(Path(folder, "output"))


def second_run(site: Hindered) -> tuple[int, float, str]:
    """The exit code, the seconds and the log of a run beside another of the same source."""
    site.trouble["/news"] = silence
    with toy(site) as ground, tempfile.TemporaryDirectory() as folder:
        assert ground.played
        output = Path(folder, "output")
        first = ground.start(output)
        try:
            deadline = time.monotonic() + PATIENCE
            while "/news" not in ground.played.paths and first.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            output.with_suffix(".log").unlink()
            began = time.monotonic()
            code = ground.crawl(output)
            return code, time.monotonic() - began, output.with_suffix(".log").read_text()
        finally:
            first.kill()
            first.wait()


# By hand ----------------------------------------------------------------------------------------------------------


def table(rows: Iterable[Figures]) -> bool:
    """Prints the figures; whether all are good."""
    print(
        f"{'':26}runs kills articles lost doubled half .tmp disorder fetches (each) twice most again seconds",
        flush=True,
    )
    good = True
    for row in rows:
        good = good and row.is_good
        print(
            f"{row.name:26}{row.runs:4} {row.kills:5} {row.articles:8} {row.lost:4} {row.doubled:7} {row.half:4} "
            f"{row.left:4} {row.disorder:8} {row.fetches:7} {row.fetches / row.articles:6.2f} {row.twice:5} "
            f"{row.most:4} {row.again:5} {row.seconds:7.0f}",
            flush=True,
        )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    kills, shared = 10 if asked.quick else 100, os.environ.get("SHARED_DIR")

    def chance(name: str) -> random.Random:
        return random.Random(f"{asked.seed} {name}")

    # Clients that are killed leave the server's threads with an error, which is none.
    with ThreadPoolExecutor(3) as pool, patch.object(socketserver.BaseServer, "handle_error"):
        jobs = [pool.submit(under_kills, "toy", lambda: toy(toy_site(150, 10)), kills, chance("toy"))]
        for source in SOURCES if shared else ():
            site = partial(mirrored, source, Path(str(shared)))
            jobs.append(pool.submit(under_kills, source, site, kills // 4, chance(source)))
        ways = [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)]
        wanted = undisturbed(Hindered())
        times = {"in the middle": 1 if asked.quick else 3}
        stops = [
            pool.submit(stopped, name, way, chance(f"{name} {way} {number}"), Hindered(), wanted)
            for name in TROUBLES
            for way in ways
            for number in range(times.get(name, 1))
        ]
        good = table(job.result() for job in jobs)
        print("\nmoments of the kills:", dict(sum((job.result().moments for job in jobs), Counter())))
        total = Figures("stopped, then run again")
        print(f"\n{'signals':16}{'when':26}exit seconds")
        for stop in (job.result() for job in stops):
            total.add(stop.figures)
            good = good and stop.is_good
            print(
                f"{' '.join(each.name for each in stop.signals):16}{stop.name:26}{stop.code:4} {stop.seconds:7.1f}",
                flush=True,
            )
        print()
        good = table([total]) and good
        code, seconds, log = second_run(Hindered())
        good = good and code == 4
        print(f"\na second run of the same source: exit code {code} after {seconds:.1f} s")
        print("\n".join(line for line in log.splitlines() if "another run" in line))
    print("\nall good" if good else "\nNOT GOOD")
    return not good


if __name__ == "__main__":
    sys.exit(main())
