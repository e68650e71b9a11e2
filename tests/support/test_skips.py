"""With `--fail-on-skip`, only tests with a marker for it may be skipped, and those that need a missing SHARED_DIR."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import conftest

pytest_plugins = ("pytester",)
pytestmark = pytest.mark.slow  # each test runs pytest

TESTS = """
import pytest

def test_passes(): pass

def test_shared(shared): assert shared.is_dir()

@pytest.mark.needs_container
def test_container(): pytest.skip("no container runtime")

@pytest.mark.needs_honkit
def test_honkit(): pytest.skip("no HonKit")

@pytest.mark.xfail(strict=True)
def test_xfail(): assert False
"""
SKIPS = {
    "test_skip": "import pytest\ndef test_a(): pytest.skip('no reason')",
    "test_skipif": "import pytest\n@pytest.mark.skipif(True, reason='no reason')\ndef test_a(): pass",
    "test_importorskip": "import pytest\ndef test_a(): pytest.importorskip('no_such_module')",
    "test_module": "import pytest\npytest.importorskip('no_such_module')\ndef test_a(): pass",
}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with the conftest.py of this project, without SHARED_DIR."""
    monkeypatch.delenv("SHARED_DIR", raising=False)
    monkeypatch.delenv("TEST_LEDGER", raising=False)
    pytester.makeconftest(Path(conftest.__file__).read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\naddopts = -p no:randomly\nmarkers =\n    needs_container\n    needs_honkit\n    slow\n")
    return pytester


def test_tests_of_a_missing_shared_folder_are_skipped_with_a_reason(project: pytest.Pytester) -> None:
    project.makepyfile(TESTS)
    result = project.runpytest_inprocess("-rs", "--fail-on-skip")
    result.assert_outcomes(passed=1, skipped=3, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*SHARED_DIR is not set*"])


def test_tests_of_the_shared_folder_run(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHARED_DIR", str(tmp_path))
    project.makepyfile(TESTS)
    project.runpytest_inprocess("--fail-on-skip").assert_outcomes(passed=2, skipped=2, xfailed=1)


def test_a_wrong_shared_folder_is_an_error(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED_DIR", "/no/such/folder")
    project.makepyfile(TESTS)
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, skipped=2, xfailed=1, errors=1)
    result.stdout.fnmatch_lines(["*SHARED_DIR=/no/such/folder is not a folder*"])


@pytest.mark.parametrize("workers", ["0", "1"])
def test_every_other_skipped_test_fails(project: pytest.Pytester, workers: str) -> None:
    project.makepyfile(test_shared=TESTS, **SKIPS)
    result = project.runpytest_inprocess("--fail-on-skip", "--continue-on-collection-errors", "-n", workers)
    result.assert_outcomes(passed=1, skipped=3, xfailed=1, failed=2, errors=2)
    for name in SKIPS:
        result.stdout.fnmatch_lines([f"*{name}.py*must not be skipped with --fail-on-skip*"])
