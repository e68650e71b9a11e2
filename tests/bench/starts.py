"""CPU time of the start of commands, and of a crawl until its first request.

The bound of a start is an interpreter that imports the same modules and does nothing else.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.bench.crawls import corpus, ours
from tests.bench.measuring import Program, cost
from tests.bench.pages import Kind
from tests.bench.watching import watch

COMMANDS = {"list": ("list",), "health": ("health",), "ledger check": ("ledger", "check")}
FIRST = "first request of a crawl"
_IMPORTED = re.compile(r"^import time: +\d+ \| +\d+ \| +([\w.]+)$", re.MULTILINE)
_IMPORT = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
"""


def programs(site: str, output: Path) -> dict[str, Program]:
    """Return the programs by label, for a corpus in *output*."""
    found = {
        **{f"start of {name}": ours(site, *words, "-s", f"OUTPUT_DIR={output}") for name, words in COMMANDS.items()},
        FIRST: ours(site, "crawl", "bench", *corpus(_watched(output))),
    }
    compiled = {"PYTHONDONTWRITEBYTECODE": ""}  # as for users: the modules are compiled once
    return {label: replace(each, environment={**each.environment, **compiled}) for label, each in found.items()}


def measure(
    site: str, folder: Path, kind: Kind, wanted: Callable[[str], bool], number: int, between: Callable[[], object]
) -> dict[str, list[float]]:
    """Return CPU seconds of each wanted program in each round, and of its imports ("imports of LABEL").

    *between* is called after each program.
    """
    works = {label: program for label, program in programs(site, folder / "output").items() if wanted(label)}
    if not works:
        return {}
    for output in (folder / "output", _watched(folder / "output")):  # store the articles
        shutil.rmtree(output, ignore_errors=True)
        cost(ours(site, "crawl", "bench", *corpus(output)))
    bounds = {label: _imports(label, program, folder, kind) for label, program in works.items()}
    times: dict[str, list[float]] = {}
    for _ in range(number):
        for label, program in works.items():
            watched = label == FIRST
            seconds = watch(program, kind, 1).requests[0][1] if watched else cost(program).seconds
            times.setdefault(label, []).append(seconds)
            times.setdefault(f"imports of {label}", []).append(cost(bounds[label]).seconds)
            between()
    return times


def _watched(output: Path) -> Path:
    """Return the corpus of the crawls that are killed after their first request: `health` fails after such a run."""
    return output.with_name("watched")


def _imports(label: str, program: Program, folder: Path, kind: Kind) -> Program:
    """Return a program that imports the modules that *program* imports."""
    traced = replace(program, arguments=("-X", "importtime", *program.arguments))
    if label == FIRST:
        text = watch(traced, kind, 1).output
    else:
        cost(traced, folder / "imports.txt")
        text = (folder / "imports.txt").read_text(encoding="utf-8")
    names = [name for name in _IMPORTED.findall(text) if name != "__main__"]
    return replace(program, arguments=("-c", _IMPORT, *names))
