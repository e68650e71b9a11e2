"""Measure runs that find no new article: `python -m tests.bench.empty_runs [--sources 10] [--rounds 5]`.

Compares CPU time (user and system, with all child processes): a run of `job --all`, `job SOURCE`, and `crawl SOURCE`.
Each source has a listing of 20 known articles, on a server on loopback, without delays. The sources of the package are
loaded, as in a project of a user, but not run.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scrapy.spiderloader import get_spider_loader
from scrapy.utils.project import get_project_settings

from crawler.project import command_line
from tests.bench.measuring import ROOT, Program, cost, spread
from tests.bench.server import served

SOURCE = """\
from tests.bench.spiders.source import BenchSpider


class Spider(BenchSpider):
    name = "{name}"
    schedule = "0 8 * * *"
"""


@dataclass
class EmptyRunCosts:
    """CPU seconds of an empty run, one value for each round."""

    of_all: list[float] = field(default_factory=list)  # a further run of `press-corpus job --all`: without its start
    job: list[float] = field(default_factory=list)  # `press-corpus job SOURCE`, with its start
    crawl: list[float] = field(default_factory=list)  # `press-corpus crawl SOURCE`, with its start
    all_mebibytes: float = 0.0  # peak memory of a process of `job --all`


def empty_run_costs(sources: int = 10, rounds: int = 5) -> EmptyRunCosts:
    """Return the costs of empty runs of *sources* sources (2 or more). Exits with the log if a run fails."""
    costs = EmptyRunCosts()
    with served() as site, tempfile.TemporaryDirectory() as name:
        folder, names = Path(name), [f"empty{number:02}" for number in range(sources)]
        _write_project(folder, names)
        _command(folder, site, "job", "--all")  # fills the corpus
        for _ in range(rounds):
            every = _command(folder, site, "job", "--all")
            job = _command(folder, site, "job", names[0])
            costs.of_all.append((every[0] - job[0]) / (sources - 1))
            costs.job.append(job[0])
            costs.crawl.append(_command(folder, site, "crawl", names[0])[0])
            costs.all_mebibytes = max(costs.all_mebibytes, every[1])
    return costs


def _write_project(folder: Path, names: list[str]) -> None:
    """Write a project in which only the sources *names* have a schedule."""
    (folder / "spiders").mkdir()
    for name in names:
        (folder / "spiders" / f"{name}.py").write_text(SOURCE.format(name=name))
    others = "".join(f"{name} =\n" for name in get_spider_loader(get_project_settings()).list())
    (folder / "scrapy.cfg").write_text(f"[press-corpus]\nDOWNLOAD_DELAY = 0\n[schedule]\n{others}")


def _command(folder: Path, site: str, *words: str) -> tuple[float, float]:
    """Run `press-corpus WORDS` in *folder*. Returns its CPU seconds and its peak memory in MiB."""
    environment: Mapping[str, str] = {
        "http_proxy": site, "no_proxy": "", "LEDGER_URL": "", "NOTICE_URLS": "", "OUTPUT_DIR": "",
        "CRAWLER_CONTACT": "https://bench.example/", "PYTHONPATH": f"{ROOT}", "PYTHONDONTWRITEBYTECODE": "",
    }  # fmt: skip
    used = cost(Program(command_line(*words)[1:], environment, folder=folder))
    return used.seconds, used.mebibytes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.empty_runs", description=__doc__)
    parser.add_argument("--sources", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    costs = empty_run_costs(arguments.sources, arguments.rounds)
    print(f"load {os.getloadavg()[0]:.1f}; CPU s of a run without new articles: median (quartiles)")
    print(f"run of job --all  {spread(costs.of_all)}; peak {costs.all_mebibytes:.0f} MiB")
    print(f"job SOURCE        {spread(costs.job)}")
    print(f"crawl SOURCE      {spread(costs.crawl)}")


if __name__ == "__main__":
    main()
