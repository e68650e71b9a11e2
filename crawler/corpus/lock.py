"""The lock of a source, which allows one run at a time, or several runs that share it."""

from __future__ import annotations

import fcntl
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from crawler.corpus.errors import LockedError


def lock(path: Path, source: str, *, shared: bool = False) -> IO[str]:
    """Lock the file *path* and return it; the lock is held until the file is closed or the process ends.

    Any number of processes can hold a *shared* lock.

    Raises `LockedError` with the process id and start time of the holder.
    """
    file = path.open("a+", encoding="utf-8")
    operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    try:
        try:
            fcntl.flock(file, operation)
        except BlockingIOError:
            time.sleep(0.05)  # `is_locked` of another process may hold it for a moment
            fcntl.flock(file, operation)
    except OSError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise LockedError(f"another run of {source} is active: {holder}") from None
    file.truncate(0)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    file.write(f"process {os.getpid()} since {now}\n")
    file.flush()
    return file


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock of the file *path*, except a shared one. Raises OSError."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
