"""Build hook: add the recorded pages of tests/fixtures/ to the wheel, for the command `demo`.

An editable installation does not need them, because the command finds them in the checkout.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RecordedPages(BuildHookInterface):  # type: ignore[type-arg]
    """Copy the pages, and error.txt, which marks the refused ones."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Set the path in the wheel of each page. *version* is "standard" or "editable"."""
        if version == "editable":
            return
        fixtures = Path(self.root, "tests", "fixtures")
        for pattern in ("page.*", "next.*", "error.txt"):
            for path in fixtures.rglob(pattern):
                target = Path("crawler", "recordings", "demo", path.relative_to(fixtures))
                build_data["force_include"][str(path)] = target.as_posix()
