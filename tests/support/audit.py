"""Report installed packages with known vulnerabilities.

Usage: python -m tests.support.audit

A step of `make check`. Exits with 1 if a package is vulnerable. Passes with a message if the vulnerability database
cannot be reached, because no check needs the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TIMEOUT = 5  # seconds for one response of the database
COMMAND = (str(Path(sys.executable).with_name("pip-audit")), "--local", "--skip-editable", "--format=json",
           f"--timeout={TIMEOUT}", "--progress-spinner=off")  # fmt: skip


def main() -> int:
    try:
        process = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=120)
        output = process.stdout
    except (OSError, subprocess.TimeoutExpired):
        output = ""
    lines, failed = verdict(output)
    print(*lines, sep="\n")
    return failed


def verdict(output: str) -> tuple[list[str], bool]:
    """Return the lines to print for the JSON *output* of pip-audit, and whether a package is vulnerable."""
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:  # without a network, pip-audit ends with a traceback
        packages = []
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return ["audit: skipped, the vulnerability database cannot be reached"], False
    lines = [
        f"audit: {package['name']} {package['version']}: {fault['id']}, fix in {fault['fix_versions'] or 'no version'}"
        for package in audited
        for fault in package["vulns"]
    ]
    return [*lines, f"audit: {len(audited)} of {len(packages)} packages, {len(lines)} vulnerabilities"], bool(lines)


if __name__ == "__main__":
    sys.exit(main())
