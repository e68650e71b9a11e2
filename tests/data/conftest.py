"""Fixtures of the tests that use a ledger: each runs with SQLite and with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from crawler.corpus.ledger import Ledger, open_ledger


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgres"))])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of the ledger; "" for the SQLite file of the corpus."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres"))


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with closing(open_ledger(tmp_path / ".state", url)) as ledger:
        yield ledger
