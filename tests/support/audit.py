"""`python -m tests.support.audit`, a part of `make check`: no installed package has a known vulnerability.

Where the database of vulnerabilities cannot be asked, it says so and passes: no check of ours needs the network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TIMEOUT = 5  # seconds for one answer of the database
COMMAND = (str(Path(sys.executable).with_name("pip-audit")), "--local", "--skip-editable", "--format=json",
           f"--timeout={TIMEOUT}", "--progress-spinner=off")  # fmt: skip


def main() -> int:
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, check=False, timeout=120)
        said = done.stdout
    except (OSError, subprocess.TimeoutExpired):
        said = ""
    lines, failed = verdict(said)
    print(*lines, sep="\n")
    return failed


def verdict(said: str) -> tuple[list[str], bool]:
    """What pip-audit's JSON comes to: lines for people, and whether a package is vulnerable."""
    try:
        packages = json.loads(said)["dependencies"]
    except ValueError:  # it ends with a traceback when it is offline
        packages = []
    audited = [package for package in packages if "vulns" in package]
    if not audited:
        return ["audit: not done, for the database of vulnerabilities cannot be reached"], False
    found = [
        f"audit: {package['name']} {package['version']}: {fault['id']}, mended in {fault['fix_versions'] or 'none'}"
        for package in audited
        for fault in package["vulns"]
    ]
    return [*found, f"audit: {len(audited)} of {len(packages)} packages, {len(found)} vulnerabilities"], bool(found)


if __name__ == "__main__":
    sys.exit(main())
