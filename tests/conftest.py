"""What the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the examples and the mirror of the sites; tests that need it are skipped without it."""
    folder = os.environ.get("SHARED_DIR")
    if not folder:
        pytest.skip("SHARED_DIR is not set: the mirror and the examples are not here")
    return Path(folder)
