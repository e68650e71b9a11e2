"""`make check` fails for a package with a known vulnerability, but not without a network."""

from __future__ import annotations

import json
import sys

import pytest

from tests.support import audit

SAFE: dict[str, object] = {"name": "safe", "version": "1", "vulns": []}
VULNERABLE: dict[str, object] = {
    "name": "vulnerable",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3"], "aliases": []}],
}
UNKNOWN: dict[str, object] = {"name": "unknown", "skip_reason": "Dependency not found"}


def report(*packages: dict[str, object]) -> str:
    """Return the JSON output of pip-audit for *packages*."""
    return json.dumps({"dependencies": packages, "fixes": []})


def test_verdict_names_a_vulnerable_package_and_fails() -> None:
    assert audit.verdict(report(SAFE, VULNERABLE, UNKNOWN)) == (
        ["audit: vulnerable 2: CVE-1, fix in ['3']", "audit: 2 of 3 packages, 1 vulnerabilities"],
        True,
    )


def test_verdict_passes_safe_packages() -> None:
    assert audit.verdict(report(SAFE, UNKNOWN)) == (["audit: 1 of 2 packages, 0 vulnerabilities"], False)


@pytest.mark.parametrize("output", ["", "Traceback", report(UNKNOWN, UNKNOWN), report()])
def test_verdict_reports_an_unreachable_database_and_passes(output: str) -> None:
    (line,), failed = audit.verdict(output)
    assert "cannot be reached" in line
    assert not failed


@pytest.mark.parametrize("command", [("no-such-command",), (sys.executable, "-c", "raise SystemExit(1)")])
def test_main_passes_if_pip_audit_fails_to_run(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "COMMAND", command)
    assert audit.main() == 0
    assert "skipped" in capsys.readouterr().out
