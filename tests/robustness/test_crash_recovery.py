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

from tests.robustness.crash_recovery.changing_site import ChangingSite
from tests.robustness.crash_recovery.disturbances import Disturbance
from tests.robustness.crash_recovery.measure import count_different, files_of, is_consistent
from tests.robustness.crash_recovery.mixed import OPTIONS, disturb
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


def test_kill_after_a_run_with_a_wrong_clock_loses_no_article(tmp_path: Path) -> None:
    """The killed run records the links of the first listing page only."""
    site, output = ChangingSite(7), tmp_path / "output"
    with toy(site) as target:
        assert target.crawl(output, first=Disturbance(clock=8)) == 0
        for _ in range(7):
            site.publish("news")
        assert target.crawl(output, kill=("links are recorded", 1)) == -signal.SIGKILL
        assert target.crawl(output) == 0
        assert {Path(name).stem for name in files_of(output)} == set(site.listings["news"])


@pytest.mark.parametrize(
    "moment", ["a file is renamed", "before a row", "a row is written", "before a file is removed"]
)
def test_kill_while_an_article_changes_its_month_leaves_one_file(tmp_path: Path, moment: str) -> None:
    site, output = ChangingSite(3), tmp_path / "output"
    with toy(site) as target:
        assert target.crawl(output, *OPTIONS) == 0
        site.months = dict.fromkeys(site.months, 9)
        assert target.crawl(output, *OPTIONS, kill=(moment, 2)) == -signal.SIGKILL
        assert target.crawl(output, *OPTIONS) == 0
        assert sorted(Path(name).stem for name in files_of(output)) == sorted(site.months)
        assert is_consistent(target, output)


@pytest.mark.parametrize("seed", [1, 2])
def test_mixed_disturbances_lose_no_article(seed: int) -> None:
    counts = disturb(6, random.Random(seed))
    assert counts.is_good, counts


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
