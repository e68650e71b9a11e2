"""The converter alone, beside html-to-markdown: `python -m tests.bench.converters`. JSON lists of CPU ms a body."""

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
    """Ours starts from the node, which a crawl has; with `parse` from the same text as html-to-markdown."""
    texts = [body(number) for number in range(VARIANTS)]
    nodes = [parse_fragment(text) for text in texts]
    works: dict[str, Callable[[], object]] = {
        "ours": lambda: [convert(node).text for node in nodes],
        "ours, parse": lambda: [convert(parse_fragment(text)).text for text in texts],
    }
    if find_spec("html_to_markdown"):
        theirs = import_module("html_to_markdown").convert
        works["html-to-markdown"] = lambda: [theirs(text) for text in texts]
    took: dict[str, list[float]] = {name: [] for name in works}
    for number in range(ROUNDS + 1):
        for name, work in works.items():
            began = time.process_time()
            work()
            if number:  # the first warms up
                took[name].append(1000 * (time.process_time() - began) / VARIANTS)
    print(json.dumps(took))


if __name__ == "__main__":
    main()
