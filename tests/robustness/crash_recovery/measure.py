"""Compare a corpus with the expected one, and count the differences."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path

from tests.robustness.crash_recovery.targets import TIMEOUT, Target
from tests.support.mirror import scrapy


def files_of(output: Path) -> dict[str, bytes]:
    """Return the files of the corpus by path, without those in .state and .rejected."""
    files = {path.relative_to(output): path for path in output.rglob("*") if path.is_file()}
    return {
        str(name): path.read_bytes() for name, path in files.items() if name.parts[0] not in (".state", ".rejected")
    }


def is_consistent(target: Target, output: Path) -> bool:
    """Return whether `scrapy ledger check` finds no errors."""
    process = scrapy("ledger", "check", target.source, "-s", f"OUTPUT_DIR={output}", timeout=TIMEOUT)
    return process.returncode == 0 and process.stdout == f"{target.source}: no problems found\n"


@dataclass
class RunCounts:
    """Counts of runs of one site."""

    name: str
    runs: int = 0
    kills: int = 0
    articles: int = 0
    lost: int = 0  # missing files
    extra: int = 0  # unexpected files
    different: int = 0  # files that differ from the undisturbed run, at the end or right after a kill
    temporary: int = 0  # temporary files at the end
    inconsistent: int = 0  # errors of `ledger check`
    fetches: int = 0
    repeated: int = 0  # articles that were fetched more than once
    falsely_fine: int = 0  # runs that the ledger has as fine, although their processes ended before the end
    needless: int = 0  # articles that were fetched although their file existed
    maximum: int = 0  # fetches of one article
    seconds: float = 0.0
    moments: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        faults = (self.lost, self.extra, self.different, self.temporary, self.inconsistent, self.needless)
        return not any(faults) and not self.falsely_fine

    def compare(self, target: Target, output: Path, expected: dict[str, bytes]) -> None:
        """Add the differences between the corpus in *output* and the *expected* files."""
        found = files_of(output)
        self.articles += len(expected)
        self.lost += len(expected.keys() - found.keys())
        temporary = {name for name in found if name.endswith(".tmp")}
        self.temporary += len(temporary)
        self.extra += len(found.keys() - expected.keys() - temporary)
        self.different += count_different(found, expected)
        self.inconsistent += not is_consistent(target, output)

    def count(self, before: Counter[str], after: Counter[str]) -> None:
        """Add the fetches of each article between two counts."""
        numbers = (after - before).values()
        self.fetches += sum(numbers)
        self.repeated += sum(number > 1 for number in numbers)
        self.maximum = max([self.maximum, *numbers])

    def add(self, other: RunCounts) -> None:
        for sum_ in fields(self):
            if sum_.name not in ("name", "maximum"):
                setattr(self, sum_.name, getattr(self, sum_.name) + getattr(other, sum_.name))
        self.maximum = max(self.maximum, other.maximum)


def count_different(found: dict[str, bytes], expected: dict[str, bytes]) -> int:
    return sum(found[name] != expected[name] for name in found.keys() & expected.keys())


def article_id(name: str) -> str:
    """Return the id of the article in a corpus file."""
    return Path(name).stem
