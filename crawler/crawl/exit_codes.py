"""The exit codes of all commands, in one table."""

from __future__ import annotations

from enum import IntEnum
from typing import Self

from crawler.corpus.errors import LedgerError, LockedError


class Exit(IntEnum):
    """The exit code of a command, with its meaning. The name in lower case is also the end of a run."""

    text: str

    def __new__(cls, code: int, text: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.text = text
        return member

    FINE = 0, "the run is fine"
    ATTENTION = (
        1,
        (
            "attention: unusually many pages could not be read, pages were not fetched, the run found nothing, a "
            "recording lacks a page or is damaged, the run was stopped, or an internal error"
        ),
    )
    USAGE = 2, "invalid command line"  # Scrapy's own code
    BLOCKED = 3, "the site refuses requests"
    LOCKED = 4, "another run of this source is in progress"
    DISK = 5, "the corpus cannot be written: disk full, read-only"
    LEDGER = 6, "the ledger cannot be used: locked, unreachable, of a newer release; a full disk can appear here first"
    UNREACHABLE = 7, "the site could not be reached: DNS, certificate, proxy, time-out, server error"

    @property
    def end(self) -> str:
        """The end of a run that a process with this exit code could not record."""
        return self.name.lower()

    @classmethod
    def of_end(cls, end: str) -> Exit:
        """Return the exit code of a run with this end, or of a verdict with this class; ATTENTION for all others."""
        return cls.__members__.get(end.upper(), cls.ATTENTION)

    @classmethod
    def of_error(cls, error: LockedError | LedgerError | OSError) -> Exit:
        """Return the exit code of a command that cannot use the corpus or its ledger."""
        if isinstance(error, LockedError):
            return cls.LOCKED
        return cls.LEDGER if isinstance(error, LedgerError) else cls.DISK
