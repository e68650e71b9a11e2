"""A forked command has the environment of the test that runs it, not that of the test that started the fork server."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import crawler.settings  # noqa: F401  # unpickling `do_nothing` imports it
from tests.support.mirror import ROOT

SCRIPT = """
import os
from tests.support.mirror import scrapy
from tests.support.test_mirror import do_nothing
scrapy("list")  # starts the fork server
os.environ["LEDGER_URL"] = ""
print(scrapy("settings", "--get", "LEDGER_URL", first=do_nothing).stdout)
"""


def do_nothing() -> None:
    """Stand in for a function of a test that changes the command."""


@pytest.mark.slow
def test_command_has_only_the_environment_of_its_test() -> None:
    environment = {**os.environ, "LEDGER_URL": "sqlite:////of/another/test.db"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
