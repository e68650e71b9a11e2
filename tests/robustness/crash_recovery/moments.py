"""Moments of a crawl at which its process kills itself."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from crawler.corpus.articles import Articles
from crawler.corpus.changes import Changes
from crawler.corpus.database import Database
from crawler.corpus.folder_times import Folders
from crawler.corpus.hashes import Hashes
from crawler.corpus.picture_table import Pictures


def wrap(owner: Any, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    """Replace the function *name* of *owner* by one that calls *before* and *after* with the same arguments."""
    original = getattr(owner, name)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if before:
            before(*args)
        result = original(*args, **kwargs)
        if after:
            after(*args)
        return result

    setattr(owner, name, wrapper)


def is_temporary_file(handle: int) -> bool:
    """Return whether an open file is the temporary file of a file of the corpus; folders and lists are synced, too."""
    return Path(f"/proc/self/fd/{handle}").readlink().suffix == ".tmp"


# Moment -> owner and name of a function; kill "before" or "after" the call ("half": before, with the file truncated to
# half its size); maximum number of calls until the kill.
MOMENTS: dict[str, tuple[Any, str, str, int]] = {
    "links are recorded": (Articles, "add_open", "after", 2),
    "a temporary file is created": (tempfile, "mkstemp", "after", 10),
    "a file is half written": (os, "fsync", "half", 10),
    "a file is renamed": (Path, "replace", "after", 10),
    "a hash is recorded": (Hashes, "append", "after", 10),
    "before a file is removed": (Path, "unlink", "before", 3),
    "before a commit": (Connection, "commit", "before", 15),
    "before a row": (Database, "execute_prepared", "before", 10),
    "a row is written": (Articles, "mark_written", "after", 10),
    "folders are recorded": (Folders, "set_times", "before", 2),
}
# Of runs with STORE_PICTURES.
PICTURE_MOMENTS: dict[str, tuple[Any, str, str, int]] = {
    "before a picture is recorded": (Pictures, "put", "before", 10),
    "a picture is recorded": (Pictures, "put", "after", 10),
    "a picture is linked to the same bytes": (os, "link", "after", 3),
    "before an article is linked": (Changes, "write", "before", 12),
    "an article is linked": (Changes, "write", "after", 12),
    "before its pictures are stored": (Pictures, "mark_stored", "before", 6),
}


def kill_at(moment: str, number: int) -> None:
    """Prepare this process to send SIGKILL to itself when it reaches *moment* for the *number*-th time."""
    left = number

    def count_down(*args: Any) -> None:
        nonlocal left
        if when == "half" and not is_temporary_file(args[0]):
            return
        left -= 1
        if left == 0:
            if when == "half":
                os.ftruncate(args[0], os.fstat(args[0]).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    owner, name, when, _ = (MOMENTS | PICTURE_MOMENTS)[moment]
    wrap(owner, name, None if when == "after" else count_down, count_down if when == "after" else None)
