"""CPU time and memory of a crawl, beside a bare download with the same settings, a plain Scrapy spider, and peers.

    make bench [BENCH_ARGS="--quick --pages N --rounds N --only NAME"]

Everything runs in turn, in processes of their own, over the same pages from a server on loopback: wall-clock time says
little on a busy machine, and ratios within a round say most. Each runs with few pages too, so that the start is not
counted. Files go to memory where there is a folder for that: what a disk takes for a file says nothing of those that
write it. (With --folder on a disk, ours are the only ones that wait until a file is safe there.) The peers lie in an
environment of their own: Scrapy loads what it finds beside it, whether anybody asks for it or not.
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
FEW = 20  # pages of a run that shows what the start costs
# Politeness off, for the download alone as for the whole crawl; as many at once as Scrapy has by itself.
SETTINGS = ("DOWNLOAD_DELAY=0", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
DOWNLOAD, LEAST, CRAWL = "download only", "parse, convert, write", "whole crawl"
PLAIN, ARCHIVE = "Scrapy + markdownify", "archive in, corpus out"
PEERS = {
    "crawlee + html-to-markdown": ("crawlee", ("crawlee", "html_to_markdown"), 1.0),
    "trafilatura": ("trafilatura", ("trafilatura",), 0.5),
    "newspaper4k": ("newspaper", ("newspaper", "jieba"), 0.1),
    "news-please": ("newsplease", ("newsplease",), 0.1),
}  # what it is called, what it needs, its share of the pages: some are slow

DIRECT = {"http_proxy": "", "https_proxy": "", "no_proxy": "*"}

Work = Callable[[int], Cost]  # with so many articles


class Bench:
    """All that is measured, over one server. What a run wrote lies in a folder of its own until the next one."""

    def __init__(self, site: str, folder: Path, peers: str = sys.executable) -> None:
        self.site, self.folder, self.output = site, folder, folder / "output"
        self.peers = peers  # the Python that has them

    def download(self, articles: int) -> Cost:
        return self._bare("download", articles)

    def least(self, articles: int) -> Cost:
        return self._checked(articles, lambda: self._bare("least", articles))

    def crawl(self, articles: int) -> Cost:
        entrance = f"url=http://bench.example/list/{articles}/1.html"
        return self._checked(articles, lambda: self._ours(*self._scrapy(), "-a", "pages=0", "-a", entrance))

    def archive(self, articles: int) -> Cost:
        path = self.folder / f"{articles}.warc.gz"
        if not path.exists():
            subprocess.run([sys.executable, "-m", "tests.bench.archive", path, f"{articles}"], cwd=ROOT, check=True)
        words = ("-a", "from=archive", "-s", f"REPLAY={path}")
        return self._checked(articles, lambda: self._ours(*self._scrapy(), *words))

    def plain(self, articles: int) -> Cost:
        words = ("-m", "tests.bench.plain", self.site, f"{articles}", f"{self.output}")
        return self._checked(articles, lambda: cost(words, DIRECT))

    def peer(self, name: str) -> Work:
        def work(articles: int) -> Cost:
            words = ("-m", "tests.bench.peers", name, self.site, f"{articles}", f"{self.output}")
            return self._checked(articles, lambda: cost(words, DIRECT, self.peers))

        return work

    def lacks(self, packages: Sequence[str]) -> list[str]:
        """Those of *packages* that the peers' Python has not."""
        code = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if not u.find_spec(n)))"
        return subprocess.run(
            [self.peers, "-c", code, *packages], check=True, capture_output=True, text=True
        ).stdout.split()

    def converters(self) -> dict[str, list[float]]:
        """The converters' CPU ms a body, of each in turn."""
        command = [self.peers, "-m", "tests.bench.converters"]
        took: dict[str, list[float]] = json.loads(
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
        )
        return took

    def files(self) -> dict[str, str]:
        """What the last run wrote, by the articles' numbers."""
        return {path.stem: path.read_text(encoding="utf-8") for path in self.output.rglob("[!.]*.md")}

    def _scrapy(self) -> list[str]:
        words = ["-m", "scrapy", "crawl", "bench"]
        for setting in ("SPIDER_MODULES=tests.bench.spiders", f"OUTPUT_DIR={self.output}", *SETTINGS):
            words += ["-s", setting]
        return words

    def _bare(self, spider: str, articles: int) -> Cost:
        return self._ours("-m", "tests.bench.download", spider, f"{articles}", f"{self.output}", *SETTINGS)

    def _ours(self, *command: str) -> Cost:
        """Our crawl knows the site by its name only, and asks the server as its proxy."""
        return cost(command, {"http_proxy": self.site, "no_proxy": "", "LEDGER_URL": ""})

    def _checked(self, articles: int, work: Callable[[], Cost]) -> Cost:
        shutil.rmtree(self.output, ignore_errors=True)
        used = work()
        written = sum(1 for _ in self.output.rglob("[!.]*.md"))
        if written != articles:
            sys.exit(f"{written} of {articles} articles were written")
        return used


def contestants(bench: Bench) -> dict[str, tuple[Work, float]]:
    """Who runs, and with which share of the pages: what takes least needs most, lest the start outweighs it."""
    works: dict[str, tuple[Work, float]] = {
        DOWNLOAD: (bench.download, 4), LEAST: (bench.least, 1), CRAWL: (bench.crawl, 1), PLAIN: (bench.plain, 1),
        ARCHIVE: (bench.archive, 1),
    }  # fmt: skip
    for name, (peer, needs, share) in PEERS.items():
        if missing := bench.lacks(needs):
            print(f"{name}: not run, {', '.join(missing)} is not installed")
        else:
            works[name] = bench.peer(peer), share
    return works


def rounds(
    works: dict[str, tuple[Work, float]], pages: int, number: int
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """CPU ms a page of each in each round, and the most memory of each in MiB."""
    took: dict[str, list[float]] = {name: [] for name in works}
    memory = dict.fromkeys(works, 0.0)
    for _ in range(number):
        for name, (work, share) in works.items():
            few = FEW if share > 0.1 else 2
            articles = max(int(pages * share), 2 * few)
            start, whole = work(few), work(articles)
            took[name].append(1000 * (whole.seconds - start.seconds) / (articles - few))
            memory[name] = max(memory[name], whole.mebibytes)
    return took, memory


def table(took: dict[str, list[float]], memory: dict[str, float]) -> None:
    row = "| {:27} | {:>22} | {:>20} | {:>8} |".format
    print(row("", "CPU ms a page", "the crawl's share", "peak MiB"))
    print(row("-" * 27, "-" * 21 + ":", "-" * 19 + ":", "-" * 7 + ":"))
    for name, values in took.items():
        ratios = [ours / other for ours, other in zip(took[CRAWL], values, strict=True)]
        print(row(name, spread(values), spread(ratios), f"{memory[name]:.0f}"))


def converters(took: dict[str, list[float]]) -> None:
    theirs = took.get("html-to-markdown")
    for name, values in took.items():
        share = "" if not theirs else spread([ours / other for ours, other in zip(values, theirs, strict=True)])
        print(
            f"converter, ms a body: {name:17} {spread(values, 3):22} of html-to-markdown's: {share or 'not installed'}"
        )


def growth(crawl: Work, sizes: Sequence[int]) -> None:
    """Memory by the number of pages."""
    peaks = {size: crawl(size).mebibytes for size in sizes}
    for size, peak in peaks.items():
        print(f"memory at {size:,} pages: {peak:.0f} MiB")
    *_, first, last = sizes
    print(f"memory a page from {first:,} on: {1024 * (peaks[last] - peaks[first]) / (last - first):.2f} KiB")


def machine() -> str:
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
    parser.add_argument("--pages", type=int, help="articles of a run (1000; quick 120)")
    parser.add_argument("--rounds", type=int, help="runs of each, in turn (5; quick 2)")
    parser.add_argument("--only", default="", help="words; only those in whose name one of them is, and the crawl")
    parser.add_argument("--folder", default=MEMORY if os.access(MEMORY, os.W_OK) else None, help="where files go")
    parser.add_argument("--peers", default=sys.executable, metavar="PYTHON", help="the Python that has the peers")
    asked = parser.parse_args()
    pages, number = asked.pages or (120 if asked.quick else 1000), asked.rounds or (2 if asked.quick else 5)
    print(f"{machine()}\n{pages} pages, {number} rounds: median (quartiles)\n", flush=True)
    with served() as site, tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        bench = Bench(site, Path(folder), asked.peers)
        works = contestants(bench)
        if asked.only:
            works = {
                name: work
                for name, work in works.items()
                if name == CRAWL or any(word in name for word in asked.only.split(","))
            }
        took, memory = rounds(works, pages, number)
        table(took, memory)
        print()
        converters(bench.converters())
        growth(bench.crawl, (100, 200, 400) if asked.quick else (1000, 2000, 10_000))
    print("start-up with a million articles: python -m tests.bench.ledger")


if __name__ == "__main__":
    main()
