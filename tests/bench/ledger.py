"""What a large ledger costs. Run by hand: `python -m tests.bench.ledger [--articles 1000000] [--folder …] [--url …]`.

Beside each other: a ledger with a few articles and one with a million, both of which have seen a run of the toy site.
The folder is kept and used again; `--url` has the large ledger on a server instead of in a file.
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

from crawler.corpus.articles import OPEN, WRITTEN
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
    """An extension that says when the first request went out, and how much memory the run took."""

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
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# A ledger as runs leave it -----------------------------------------------------------------------------------------


def fill(ledger: Ledger, source: str, number: int) -> None:
    """*number* articles through the ledger's own methods: 97 % written, the rest refused in one way or another."""
    numbers = iter(range(number))
    while batch := list(islice(numbers, 5000)):
        ledger.articles.add_open(source, [link(source, n) for n in batch])
        ledger.articles.mark_written(source, [row(source, n) for n in batch if n % 100 > 2])
    for n in range(0, number, 1000):  # of the rest a few; the others are open, as after a run that was killed
        ledger.articles.refuse(source, f"{n}", "gone", "HTTP 404")
        ledger.articles.refuse(source, f"{n + 1}", "changed", "'article' found 0 nodes where it expected one")


def settle(ledger: Ledger, source: str) -> None:
    """Nothing is left open: what a run that came to its end leaves behind."""
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
    known, hashed = link(source, n), sha256(f"{source} {n}".encode()).hexdigest()
    return {
        "id": known.id, "url": known.url, "title": known.title, "date": known.date,
        "path": f"{source}/{known.date[:4]}/{known.date[5:7]}/{n}.md",
        "file_hash": hashed, "content_hash": hashed[::-1], "etag": f'"{hashed[:32]}"',
        "modified": "Tue, 11 Feb 2025 14:17:09 GMT",
        "details": jsonl.details(article(source, n)),
    }  # fmt: skip


def article(source: str, n: int) -> Article:
    known = link(source, n)
    return Article(
        source=source, id=known.id, url=known.url, title=known.title, date=known.date, markdown=TEXT,
        summary=TEXT[:200], thumbnail=f"https://img.{source}.example/{n}.jpg", author="记者",
        keywords=("芯片", "产量", "会议"),
        brief=TEXT[:80], counts={"views": n, "comments": n % 9}, chosen={"title": "h1", "date": "time"},
    )  # fmt: skip


def folders(output: Path, ledger: Ledger) -> None:
    """The month folders with a file each, known to the ledger."""
    store = Store(output)
    for source in SHARES:
        for n in range(len(MONTHS)):
            store.replace(store.root / store.place(source, f"{n}", date(n)), hugo.render(article(source, n)).encode())
        ledger.folders.set_times(folder_times(store, source))


# What it costs ------------------------------------------------------------------------------------------------------


def crawl(site: Path, output: Path, url: str) -> tuple[float, float]:
    """A run of the toy site: milliseconds from the process's start to the first request, MiB at most."""
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
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    said = json.loads(done.stdout)
    return 1000 * (said["first"] - began), said["memory"]


def record(site: Path) -> None:
    """The toy site: one listing and its articles."""
    html = {"content-type": "text/html; charset=utf-8"}
    names = [f"listed{number}" for number in range(LISTED)]
    pages = {"news": "".join(f'<li><a href="/a/{name}.html">about {name}</a><time></time></li>' for name in names)}
    for name in names:
        pages[f"a/{name}.html"] = f"<h1>About {name}</h1><time>2025-02-11 08:00:00</time><article>{name}。</article>"
    for path, body in pages.items():
        text = f"<html><body>{body}</body></html>".encode()
        save_case(site / path.replace("/", "-"), Page(f"http://toy.example/{path}", text, 200, html))


def timed(work: Callable[[], object], times: int = 1) -> float:
    """Milliseconds, the median of eleven rounds of *times*."""
    rounds = []
    for _ in range(11):
        began = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - began) / times)
    return 1000 * median(rounds)


def parts(output: Path, url: str) -> Iterator[tuple[str, float]]:
    """What a run's start is made of, and the look-ups on its way, in milliseconds."""
    store, state = Store(output), output / ".state"
    yield "open the ledger", timed(lambda: open_ledger(state, url).close())
    ledger = open_ledger(state, url)
    yield "reconcile", timed(lambda: reconcile(store, ledger, "toy"))
    yield "due, to its first", timed(lambda: next(ledger.articles.due("toy"), None))
    yield "walk_covers", timed(lambda: ledger.walks.covered_until("toy", "GET http://toy.example/news", 0, ""))
    names = (f"{n * 7919 % 700_000}" for n in count())  # here and there, as listings have them
    yield "find, 1 id", timed(lambda: ledger.articles.find("toy", [next(names)]), 500)
    yield "find, 20 ids (each)", timed(lambda: ledger.articles.find("toy", list(islice(names, 20))), 100) / 20
    yield (
        "find_with_same",
        timed(
            lambda: ledger.articles.find_with_duplicate("toy", next(names), sha256(next(names).encode()).hexdigest()),
            20,
        ),
    )
    new = iter(range(10**9, 2 * 10**9))
    yield (
        "note, 20 links (each)",
        timed(lambda: ledger.articles.add_open("bench", [link("bench", next(new)) for _ in range(20)]), 5) / 20,
    )
    known = iter(range(10**9, 2 * 10**9))
    yield "written", timed(lambda: ledger.articles.mark_written("bench", [row("bench", next(known))]), 50)
    ledger.articles.forget("bench")
    ledger.close()


ITERATIONS: dict[str, Callable[[Ledger], Iterator[object]]] = {
    "open it only": lambda ledger: iter(()),
    "due": lambda ledger: ledger.articles.due("toy"),
    "in_state written": lambda ledger: ledger.articles.in_state("toy", WRITTEN),
    "dated, all": lambda ledger: ledger.articles.dated("toy", "2000"),
}


def iterate(name: str, url: str) -> None:
    """One iteration in a process of its own: says how many, how long, how much memory."""
    began, ledger = time.perf_counter(), Ledger(url)
    number = 0
    for _ in ITERATIONS[name](ledger):
        number += 1
    print(json.dumps({"number": number, "seconds": time.perf_counter() - began, "memory": peak()}))


def rebuild_ledger(folder: Path, number: int) -> None:
    """`scrapy ledger rebuild` over *number* files."""
    store = Store(folder / "rebuild")
    if not (store.root / "toy").exists():
        for n in range(number):
            path = store.root / store.place("toy", f"{n}", date(n))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(hugo.render(article("toy", n)), encoding="utf-8")
    (store.root / ".state").mkdir(exist_ok=True)
    ledger = open_ledger(store.root / ".state", "")
    began = time.perf_counter()
    found = rebuild(store, ledger, "toy")
    seconds = time.perf_counter() - began
    print(f"rebuild: {found} files in {seconds:.1f} s; a million: {seconds * 1e6 / found / 60:.1f} min", flush=True)
    profile = cProfile.Profile()
    profile.runcall(rebuild, store, ledger, "toy")
    pstats.Stats(profile).sort_stats("cumulative").print_stats(22)


def fill_both(outputs: dict[str, Path], urls: dict[str, str], site: Path, articles: int) -> None:
    for name, output in outputs.items():
        (output / ".state").mkdir(parents=True)
        ledger, began = Ledger(urls[name]), time.perf_counter()
        folders(output, ledger)
        for source, share in SHARES.items():
            fill(ledger, source, int(share * articles) if name == "many" else len(MONTHS))
            settle(ledger, source)
        ledger.close()
        crawl(site, output, urls[name])
        size = sum(file.stat().st_size for file in (output / ".state").iterdir()) / 1e6
        print(f"{name}: filled in {time.perf_counter() - began:.0f} s, {size:.0f} MB on disk", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/bench-ledger"))
    parser.add_argument("--url", default="", help="where the large ledger lies, when not in the folder")
    parser.add_argument("--rounds", type=int, default=15, help="runs of each, in turn")
    parser.add_argument("--files", type=int, default=20_000, help="to rebuild a ledger from")
    parser.add_argument("--only", default="parts,memory,runs,rebuild")
    parser.add_argument("--iterate", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.iterate:
        iterate(*asked.iterate)
        return
    asked.folder.mkdir(exist_ok=True)
    site, outputs = asked.folder / "site", {"few": asked.folder / "few", "many": asked.folder / "many"}
    urls = {name: f"sqlite:///{output}/.state/ledger.db" for name, output in outputs.items()}
    urls["many"] = asked.url or urls["many"]
    if not site.exists():
        record(site)
    if not outputs["many"].exists():
        fill_both(outputs, urls, site, asked.articles)
    wanted = asked.only.split(",")
    if "parts" in wanted:
        figures = {name: dict(parts(outputs[name], urls[name])) for name in urls}
        for what, few in figures["few"].items():
            print(f"{what:24} ms: few {few:8.3f}   many {figures['many'][what]:8.3f}", flush=True)
    if "memory" in wanted:
        for what in ITERATIONS:
            for name, url in urls.items():
                command = [sys.executable, "-m", "tests.bench.ledger", "--iterate", what, url]
                said = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
                print(
                    f"{what:24} {name:5} {said['number']:7} entries {said['seconds']:6.2f} s {said['memory']:5.0f} MiB"
                )
    if "runs" in wanted:
        runs = [{name: crawl(site, outputs[name], urls[name]) for name in urls} for _ in range(asked.rounds)]
        first = {name: median(run[name][0] for run in runs) for name in urls}
        memory = {name: median(run[name][1] for run in runs) for name in urls}
        print(f"first request after ms   few {first['few']:.0f}   many {first['many']:.0f}", flush=True)
        print(f"difference within a round, median: {median(run['many'][0] - run['few'][0] for run in runs):+.1f} ms")
        print(f"memory of a run, MiB     few {memory['few']:.1f}   many {memory['many']:.1f}", flush=True)
    if "rebuild" in wanted:
        rebuild_ledger(asked.folder, asked.files)


if __name__ == "__main__":
    main()
