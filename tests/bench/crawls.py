"""Crawls of the benchmark's site: this crawler, its parts, and other crawlers, over the same pages.

Each candidate runs in a process of its own, in turn. It also runs with few pages, and the difference is reported: it
excludes the start of the process.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.measuring import ROOT, Cost, Program, cost
from tests.bench.pages import HEAVY, HOST, Kind

FEW = 20  # pages of the run that measures the start of the process
DOWNLOAD, LEAST, CRAWL = "download only", "parse, convert, write", "whole crawl"
PLAIN, ARCHIVE = "Scrapy + markdownify", "archive in, corpus out"
SAME_WORK = "crawlee, same work"
# Label -> words of the command, required modules, share of the pages (less for slow peers). The last three are measured
# with heavy pages only.
PEERS = {
    "crawlee + html-to-markdown": (("peers", "crawlee"), ("crawlee", "html_to_markdown"), 1.0),
    SAME_WORK: (("same_work",), ("crawlee", "html_to_markdown", "yaml"), 1.0),
    "trafilatura": (("peers", "trafilatura"), ("trafilatura",), 0.5),
    "newspaper4k": (("peers", "newspaper"), ("newspaper", "jieba"), 0.1),
    "news-please": (("peers", "newsplease"), ("newsplease",), 0.1),
}
ONLY_HEAVY = (PLAIN, "trafilatura", "newspaper4k", "news-please")
# No politeness, for the bare download too; CONCURRENT_REQUESTS_PER_DOMAIN is Scrapy's default.
IMPOLITE = ("DOWNLOAD_DELAY=0", "CONCURRENT_REQUESTS_PER_DOMAIN=8")
DIRECT = {"http_proxy": "", "https_proxy": "", "no_proxy": "*"}


@dataclass(frozen=True)
class Candidate:
    """A program that processes a number of articles."""

    program: Callable[[int], Program]
    share: float = 1.0  # of the pages; fast candidates get more, or the start would vary more than the figure
    writes: bool = True  # one file for each article


class Bench:
    """Runs candidates against one server. The files of a run remain in `output` until the next run."""

    def __init__(self, site: str, folder: Path, peers: str = sys.executable, kind: Kind = HEAVY) -> None:
        self.site, self.folder, self.kind, self.output = site, folder, kind, folder / "output"
        self.peers = peers  # Python interpreter of the peers' environment
        self.skipped: dict[str, str] = {}  # reason by label

    def candidates(self) -> dict[str, Candidate]:
        """Return the installed candidates by label. The others are in `skipped`."""
        found = {
            DOWNLOAD: Candidate(partial(self._bare, "download"), share=4, writes=False),
            LEAST: Candidate(partial(self._bare, "least")),
            CRAWL: Candidate(self._crawl),
            ARCHIVE: Candidate(self._archive),
            PLAIN: Candidate(partial(self._other, ("plain",), sys.executable)),
        }
        for label, (words, modules, share) in PEERS.items():
            if absent := self._missing(modules):
                self.skipped[label] = f"not installed: {', '.join(absent)}"
                continue
            found[label] = Candidate(partial(self._other, words, self.peers), share)
        return {label: each for label, each in found.items() if self.kind == HEAVY or label not in ONLY_HEAVY}

    def run(self, candidate: Candidate, articles: int) -> Cost:
        """Return the cost of *candidate*. Exits if it has not written all articles."""
        program = candidate.program(articles)
        shutil.rmtree(self.output, ignore_errors=True)
        used = cost(program)
        if candidate.writes:
            complete = sum(path.stat().st_size > self.kind.body / 2 for path in self.files().values())
            if complete != articles:
                sys.exit(f"bench: {complete} of {articles} articles were written completely to {self.output}")
        return used

    def files(self) -> dict[str, Path]:
        """Return the files that the last run wrote, by article number."""
        return {path.stem: path for path in self.output.rglob("[!.]*.md")}

    def _crawl(self, articles: int) -> Program:
        return ours(self.site, "crawl", "bench", *start_url(articles), *corpus(self.output))

    def _archive(self, articles: int) -> Program:
        path = archive(self.folder, articles, self.kind)
        words = ("-a", "from=archive", "-s", f"REPLAY={path}", "-s", "PROCESSES=1")
        return ours(self.site, "crawl", "bench", *words, *corpus(self.output))

    def _bare(self, spider: str, articles: int) -> Program:
        words = ("-m", "tests.bench.download", spider, f"{articles}", f"{self.output}", *IMPOLITE)
        return Program(words, environment(self.site))

    def _other(self, words: Sequence[str], python: str, articles: int) -> Program:
        module, *arguments = words
        words = ("-m", f"tests.bench.{module}", *arguments, self.site, f"{articles}", f"{self.output}")
        return Program(words, DIRECT, python)

    def _missing(self, modules: Sequence[str]) -> list[str]:
        """Return those of *modules* that are not installed in the peers' environment."""
        code = "import sys, importlib.util as u; print(*(n for n in sys.argv[1:] if not u.find_spec(n)))"
        return subprocess.run(
            [self.peers, "-c", code, *modules], check=True, capture_output=True, text=True
        ).stdout.split()


def environment(site: str) -> dict[str, str]:
    """Return the variables for a crawl that reaches the site by its host name, with the server as its HTTP proxy."""
    return {"http_proxy": site, "no_proxy": "", "LEDGER_URL": "", "NOTICE_URLS": ""}


def ours(site: str, *words: str) -> Program:
    """Return the program `press-corpus WORDS`."""
    return Program(("-m", "crawler", *words), environment(site))


def corpus(output: Path, settings: Sequence[str] = IMPOLITE) -> list[str]:
    """Return the options for the benchmark's source, with its corpus in *output*."""
    names = ("SPIDER_MODULES=tests.bench.spiders", f"OUTPUT_DIR={output}", *settings)
    return [word for name in names for word in ("-s", name)]


def start_url(articles: int) -> tuple[str, ...]:
    """Return the options of a crawl of so many articles."""
    return "-a", "pages=0", "-a", f"url=http://{HOST}/list/{articles}/1.html"


def archive(folder: Path, articles: int, kind: Kind) -> Path:
    """Return the WARC file of so many articles in *folder*, after writing it if it is missing."""
    path = folder / f"{kind.name}-{articles}.warc.gz"
    if not path.exists():
        words = [sys.executable, "-m", "tests.bench.archive", str(path), f"{articles}", kind.name]
        subprocess.run(words, cwd=ROOT, check=True)
    return path


def rounds(
    bench: Bench, candidates: Mapping[str, Candidate], pages: int, number: int, between: Callable[[], object]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Run *number* rounds. Returns CPU ms per page of each candidate in each round, and its peak memory in MiB.

    *between* is called after each candidate.
    """
    times: dict[str, list[float]] = {label: [] for label in candidates}
    memory = dict.fromkeys(candidates, 0.0)
    for _ in range(number):
        for label, candidate in candidates.items():
            few = FEW if candidate.share > 0.1 else 2
            articles = max(int(pages * candidate.share), 2 * few)
            start, whole = bench.run(candidate, few), bench.run(candidate, articles)
            times[label].append(1000 * (whole.seconds - start.seconds) / (articles - few))
            memory[label] = max(memory[label], whole.mebibytes)
            between()
    return times, memory
