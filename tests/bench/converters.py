"""Compare the Markdown converter with html-to-markdown. Prints JSON: for each set of bodies, lists of CPU ms per body.

Usage: python -m tests.bench.converters SETS [CONVERTER]

SETS are names in `SETS`, separated by commas: bodies of the heavy pages, and real bodies of four sites in the folder
SHARED_DIR (see tests/conftest.py). A list has one value per round. With CONVERTER, the others are left out.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tests.bench.pages import VARIANTS, body

ROUNDS = 9
AMOUNT = 300_000  # characters that a converter reads in a round, at least
SITES = ("qq", "iyiou", "woshipm", "hibor")
SETS = ("heavy", *SITES)
OURS, THEIRS, WALK = "ours", "html-to-markdown", "bare walk"


def missing() -> str:
    """Return the reason why the real bodies cannot be converted; "" if they can."""
    return "" if os.environ.get("SHARED_DIR") else "SHARED_DIR is not set: it has the bodies of real sites"


def bodies(name: str) -> list[str]:
    """Return the inner HTML of the bodies of a set."""
    if name not in SITES:
        return [body(number) for number in range(VARIANTS)]
    folder = Path(os.environ["SHARED_DIR"], "mirror", "expected", "body", name)
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.html"))]


def works(texts: list[str]) -> dict[str, Callable[[], object]]:
    """Return the converters by name.

    "ours" starts from the parsed node, as in a crawl; "ours, parse" and html-to-markdown start from text. The bare walk
    reads tag and text of each node in Python: no converter that walks the tree takes less.
    """
    # Here: `tests.bench` imports this module, and must remain small (see `measuring.cost`).
    from crawler.markdown.convert import convert
    from crawler.reading.html import parse_fragment

    nodes = [parse_fragment(text) for text in texts]

    def walk() -> None:
        for node in nodes:
            parts: list[str] = []
            for each in node.iter():
                if each.tag != "script":
                    parts += (each.text or "", each.tail or "")
            "".join(parts)

    found: dict[str, Callable[[], object]] = {
        OURS: lambda: [convert(node).text for node in nodes],
        "ours, parse": lambda: [convert(parse_fragment(text)).text for text in texts],
        WALK: walk,
    }
    if find_spec("html_to_markdown"):
        theirs = import_module("html_to_markdown").convert
        found[THEIRS] = lambda: [theirs(text) for text in texts]
    return found


def measure(texts: list[str], only: str = "") -> dict[str, list[float]]:
    """Return CPU ms per body of each converter, or of one, in each round. The converters run in turn."""
    chosen = {name: work for name, work in works(texts).items() if only in ("", name)}
    passes = -(-AMOUNT // sum(map(len, texts)))
    times: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(ROUNDS + 1):
        for name, work in chosen.items():
            began = time.process_time()
            for _ in range(passes):
                work()
            if number:  # round 0 is a warm-up
                times[name].append(1000 * (time.process_time() - began) / (passes * len(texts)))
    return times


def main(sets: str, converter: str = "") -> None:
    print(json.dumps({name: measure(bodies(name), converter) for name in sets.split(",")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
