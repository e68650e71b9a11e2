"""Kill or stop a run and check that the next run completes the corpus. `crash_recovery.py` is the long version."""

from __future__ import annotations

import random
import signal
import socketserver
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.robustness.crash_recovery import (
    ALLOWED,
    Hindered,
    different,
    in_order,
    second_run,
    stopped,
    toy,
    toy_site,
    tree,
)


@pytest.fixture(scope="session", autouse=True)
def quiet() -> Iterator[None]:
    """Clients that are killed leave the server's threads with an error, later too, which is none."""
    with patch.object(socketserver.BaseServer, "handle_error"):
        yield


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    output = tmp_path_factory.mktemp("undisturbed") / "output"
    with toy(toy_site(24, 3)) as ground:
        assert ground.crawl(output) == 0
    return tree(output)


def test_after_deaths_at_bad_moments_the_next_run_has_everything_once_and_whole(
    tmp_path: Path, wanted: dict[str, bytes]
) -> None:
    output = tmp_path / "output"
    with toy(toy_site(24, 3)) as ground:
        for moment in (
            "links are noted",
            "a file is half written",
            "a file has appeared",
            "a commit is due",
            "a row is due",
        ):
            assert ground.crawl(output, dying=(moment, 2)) == -signal.SIGKILL, moment
            assert different(tree(output), wanted) == 0
        assert ground.crawl(output) == 0
        assert in_order(ground, output)
    assert tree(output) == wanted


@pytest.mark.parametrize("trouble", ["an article hangs", "a host pause of minutes"])
def test_a_run_that_is_stopped_ends_soon_and_the_next_finishes(trouble: str, wanted: dict[str, bytes]) -> None:
    stop = stopped(trouble, (signal.SIGTERM,), random.Random(1), Hindered(), wanted)
    assert stop.seconds <= ALLOWED
    assert stop.code == 1
    assert stop.figures.is_good


def test_a_second_run_of_the_same_source_says_so_and_leaves_at_once() -> None:
    code, _, log = second_run(Hindered())
    assert code == 4
    assert "another run of toy is active: process " in log
