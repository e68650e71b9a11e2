"""A hostile page of 300 kB takes a reader a few seconds of CPU time at most."""

from __future__ import annotations

from functools import partial

import pytest

from tests.robustness.hostile_pages import SOURCES, hostile_pages, read
from tests.support.cpu_time import within

LIMIT = 5  # seconds; quadratic time takes minutes


@pytest.mark.parametrize("source", SOURCES)
def test_a_hostile_page_takes_seconds(source: str) -> None:
    number = list(SOURCES).index(source)
    pages = (page for page in hostile_pages(300_000) if page[0] == source)
    for index, (_, what, page) in enumerate(pages):
        if index // 2 % len(SOURCES) == number:  # each unit in one source
            within(LIMIT, partial(read, source, page), what)
