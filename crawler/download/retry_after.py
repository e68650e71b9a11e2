"""Read the Retry-After header of an error response."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.http import Response

MAX_PAUSE = 86400.0  # seconds; a longer pause is more often a wrong clock than a request of the site
_SECONDS = re.compile(r"[0-9]+(?:\.[0-9]+)?").fullmatch


def retry_after(response: Response) -> float:
    """Return the seconds of an error response's Retry-After header (RFC 9110, section 10.2.3: a number or a date).

    At most `MAX_PAUSE`; 0 if the header is absent or invalid, or the status is below 400. Of several values, the
    longest pause is used. The pause until a date begins at the response's Date header, which has the same clock;
    without a Date header, at the current time.
    """
    if response.status < 400:
        return 0.0
    sent = _parse_date(_text(response.headers.get("Date"))) or datetime.now(UTC)
    values = [_text(value) for value in response.headers.getlist("Retry-After")]
    return max((_pause(value, sent) for value in values), default=0.0)


def _text(value: bytes | None) -> str:
    """Return the start of a header's value: numbers and dates are shorter."""
    return (value or b"")[:100].decode("latin-1").strip()


def _pause(value: str, sent: datetime) -> float:
    numbers = [part.strip() for part in value.split(",")]  # a proxy may join repeated headers
    if all(map(_SECONDS, numbers)):
        seconds = max(map(float, numbers))
    else:
        date = _parse_date(value)
        seconds = (date - sent).total_seconds() if date else 0.0
    return min(max(seconds, 0.0), MAX_PAUSE)


def _parse_date(value: str) -> datetime | None:
    """Return an HTTP date (RFC 9110, section 5.6.7), which is in UTC if it has no zone; None if it is invalid."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError, IndexError):  # the parser's errors depend on the version of Python
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
