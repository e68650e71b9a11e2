"""Convert a Scrapy response into a page."""

from __future__ import annotations

from datetime import UTC, datetime

from scrapy.http import Response

from crawler.items import Link
from crawler.reading.page import Page


def to_page(response: Response, link: Link | None = None) -> Page:
    """Scrapy's answer as the value that readers take."""
    request = response.request
    assert request is not None  # in a callback there always is one
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
        requested_url=response.meta.get("redirect_urls", [""])[0],
        link=link,
        truncated="partial" in response.flags,
    )


def utc_now() -> str:
    """The time as pages have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
