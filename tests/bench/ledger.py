"""Measure the cost of a large ledger: `python -m tests.bench.ledger [--articles 1000000] [--folder …] [--url …]`.

Compares a ledger with a few articles and one with a million; both also contain a run of the toy site. The folder is
kept and used again by the next call. With `--url` the large ledger is on a server instead of in a file.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from statistics import median
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.corpus.entries import OPEN, WRITTEN
from crawler.corpus.hashes import open_hashes
from crawler.corpus.ledger import Ledger, open_ledger
from crawler.corpus.reconcile import folder_times, rebuild, reconcile
from crawler.corpus.store import Store
from crawler.items import Article, Link
from crawler.layouts import hugo, jsonl
from crawler.reading.page import Page
from crawler.recordings.cases import save_case
from tests.support.mirror import ROOT

MONTHS = [f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in range(1, 13)]
SHARES = {"toy": 0.7, "one": 0.1, "two": 0.1, "three": 0.1}
LISTED = 20  # articles on the site's only listing page
TEXT = "他们在二〇二五年二月的会议上说：“芯片的产量比去年多三成。”" * 60


class Watch:
    """Scrapy extension that prints the time of the first request and the peak memory of the run."""

    first = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        self = cls()
        crawler.signals.connect(self.request_scheduled, signal=signals.request_scheduled)
        crawler.signals.connect(self.spider_closed, signal=signals.spider_closed)
        return self

    def request_scheduled(self) -> None:
        self.first = self.first or time.monotonic()

    def spider_closed(self) -> None:
        print(json.dumps({"first": self.first, "memory": peak()}))


def peak() -> float:
    """Return the peak memory of this process in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# A ledger as after many runs ----------------------------------------------------------------------------------------


def fill(ledger: Ledger, source: str, number: int) -> None:
    """Add *number* articles through the ledger's methods: 97 % written, some refused, the others open."""
    numbers = iter(range(number))
    while batch := list(islice(numbers, 5000)):
        ledger.articles.add_open(source, [link(source, n) for n in batch], 1)
        ledger.articles.mark_written(source, [row(source, n) for n in batch if n % 100 > 2], 1)
    for n in range(0, number, 1000):  # the others stay open, as after a killed run
        ledger.articles.refuse(source, f"{n}", "gone", "HTTP 404")
        ledger.articles.refuse(source, f"{n + 1}", "changed", "'article' found 0 nodes where it expected one")


def close_open(ledger: Ledger, source: str) -> None:
    """Leave no article open or due, as after a finished run."""
    for entry in ledger.articles.due(source):
        if entry.state == OPEN:
            ledger.articles.refuse(source, entry.id, "skipped", "a video")
        else:
            ledger.articles.set(source, entry.id, retry_at=None)


def link(source: str, n: int) -> Link:
    return Link(
        f"{n}", f"https://www.{source}.example/news/articles/{n}.html", f"第{n}号文章的标题有二十来个字这么长", date(n)
    )


def date(n: int) -> str:
    return f"{MONTHS[n % len(MONTHS)]}-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:{n % 59:02}"


def row(source: str, n: int) -> dict[str, object]:
    listed, hashed = link(source, n), sha256(f"{source} {n}".encode()).hexdigest()
    return {
        "id": listed.id, "url": listed.url, "title": listed.title, "date": listed.date,
        "path": f"{source}/{listed.date[:4]}/{listed.date[5:7]}/{n}.md",
        "file_hash": hashed, "content_hash": hashed[::-1], "etag": f'"{hashed[:32]}"',
        "modified": "Tue, 11 Feb 2025 14:17:09 GMT",
        "details": jsonl.details(article(source, n)),
    }  # fmt: skip


def article(source: str, n: int) -> Article:
    listed = link(source, n)
    return Article(
        source=source, id=listed.id, url=listed.url, title=listed.title, date=listed.date, markdown=TEXT,
        summary=TEXT[:200], thumbnail=f"https://img.{source}.example/{n}.jpg", author="记者",
        keywords=("芯片", "产量", "会议"),
        brief=TEXT[:80], counts={"views": n, "comments": n % 9}, chosen={"title": "h1", "date": "time"},
    )  # fmt: skip


def folders(output: Path, ledger: Ledger) -> None:
    """Create the month folders with one file each, and record them in the ledger."""
    store = Store(output)
    for source in SHARES:
        for n in range(len(MONTHS)):
            store.replace(store.root / store.place(source, f"{n}", date(n)), hugo.render(article(source, n)).encode())
        ledger.folders.set_times(folder_times(store, source))


# Measurements -------------------------------------------------------------------------------------------------------


def crawl(site: Path, output: Path, url: str) -> tuple[float, float]:
    """Run the toy site; return milliseconds from the process's start to the first request, and peak memory in MiB."""
    command = [
        sys.executable,
        "-m",
        "scrapy",
        "crawl",
        "toy",
        "-s",
        "SPIDER_MODULES=tests.support.toy",
        "-s",
        f"REPLAY={site}",
    ]
    command += [
        "-s",
        f"OUTPUT_DIR={output}",
        "-s",
        f"LEDGER_URL={url}",
        "-s",
        'EXTENSIONS={"tests.bench.ledger.Watch": 0}',
    ]
    start = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result = json.loads(done.stdout)
    return 1000 * (result["first"] - start), result["memory"]


def record(site: Path) -> None:
    """Store the recorded pages of the toy site: one listing and its articles."""
    html = {"content-type": "text/html; charset=utf-8"}
    names = [f"listed{number}" for number in range(LISTED)]
    pages = {"news": "".join(f'<li><a href="/a/{name}.html">about {name}</a><time></time></li>' for name in names)}
    for name in names:
        pages[f"a/{name}.html"] = f"<h1>About {name}</h1><time>2025-02-11 08:00:00</time><article>{name}。</article>"
    for path, body in pages.items():
        text = f"<html><body>{body}</body></html>".encode()
        save_case(site / path.replace("/", "-"), Page(f"http://toy.example/{path}", text, 200, html))


def timed(work: Callable[[], object], times: int = 1) -> float:
    """Return the milliseconds of one call: the median of eleven rounds with *times* calls each."""
    rounds = []
    for _ in range(11):
        start = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - start) / times)
    return 1000 * median(rounds)


def parts(output: Path, url: str) -> Iterator[tuple[str, float]]:
    """Yield the steps of a run's start and the queries during the run, with their milliseconds."""
    store, state = Store(output), output / ".state"
    yield "open the ledger", timed(lambda: open_ledger(state, url).close())
    ledger = open_ledger(state, url)
    hashes = open_hashes(store.root, ledger, "toy")
    yield "reconcile", timed(lambda: reconcile(store, ledger, hashes, "toy"))
    yield "due, first entry", timed(lambda: next(ledger.articles.due("toy"), None))
    yield "coverage", timed(lambda: ledger.walks.coverage("toy", "GET http://toy.example/news", 0, ""))
    names = (f"{n * 7919 % 700_000}" for n in count())  # scattered, as in listings
    yield "find, 1 id", timed(lambda: ledger.articles.find("toy", [next(names)]), 500)
    yield "find, 20 ids (each)", timed(lambda: ledger.articles.find("toy", list(islice(names, 20))), 100) / 20
    yield (
        "find_with_duplicate",
        timed(
            lambda: ledger.articles.find_with_duplicate(
                "toy", next(names), sha256(next(names).encode()).hexdigest(), "2025-02-11"
            ),
            20,
        ),
    )
    new = iter(range(10**9, 2 * 10**9))
    yield (
        "add_open, 20 links (each)",
        timed(lambda: ledger.articles.add_open("bench", [link("bench", next(new)) for _ in range(20)], 1), 5) / 20,
    )
    rows = iter(range(10**9, 2 * 10**9))
    yield "mark_written", timed(lambda: ledger.articles.mark_written("bench", [row("bench", next(rows))], 1), 50)
    ledger.articles.forget("bench")
    ledger.close()


ITERATIONS: dict[str, Callable[[Ledger], Iterator[object]]] = {
    "open it only": lambda ledger: iter(()),
    "due": lambda ledger: ledger.articles.due("toy"),
    "in_state written": lambda ledger: ledger.articles.in_state("toy", WRITTEN),
    "dated, all": lambda ledger: ledger.articles.dated("toy", "2000"),
}


def iterate(name: str, url: str) -> None:
    """Run one iteration in this process; print the number of entries, the seconds, and the peak memory."""
    start, ledger = time.perf_counter(), Ledger(url)
    number = 0
    for _ in ITERATIONS[name](ledger):
        number += 1
    print(json.dumps({"number": number, "seconds": time.perf_counter() - start, "memory": peak()}))


def rebuild_ledger(folder: Path, number: int) -> None:
    """Measure and profile `scrapy ledger rebuild` with *number* files."""
    store = Store(folder / "rebuild")
    if not (store.root / "toy").exists():
        for n in range(number):
            path = store.root / store.place("toy", f"{n}", date(n))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(hugo.render(article("toy", n)), encoding="utf-8")
    (store.root / ".state").mkdir(exist_ok=True)
    ledger = open_ledger(store.root / ".state", "")
    start = time.perf_counter()
    hashes = open_hashes(store.root, ledger, "toy")
    found = rebuild(store, ledger, hashes, "toy")
    seconds = time.perf_counter() - start
    print(f"rebuild: {found} files in {seconds:.1f} s; a million: {seconds * 1e6 / found / 60:.1f} min", flush=True)
    profile = cProfile.Profile()
    profile.runcall(rebuild, store, ledger, hashes, "toy")
    pstats.Stats(profile).sort_stats("cumulative").print_stats(22)


def fill_both(outputs: dict[str, Path], urls: dict[str, str], site: Path, articles: int) -> None:
    for name, output in outputs.items():
        (output / ".state").mkdir(parents=True)
        ledger, start = Ledger(urls[name]), time.perf_counter()
        folders(output, ledger)
        for source, share in SHARES.items():
            fill(ledger, source, int(share * articles) if name == "many" else len(MONTHS))
            close_open(ledger, source)
        ledger.close()
        crawl(site, output, urls[name])
        size = sum(file.stat().st_size for file in (output / ".state").iterdir()) / 1e6
        print(f"{name}: filled in {time.perf_counter() - start:.0f} s, {size:.0f} MB on disk", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/bench-ledger"))
    parser.add_argument("--url", default="", help="SQLAlchemy URL of the large ledger; default: a file in the folder")
    parser.add_argument("--rounds", type=int, default=15, help="runs with each ledger, alternating")
    parser.add_argument("--files", type=int, default=20_000, help="files to rebuild a ledger from")
    parser.add_argument("--only", default="parts,memory,runs,rebuild")
    parser.add_argument("--iterate", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.iterate:
        iterate(*arguments.iterate)
        return
    arguments.folder.mkdir(exist_ok=True)
    site, outputs = arguments.folder / "site", {"few": arguments.folder / "few", "many": arguments.folder / "many"}
    urls = {name: f"sqlite:///{output}/.state/ledger.db" for name, output in outputs.items()}
    urls["many"] = arguments.url or urls["many"]
    if not site.exists():
        record(site)
    if not outputs["many"].exists():
        fill_both(outputs, urls, site, arguments.articles)
    only = arguments.only.split(",")
    if "parts" in only:
        figures = {name: dict(parts(outputs[name], urls[name])) for name in urls}
        for what, few in figures["few"].items():
            print(f"{what:26} ms: few {few:8.3f}   many {figures['many'][what]:8.3f}", flush=True)
    if "memory" in only:
        for what in ITERATIONS:
            for name, url in urls.items():
                command = [sys.executable, "-m", "tests.bench.ledger", "--iterate", what, url]
                done = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
                print(
                    f"{what:24} {name:5} {done['number']:7} entries {done['seconds']:6.2f} s {done['memory']:5.0f} MiB"
                )
    if "runs" in only:
        runs = [{name: crawl(site, outputs[name], urls[name]) for name in urls} for _ in range(arguments.rounds)]
        first = {name: median(run[name][0] for run in runs) for name in urls}
        memory = {name: median(run[name][1] for run in runs) for name in urls}
        print(f"first request after ms   few {first['few']:.0f}   many {first['many']:.0f}", flush=True)
        print(f"difference within a round, median: {median(run['many'][0] - run['few'][0] for run in runs):+.1f} ms")
        print(f"memory of a run, MiB     few {memory['few']:.1f}   many {memory['many']:.1f}", flush=True)
    if "rebuild" in only:
        rebuild_ledger(arguments.folder, arguments.files)


if __name__ == "__main__":
    main()
