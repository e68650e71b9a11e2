"""Convert a Scrapy response into a page."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy.http import Response

from crawler.items import Link
from crawler.reading.page import Page


def to_page(response: Response, link: Link | None = None) -> Page:
    """Convert *response* into the `Page` that readers take; *link* is the link that led to an article page.

    Header names are in lower case; repeated headers are joined with ", ". `fetched_at` is the recorded time in a replay
    (`response.meta["fetched"]`), otherwise the current time. `record` is `response.meta["record"]`, which a recording
    and a replay set.
    """
    request = response.request
    assert request is not None  # Scrapy sets it before it calls a callback
    headers = {
        name.decode("latin-1").lower(): b", ".join(values).decode("latin-1")
        for name, values in response.headers.items()
    }
    return Page(
        url=response.url,
        body=response.body,
        status=response.status,
        headers=headers,
        method=request.method,
        request_body=request.body,
        fetched_at=response.meta.get("fetched") or utc_now(),
        record=response.meta.get("record", ""),
        requested_url=response.meta.get("redirect_urls", [""])[0],
        link=link,
        truncated="partial" in response.flags,
    )


def utc_now() -> str:
    """Return the current time in UTC, as ISO 8601 to the second: the format of `Page.fetched_at`."""
    return datetime.now(UTC).isoformat(timespec="seconds")
