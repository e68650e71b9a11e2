"""The interface of recorded pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from crawler.reading.page import Page

if TYPE_CHECKING:
    pass


class RecordingError(Exception):
    """A case that cannot be read; the message names the file."""


class Recordings(Protocol):
    """Recorded pages, wherever they lie."""

    def __iter__(self) -> Iterator[Page | RecordingError]:
        """Every answer; in the place of one that cannot be read, the error."""

    def find(self, method: str, url: str, sent: bytes) -> Page | None:
        """The answer to a request, None where it was not recorded. Raises `RecordingError`."""
