"""What disturbs one run: a kill, a wrong clock, a full disk, deleted files."""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

from crawler.corpus.articles import Articles
from crawler.corpus.database import Database
from tests.robustness.crash_recovery.moments import MOMENTS, kill_at, wrap

CLOCKS = (-30 * 24.0, -8.0, -1.0, 0.0, 0.0, 0.0, 1.0, 8.0, 30 * 24.0)  # hours


@dataclass(frozen=True)
class Disturbance:
    """What happens in one run. Call it in the process of the run, before Scrapy starts."""

    kill: tuple[str, int] | None = None  # arguments of `kill_at`
    clock: float = 0.0  # hours that the clock is ahead; negative: behind
    full_disk: int = 0  # the disk is full when the run syncs a file or folder for this time; 0: never
    full_ledger: int = 0  # pages that the ledger's file can still grow by, plus 1; 0: no limit
    delete: int = 0  # the number of the stored article after which a file is deleted; 0: none
    output: Path = Path()

    def __call__(self) -> None:
        if self.clock:
            time_machine.travel(datetime.now(UTC) + timedelta(hours=self.clock), tick=True).start()
        if self.full_disk:
            fill_disk(self.full_disk)
        if self.full_ledger:
            limit_ledger(self.full_ledger - 1)
        if self.delete:
            delete_file(self.output, self.delete)
        if self.kill:
            kill_at(*self.kill)

    @classmethod
    def at_random(cls, chance: random.Random, output: Path) -> Disturbance:
        """Return a disturbance; four of five kill the run."""
        moment = chance.choice(sorted(MOMENTS))
        kill = (moment, chance.randint(1, MOMENTS[moment][3])) if chance.random() < 0.8 else None
        return cls(
            kill,
            chance.choice(CLOCKS),
            full_disk=chance.randint(1, 12) if chance.random() < 0.15 else 0,
            full_ledger=chance.randint(1, 4) if chance.random() < 0.15 else 0,
            delete=chance.randint(1, 6) if chance.random() < 0.3 else 0,
            output=output,
        )


def fill_disk(number: int) -> None:
    """Let each sync of a file fail from the *number*-th one on."""
    left = number

    def fail(*_: object) -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    wrap(os, "fsync", fail, None)


def limit_ledger(pages: int) -> None:
    """Limit the size of the ledger's SQLite file to the present one and *pages* pages."""

    def limit(database: Any, *_: object) -> None:
        connection = database._connection
        size = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {size + pages}")

    wrap(Database, "__init__", None, limit)


def delete_file(output: Path, number: int) -> None:
    """Delete one of the article files after the *number*-th article of the run is stored."""
    left = number

    def delete(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            files = sorted(output.glob("*/[0-9]*/*/[!.]*.md"))
            random.Random(number).choice(files).unlink()

    wrap(Articles, "mark_written", None, delete)
