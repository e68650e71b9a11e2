"""Interface of recorded pages, and the error of an unreadable one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from crawler.reading.page import Page


class RecordingError(Exception):
    """A recorded page that cannot be read; the message names the file."""


class Recordings(Protocol):
    """A collection of recorded pages: an archive, a folder of cases, or local files."""

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Yield every recorded page; for an unreadable one, its error."""

    def find(self, method: str, url: str, request_body: bytes) -> Page | None:
        """Return the response to a request, or None if it is not recorded. Raises `RecordingError`."""
