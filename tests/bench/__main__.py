"""Compare CPU time and memory of a crawl with a bare download, a plain Scrapy spider, and other crawlers ("peers").

    make bench [BENCH_ARGS="--quick --pages N --rounds N --only NAME"]

All candidates run in turn, each in a process of its own, over the same pages from a server on loopback. CPU time is
measured because wall-clock time varies on a busy machine; ratios within a round are the most reliable figures. Each
candidate also runs with few pages, and the difference is reported: it excludes the start of the process. Files are
written to memory (/dev/shm) if possible, because the speed of the disk is not measured. (With --folder on a disk, only
this crawler waits until each file is synchronized.) The peers are installed in an environment of their own, because
Scrapy loads optional packages that it finds installed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.measuring import ROOT, Cost, cost, spread
from tests.bench.server import served

MEMORY = "/dev/shm"
FEW = 20  # pages of the run that measures the start of the process
# No politeness, for the bare download too; CONCURRENT_REQUESTS_PER_DOMAIN is Scrapy's default.
SETTINGS = ("DOWNLOAD_DELAY=0", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
DOWNLOAD, LEAST, CRAWL = "download only", "parse, convert, write", "whole crawl"
PLAIN, ARCHIVE = "Scrapy + markdownify", "archive in, corpus out"
# Label -> name in peers.py, required modules, share of the pages (less for slow peers).
PEERS = {
    "crawlee + html-to-markdown": ("crawlee", ("crawlee", "html_to_markdown"), 1.0),
    "trafilatura": ("trafilatura", ("trafilatura",), 0.5),
    "newspaper4k": ("newspaper", ("newspaper", "jieba"), 0.1),
    "news-please": ("newsplease", ("newsplease",), 0.1),
}

DIRECT = {"http_proxy": "", "https_proxy": "", "no_proxy": "*"}

Work = Callable[[int], Cost]  # with so many articles


class Bench:
    """Runs all candidates against one server. The files of a run remain in `output` until the next run."""

    def __init__(self, site: str, folder: Path, peers: str = sys.executable) -> None:
        self.site, self.folder, self.output = site, folder, folder / "output"
        self.peers = peers  # Python interpreter of the peers' environment

    def download(self, articles: int) -> Cost:
        return self._bare("download", articles)

    def least(self, articles: int) -> Cost:
        return self._checked(articles, lambda: self._bare("least", articles))

    def crawl(self, articles: int) -> Cost:
        start_url = f"url=http://bench.example/list/{articles}/1.html"
        return self._checked(articles, lambda: self._ours(*self._scrapy(), "-a", "pages=0", "-a", start_url))

    def archive(self, articles: int) -> Cost:
        path = self.folder / f"{articles}.warc.gz"
        if not path.exists():
            subprocess.run([sys.executable, "-m", "tests.bench.archive", path, f"{articles}"], cwd=ROOT, check=True)
        options = ("-a", "from=archive", "-s", f"REPLAY={path}")
        return self._checked(articles, lambda: self._ours(*self._scrapy(), *options))

    def plain(self, articles: int) -> Cost:
        command = ("-m", "tests.bench.plain", self.site, f"{articles}", f"{self.output}")
        return self._checked(articles, lambda: cost(command, DIRECT))

    def peer(self, name: str) -> Work:
        def work(articles: int) -> Cost:
            command = ("-m", "tests.bench.peers", name, self.site, f"{articles}", f"{self.output}")
            return self._checked(articles, lambda: cost(command, DIRECT, self.peers))

        return work

    def missing(self, modules: Sequence[str]) -> list[str]:
        """Return those of *modules* that are not installed in the peers' environment."""
        code = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if not u.find_spec(n)))"
        return subprocess.run(
            [self.peers, "-c", code, *modules], check=True, capture_output=True, text=True
        ).stdout.split()

    def converters(self) -> dict[str, list[float]]:
        """Return CPU ms per body for each converter, one value per round."""
        command = [self.peers, "-m", "tests.bench.converters"]
        times: dict[str, list[float]] = json.loads(
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        )
        return times

    def files(self) -> dict[str, str]:
        """Return the text of the files that the last run wrote, by article number."""
        return {path.stem: path.read_text(encoding="utf-8") for path in self.output.rglob("[!.]*.md")}

    def _scrapy(self) -> list[str]:
        command = ["-m", "scrapy", "crawl", "bench"]
        for setting in ("SPIDER_MODULES=tests.bench.spiders", f"OUTPUT_DIR={self.output}", *SETTINGS):
            command += ["-s", setting]
        return command

    def _bare(self, spider: str, articles: int) -> Cost:
        return self._ours("-m", "tests.bench.download", spider, f"{articles}", f"{self.output}", *SETTINGS)

    def _ours(self, *command: str) -> Cost:
        """Run a crawl that reaches the site by its host name, with the server as its HTTP proxy."""
        return cost(command, {"http_proxy": self.site, "no_proxy": "", "LEDGER_URL": ""})

    def _checked(self, articles: int, work: Callable[[], Cost]) -> Cost:
        shutil.rmtree(self.output, ignore_errors=True)
        used = work()
        written = sum(1 for _ in self.output.rglob("[!.]*.md"))
        if written != articles:
            sys.exit(f"bench: {written} of {articles} articles were written to {self.output}")
        return used


def candidates(bench: Bench) -> dict[str, tuple[Work, float]]:
    """Return the installed candidates, each with its share of the pages.

    Fast ones get more pages: otherwise the variation of the start would be larger than the figure.
    """
    works: dict[str, tuple[Work, float]] = {
        DOWNLOAD: (bench.download, 4), LEAST: (bench.least, 1), CRAWL: (bench.crawl, 1), PLAIN: (bench.plain, 1),
        ARCHIVE: (bench.archive, 1),
    }  # fmt: skip
    for name, (peer, modules, share) in PEERS.items():
        if absent := bench.missing(modules):
            print(f"{name}: skipped, not installed: {', '.join(absent)}")
        else:
            works[name] = bench.peer(peer), share
    return works


def rounds(
    works: dict[str, tuple[Work, float]], pages: int, number: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Run *number* rounds. Returns CPU ms per page of each candidate in each round, and its peak memory in MiB."""
    times: dict[str, list[float]] = {name: [] for name in works}
    memory = dict.fromkeys(works, 0.0)
    for _ in range(number):
        for name, (work, share) in works.items():
            few = FEW if share > 0.1 else 2
            articles = max(int(pages * share), 2 * few)
            start, whole = work(few), work(articles)
            times[name].append(1000 * (whole.seconds - start.seconds) / (articles - few))
            memory[name] = max(memory[name], whole.mebibytes)
    return times, memory


def table(times: dict[str, list[float]], memory: dict[str, float]) -> None:
    row = "| {:27} | {:>22} | {:>20} | {:>8} |".format
    print(row("", "CPU ms a page", "the crawl's share", "peak MiB"))
    print(row("-" * 27, "-" * 21 + ":", "-" * 19 + ":", "-" * 7 + ":"))
    for name, values in times.items():
        ratios = [ours / other for ours, other in zip(times[CRAWL], values, strict=True)]
        print(row(name, spread(values), spread(ratios), f"{memory[name]:.0f}"))


def converters(times: dict[str, list[float]]) -> None:
    theirs = times.get("html-to-markdown")
    for name, values in times.items():
        share = "" if not theirs else spread([ours / other for ours, other in zip(values, theirs, strict=True)])
        print(
            f"converter, ms a body: {name:17} {spread(values, 3):22} of html-to-markdown's: {share or 'not installed'}"
        )


def growth(crawl: Work, sizes: Sequence[int]) -> None:
    """Print peak memory for each number of pages in *sizes*."""
    peaks = {size: crawl(size).mebibytes for size in sizes}
    for size, peak in peaks.items():
        print(f"memory at {size:,} pages: {peak:.0f} MiB")
    *_, first, last = sizes
    print(f"memory a page from {first:,} on: {1024 * (peaks[last] - peaks[first]) / (last - first):.2f} KiB")


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few pages and rounds, in under two minutes")
    parser.add_argument("--pages", type=int, help="articles per run (1000; quick 120)")
    parser.add_argument("--rounds", type=int, help="runs of each candidate (5; quick 2)")
    parser.add_argument(
        "--only",
        default="",
        help="comma-separated words: run only candidates with one of them in their label, and the crawl",
    )
    parser.add_argument(
        "--folder",
        default=MEMORY if os.access(MEMORY, os.W_OK) else None,
        help="folder for the files of all candidates",
    )
    parser.add_argument(
        "--peers", default=sys.executable, metavar="PYTHON", help="Python interpreter of the peers' environment"
    )
    arguments = parser.parse_args()
    pages, number = (
        arguments.pages or (120 if arguments.quick else 1000),
        arguments.rounds or (2 if arguments.quick else 5),
    )
    print(f"{machine()}\n{pages} pages, {number} rounds: median (quartiles)\n", flush=True)
    with served() as site, tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        bench = Bench(site, Path(folder), arguments.peers)
        works = candidates(bench)
        if arguments.only:
            works = {
                name: work
                for name, work in works.items()
                if name == CRAWL or any(word in name for word in arguments.only.split(","))
            }
        times, memory = rounds(works, pages, number)
        table(times, memory)
        print()
        converters(bench.converters())
        growth(bench.crawl, (100, 200, 400) if arguments.quick else (1000, 2000, 10_000))
    print("start-up with a million articles: python -m tests.bench.ledger")


if __name__ == "__main__":
    main()
