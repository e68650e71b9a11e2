"""A package with a known vulnerability fails `make check`; being offline does not."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support import audit

SOUND: dict[str, object] = {"name": "sound", "version": "1", "vulns": []}
HOLLOW: dict[str, object] = {
    "name": "hollow",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3"], "aliases": []}],
}
UNKNOWN: dict[str, object] = {"name": "unknown", "skip_reason": "Dependency not found"}


def said(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_vulnerable_package_is_named_and_fails() -> None:
    assert audit.verdict(said(SOUND, HOLLOW, UNKNOWN)) == (
        ["audit: hollow 2: CVE-1, mended in ['3']", "audit: 2 of 3 packages, 1 vulnerabilities"],
        True,
    )


def test_sound_packages_pass() -> None:
    assert audit.verdict(said(SOUND, UNKNOWN)) == (["audit: 1 of 2 packages, 0 vulnerabilities"], False)


@pytest.mark.parametrize("output", ["", "Traceback", said(UNKNOWN, UNKNOWN), said()])
def test_a_database_out_of_reach_is_told_and_passes(output: str) -> None:
    (line,), failed = audit.verdict(output)
    assert "cannot be reached" in line
    assert not failed


@pytest.mark.parametrize("command", [("no-such-command",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_a_program_that_does_not_run_passes(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "COMMAND", command)
    assert audit.main() == 0
    assert "not done" in capsys.readouterr().out
