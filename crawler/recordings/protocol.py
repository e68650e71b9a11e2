"""Interface of recorded pages, and the errors of unreadable ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Protocol, runtime_checkable

from crawler.counts import Count
from crawler.reading.page import Page


class RecordingError(Exception):
    """A recorded page that cannot be read; the message names the file."""

    count: ClassVar[Count] = Count.RECORDS_DAMAGED  # of the records that a run could not read for this reason


class UnresolvedRevisitError(RecordingError):
    """A revisit record ("same content as an earlier response") whose original is not in the archives of the run."""

    count = Count.RECORDS_UNRESOLVED


class Recordings(Protocol):
    """A collection of recorded pages: archives, a folder of cases, or local files."""

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Yield every recorded page; for an unreadable one, its error."""

    def find(self, method: str, url: str, request_body: bytes) -> Page | None:
        """Return the response to a request, or None if it is not recorded. Raises `RecordingError`."""


@runtime_checkable
class SlowRecordings(Recordings, Protocol):
    """Recordings that are read in steps, because a pass over them can take hours."""

    def steps(self) -> Iterator[Page | RecordingError | None]:
        """Yield the same as `__iter__`, and None after each step without a page."""

    def prepare(self) -> Iterator[None]:
        """Prepare `find`, which does it itself otherwise: yield None after each step.

        Several callers can take the steps in turn.
        """
