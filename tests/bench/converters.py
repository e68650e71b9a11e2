"""Compare the Markdown converter with html-to-markdown. Prints JSON: lists of CPU ms per body, one value per round.

Usage: python -m tests.bench.converters
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from crawler.markdown.convert import convert
from crawler.reading.html import parse_fragment
from tests.bench.pages import VARIANTS, body

ROUNDS = 9


def main() -> None:
    """Measure the converters in turn.

    "ours" starts from the parsed node, as in a crawl; "ours, parse" and html-to-markdown start from text.
    """
    texts = [body(number) for number in range(VARIANTS)]
    nodes = [parse_fragment(text) for text in texts]
    works: dict[str, Callable[[], object]] = {
        "ours": lambda: [convert(node).text for node in nodes],
        "ours, parse": lambda: [convert(parse_fragment(text)).text for text in texts],
    }
    if find_spec("html_to_markdown"):
        theirs = import_module("html_to_markdown").convert
        works["html-to-markdown"] = lambda: [theirs(text) for text in texts]
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            began = time.process_time()
            work()
            if number:  # round 0 is a warm-up
                times[name].append(1000 * (time.process_time() - began) / VARIANTS)
    print(json.dumps(times))


if __name__ == "__main__":
    main()
