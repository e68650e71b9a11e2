"""Fixtures: read each recorded page and compare the result with the expectation beside it (commands/expectations.py).

If the expectation is missing, the test writes it and fails: review the file, then run the test again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

from crawler.commands.expectations import failure
from crawler.reading.source import Source

FIXTURES = Path(__file__).parents[1] / "fixtures"
CASES = sorted(path.parent.relative_to(FIXTURES) for path in FIXTURES.rglob("page.json"))
LOADER = SpiderLoader.from_settings(Settings({"SPIDER_MODULES": ["crawler.spiders"]}))


def test_every_folder_is_a_case_of_an_existing_source() -> None:
    folders = {path.parent.relative_to(FIXTURES) for path in FIXTURES.rglob("page*.*")}
    assert sorted(folders) == CASES, "a case without page.json"
    assert {case.parts[0] for case in CASES} <= set(LOADER.list())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Path) -> None:
    folder = FIXTURES / case
    source = LOADER.load(case.parts[0])
    assert issubclass(source, Source)
    why = failure(source, folder)
    assert not why, f"{folder} {why}"
