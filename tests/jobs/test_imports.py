"""The process runner does not import the engine: a job starts quickly and cannot install a Twisted reactor."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*sorted({"scrapy", "twisted"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "module",
    ["crawler.jobs.process", "crawler.jobs.job", "crawler.jobs.scheduler", "crawler.jobs.delivery",
     "crawler.corpus.ledger", "crawler.health.page"],
)  # fmt: skip
def test_module_imports_neither_scrapy_nor_twisted(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", CODE, module], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
