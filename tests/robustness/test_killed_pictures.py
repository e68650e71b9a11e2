"""Kill runs that store pictures at many moments: no half picture, no link without a target, and the same tree."""

from __future__ import annotations

import random
import signal
import socketserver
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pytest

from crawler.corpus.store import digest
from crawler.markdown.picture_links import picture_addresses
from tests.robustness.crash_recovery.moments import MOMENTS, PICTURE_MOMENTS, kill_at
from tests.support.mirror import scrapy
from tests.support.picture_site import OPTIONS, STORE, PictureSite, Served, picture, serve, served

pytestmark = pytest.mark.slow
ALL = MOMENTS | PICTURE_MOMENTS
KILLS = 10  # in each of three corpora


@pytest.fixture(scope="module", autouse=True)
def ignore_server_errors() -> Iterator[None]:
    """Ignore errors in the threads of the servers: killed clients cause them, also after the test."""
    with patch.object(socketserver.BaseServer, "handle_error"):
        yield


def site() -> PictureSite:
    """Return a site with six articles: own pictures, pictures of several articles, and the same bytes twice."""
    names = [f"a{number}" for number in range(6)]
    articles = {
        name: "".join(f'<img src="http://img.example/{each}.png">' for each in (name, "logo", f"copy-{name}", "lost"))
        for name in names
    }
    answers = {f"/{name}.png": served(picture(number)) for number, name in enumerate(names)}
    answers |= {f"/copy-{name}.png": answers[f"/{name}.png"] for name in names}
    return PictureSite(articles, {**answers, "/logo.png": served(picture(99))})


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with serve(site(), tmp_path_factory.mktemp("undisturbed") / "output") as corpus:
        assert corpus.crawl().exit_code == 0
        assert len([name for name in corpus.tree if name.endswith(".png")]) == 12
        return corpus.tree


def kill(corpus: Served, moment: str, number: int, *options: str) -> bool:
    """Start a run that is killed; return False if it ended before."""
    words = ("crawl", "toy", "-s", f"OUTPUT_DIR={corpus.output}", *OPTIONS, *STORE, *options)
    done = scrapy(*words, environment=corpus.played.environment, first=partial(kill_at, moment, number))
    assert "Traceback" not in done.stderr
    return done.returncode == -signal.SIGKILL


def assert_whole(corpus: Served) -> None:
    for name, data in corpus.tree.items():
        path = Path(name)
        if path.name.startswith("."):
            continue
        if path.suffix == ".png":
            assert digest(data)[:16] == path.stem, name
        elif path.suffix == ".md":
            for address in picture_addresses(data.decode()):
                assert address.startswith("http") or (corpus.output / path.parent / address).is_file(), (name, address)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_runs_leave_the_same_tree(tmp_path: Path, expected: dict[str, bytes], seed: int) -> None:
    chance, kills = random.Random(seed), 0
    moments = [moment for moment in ALL if moment in PICTURE_MOMENTS] * 2 + [*ALL]
    corpora = 0
    while kills < KILLS:
        corpora += 1
        with serve(site(), tmp_path / f"output-{corpora}") as corpus:
            for _ in range(KILLS):
                moment = chance.choice(moments)
                was_killed = kill(corpus, moment, chance.randint(1, ALL[moment][3]))
                kills += was_killed
                assert_whole(corpus)
                if not was_killed or kills >= KILLS:
                    break
            assert corpus.crawl().exit_code == 0
            assert corpus.tree == expected
            done = corpus.command("ledger", "check")
            assert (done.returncode, done.stdout) == (0, "toy: no problems found\n")
            corpus.asked()
            assert corpus.crawl().exit_code == 0
            assert corpus.asked() == []
            assert corpus.tree == expected


@pytest.mark.parametrize(
    "moment", ["a file is renamed", "a picture is linked to the same bytes", "before a row", "before a file is removed"]
)
def test_kill_while_an_article_with_pictures_changes_its_month(tmp_path: Path, moment: str) -> None:
    moved = site()
    with serve(moved, tmp_path / "output") as corpus:
        assert corpus.crawl().exit_code == 0
        moved.month = 5
        assert kill(corpus, moment, 2, "-a", "refresh=100000")
        assert_whole(corpus)
        assert corpus.crawl("-a", "refresh=100000").exit_code == 0
        assert_whole(corpus)
        assert {name.split("/")[2] for name in corpus.tree} == {"05"}
        done = corpus.command("ledger", "check")
        assert (done.returncode, done.stdout) == (0, "toy: no problems found\n")
