"""Kill or stop a run and check that the next run completes the corpus.

`python -m tests.robustness.crash_recovery` is the long version.
"""

from __future__ import annotations

import random
import signal
import socketserver
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.robustness.crash_recovery.measure import count_different, files_of, is_consistent
from tests.robustness.crash_recovery.stops import MAX_SECONDS, DisturbedSite, second_run, stop_crawl
from tests.robustness.crash_recovery.targets import toy, toy_site


@pytest.fixture(scope="session", autouse=True)
def ignore_server_errors() -> Iterator[None]:
    """Ignore errors in the threads of the servers: killed clients cause them, also after the test."""
    with patch.object(socketserver.BaseServer, "handle_error"):
        yield


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("undisturbed") / "output"
    with toy(toy_site(24, 3)) as target:
        assert target.crawl(output) == 0
    return files_of(output)


def test_run_completes_the_corpus_after_kills(tmp_path: Path, expected: dict[str, bytes]) -> None:
    output = tmp_path / "output"
    with toy(toy_site(24, 3)) as target:
        for moment in (
            "links are recorded",
            "a hash is recorded",
            "a file is half written",
            "a file is renamed",
            "before a commit",
            "before a row",
        ):
            assert target.crawl(output, kill=(moment, 2)) == -signal.SIGKILL, moment
            assert count_different(files_of(output), expected) == 0
        assert target.crawl(output) == 0
        assert is_consistent(target, output)
    assert files_of(output) == expected


@pytest.mark.parametrize("disturbance", ["an article hangs", "a long host pause"])
def test_stopped_run_ends_soon_and_the_next_run_completes_the_corpus(
    disturbance: str, expected: dict[str, bytes]
) -> None:
    stop = stop_crawl(disturbance, (signal.SIGTERM,), random.Random(1), DisturbedSite(), expected)
    assert stop.seconds <= MAX_SECONDS
    assert stop.code == 1
    assert stop.counts.is_good


def test_second_run_of_a_source_ends_with_exit_code_4() -> None:
    code, _, log = second_run(DisturbedSite())
    assert code == 4
    assert "another run of toy is active: process " in log
