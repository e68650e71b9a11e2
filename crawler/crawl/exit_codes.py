"""The exit codes of `scrapy crawl` and `scrapy job`."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit code of a process that ran one source."""

    FINE = 0
    ATTENTION = 1  # pages could not be read, or the run found nothing or was stopped
    USAGE = 2  # invalid command line; Scrapy's own code
    BLOCKED = 3  # ended because the site refuses requests
    LOCKED = 4  # another run of this source is in progress
    DISK = 5  # ended because the corpus cannot be written
    LEDGER = 6  # ended because the ledger cannot be used
