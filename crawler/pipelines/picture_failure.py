"""Why a request for a picture has no picture: what the ledger and the counts keep of the error. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from scrapy.exceptions import DownloadCancelledError, IgnoreRequest

from crawler.counts import Count
from crawler.download.errors import RequestDropped
from crawler.pipelines.picture_type import PictureTypeError

# Count of a dropped request -> the count of its picture, which stays open.
_DROPPED: dict[str, str] = {
    Count.LINKS_FORBIDDEN: Count.PICTURES_FORBIDDEN,
    Count.LINKS_MISSING: Count.PICTURES_UNRECORDED,
    Count.LINKS_UNRECORDED: Count.PICTURES_UNRECORDED,
}


@dataclass(frozen=True, slots=True)
class PictureFailure:
    """The facts of an error, without the error: its traceback holds the response, up to PICTURE_MAXSIZE bytes."""

    reason: str  # one line
    is_final: bool = False  # another request would get the same
    dropped: str = ""  # the count of a request that was not sent; "" for one that failed


def picture_failure(error: Exception, maxsize: int) -> PictureFailure:
    """Return the facts of *error*. *maxsize* is the setting PICTURE_MAXSIZE, in bytes."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, RequestDropped):
        return PictureFailure(reason, dropped=_DROPPED.get(error.figure, Count.PICTURES_NOT_FETCHED))
    if isinstance(error, PictureTypeError):
        return PictureFailure(reason, error.is_final)
    if isinstance(error, DownloadCancelledError | IgnoreRequest):
        return PictureFailure(f"more than {maxsize} bytes", is_final=True)
    return PictureFailure(reason)
